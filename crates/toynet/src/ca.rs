//! `ca`: the root that vouches for a lab's certificates, and how to trust it.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use toynet_lab::authority;
use toynet_lab::control::client;
use toynet_lab::run::Folders;

use crate::arguments::Ca;
use crate::ask;
use crate::exit::Exit;
use crate::output::print;

pub async fn ca(arguments: Ca) -> Result<(), Exit> {
    let folders = Folders::of_user().map_err(|error| Exit::not_allowed(format!("toynet: {error}")))?;
    let root = find(&folders, &arguments).await?;
    let octets = if arguments.der { der(&root)? } else { root.pem.clone().into_bytes() };
    if let Some(path) = &arguments.output {
        fs::write(path, octets).map_err(|error| Exit::not_allowed(format!("toynet: {}: {error}", path.display())))?;
        print(&how_to_trust(&root.lab, path, arguments.der));
    } else if arguments.der || arguments.pem || !io::stdout().is_terminal() {
        let mut out = io::stdout().lock();
        // A reader that has left wants no more.
        let _ = out.write_all(&octets).and_then(|()| out.flush());
    } else {
        match &root.file {
            Some(file) => print(&how_to_trust(&root.lab, file, false)),
            None => print(&format!("{}\n`toynet ca -o FILE` writes it into a file, to be trusted there.\n", root.pem)),
        };
    }
    Ok(())
}

/// A lab's root.
struct Root {
    lab: String,
    pem: String,
    /// Where it is kept.
    file: Option<PathBuf>,
}

/// The root of the lab that runs, or of one that has run and kept it.
async fn find(folders: &Folders, arguments: &Ca) -> Result<Root, Exit> {
    let running = client::running(folders).await;
    let name = arguments.lab.name.as_ref();
    if name.map_or(running.len() == 1, |name| running.contains(name)) {
        return of_running(arguments).await;
    }
    let kept = folders.kept();
    let known = || running.iter().chain(&kept).map(String::as_str).collect::<Vec<_>>().join(", ");
    let lab = match (name, kept.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) if running.is_empty() => only,
        (None, []) if running.is_empty() => {
            return Err(Exit::failed("toynet: no lab has run here yet; `toynet up` makes a root for its lab"));
        }
        (None, _) => {
            return Err(Exit::failed(format!("toynet: labs here are: {}; say which one with --lab NAME", known())));
        }
    };
    let file = folders.state(lab).and_then(|state| authority::kept(&state)).ok_or_else(|| {
        let others = if known().is_empty() { String::new() } else { format!("; labs here are: {}", known()) };
        Exit::failed(format!("toynet: no lab called `{lab}` runs or has run{others}"))
    })?;
    let pem =
        fs::read_to_string(&file).map_err(|error| Exit::failed(format!("toynet: {}: {error}", file.display())))?;
    Ok(Root { lab: lab.clone(), pem, file: Some(file) })
}

async fn of_running(arguments: &Ca) -> Result<Root, Exit> {
    let status = ask::asked(&arguments.lab).await?;
    let text = |key: &str| status["authority"][key].as_str();
    let pem = text("pem").ok_or_else(|| Exit::failed("toynet: the lab that runs has no root"))?;
    let lab = status["lab"].as_str().unwrap_or_default();
    Ok(Root { lab: lab.to_owned(), pem: pem.to_owned(), file: text("file").map(PathBuf::from) })
}

fn der(root: &Root) -> Result<Vec<u8>, Exit> {
    authority::der(&root.pem).map_err(|why| Exit::failed(format!("toynet: the root cannot be read: {why}")))
}

fn how_to_trust(lab: &str, file: &Path, is_der: bool) -> String {
    let file = file.display().to_string();
    // As a shell takes it for one word.
    let file = if file.contains([' ', '\'', '"', '$', '&', '(', ')', ';']) {
        format!("'{}'", file.replace('\'', r"'\''"))
    } else {
        file
    };
    let ways = if is_der { FOR_DER } else { FOR_PEM };
    format!("The root of the lab {lab} is in {file}\n\n{}", ways.replace("FILE", &file).replace("LAB", lab))
}

const FOR_PEM: &str = "\
For one command
  curl        curl --cacert FILE https://...
  wget        wget --ca-certificate=FILE https://...
  OpenSSL     openssl s_client -CAfile FILE -verify_return_error -connect ...
  GnuTLS      gnutls-cli --x509cafile FILE ...
  git         git -c http.sslCAInfo=FILE clone https://...
  Python      REQUESTS_CA_BUNDLE=FILE python3 ...     (requests)
              SSL_CERT_FILE=FILE python3 ...          (ssl, urllib, httpx; also Ruby, Go, curl)
  Node.js     NODE_EXTRA_CA_CERTS=FILE node ...
  Java        keytool -importcert -noprompt -alias toynet-LAB -storepass changeit -keystore toynet.jks -file FILE
              java -Djavax.net.ssl.trustStore=toynet.jks ...

For a person's browser
  Firefox     Settings, Certificates, View Certificates, Authorities, Import: FILE
  Chromium    certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n 'toynet LAB' -i FILE
              (-D -n 'toynet LAB' takes it out again)

Whoever has the lab's private key can speak for any name to whoever trusts this root: trust it where
you play, not for the whole machine. `toynet up --fresh` throws it away and makes a new one.
";

const FOR_DER: &str = "\
  Java        keytool -importcert -noprompt -alias toynet-LAB -storepass changeit -keystore toynet.jks -file FILE
  OpenSSL     openssl x509 -inform DER -in FILE -text
Most other programs want it in PEM: `toynet ca` without --der.
";
