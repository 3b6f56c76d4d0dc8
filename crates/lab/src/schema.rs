//! The form of a lab file as JSON Schema (draft 7), for editors that complete and judge while one types.

use serde_json::{Value, json};
use toynet_service::Protocol;

use crate::external;

/// The schema of lab files whose hosts speak these protocols.
pub fn schema(protocols: &[&'static Protocol]) -> Value {
    let mut schema: Value = read(include_str!("spec/schema.json"));
    let host = &mut schema["properties"]["host"]["additionalProperties"]["properties"];
    for protocol in protocols {
        host[protocol.name] = json!({ "anyOf": [read(protocol.schema), read(external::SCHEMA)] });
    }
    schema
}

/// A schema that is part of the binary; nothing for one that a protocol from elsewhere got wrong.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!({}))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use toml::de::DeValue;

    use super::*;
    use crate::{protocols, spec};

    #[test]
    fn the_schema_of_each_protocol_knows_just_the_keys_that_its_table_takes() {
        for protocol in protocols::ALL {
            let schema = read(protocol.schema);
            let told = |text: &str| {
                let value = DeValue::parse(text).unwrap();
                (protocol.read)(value).err().map(|error| error.message().to_owned()).unwrap_or_default()
            };
            compare(protocol.name, &schema, &|inner| inner.to_owned(), &told);
        }
    }

    #[test]
    fn the_schema_of_a_server_outside_knows_just_the_keys_that_its_table_takes() {
        let told = |text: &str| {
            let read = external::read(protocols::ALL[0], DeValue::parse(text).unwrap());
            read.err().map(|error| error.message().to_owned()).unwrap_or_default()
        };
        compare("external", &read(external::SCHEMA), &|inner| inner.to_owned(), &told);
    }

    #[test]
    fn the_schema_of_the_lab_knows_just_the_keys_that_its_tables_take() {
        let schema = schema(&[]);
        let told = |text: &str| {
            let mistakes = spec::read(text, &[]).mistakes;
            mistakes.into_iter().filter_map(|mistake| mistake.advice).collect::<String>()
        };
        for (name, around) in
            [("lab", "lab = @"), ("host", "host.\"a.test\" = @"), ("link", "link.\"a.test -> b.test\" = @")]
        {
            let table = &schema["properties"][name];
            let table = if name == "lab" { table } else { &table["additionalProperties"] };
            compare(name, table, &|inner| around.replace('@', inner), &told);
        }
    }

    /// Puts an unknown key into each table that the schema describes and compares the keys that are told then.
    fn compare(name: &str, schema: &Value, around: &dyn Fn(&str) -> String, told: &dyn Fn(&str) -> String) {
        let properties = schema["properties"].as_object().unwrap();
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let needed: String = required.map(|key| format!("{key} = \"/x\", ")).collect();
        let said = told(&around(&format!("{{ {needed}zzzzzz = 1 }}")));
        let known: BTreeSet<&str> = said.split('`').skip(1).step_by(2).filter(|key| *key != "zzzzzz").collect();
        let described: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        assert_eq!(known, described, "{name}: {said}");
        for (key, value) in properties {
            let forms = value["oneOf"].as_array().into_iter().flatten().chain([value]);
            for form in forms {
                let (inner, table): (&dyn Fn(&str) -> String, &Value) = match form["type"].as_str() {
                    Some("object") if form["properties"].is_object() => (&|table| table.to_owned(), form),
                    Some("object") => (&|table| format!("{{ \"x.test\" = {table} }}"), &form["additionalProperties"]),
                    Some("array") => (&|table| format!("[{table}]"), &form["items"]),
                    _ => continue,
                };
                if table["properties"].is_object() {
                    let around = |text: &str| around(&format!("{{ {key} = {} }}", inner(text)));
                    compare(&format!("{name}.{key}"), table, &around, told);
                }
            }
        }
    }
}
