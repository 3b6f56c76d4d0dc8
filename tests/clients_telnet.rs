//! Telnet clients of others against the board, and toynet's own on a terminal.

mod support;

use std::process::Command;

use support::tools::python_with;
use support::{Lab, Outcome, run, tool};

#[test]
fn inetutils_telnet_is_served() {
    if tool("telnet").is_some() {
        converse("telnet -l zoe $host $port", "Escape character is '^]'.", "expect \"zoe> \"");
    }
}

#[test]
fn busybox_telnet_is_served() {
    if tool("busybox").is_some() {
        converse(
            "busybox telnet $host $port",
            "Connected to",
            "expect \"Your name: \"\nsend \"zoe\\r\"\nexpect \"zoe> \"",
        );
    }
}

#[test]
fn our_own_telnet_is_served_on_a_terminal() {
    converse("toynet telnet -l zoe bbs.retro.test", "Escape character is '^]'.", "expect \"zoe> \"");
}

#[test]
fn the_escape_character_leads_to_a_prompt_of_the_clients_own() {
    let talk = r#"
        spawn toynet telnet -l zoe bbs.retro.test
        expect "zoe> "
        send "\x1d"
        expect "telnet> "
        send "status\r"
        expect "the server echoes them"
        send "\x1d"
        expect "telnet> "
        send "send ayt\r"
        expect "yes, I am here"
        send "\x1dtoggle options\r"
        expect "negotiation of options is shown"
        send "\x1dsend dont echo\r"
        expect "RCVD WONT ECHO"
        send "\x1dquit\r"
        expect "Connection closed."
        expect eof
    "#;
    if tool("expect").is_some() {
        let lab = Lab::built_in();
        expect(&lab, talk).succeeded();
    }
}

#[test]
fn telnetlib3_is_served() {
    let Some(mut python) = python_with("telnetlib3") else { return };
    let lab = Lab::built_in();
    let door = lab.status().door("bbs.retro.test", "tcp", 23);
    let talk = r#"
import asyncio, sys, telnetlib3
async def talk():
    reader, writer = await telnetlib3.open_connection(sys.argv[1], int(sys.argv[2]), encoding="utf8", cols=100, rows=30, connect_maxwait=1)
    shown = ""
    async def until(text):
        nonlocal shown
        while text not in shown:
            part = await asyncio.wait_for(reader.read(1024), 10)
            assert part, "the board hung up: " + shown
            shown += part
        shown = shown.split(text, 1)[1]
    # It may tell a USER by itself, and then is asked no name.
    await until("Your name: ")
    writer.write("ada\r\n")
    await until("> ")
    writer.write("whoami\r\n")
    await until(" on bbs.retro.test.")
    writer.write("quit\r\n")
    await until("Good-bye!")
asyncio.run(talk())
"#;
    run(python.args(["-c", talk, &door.ip().to_string(), &door.port().to_string()])).succeeded();
}

/// Lets a client talk to the board on a terminal.
fn converse(client: &str, greeting: &str, enter: &str) {
    if tool("expect").is_none() {
        return;
    }
    let lab = Lab::built_in();
    let door = lab.status().door("bbs.retro.test", "tcp", 23);
    let talk = format!(
        r#"
        set host {}
        set port {}
        spawn {client}
        expect "{greeting}"
        {enter}
        send "whoamx\x7fi\r"
        expect "You are zoe on bbs.retro.test."
        expect "zoe> "
        send "dig www.sh\tA\r"
        expect "198.18."
        expect "zoe> "
        send "half a line\x03"
        expect "zoe> "
        send "quit\r"
        expect "Good-bye!"
        expect eof
    "#,
        door.ip(),
        door.port()
    );
    expect(&lab, &talk).succeeded();
}

/// Runs a script of expect, in which what does not come is a failure.
fn expect(lab: &Lab, talk: &str) -> Outcome {
    let rules = "set timeout 10\nset stty_init {rows 30 columns 100}\n";
    // What is waited for in vain because the client ended is not shown either; that can be told once there is a client.
    let missing = "expect_after { timeout { exit 1 } eof { exit 1 } }\n";
    let lines = talk.replace("expect eof", "expect_after\nexpect eof");
    let (spawned, rest) = lines.split_at(lines.find("expect ").unwrap_or(0));
    let strict = format!("{spawned}{missing}{rest}");
    let mut command = Command::new("expect");
    run(lab.home.furnish(&mut command).env("TERM", "xterm").args(["-c", &format!("{rules}{strict}")]))
}
