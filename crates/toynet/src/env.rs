//! `env`: where a running lab is reached, as variables.

use serde_json::Value;
use toynet_lab::control::Client;
use toynet_lab::run::Folders;

use crate::arguments::Env;
use crate::exit::Exit;
use crate::output::print;
use crate::serve::not_allowed;

pub async fn env(arguments: Env) -> Result<(), Exit> {
    let folders = Folders::of_user().map_err(not_allowed)?;
    let status = Client::connect(&folders, arguments.lab.name.as_deref()).await?.status().await?;
    let variables = variables(&status);
    if arguments.json {
        print(&format!("{:#}\n", Value::from_iter(variables)));
    } else {
        print(&variables.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect::<String>());
    }
    Ok(())
}

/// The lab's name, its resolver, and each service of a written host: `TOYNET_WWW_SHOP_TEST_HTTP`.
fn variables(status: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut variables = vec![("TOYNET_LAB".to_owned(), text(&status["lab"]))];
    variables.push(("TOYNET_RESOLVER".to_owned(), text(&status["resolver"])));
    let offset = status["port_offset"].as_u64().unwrap_or_default();
    for host in list(&status["hosts"]).iter().filter(|host| host["derived"] == false) {
        let address = text(&host["reached"][0]);
        for service in list(&host["services"]) {
            let port = service["endpoints"][0]["port"].as_u64().unwrap_or_default() + offset;
            let name = format!("TOYNET_{}_{}", text(&host["name"]), text(&service["protocol"]));
            variables.push((as_variable(&name), format!("{address}:{port}")));
        }
    }
    variables
}

fn as_variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_service_that_is_written_has_a_variable() {
        let service = json!({ "protocol": "http", "endpoints": [{ "transport": "tcp", "port": 80 }] });
        let host = |name: &str, derived: bool| json!({ "name": name, "derived": derived, "reached": ["127.9.1.1"], "services": [service] });
        let hosts = [host("www.my-shop.test", false), host("a.nic.test", true)];
        let status = json!({ "lab": "one", "resolver": "127.9.0.3:8053", "port_offset": 8000, "hosts": hosts });
        let found = variables(&status);
        assert_eq!(found[0], ("TOYNET_LAB".into(), "one".into()));
        assert_eq!(found[2], ("TOYNET_WWW_MY_SHOP_TEST_HTTP".into(), "127.9.1.1:8080".into()));
        assert_eq!(found.len(), 3);
    }
}
