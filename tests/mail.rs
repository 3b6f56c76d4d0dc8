//! Mail through a lab by other people's clients: swaks and Python's smtplib.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::lab::Home;
use support::run::eventually;
use support::tools::python_with;
use support::{Lab, dig, run, tool};

#[test]
fn a_mail_finds_its_way_by_mx_into_a_maildir() {
    if tool("swaks").is_none() {
        return;
    }
    let lab = Lab::built_in();
    let printed = lab.status().command(&["swaks", "--from alice@shop.test", "--to carol@club.test"]).to_owned();
    support::shell(&format!("{printed} --header 'Subject: bread'"));

    let mail = eventually("the mail in carol's Maildir", || delivered(&lab, "mail.club.test", "carol").pop());
    let fields: Vec<&str> = mail.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(fields[0], "Return-Path: <alice@shop.test>");
    assert_eq!(fields.iter().filter(|field| field.starts_with("Received: from ")).count(), 2, "{mail}");
    assert!(fields.contains(&"Subject: bread"), "{mail}");

    let log = eventually("the delivery in the log", || {
        Some(lab.toynet(&["log"]).succeeded().stdout).filter(|log| log.contains("mail.shop.test → mail.club.test"))
    });
    let line = |what: &str| log.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}\n{log}"));
    assert!(
        line("MX club.test").contains("    mail.shop.test → resolver.test"),
        "under the mail that needed it\n{log}"
    );
}

#[test]
fn an_unknown_recipient_is_refused_here_and_bounces_from_there() {
    if tool("swaks").is_none() {
        return;
    }
    let lab = Lab::built_in();
    let door = lab.status().door("mail.shop.test", "tcp", 25);
    let swaks = |to: &str| {
        let arguments = ["--server", &door.to_string(), "--from", "alice@shop.test", "--to", to];
        run(Command::new("swaks").args(arguments))
    };
    let refused = swaks("nobody@shop.test");
    assert!(refused.stdout.contains("<** 550 5.1.1 "), "{}", refused.stdout);

    assert_eq!(swaks("nobody@club.test").code(), Some(0));
    let bounce = eventually("the bounce in alice's Maildir", || delivered(&lab, "mail.shop.test", "alice").pop());
    for part in ["Return-Path: <>", "multipart/report", "Final-Recipient: rfc822; nobody@club.test", "Status: 5.1.1"] {
        assert!(bounce.to_lowercase().contains(&part.to_lowercase()), "{part} is not in\n{bounce}");
    }
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    if tool("swaks").is_none() {
        return;
    }
    let home = Home::new();
    for number in 1..=5 {
        let lab = Lab::start(&home, &[]);
        let door = lab.status().door("mail.shop.test", "tcp", 25).to_string();
        let arguments = ["--server", &door, "--from", "alice@shop.test", "--to", "carol@club.test"];
        run(Command::new("swaks").args(arguments)).succeeded();
        lab.stop("KILL");
        let lab = Lab::start(&home, &[]);
        eventually("every mail that was acknowledged", || {
            Some(delivered(&lab, "mail.club.test", "carol")).filter(|mails| mails.len() >= number)
        });
        assert_eq!(lab.stop("TERM").code(), Some(0));
    }
}

#[test]
fn under_load_a_kill_loses_nothing_that_was_acknowledged() {
    let Some(mut python) = python_with("smtplib") else { return };
    let home = Home::new();
    let lab = Lab::start(&home, &[]);
    let door = lab.status().door("mail.shop.test", "tcp", 25);
    let list = home.path().join("acknowledged");
    let mut load =
        python.args(["-c", LOAD, &door.ip().to_string(), &door.port().to_string()]).arg(&list).spawn().unwrap();
    let acknowledged = || -> Vec<String> {
        let text = fs::read_to_string(&list).unwrap_or_default();
        text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect()
    };
    eventually("a hundred mails", || (acknowledged().len() >= 100).then_some(()));
    lab.stop("KILL");
    assert!(support::run::wait(&mut load, support::run::LIMIT).is_some(), "the senders see that it is gone");
    let lab = Lab::start(&home, &[]);
    eventually("every mail that was acknowledged", || {
        let mails = delivered(&lab, "mail.shop.test", "alice").concat();
        acknowledged().iter().all(|number| mails.contains(&format!("Subject: {number}\r\n"))).then_some(())
    });
}

#[test]
fn a_program_that_looks_up_the_exchanger_itself_can_deliver_to_it() {
    if tool("dig").is_none() || tool("python3").is_none() {
        return;
    }
    let lab = Lab::built_in();
    let resolver = lab.status().resolver();
    let exchanger = dig(resolver, &["club.test", "MX"]).data("MX").first().map(|data| data.to_string());
    let name = exchanger.as_deref().and_then(|data| data.split_whitespace().nth(1)).expect("an exchanger").to_owned();
    let address = dig(resolver, &[&name, "A"]).data("A").first().map(|data| data.to_string()).expect("its address");
    let port = lab.status().door("mail.club.test", "tcp", 25).port();
    let program = "import smtplib, sys\n\
        server = smtplib.SMTP(sys.argv[1], int(sys.argv[2]))\n\
        server.sendmail('ann@club.test', ['carol@club.test'], 'Subject: walk\\r\\n\\r\\n.\\r\\n..\\r\\nend\\r\\n')\n\
        server.quit()\n";
    run(Command::new("python3").args(["-c", program, &address, &port.to_string()])).succeeded();
    let mail = eventually("the mail", || delivered(&lab, "mail.club.test", "carol").pop());
    assert!(mail.replace('\r', "").ends_with("\n\n.\n..\nend\n"), "{mail}");
}

/// Eight senders, each of which writes down what was acknowledged to it, until nobody answers.
const LOAD: &str = "import smtplib, sys, threading
acknowledged = open(sys.argv[3], 'a')
def send(sender):
    try:
        server = smtplib.SMTP(sys.argv[1], int(sys.argv[2]))
        for number in range(100000):
            name = f'{sender}.{number}.'
            server.sendmail('ann@shop.test', ['alice@shop.test'], f'Subject: {name}\\r\\n\\r\\n' + 'x' * 500)
            acknowledged.write(name + '\\n')
            acknowledged.flush()
    except Exception:
        pass
for sender in range(8):
    threading.Thread(target=send, args=(sender,)).start()
";

/// What lies in a mailbox of the lab.
fn delivered(lab: &Lab, host: &str, mailbox: &str) -> Vec<String> {
    let state = lab.home.path().join("state/toynet/internet").join(host);
    let mails = files(&state).into_iter().filter(|path| {
        let folder = path.parent();
        let is_new = folder.is_some_and(|folder| folder.ends_with("new"));
        is_new && folder.and_then(Path::parent).is_some_and(|owner| owner.ends_with(mailbox))
    });
    mails.filter_map(|path| fs::read_to_string(path).ok()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
