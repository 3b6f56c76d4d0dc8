//! The proxy of a lab: curl and browsers reach its hosts by name, and nobody else.

mod support;

use std::process::Command;

use support::lab::{Home, lab_file};
use support::{Lab, Outcome, run, tool, tools};

#[test]
fn curl_reaches_hosts_by_name_on_both_carriers() {
    if tool("curl").is_none() {
        return;
    }
    for carrier in ["ports", "world"] {
        let home = Home::new();
        if carrier == "world" && !tools::worlds(&mut home.toynet(&["doctor"])) {
            continue;
        }
        let lab = Lab::start(&home, &["up", &lab_file("shop"), "--carrier", carrier]);
        let proxy = proxy(&lab);
        assert!(lab.printed.join("\n").contains(&format!("socks5h://{proxy}")), "{:?}", lab.printed);
        let page = curl(&proxy, &["http://www.shop.test/"]).succeeded().stdout;
        assert!(page.contains("shop"), "{carrier}: {page}");
        let root = home.path().join("root.pem");
        lab.toynet(&["ca", "-o", root.to_str().unwrap()]).succeeded();
        let over_tls = ["-o", "/dev/null", "-w", "%{http_code}", "--cacert", root.to_str().unwrap()];
        let status = curl(&proxy, &[&over_tls[..], &["https://www.shop.test/"]].concat());
        assert_eq!(status.succeeded().stdout, "200", "{carrier}");
        // The server's end tells it, which sees what the client has sealed.
        let log = lab.toynet(&["log"]).succeeded().stdout;
        assert_eq!(log.matches("GET / (www.shop.test)").count(), 2, "{carrier}: {log}");
        assert!(log.contains("you → www.shop.test") && log.contains("TLS 1.3"), "{carrier}: {log}");
        assert!(!log.contains("broken") && !log.contains("no answer"), "{carrier}: {log}");
    }
}

#[test]
fn whatever_is_not_of_the_lab_is_refused() {
    if tool("curl").is_none() {
        return;
    }
    let home = Home::new();
    let lab = Lab::start(&home, &["up", &lab_file("shop")]);
    let proxy = proxy(&lab);
    // curl tells the proxy's reply (RFC 1928 6): 2 by its rules, 4 nobody there, 5 refused.
    for (url, reply) in [
        ("http://no.shop.test/", 4),
        ("http://www.example.com/", 4),
        ("http://1.1.1.1/", 2),
        ("http://127.0.0.1:22/", 2),
        ("http://[2606:4700::1111]/", 2),
        ("http://www.shop.test:81/", 5),
    ] {
        let outcome = curl(&proxy, &[url]);
        assert_eq!(outcome.code(), Some(97), "{url}: {outcome:?}");
        assert!(outcome.stderr.contains(&format!("({reply})")), "{url}: {outcome:?}");
    }
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("connection refused at port 81"), "{log}");
}

fn proxy(lab: &Lab) -> String {
    let status = lab.toynet(&["status", "--json"]).succeeded().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).expect("the status is JSON");
    status["socks"].as_str().expect("the lab has a proxy").to_owned()
}

fn curl(proxy: &str, arguments: &[&str]) -> Outcome {
    run(Command::new("curl").args(["-sS", "--max-time", "20", "--socks5-hostname", proxy]).args(arguments))
}
