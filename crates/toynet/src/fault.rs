//! `fault`: what services of a running lab do wrong on purpose.

use toynet_lab::control::message;
use toynet_lab::protocols;
use toynet_lab::run::faults::FaultLine;
use toynet_lab::spec::{ANY_KINDS, LINK_KINDS, TLS_KINDS};

use crate::arguments::{Fault, FaultOrder};
use crate::ask::{ANSWER_LIMIT, connect, stuck, within};
use crate::exit::Exit;
use crate::output::print;

pub async fn fault(fault: Fault) -> Result<(), Exit> {
    let order = match fault.order {
        FaultOrder::Kinds { protocol } => return kinds(protocol.as_deref(), fault.json),
        FaultOrder::Add { words } => message::FaultOrder::Add { text: table(&words)? },
        FaultOrder::List => message::FaultOrder::List,
        FaultOrder::Clear { number } => message::FaultOrder::Clear { number },
        FaultOrder::Off { number } => message::FaultOrder::Turn { number, on: false },
        FaultOrder::On { number } => message::FaultOrder::Turn { number, on: true },
    };
    let client = connect(&fault.lab).await?;
    let stuck = stuck("does not answer", &client);
    let faults = within(ANSWER_LIMIT, client.fault(order)).await.unwrap_or(Err(stuck))?;
    if fault.json {
        print(&format!("{:#}\n", serde_json::json!(faults)));
    } else if faults.is_empty() {
        print("no faults are set\n");
    } else {
        print(&faults.iter().map(line).collect::<String>());
    }
    Ok(())
}

/// A fault as a person reads it.
pub fn line(fault: &FaultLine) -> String {
    let FaultLine { number, host, service, text, on, hits } = fault;
    let rests = if *on { "" } else { "  (off)" };
    let times = if *hits == 1 { "once".to_owned() } else { format!("{hits} times") };
    let place = if service == "link" { format!("link {host}") } else { format!("{service} on {host}") };
    format!("{number:>3}  {place}  {text}  struck {times}{rests}\n")
}

fn kinds(name: Option<&str>, as_json: bool) -> Result<(), Exit> {
    let protocols = protocols::ALL.iter();
    let all = protocols.map(|protocol| (protocol.name, protocol.fault.map(|words| words.kinds).unwrap_or_default()));
    let all = all.chain([("tls", TLS_KINDS), ("link", LINK_KINDS), ("any", ANY_KINDS)]);
    let meant: Vec<_> = all.filter(|(known, _)| name.is_none_or(|name| name == *known)).collect();
    if meant.is_empty() {
        return Err(Exit::misused(format!("toynet: no protocol is called {}", name.unwrap_or_default())));
    }
    if as_json {
        let told = meant.iter().flat_map(|(name, kinds)| kinds.iter().map(move |(words, meets)| (name, words, meets)));
        let told = told.map(|(of, words, meets)| serde_json::json!({ "of": of, "words": words, "meets": meets }));
        print(&format!("{:#}\n", serde_json::Value::from_iter(told)));
        return Ok(());
    }
    for (name, kinds) in meant {
        let widest = kinds.iter().map(|(words, _)| words.chars().count()).max().unwrap_or_default();
        let lines = kinds.iter().map(|(words, meets)| format!("  {words:widest$}  {meets}\n"));
        print(&format!("{name}\n{}", lines.collect::<String>()));
    }
    Ok(())
}

/// `KEY=VALUE` words as a table of a lab file: what is no number, truth value, list or quoted text is a text.
fn table(words: &[String]) -> Result<String, Exit> {
    let mut text = String::new();
    for word in words {
        let Some((key, value)) = word.split_once('=') else {
            return Err(Exit::misused(format!("toynet: `{word}` is not of the form KEY=VALUE")));
        };
        let is_plain = value.parse::<f64>().is_ok_and(f64::is_finite) || ["true", "false"].contains(&value);
        let is_written = is_plain || value.starts_with(['"', '\'', '[', '{']);
        let value = if is_written { value.to_owned() } else { serde_json::json!(value).to_string() };
        text += &format!("{} = {value}\n", key.trim());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_table() {
        let words = ["host=ns.shop.test", "answer=SERVFAIL", "nth=3", "name=[\"a\"]"].map(str::to_owned);
        let text = table(&words).unwrap();
        assert_eq!(text, "host = \"ns.shop.test\"\nanswer = \"SERVFAIL\"\nnth = 3\nname = [\"a\"]\n");
        assert!(table(&["nonsense".to_owned()]).is_err());
    }
}
