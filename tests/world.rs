//! Commands inside a lab, where it is the internet: with the tools of others, as anybody.

mod support;

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use support::lab::{Home, lab_file};
use support::run::{eventually, wait};
use support::world::{begin, first_line, home_with, inside, shell_in};
use support::{Lab, run, shell};

#[test]
fn curl_needs_no_flags() {
    let Some(home) = home_with(&["curl"]) else { return };
    let page = inside(&home, &["curl", "-sS", "http://www.shop.test/"]).succeeded().stdout;
    assert!(page.contains("shop"), "{page}");
    for family in ["-4", "-6"] {
        let head = ["curl", "-sS", family, "-o", "/dev/null", "-w", "%{http_code}", "http://www.shop.test/"];
        assert_eq!(inside(&home, &head).succeeded().stdout, "200", "{family}");
    }
}

#[test]
fn dig_asks_the_labs_resolver_and_walks_down_from_its_root() {
    let Some(home) = home_with(&["dig"]) else { return };
    let found = inside(&home, &["dig", "+short", "www.shop.test", "AAAA"]).succeeded().stdout;
    assert!(found.starts_with("2001:db8:"), "{found}");
    let trace = inside(&home, &["dig", "+trace", "web.club.test"]).succeeded().stdout;
    assert!(trace.contains("198.18.200.3") && trace.contains("ns.club.test"), "{trace}");
    let back = inside(&home, &["sh", "-c", "dig +short -x $(dig +short www.shop.test)"]).succeeded().stdout;
    assert_eq!(back.trim(), "www.shop.test.");
}

#[test]
fn hosts_can_be_pinged_in_both_families() {
    let Some(home) = home_with(&["ping"]) else { return };
    for family in ["-4", "-6"] {
        let text = inside(&home, &["ping", family, "-c", "1", "www.shop.test"]).succeeded().stdout;
        assert!(text.contains(" 0% packet loss"), "{text}");
    }
}

#[test]
fn pythons_own_library_finds_the_way() {
    let Some(home) = home_with(&["python3"]) else { return };
    let script = "import urllib.request as u; print(u.urlopen('http://www.shop.test/').status)";
    assert_eq!(inside(&home, &["python3", "-c", script]).succeeded().stdout, "200\n");
}

#[test]
fn mail_is_sent_to_the_standard_port_and_a_board_is_called_at_its_own() {
    let Some(home) = home_with(&["swaks", "telnet"]) else { return };
    let line = "swaks --silent 2 --from alice@shop.test --to carol@club.test --server mail.club.test && \
                (echo quit; sleep 0.3) | telnet bbs.retro.test";
    let outcome = run(&mut home.toynet(&["run", "internet", "--", "sh", "-c", line]));
    assert!(outcome.stdout.contains("Retro Board"), "{outcome:?}");
}

#[test]
fn what_is_worth_trying_is_said_as_one_types_it_inside() {
    let Some(home) = home_with(&["curl", "dig", "nghttp", "swaks", "telnet"]) else { return };
    let script = "toynet status --json > status && python3 -c \"
import json, subprocess
for tried in json.load(open('status'))['commands']:
    ended = subprocess.run(tried['line'] + ' < /dev/null', shell=True, capture_output=True, timeout=30)
    print(ended.returncode, tried['line'])\"";
    let told = run(&mut home.toynet(&["run", "internet", "--", "sh", "-c", script])).succeeded().stdout;
    let lines: Vec<&str> = told.lines().collect();
    for line in ["0 curl http://www.shop.test/", "0 curl https://www.shop.test/", "0 dig www.shop.test"] {
        assert!(lines.contains(&line), "{line} in\n{told}");
    }
    for part in ["--resolve", "--cacert", " -p ", "127."] {
        assert!(!told.contains(part), "{part} in\n{told}");
    }
    // A board says good-bye to who says nothing, and a refusal is what is to be seen.
    let failed = lines.iter().filter(|line| !line.starts_with("0 "));
    assert!(failed.clone().all(|line| line.contains("telnet ") || line.contains("nobody@")), "{told}");
}

#[test]
fn git_clones_what_a_lab_serves() {
    let Some(home) = home_with(&["git"]) else { return };
    let site = home.path().join("site");
    let make = "mkdir work && cd work && git init -q && echo hello > file && git add file \
                && git -c user.name=a -c user.email=a@shop.test commit -qm one \
                && cd .. && git clone -q --bare work site/work.git && cd site/work.git && git update-server-info";
    fs::create_dir_all(&site).unwrap();
    run(home.furnish(Command::new("sh").args(["-c", make]))).succeeded();
    let lab = home.write("lab.toml", "[host.\"code.shop.test\".http]\nroot = \"site\"\n");
    let line = "git clone -q http://code.shop.test/work.git copy && cat copy/file";
    let outcome = run(&mut home.toynet(&["run", lab.to_str().unwrap(), "--", "sh", "-c", line]));
    assert_eq!(outcome.succeeded().stdout, "hello\n");
}

#[test]
fn the_status_of_the_command_is_ours() {
    let Some(home) = home_with(&[]) else { return };
    for (line, status) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)] {
        assert_eq!(inside(&home, &["sh", "-c", line]).code(), Some(status), "{line}");
    }
    assert_eq!(inside(&home, &["no-such-program"]).code(), Some(127));
    assert_eq!(inside(&home, &["/"]).code(), Some(126));
}

#[test]
fn the_commands_output_is_its_own() {
    let Some(home) = home_with(&["curl"]) else { return };
    let outcome = inside(&home, &["sh", "-c", "curl -sSo /dev/null http://www.shop.test/; echo only this"]);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("only this\n", ""));
}

#[test]
fn a_signal_to_us_reaches_the_command() {
    let Some(home) = home_with(&[]) else { return };
    for (signal, status) in [("TERM", 4), ("INT", 5), ("HUP", 6)] {
        let script = format!("trap 'exit {status}' {signal}; echo started; while :; do sleep 0.05; done");
        let mut child = begin(&home, &script);
        shell(&format!("kill -{signal} {}", child.id())).succeeded();
        assert_eq!(wait(&mut child, support::run::LIMIT).and_then(|status| status.code()), Some(status), "SIG{signal}");
    }
}

#[test]
fn nothing_reaches_the_outside() {
    let Some(home) = home_with(&["python3"]) else { return };
    let script = "
import socket, sys
server = socket.create_server(('127.0.0.1', 0))
print(server.getsockname()[1], flush=True)
server.settimeout(20)
server.accept()
";
    let mut outside = Command::new("python3");
    let mut outside = outside.args(["-c", script]).stdout(Stdio::piped()).spawn().expect("a server outside");
    let port = first_line(&mut outside);
    let probe = format!(
        "
import errno, socket
def refused(address):
    family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET
    for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM]:
        with socket.socket(family, kind) as s:
            s.settimeout(5)
            try: s.connect(address)
            except OSError as e:
                if e.errno in (errno.ENETUNREACH, errno.ECONNREFUSED): continue
            if kind == socket.SOCK_STREAM or not address[0].startswith('127.'): return False
    return True
assert refused(('127.0.0.1', {port}))
for outside in ['192.0.2.1', '1.1.1.1', '10.0.0.1', '169.254.169.254', '2606:4700:4700::1111']:
    assert refused((outside, 53)), outside
print([name for _, name in socket.if_nameindex()])
"
    );
    let outcome = inside(&home, &["python3", "-c", &probe]);
    outside.kill().expect("a child that was not waited for can be killed");
    outside.wait().expect("a child can be waited for");
    assert_eq!(outcome.succeeded().stdout, "['lo']\n");
}

#[test]
fn proxies_and_sources_of_names_from_outside_are_out_of_reach() {
    let Some(home) = home_with(&["curl"]) else { return };
    let lab = lab_file("shop");
    let mut command = home.toynet(&["run", &lab, "--", "curl", "-sSo", "/dev/null", "http://www.shop.test/"]);
    run(command.env("http_proxy", "http://127.0.0.1:9").env("ALL_PROXY", "socks5://127.0.0.1:9")).succeeded();
    let hosts = inside(&home, &["grep", "^hosts:", "/etc/nsswitch.conf"]).succeeded().stdout;
    assert_eq!(hosts, "hosts: files dns\n");
}

#[test]
fn two_labs_run_at_the_same_time_without_knowing_of_each_other() {
    let Some(home) = home_with(&["curl"]) else { return };
    let begun: Vec<Child> =
        (0..2).map(|_| begin(&home, "echo started; curl -sSo /dev/null http://www.shop.test/; read _")).collect();
    let lines = shell_in(&home, "toynet status --lab none").stderr;
    assert!(lines.matches("lab-").count() == 2, "{lines}");
    for mut child in begun {
        drop(child.stdin.take());
        assert_eq!(wait(&mut child, support::run::LIMIT).and_then(|status| status.code()), Some(1), "read saw the end");
    }
}

#[test]
fn a_shell_joins_a_lab_that_runs_and_is_told_when_it_ends() {
    let Some(home) = home_with(&["curl"]) else { return };
    let lab = Lab::start(&home, &["up", &lab_file("shop"), "--carrier", "world"]);
    let page = ["shell", "--", "curl", "-sSo", "/dev/null", "-w", "%{http_code}", "http://www.shop.test/"];
    assert_eq!(run(&mut home.toynet(&page)).succeeded().stdout, "200");
    assert_eq!(run(&mut home.toynet(&["shell", "--", "sh", "-c", "exit 9"])).code(), Some(9));
    let log = run(&mut home.toynet(&["log"])).succeeded().stdout;
    assert!(log.contains("GET /"), "{log}");

    let mut command = home.toynet(&["shell", "--", "sh", "-c", "echo started; sleep 60"]);
    let mut joined = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    first_line(&mut joined);
    assert_eq!(lab.stop("TERM").code(), Some(0));
    let outcome = joined.wait_with_output().expect("a child can be waited for");
    let told = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert!(told.contains("lab lab has ended"), "{told}");
    assert_eq!(outcome.status.code(), Some(137));
}

#[test]
fn a_lab_stops_and_goes_on_with_the_process_that_has_the_terminal() {
    let Some(home) = home_with(&[]) else { return };
    let mut command = home.toynet(&["up", &lab_file("shop"), "--carrier", "world"]);
    // With a parent in another group there is somebody who could have it go on.
    let mut lab = command.process_group(0).stdout(Stdio::piped()).spawn().expect("the binary runs");
    while !first_line(&mut lab).starts_with("ready") {}
    let status = run(&mut home.toynet(&["status"])).succeeded().stdout;
    let inner = status.split_once("process ").and_then(|(_, rest)| rest.split(',').next()).expect("its process");
    let outer = lab.id().to_string();
    for (signal, stopped) in [("TSTP", true), ("CONT", false), ("TSTP", true), ("CONT", false)] {
        shell(&format!("kill -{signal} {outer}")).succeeded();
        let is_so = || [inner, &outer].iter().all(|process| is_stopped(process) == stopped);
        eventually(signal, || is_so().then_some(()));
    }
    run(&mut home.toynet(&["status"])).succeeded();
    shell(&format!("kill -INT {outer}")).succeeded();
    assert_eq!(wait(&mut lab, support::run::LIMIT).and_then(|status| status.code()), Some(0));
}

#[test]
fn a_lab_can_be_entered_where_the_system_allows_it_and_has_doors_outside_too() {
    let Some(home) = home_with(&["curl", "dig"]) else { return };
    let lab = Lab::start(&home, &["up", &lab_file("shop")]);
    let status = lab.status();
    assert_eq!(status.carrier(), "world");
    for line in status.commands().into_iter().filter(|line| !line.contains("telnet")) {
        shell(line).succeeded();
    }
    let answer = support::dig(status.resolver(), &["+tcp", "www.shop.test", "A"]);
    assert_eq!(answer.data("A").len(), 1, "{}", answer.text);
    let log = lab.toynet(&["log"]).succeeded().stdout;
    assert!(log.contains("you → www.shop.test"), "{log}");
    assert_eq!(lab.stop("TERM").code(), Some(0));
}

#[test]
fn three_terminals_join_a_lab_as_three_hosts() {
    let Some(home) = home_with(&["curl", "ping"]) else { return };
    let lab = home.write("lab.toml", THREE_DESKS);
    let lab = Lab::start(&home, &["up", lab.to_str().expect("a path of ours is text")]);
    let line = "uname -n; hostname; echo $TOYNET_LAB $TOYNET_HOST; grep -c $TOYNET_HOST /etc/hosts; ls /sys/class/net | grep -c eth0; \
                for family in 4 6; do curl -$family -sSo /dev/null -w '%{http_code} %{local_ip}\n' http://www.shop.test/; done; \
                echo here; read _; ping -c 1 -q one.home.test | grep -o '[0-9]*% packet loss'; \
                ping -6 -c 1 -q two.home.test | grep -o '[0-9]*% packet loss'; toynet dns query +short one.home.test";
    let mut joined: Vec<Child> = (["one", "two", "three"].iter())
        .map(|host| {
            let mut command = home.toynet(&["shell", "--as", &format!("{host}.home.test"), "--", "sh", "-c", line]);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary runs")
        })
        .collect();
    let told: Vec<Vec<String>> = joined.iter_mut().map(|child| lines_until(child, "here")).collect();
    for (number, (host, told)) in ["one", "two", "three"].iter().zip(&told).enumerate() {
        let (name, cable) = (format!("{host}.home.test"), if number == 0 { "0" } else { "1" });
        let address = format!("200 198.18.77.{}", number + 1);
        let six = format!("200 2001:db8:77::{}", number + 1);
        assert_eq!(told[..], [&name, &name, &format!("lab {name}"), "2", cable, &address, &six], "{host}");
    }
    for mut child in joined {
        drop(child.stdin.take());
        let rest = child.wait_with_output().expect("a child can be waited for");
        assert_eq!(String::from_utf8_lossy(&rest.stdout), "0% packet loss\n0% packet loss\n198.18.77.1\n");
    }
    let log = lab.toynet(&["log", "--proto", "http"]).succeeded().stdout;
    for host in ["one", "two", "three"] {
        assert!(log.contains(&format!("{host}.home.test → www.shop.test")), "{log}");
    }
    let again = ["shell", "--as", "two.home.test", "--", "ping", "-c1", "-q", "www.shop.test"];
    lab.toynet(&again).succeeded();
    let served = lab.toynet(&["shell", "--as", "www.shop.test", "--", "true"]);
    assert_eq!(served.code(), Some(2), "{served:?}");
    assert!(served.stderr.contains("one.home.test, two.home.test, three.home.test"), "{served:?}");
}

#[test]
fn two_terminals_of_one_host_share_its_network_and_a_server_there_is_reached_by_others() {
    let Some(home) = home_with(&["curl", "python3"]) else { return };
    let lab = home.write("lab.toml", THREE_DESKS);
    let _lab = Lab::start(&home, &["up", lab.to_str().expect("a path of ours is text")]);
    let serve = "import http.server as h; s = h.HTTPServer(('', 80), h.SimpleHTTPRequestHandler); \
                 print('here', flush=True); s.handle_request(); s.handle_request(); s.handle_request()";
    let mut command = home.toynet(&["shell", "--as", "two.home.test", "--", "python3", "-c", serve]);
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    assert_eq!(first_line(&mut server), "here");
    for (host, at) in [("two", "127.0.0.1"), ("three", "two.home.test"), ("one", "two.home.test")] {
        let url = format!("http://{at}/");
        let page = [
            "shell",
            "--as",
            &format!("{host}.home.test"),
            "--",
            "curl",
            "-sSo",
            "/dev/null",
            "-w",
            "%{http_code}",
            &url,
        ];
        assert_eq!(run(&mut home.toynet(&page)).succeeded().stdout, "200", "{host}");
    }
    assert!(server.wait_with_output().expect("a child can be waited for").status.success());
}

#[test]
fn what_a_lab_says_of_itself_is_true_where_it_is_read() {
    let Some(home) = home_with(&[]) else { return };
    let _lab = Lab::start(&home, &["up", &lab_file("shop")]);
    let outside = shell_in(&home, "eval \"$(toynet env)\"; echo $TOYNET_WWW_SHOP_TEST_HTTP").succeeded().stdout;
    assert!(outside.starts_with("127."), "{outside}");
    let line = "eval \"$(toynet env)\"; echo $TOYNET_WWW_SHOP_TEST_HTTP $TOYNET_RESOLVER; toynet status";
    let inside = run(&mut home.toynet(&["shell", "--", "sh", "-c", line])).succeeded().stdout;
    assert!(inside.starts_with("198.18.1.1:80 198.18.0."), "{inside}");
    assert!(!inside.contains("127."), "{inside}");
}

#[test]
fn a_client_that_needs_threads_enters_a_lab_too() {
    let Some(home) = home_with(&[]) else { return };
    let _lab = Lab::start(&home, &["up", "--carrier", "world"]);
    // Reading the standard input takes a thread.
    let text = shell_in(&home, "printf 'ada\\nquit\\n' | toynet telnet bbs.retro.test").succeeded().stdout;
    assert!(text.contains("Good-bye"), "{text}");
}

#[test]
fn a_shell_that_wants_a_world_beside_a_lab_on_the_loopback_has_a_lab_of_its_own() {
    let Some(home) = home_with(&[]) else { return };
    let _lab = Lab::start(&home, &["up", "--carrier", "ports"]);
    let shell = ["shell", "--carrier", "world", "--", "sh", "-c", "echo $TOYNET_LAB"];
    let outcome = run(&mut home.toynet(&shell)).succeeded();
    assert!(outcome.stdout.starts_with("internet-"), "{outcome:?}");
    assert!(outcome.stderr.contains("this is another"), "{outcome:?}");
}

#[test]
fn scripts_start_a_lab_wait_for_it_and_enter_it() {
    let Some(home) = home_with(&["curl"]) else { return };
    for carrier in ["ports", "world"] {
        let lab = lab_file("shop");
        let line = format!(
            "set -e; toynet up {lab} -d --carrier {carrier}; toynet wait ready; toynet wait --timeout 3s dns web.club.test; \
             if toynet wait --timeout 100ms dns no.club.test; then exit 1; fi; \
             eval \"$(toynet env)\"; echo $TOYNET_LAB $TOYNET_WWW_SHOP_TEST_HTTP"
        );
        let outcome = shell_in(&home, &line);
        assert_eq!(outcome.code(), Some(0), "{outcome:?}");
        let told = outcome.stdout.lines().last().unwrap_or_default();
        assert!(told.starts_with("lab 127."), "{told}");
        run(&mut home.toynet(&["down"])).succeeded();
    }
    let outcome = run(&mut home.toynet(&["wait", "--timeout", "100ms", "ready"]));
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
}

#[test]
fn a_lab_that_cannot_start_in_the_background_says_why() {
    let home = Home::new();
    let _first = Lab::start(&home, &["up", &lab_file("shop"), "--carrier", "ports"]);
    let outcome = run(&mut home.toynet(&["up", &lab_file("shop"), "-d"]));
    assert_eq!(outcome.code(), Some(4), "{outcome:?}");
    assert!(outcome.stderr.contains("runs already"), "{outcome:?}");
}

#[test]
fn a_folder_that_cannot_be_had_is_named() {
    let home = Home::new();
    for detach in [None, Some("-d")] {
        let mut command = home.toynet(&["up", &lab_file("shop")]);
        let outcome = run(command.args(detach).env("XDG_STATE_HOME", "/dev/null"));
        assert_eq!(outcome.code(), Some(4), "{outcome:?}");
        assert!(outcome.stderr.contains("/dev/null/toynet"), "{outcome:?}");
    }
    let outcome = run(home.toynet(&["run", "--", "true"]).env("XDG_RUNTIME_DIR", "/dev/null"));
    assert_eq!(outcome.code(), Some(4), "{outcome:?}");
    assert!(outcome.stderr.contains("/dev/null/toynet") && outcome.stderr.contains("unset it"), "{outcome:?}");
}

#[test]
fn one_can_be_a_host_of_the_lab() {
    let Some(home) = home_with(&["curl"]) else { return };
    let lab = home.write(
        "lab.toml",
        "[host.\"www.shop.test\".http]\nroot = \".\"\n[host.\"desk.home.test\"]\naddress = \"198.18.77.7\"\n",
    );
    let line = "uname -n; curl -4sSo /dev/null -w '%{local_ip}\\n' http://www.shop.test/; toynet log --lab $TOYNET_LAB";
    let text = run(&mut home.toynet(&["run", lab.to_str().unwrap(), "--as", "desk.home.test", "--", "sh", "-c", line]));
    let text = text.succeeded().stdout;
    assert!(text.starts_with("desk.home.test\n198.18.77.7\n"), "{text}");
    assert!(text.contains("desk.home.test → www.shop.test"), "{text}");
    let unknown = run(&mut home.toynet(&["run", lab.to_str().unwrap(), "--as", "no.shop.test", "--", "true"]));
    assert_eq!(unknown.code(), Some(2));
    assert!(unknown.stderr.contains("desk.home.test"), "{}", unknown.stderr);
}

#[test]
fn a_slow_link_is_slow_for_the_programs_of_others() {
    let Some(home) = home_with(&["curl"]) else { return };
    let lab = home.write(
        "lab.toml",
        "[host.\"www.shop.test\".http]\nroot = \".\"\n[link.\"www.shop.test <-> *\"]\nlatency = \"60ms\"\n",
    );
    let head = ["curl", "-sSo", "/dev/null", "-w", "%{time_total}", "http://www.shop.test/"];
    let outcome = run(home.toynet(&["run", lab.to_str().unwrap(), "--"]).args(head)).succeeded();
    assert!(outcome.stdout.parse::<f64>().is_ok_and(|seconds| seconds >= 0.12), "{}", outcome.stdout);
}

#[test]
fn a_lab_that_does_not_start_says_why_and_runs_nothing() {
    let Some(home) = home_with(&[]) else { return };
    let lab = home.write("lab.toml", "[host.\"www.shop.test\".http]\nrooot = \"site\"\n");
    let outcome = run(&mut home.toynet(&["run", lab.to_str().unwrap(), "--", "echo", "ran"]));
    assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(3), ""));
    assert!(outcome.stderr.contains("rooot"), "{}", outcome.stderr);
}

#[test]
fn the_doctor_prints_a_profile_for_this_very_binary() {
    let profile = run(&mut Home::new().toynet(&["doctor", "--apparmor"])).succeeded().stdout;
    assert!(profile.contains(env!("CARGO_BIN_EXE_toynet")) && profile.contains("userns,"), "{profile}");
}

#[test]
fn tcpdump_sees_what_passes() {
    let Some(home) = home_with(&["tcpdump", "curl"]) else { return };
    let line = "tcpdump -i lo -n -l -c 1 tcp port 80 2>told & until grep -q listening told; do kill -0 $! || exit; done; \
                curl -sSo /dev/null http://www.shop.test/; wait";
    let seen = inside(&home, &["sh", "-c", line]).succeeded().stdout;
    assert!(seen.contains("Flags [S]"), "{seen}");
}

#[test]
fn a_world_can_hold_another() {
    let Some(home) = home_with(&["curl"]) else { return };
    let lab = lab_file("shop");
    let line = format!("toynet run {lab} -- curl -sSo /dev/null -w '%{{http_code}}' http://www.shop.test/");
    assert_eq!(inside(&home, &["sh", "-c", &line]).succeeded().stdout, "200");
    // The first process in each world has the same number, and both have this home's folders.
    let names = inside(&home, &["sh", "-c", "toynet run -- sh -c 'echo $TOYNET_LAB; exec toynet run -- true'"]);
    assert!(names.succeeded().stdout.starts_with("internet-in-lab-"));
}

/// A site, and three people's machines.
const THREE_DESKS: &str = "[host.\"www.shop.test\".http]\npages = { \"/\" = \"bread\" }\n\
    [host.\"one.home.test\"]\naddresses = [\"198.18.77.1\", \"2001:db8:77::1\"]\n\
    [host.\"two.home.test\"]\naddresses = [\"198.18.77.2\", \"2001:db8:77::2\"]\n\
    [host.\"three.home.test\"]\naddresses = [\"198.18.77.3\", \"2001:db8:77::3\"]\n";

/// The state of a process (proc_pid_stat(5)).
fn is_stopped(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("a process that is there");
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
}

fn lines_until(child: &mut Child, last: &str) -> Vec<String> {
    let lines = std::iter::from_fn(|| Some(first_line(child)).filter(|line| line != last));
    lines.collect()
}
