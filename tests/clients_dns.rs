//! `toynet dns query` and `toynet dns serve`, in a lab and outside, beside the tools of others.

mod support;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::lab::Home;
use support::run::eventually;
use support::{Lab, Outcome, dig, run, tool};

#[test]
fn inside_a_lab_its_names_simply_work() {
    let lab = Lab::built_in();
    let answer = lab.toynet(&["dns", "query", "www.shop.test", "+short"]).succeeded();
    let address = answer.stdout.trim().to_owned();
    assert!(address.starts_with("198.18."), "{answer:?}");
    let back = lab.toynet(&["dns", "query", "-x", &address, "--short"]).succeeded();
    assert_eq!(back.stdout, "www.shop.test.\n");
}

#[test]
fn a_server_of_the_lab_is_asked_by_its_name_and_by_its_door() {
    let lab = Lab::of_tests("shop");
    let own = lab.toynet(&["dns", "query", "@ns.club.test", "club.test", "MX", "+norecurse"]).succeeded();
    assert!(own.stdout.contains(";; flags: qr aa; "), "{own:?}");
    assert!(own.stdout.contains("10 mail.club.test."), "{own:?}");
    let door = lab.status().door("ns.club.test", "udp", 53);
    let server = format!("@{}#{}", door.ip(), door.port());
    let by_door = lab.toynet(&["dns", "query", &server, "web.club.test", "+noall", "+answer"]).succeeded();
    assert_eq!(by_door.stdout, "web.club.test.\t\t300\tIN\tA\t198.18.200.3\n");
}

#[test]
fn the_lab_tells_the_command_as_the_cause_of_its_query() {
    let lab = Lab::built_in();
    lab.toynet(&["dns", "query", "www.shop.test", "+short", "--as", "mail.shop.test"]).succeeded();
    let log = eventually("the command in the log", || {
        let log = lab.toynet(&["log"]).succeeded().stdout;
        log.contains("toynet dns query www.shop.test").then_some(log)
    });
    let lines: Vec<&str> = log.lines().collect();
    let typed = lines.iter().position(|line| line.contains("toynet dns query www.shop.test")).expect("it is there");
    assert!(lines[typed].contains("mail.shop.test"), "{log}");
    let below = lines[typed + 1..].iter().find(|line| line.contains("A www.shop.test")).expect("its query follows");
    let indent = |line: &str| line.find(|character: char| character.is_ascii_alphabetic());
    assert!(indent(below) >= indent(lines[typed]), "{log}");
}

#[test]
fn a_walk_from_the_root_passes_every_zone() {
    let lab = Lab::built_in();
    let walk = lab.toynet(&["dns", "query", "www.shop.test", "+trace"]).succeeded().stdout;
    assert_eq!(walk.matches(";; Received ").count(), 4, "the resolver, the root, test. and shop.test.\n{walk}");
    assert!(walk.contains("\nshop.test.\t\t") && walk.contains("\nwww.shop.test.\t\t"), "{walk}");
}

#[test]
fn exit_codes_tell_an_answer_from_a_refusal_from_silence() {
    let lab = Lab::of_tests("shop");
    let code = |arguments: &[&str]| lab.toynet(&[&["dns", "query"], arguments].concat()).code();
    assert_eq!(code(&["web.club.test"]), Some(0));
    assert_eq!(code(&["web.club.test", "MX"]), Some(0), "no data is an answer");
    assert_eq!(code(&["nobody.club.test"]), Some(1));
    assert_eq!(code(&["@ns.club.test", "www.shop.test"]), Some(1), "REFUSED");
    assert_eq!(code(&["web.club.test", "MMX"]), Some(2));
    assert_eq!(code(&["web.club.test", "+shrot"]), Some(2));
    assert_eq!(code(&["@www.shop.test", "a.test", "+time=0.1", "+tries=1"]), Some(6));
    assert_eq!(code(&["@nobody.club.test", "a.test"]), Some(6));
}

#[test]
fn what_makes_no_sense_is_told_with_advice() {
    let home = Home::new();
    let said = |arguments: &[&str]| query(&home, arguments).stderr;
    assert!(said(&["a.test", "MMX"]).contains("did you mean MX?"));
    assert!(said(&["a.test", "+shrot"]).contains("did you mean +short?"));
    assert!(said(&["a..test"]).contains("a label is empty"));
    assert!(query(&home, &["--help"]).stdout.contains("Exit status:"));
}

#[test]
fn an_answer_is_the_same_as_digs() {
    if tool("dig").is_none() {
        return;
    }
    let server = Served::start(&[("shop.test.zone", &zone())]);
    for arguments in [
        "www.shop.test",
        "shop.test MX",
        "shop.test TXT +tcp",
        "ftp.shop.test",
        "nobody.shop.test",
        "a.sub.shop.test +norecurse",
        "shop.test SOA +multiline",
        "shop.test DNSKEY +multiline",
        "shop.test DNSKEY",
        "shop.test ANY +notcp +noall +answer",
        "shop.test AXFR",
        "www.shop.test +noclass +nottlid",
        "www.shop.test +nsid +dnssec",
        "www.shop.test +noedns +nocomments",
        "shop.test MX +short",
        "www.other.test",
        "many.shop.test TXT +bufsize=512",
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let theirs = dig(server.at, &[&["+nocookie", "+noadflag"], &arguments[..]].concat()).text;
        let ours = query(&server.home, &[&[server.at().as_str()], &arguments[..]].concat()).stdout;
        assert_eq!(steady(&ours), steady(&theirs), "{arguments:?}");
    }
}

#[test]
fn an_answer_from_nsd_is_shown_and_told_as_json() {
    let Some(nsd) = tool("nsd") else { return };
    let server = Nsd::start(&nsd);
    let home = Home::new();
    let answer = query(&home, &[&server.at, "www.shop.test", "AAAA", "+nsid", "--json"]).succeeded();
    let value: Value = serde_json::from_str(&answer.stdout).expect("one object");
    assert_eq!(value["answerRRs"][0]["rdataAAAA"], "2001:db8::5");
    assert_eq!((&value["RCODEname"], &value["AA"], &value["transport"]), (&"NOERROR".into(), &1.into(), &"udp".into()));
    let zone = query(&home, &[&server.at, "shop.test", "AXFR", "+short"]).succeeded();
    assert!(zone.stdout.contains("198.18.0.5\n"), "{zone:?}");
    let refused = query(&home, &[&server.at, "www.other.test", "+short"]);
    assert_eq!((refused.code(), refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("REFUSED"), "{refused:?}");
}

#[test]
fn zone_files_are_served_with_what_they_include() {
    let Some(_) = tool("dig") else { return };
    let zone = "$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 127.0.0.1\n$INCLUDE more\n";
    let server = Served::start(&[
        ("zones/a.test.zone", zone),
        ("zones/b.test.zone", zone),
        ("zones/more", "www A 198.18.0.5\n"),
    ]);
    for name in ["www.a.test", "www.b.test"] {
        let answer = dig(server.at, &[name]);
        assert_eq!((answer.data("A"), answer.has("aa")), (vec!["198.18.0.5"], true), "{}", answer.text);
        assert_eq!(dig(server.at, &["+tcp", name]).data("A"), ["198.18.0.5"]);
    }
    assert_eq!(dig(server.at, &["www.c.test"]).rcode, "REFUSED");
}

#[test]
fn a_bad_zone_is_not_served_and_all_its_mistakes_are_told() {
    let home = Home::new();
    let serve =
        |arguments: &[&str]| run(&mut home.toynet(&[&["dns", "serve", "--listen", "127.0.0.1:0"], arguments].concat()));
    home.write("shop.test.zone", "$TTL 60\n@ SOA ns root 1 2 3 4 5\n@ NS ns\nns A 198.18.0\nwww WHAT x\n");
    let outcome = serve(&["shop.test.zone"]);
    assert_eq!(outcome.code(), Some(2));
    for told in
        ["shop.test.zone:4:6: `198.18.0` is not an IPv4 address", "shop.test.zone:5:5: `WHAT` is no record type"]
    {
        assert!(outcome.stderr.contains(told), "{outcome:?}");
    }
    home.write("zone", "$TTL 60\n@ SOA ns root 1 2 3 4 5\n");
    assert!(serve(&["zone"]).stderr.contains("whose zone is it?"));
    assert!(serve(&["--origin", "shop.test", "zone"]).stderr.contains("shop.test. has no NS record"));
    assert!(serve(&["nothing.zone"]).stderr.contains("nothing.zone: "));
}

fn query(home: &Home, arguments: &[&str]) -> Outcome {
    run(&mut home.toynet(&[&["dns", "query", "--no-lab"], arguments].concat()))
}

/// Without what is never twice the same, or says which program it is.
fn steady(text: &str) -> String {
    let varies = ["; <<>>", "; (1 server", ";; global options", ";; Query time", ";; WHEN"];
    let lines = text.lines().filter(|line| !line.is_empty() && !varies.iter().any(|begin| line.starts_with(begin)));
    let lines = lines.map(|line| line.split(", id: ").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// `toynet dns serve` at a port that was free.
struct Served {
    home: Home,
    at: SocketAddr,
    child: Child,
}

impl Served {
    fn start(files: &[(&str, &str)]) -> Self {
        let home = Home::new();
        files.iter().for_each(|(name, text)| _ = home.write(name, text));
        let zones = files.iter().map(|(name, _)| *name).filter(|name| name.ends_with(".zone"));
        let arguments: Vec<&str> = ["dns", "serve", "--listen", "127.0.0.1:0"].into_iter().chain(zones).collect();
        let mut child = home.toynet(&arguments).stdout(Stdio::piped()).spawn().expect("the binary runs");
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("stdout is piped")));
        let ready = lines.next().expect("a ready line").expect("it can be read");
        // Nobody reads the log, so that the pipe must not fill.
        #[expect(clippy::disallowed_methods, reason = "a test reads what the server prints")]
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let at = ready.split(' ').find_map(|word| word.parse().ok()).unwrap_or_else(|| panic!("no address in {ready}"));
        Self { home, at, child }
    }

    fn at(&self) -> String {
        format!("@{}#{}", self.at.ip(), self.at.port())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// NSD with the same zone.
struct Nsd {
    at: String,
    child: Child,
    _home: Home,
}

impl Nsd {
    fn start(program: &Path) -> Self {
        let home = Home::new();
        home.write("shop.test.zone", zone());
        // A port of this process and test, outside those that systems give to clients.
        let port = 10_000 + std::process::id() % 20_000;
        let folder = home.path().display();
        let config = home.write(
            "nsd.conf",
            format!(
                "server:\n ip-address: 127.0.0.1@{port}\n username: \"\"\n chroot: \"\"\n database: \"\"\n server-count: 1\n \
                 zonesdir: \"{folder}\"\n pidfile: \"{folder}/pid\"\n xfrdfile: \"{folder}/xfrd\"\n zonelistfile: \"{folder}/list\"\n \
                 nsid: \"ascii_nsd1\"\nremote-control:\n control-enable: no\nzone:\n name: shop.test\n \
                 zonefile: shop.test.zone\n provide-xfr: 127.0.0.1 NOKEY\n"
            ),
        );
        let mut command = Command::new(program);
        let child = command.arg("-d").arg("-c").arg(config).stderr(Stdio::null()).spawn().expect("NSD starts");
        let server = Self { at: format!("@127.0.0.1#{port}"), child, _home: home };
        let probe = Home::new();
        eventually("NSD's first answer", || {
            let answer = query(&probe, &[&server.at, "shop.test", "SOA", "+short", "+time=0.2", "+tries=1"]);
            answer.status.success().then_some(())
        });
        server
    }
}

impl Drop for Nsd {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Its own children end with it.
fn end(child: &mut Child) {
    let _ = std::io::stdout().flush();
    let sent = Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(sent.is_ok_and(|status| status.success()));
    child.wait().expect("a child can be waited for");
}

/// The zone, with texts that do not fit into a datagram.
fn zone() -> String {
    let many = (1..=60).map(|number| format!("many TXT \"number {number} of many\"\n"));
    std::iter::once(ZONE.to_owned()).chain(many).collect()
}

const ZONE: &str = r#"$ORIGIN shop.test.
$TTL 3600
@ SOA ns hostmaster 7 7200 3600 1209600 300
@ NS ns
ns A 127.0.0.1
www A 198.18.0.5
www AAAA 2001:db8::5
ftp CNAME www
@ MX 10 mail
mail A 198.18.0.9
@ TXT "v=spf1 mx -all" "two words"
sub NS ns.sub
ns.sub A 198.18.0.77
@ DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
"#;
