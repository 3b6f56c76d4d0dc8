//! Protocols that can be planned but not run: a name server and a web site.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeValue, Error, ValueDeserializer};
use toynet_record::Transport;
use toynet_record::dissect::{Dissector, FlowInfo, Likeness};
use toynet_service::place::FileKind;
use toynet_service::{
    Command, Config, Endpoint, Facts, FaultWords, Files, Mistake, Place, Protocol, Reached, Server, Spot, What,
    ZoneText,
};

pub const ALL: &[&Protocol] = &[&DNS, &HTTP, &SMTP];

const DNS: Protocol = Protocol {
    name: "dns",
    about: "name server",
    ports: &[],
    read: dns,
    schema: "{}",
    recognise: |_| Likeness::No,
    dissector: no_dissector,
    fault: Some(FaultWords { read: fault, kinds: &[("answer = \"SERVFAIL\"", "this code")], tls: false }),
    tools: &[],
    solo: None,
    exports: &[],
};
const HTTP: Protocol = Protocol {
    name: "http",
    about: "web site",
    ports: &[],
    read: http,
    schema: "{}",
    recognise: |_| Likeness::No,
    dissector: no_dissector,
    fault: None,
    tools: &[],
    solo: None,
    exports: &[],
};
const SMTP: Protocol = Protocol {
    name: "smtp",
    about: "mail",
    ports: &[],
    read: smtp,
    schema: "{}",
    recognise: |_| Likeness::No,
    dissector: no_dissector,
    fault: None,
    tools: &[],
    solo: None,
    exports: &[],
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Dns {
    resolver: bool,
    zones: BTreeMap<Spanned<String>, Spanned<String>>,
    port: u16,
}

impl Default for Dns {
    fn default() -> Self {
        Self { resolver: false, zones: BTreeMap::new(), port: 53 }
    }
}

impl Config for Dns {
    fn endpoints(&self) -> Vec<Endpoint> {
        [Transport::Udp, Transport::Tcp].map(|transport| Endpoint { transport, port: self.port }).into()
    }

    fn facts(&self) -> Facts {
        let zones = self.zones.iter().map(|(origin, path)| (origin.clone(), path.clone())).collect();
        Facts { zones, resolves: self.resolver, names: !self.resolver, ..Facts::default() }
    }

    fn check(&self, files: &dyn Files) -> Vec<Mistake> {
        self.zones.values().flat_map(|path| check_zone_file(path, files)).collect()
    }

    fn check_zone(&self, zone: &ZoneText) -> Vec<Mistake> {
        bad_lines(&zone.origin, &zone.text)
    }

    fn commands(&self, reached: &Reached<'_>) -> Vec<Command> {
        let port = 53 + reached.port_offset;
        let line = format!("dig @{} -p {port} {}", reached.address, reached.example);
        vec![Command { program: "dig", line, own: Some("dns query a.test".to_owned()), shows: "an address".to_owned() }]
    }

    fn build(&self, _: &Place) -> io::Result<Box<dyn Server>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn check_zone_file(path: &Spanned<String>, files: &dyn Files) -> Vec<Mistake> {
    match files.text(path.get_ref()) {
        Ok(text) => bad_lines(path.get_ref(), &text),
        Err(_) => vec![Mistake::new(path.span(), format!("there is no file `{}`", path.get_ref()))],
    }
}

fn bad_lines(file: &str, text: &str) -> Vec<Mistake> {
    let lines = text.lines().enumerate();
    let bad = lines.filter_map(|(line, text)| text.find("nonsense").map(|column| (line + 1, column + 1)));
    bad.map(|(line, column)| Mistake {
        spot: Spot::File { file: file.to_owned(), line, column },
        other: None,
        what: "this is no record".to_owned(),
        advice: None,
    })
    .collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Http {
    root: Option<Spanned<String>>,
    names: Vec<Spanned<String>>,
    port: Option<u16>,
}

impl Config for Http {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint { transport: Transport::Tcp, port: self.port.unwrap_or(80) }]
    }

    fn facts(&self) -> Facts {
        Facts { aliases: self.names.clone(), ..Facts::default() }
    }

    fn check(&self, files: &dyn Files) -> Vec<Mistake> {
        let root = self.root.iter().filter(|root| files.kind(root.get_ref()) != FileKind::Folder);
        root.map(|root| {
            Mistake::new(root.span(), format!("there is no folder `{}`", root.get_ref()))
                .advise("paths start at the lab file's folder")
        })
        .collect()
    }

    fn commands(&self, reached: &Reached<'_>) -> Vec<Command> {
        let line = format!("curl http://{}:{}/", reached.host, 80 + reached.port_offset);
        let other = format!("wget http://{}:{}/", reached.host, 80 + reached.port_offset);
        vec![
            Command { program: "wget", line: other, own: None, shows: "the front page".to_owned() },
            Command { program: "curl", line, own: None, shows: "the front page".to_owned() },
        ]
    }

    fn build(&self, _: &Place) -> io::Result<Box<dyn Server>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Smtp {
    domains: Vec<Spanned<String>>,
}

impl Config for Smtp {
    fn endpoints(&self) -> Vec<Endpoint> {
        vec![Endpoint { transport: Transport::Tcp, port: 25 }]
    }

    fn facts(&self) -> Facts {
        Facts { mail_domains: self.domains.clone(), ..Facts::default() }
    }

    fn check(&self, _: &dyn Files) -> Vec<Mistake> {
        Vec::new()
    }

    fn commands(&self, _: &Reached<'_>) -> Vec<Command> {
        Vec::new()
    }

    fn build(&self, _: &Place) -> io::Result<Box<dyn Server>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn dns(value: Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, Error> {
    boxed::<Dns>(value)
}

fn http(value: Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, Error> {
    boxed::<Http>(value)
}

fn smtp(value: Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, Error> {
    boxed::<Smtp>(value)
}

fn boxed<T: Config + DeserializeOwned + 'static>(value: Spanned<DeValue<'_>>) -> Result<Box<dyn Config>, Error> {
    Ok(Box::new(T::deserialize(ValueDeserializer::from(value))?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DnsFault {
    #[serde(default)]
    answer: String,
}

fn fault(value: Spanned<DeValue<'_>>) -> Result<What, Error> {
    let DnsFault { answer } = DnsFault::deserialize(ValueDeserializer::from(value))?;
    Ok(Arc::new(answer))
}

fn no_dissector(_: FlowInfo) -> Box<dyn Dissector> {
    unreachable!("nothing is recorded while planning")
}
