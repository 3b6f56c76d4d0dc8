//! Commands inside a lab where no namespaces can be had: their connections are led to the loopback.

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use support::lab::{Home, lab_file};
use support::run::{eventually, mark, processes_with, wait};
use support::{Lab, Outcome, run, shell, tool};

/// The systems of these tests: one that refuses nothing where nobody asks for namespaces, and one with a filter as
/// Docker has, which refuses namespaces and the descriptors of other processes.
#[derive(Clone, Copy, Debug)]
enum System {
    Willing,
    Filtered,
}

const SYSTEMS: [System; 2] = [System::Willing, System::Filtered];

#[test]
fn curl_needs_no_flags() {
    let Some(home) = home_with(&["curl", "python3"]) else { return };
    for system in SYSTEMS {
        for (family, scheme) in [("-4", "http"), ("-6", "http"), ("-4", "https"), ("-6", "https")] {
            let url = format!("{scheme}://www.shop.test/");
            let head = ["curl", "-sS", family, "-o", "/dev/null", "-w", "%{http_code}", &url];
            assert_eq!(inside(&home, system, &head).succeeded().stdout, "200", "{system:?} {family} {scheme}");
        }
    }
}

#[test]
fn every_name_server_is_the_labs_resolver_but_for_those_of_the_lab() {
    let Some(home) = home_with(&["dig", "python3"]) else { return };
    let line = "for flags in -4 -6 '-4 +tcp' '-6 +tcp' @192.0.2.53 @2001:db8:ffff::53 @127.0.0.53; do \
                dig +time=2 +tries=1 +short $flags www.shop.test A || echo $flags; done | sort | uniq -c; \
                dig +noall +comments @ns.shop.test www.shop.test | grep -c 'flags:.* aa'; dig +trace web.club.test | tail -n 2";
    for system in SYSTEMS {
        let text = inside(&home, system, &["sh", "-c", line]).succeeded().stdout;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines[..2], ["7 198.18.1.1", "1"], "{system:?}: {text}");
        assert!(text.contains("ns.club.test"), "{system:?}: {text}");
    }
}

#[test]
fn the_c_library_finds_names_in_both_families() {
    let Some(home) = home_with(&["getent", "python3"]) else { return };
    let line = "getent ahosts www.shop.test | cut -d' ' -f1 | sort -u; getent hosts no.such.name.test || echo none";
    for system in SYSTEMS {
        let text = inside(&home, system, &["sh", "-c", line]).succeeded().stdout;
        assert!(text.contains("198.18.1.1\n2001:db8::"), "{system:?}: {text}");
        assert!(text.ends_with("none\n"), "{system:?}: {text}");
    }
}

#[test]
fn pythons_own_library_finds_the_way() {
    let Some(home) = home_with(&["python3"]) else { return };
    let script = "
import asyncio, smtplib, socket, urllib.request
print(urllib.request.urlopen('https://www.shop.test/').status)
async def head():
    reader, writer = await asyncio.open_connection('www.shop.test', 80)
    writer.write(b'GET / HTTP/1.0\\r\\nHost: www.shop.test\\r\\n\\r\\n')
    line = await reader.readline()
    writer.close()
    return line
print(asyncio.run(head()).split()[1])
print(smtplib.SMTP('mail.club.test').sendmail('alice@shop.test', ['carol@club.test'], 'Subject: hello\\r\\n\\r\\nhello\\r\\n'))
";
    for system in SYSTEMS {
        let text = run(&mut led(&home, system, "internet", &["python3", "-c", script])).succeeded().stdout;
        assert_eq!(text, "200\nb'200'\n{}\n", "{system:?}");
    }
}

#[test]
fn datagrams_reach_their_host_one_by_one_and_many_at_once() {
    let Some(home) = home_with(&["python3"]) else { return };
    let script = [SENDING, DATAGRAMS].concat();
    for system in SYSTEMS {
        let text = inside(&home, system, &["python3", "-c", &script, &format!("{system:?}")]).succeeded().stdout;
        assert_eq!(text, "connected 1\nsendto 2\nsendmsg 3\nsendmmsg 4 5\n", "{system:?}");
    }
}

#[test]
fn mail_is_sent_and_a_board_is_called_at_their_own_ports() {
    let Some(home) = home_with(&["swaks", "telnet", "python3"]) else { return };
    let line = "swaks --silent 2 --from alice@shop.test --to carol@club.test --server mail.club.test && \
                (echo quit; sleep 0.3) | telnet bbs.retro.test";
    for system in SYSTEMS {
        let outcome = run(&mut led(&home, system, "internet", &["sh", "-c", line]));
        assert!(outcome.stdout.contains("Retro Board"), "{system:?}: {outcome:?}");
    }
}

#[test]
fn git_clones_what_a_lab_serves() {
    let Some(home) = home_with(&["git", "python3"]) else { return };
    let make = "mkdir work && cd work && git init -q && echo hello > file && git add file \
                && git -c user.name=a -c user.email=a@shop.test commit -qm one \
                && cd .. && git clone -q --bare work site/work.git && cd site/work.git && git update-server-info";
    fs::create_dir_all(home.path().join("site")).unwrap();
    run(home.furnish(Command::new("sh").args(["-c", make]))).succeeded();
    let lab = home.write("lab.toml", "[host.\"code.shop.test\".http]\nroot = \"site\"\n");
    for system in SYSTEMS {
        let clone = ["git", "ls-remote", "https://code.shop.test/work.git"];
        let text = run(&mut led(&home, system, lab.to_str().unwrap(), &clone)).succeeded().stdout;
        assert!(text.contains("HEAD"), "{system:?}: {text}");
    }
}

#[test]
fn node_finds_the_way() {
    let Some(home) = home_with(&["node", "python3"]) else { return };
    // What Node looks up by itself must come from whom it asked.
    let script = "fetch('https://www.shop.test/').then(answer => console.log(answer.status))
        .then(() => require('dns').promises.resolve4('www.shop.test')).then(found => console.log(...found))";
    for system in SYSTEMS {
        assert_eq!(
            inside(&home, system, &["node", "-e", script]).succeeded().stdout,
            "200\n198.18.1.1\n",
            "{system:?}"
        );
    }
}

#[test]
fn many_programs_connect_at_the_same_time() {
    let Some(home) = home_with(&["curl", "python3"]) else { return };
    let line =
        "seq 60 | xargs -P 20 -I{} curl -sS -o /dev/null -w '%{http_code}\\n' http://www.shop.test/ | sort | uniq -c";
    for system in SYSTEMS {
        let text = inside(&home, system, &["sh", "-c", line]).succeeded().stdout;
        assert_eq!(text.trim(), "60 200", "{system:?}");
    }
}

#[test]
fn who_waits_for_a_connection_holds_nobody_up() {
    let Some(home) = home_with(&["curl", "python3"]) else { return };
    // The queue of a listener that accepts nobody is full after two: whoever comes then waits.
    let script = "
import socket, subprocess, threading
full = socket.socket(); full.bind(('127.0.0.1', 0)); full.listen(0)
for _ in range(30):
    threading.Thread(target=lambda: socket.socket().connect(full.getsockname()), daemon=True).start()
print(subprocess.run(['curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}', 'http://www.shop.test/'], capture_output=True, text=True).stdout, flush=True)
import os; os._exit(0)
";
    assert_eq!(inside(&home, System::Willing, &["python3", "-c", script]).succeeded().stdout, "200\n");
}

#[test]
fn a_program_that_calls_the_kernel_itself_is_led_too() {
    let Some(home) = home_with(&["cc", "python3"]) else { return };
    let source = home.write("bare.c", BARE);
    let program = home.path().join("bare");
    run(Command::new("cc").args(["-O1", "-static", "-o"]).arg(&program).arg(&source)).succeeded();
    for system in SYSTEMS {
        let text = inside(&home, system, &[program.to_str().unwrap()]).succeeded().stdout;
        assert_eq!(text, "HTTP/1.1 200", "{system:?}");
    }
}

#[test]
fn nothing_reaches_the_outside_and_ones_own_servers_stay_in_reach() {
    let Some(home) = home_with(&["python3"]) else { return };
    let script = "
import errno, socket
for outside in ['192.0.2.1', '1.1.1.1', '10.0.0.1', '169.254.169.254', '2606:4700:4700::1111', '255.255.255.255']:
    family = socket.AF_INET6 if ':' in outside else socket.AF_INET
    for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM]:
        for reach in [lambda s: s.connect((outside, 80)), lambda s: s.sendto(b'x', (outside, 80))]:
            with socket.socket(family, kind) as s:
                try: reach(s); print('reached', outside, kind)
                except OSError as e: assert e.errno in (errno.ENETUNREACH, errno.EPIPE), e
for at in ['127.0.0.1', '', '::1']:
    own = socket.create_server((at, 0), family=socket.AF_INET6 if ':' in at else socket.AF_INET)
    one = socket.create_connection((at or 'localhost', own.getsockname()[1]), 5)
    print(own.accept()[1][0] == one.getsockname()[0])
";
    for system in SYSTEMS {
        let text = inside(&home, system, &["python3", "-c", script]).succeeded().stdout;
        assert_eq!(text, "True\nTrue\nTrue\n", "{system:?}");
    }
}

#[test]
fn nothing_slips_out_by_an_address_without_a_family_or_among_others() {
    let Some(home) = home_with(&["python3"]) else { return };
    let script = [SENDING, SLIPPING].concat();
    for system in SYSTEMS {
        let text = inside(&home, system, &["python3", "-c", &script]).succeeded().stdout;
        assert_eq!(text, "-1 -1\n1 own\n2 own 7\n", "{system:?}");
    }
}

#[test]
fn the_status_of_the_command_is_ours() {
    let Some(home) = home_with(&[]) else { return };
    for (line, status) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)] {
        assert_eq!(inside(&home, System::Willing, &["sh", "-c", line]).code(), Some(status), "{line}");
    }
    assert_eq!(inside(&home, System::Willing, &["no-such-program"]).code(), Some(127));
    assert_eq!(inside(&home, System::Willing, &["/"]).code(), Some(126));
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
fn thirty_runs_and_what_they_leave_running_leave_nothing_behind() {
    let Some(home) = home_with(&[]) else { return };
    let mark = mark();
    for _ in 0..30 {
        let line = format!("setsid sleep {mark} >/dev/null 2>&1 & (sleep {mark} & exec true) >/dev/null 2>&1; exit 0");
        inside(&home, System::Willing, &["sh", "-c", &line]).succeeded();
    }
    assert_eq!(processes_with(&mark), 0);
    let left = run(home.furnish(Command::new("find").args(["run/toynet", "state", "-mindepth", "1"])));
    assert_eq!(left.stdout, "");
}

#[test]
fn a_lab_that_is_killed_takes_the_command_with_it() {
    let Some(home) = home_with(&[]) else { return };
    let mark = mark();
    let mut child = begin(&home, &format!("setsid sleep {mark} & echo started; sleep {mark}; :"));
    child.kill().expect("a child that was not waited for can be killed");
    child.wait().expect("a child can be waited for");
    eventually("the end of all", || (processes_with(&mark) == 0).then_some(()));
    assert_eq!(run(&mut home.toynet(&["status"])).code(), Some(1), "what is left of it is noticed");
    let left = run(home.furnish(Command::new("find").args(["run/toynet", "-mindepth", "1"])));
    assert_eq!(left.stdout, "");
}

#[test]
fn where_nothing_can_be_mounted_or_root_is_another_the_loopback_does_and_the_words_are_right() {
    let Some(home) = home_with(&["curl", "python3", "unshare", "chroot"]) else { return };
    // mount(2), and the calls that are newer: open_tree to fspick, mount_setattr (moby's profile lists the same).
    let numbers = if cfg!(target_arch = "x86_64") { "165" } else { "40" };
    let mounting = format!("REFUSED='{numbers} 428 429 430 431 432 433 442' python3 {} toynet", filter(&home));
    let chroot = "unshare -Urm sh -c 'mount --rbind / /mnt && exec chroot /mnt toynet \"$@\"' sh".to_owned();
    let ways = [
        (mounting, "a seccomp filter", "seccomp=unconfined"),
        (chroot, "as it does in a chroot", "outside the chroot"),
    ];
    for (toynet, why, cure) in ways {
        let page = "run -- curl -sSo /dev/null -w '%{http_code}' http://www.shop.test/";
        let outcome = shell_at(&home, &format!("{toynet} {page}"));
        assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(0), "200"), "{outcome:?}");
        assert!(outcome.stderr.contains(why), "{outcome:?}");
        let doctor = shell_at(&home, &format!("{toynet} doctor"));
        assert_eq!(doctor.code(), Some(1), "{doctor:?}");
        assert!(doctor.stdout.contains(why) && doctor.stdout.contains(cure), "{doctor:?}");
    }
}

#[test]
fn a_machine_that_is_furnished_like_dockers_has_worlds_that_lack_little() {
    let Some(home) = home_with(&["curl", "unshare", "mount"]) else { return };
    // Some of /proc is covered, so that nobody may mount another; nothing but the test's own folder can be written,
    // nothing there can be run, there is no /dev/net/tun and no home.
    let furnish = "mount --bind /dev/null /proc/version && mount --bind \"$PWD\" \"$PWD\" && mount -o remount,bind,noexec \"$PWD\" && \
                   mount -t tmpfs none /dev/net 2>/dev/null; mount -o remount,ro,bind / && unset HOME && exec toynet \"$@\"";
    let toynet = format!("unshare -Urmpf --mount-proc sh -c '{furnish}' sh");
    let doctor = shell_at(&home, &format!("{toynet} doctor"));
    if !doctor.stdout.contains("work here, in a network of their own") {
        assert!(doctor.stdout.contains("get no network of their own here"), "{doctor:?}");
        return;
    }
    assert!(doctor.stdout.contains("without a /proc of its own"), "{doctor:?}");
    let page = "run -- curl -sSo /dev/null -w '%{http_code}' https://www.shop.test/";
    for carrier in ["", "--carrier ports"] {
        let page = page.replace("run", &format!("run {carrier}"));
        let outcome = shell_at(&home, &format!("{toynet} {page}"));
        assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(0), "200"), "{outcome:?}");
    }
    let nowhere = shell_at(&home, &format!("XDG_RUNTIME_DIR=/proc/nowhere {toynet} up"));
    assert_eq!(nowhere.code(), Some(4), "{nowhere:?}");
    assert!(nowhere.stderr.contains("XDG_RUNTIME_DIR says so: unset it"), "{nowhere:?}");
}

#[test]
fn a_command_ends_with_the_process_of_its_lab_as_in_a_world() {
    let Some(home) = home_with(&[]) else { return };
    let ways: &[&str] =
        if support::tools::worlds(&mut home.toynet(&["doctor"])) { &["ports", "world"] } else { &["ports"] };
    for way in ways {
        let mark = mark();
        let script = format!("setsid sleep {mark} & echo started; sleep {mark}; echo went on");
        let mut command = home.toynet(&["run", "--carrier", way, "internet", "--", "sh", "-c", &script]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        stdout.read_line(&mut String::new()).expect("text");
        let status = run(&mut home.toynet(&["status"])).succeeded().stdout;
        let inner = status.split_once("process ").and_then(|(_, rest)| rest.split(',').next()).expect("its process");
        shell(&format!("kill -KILL {inner}")).succeeded();
        let outcome = child.wait_with_output().expect("a child can be waited for");
        let told = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert!(told.contains("has ended, or something killed sh"), "{way}: {told}");
        assert_eq!(outcome.status.code(), Some(5), "{way}: {told}");
        let mut said = String::new();
        stdout.read_line(&mut said).expect("text");
        assert_eq!(said, "", "{way}");
        eventually("the end of all", || (processes_with(&mark) == 0).then_some(()));
    }
}

#[test]
fn one_can_be_a_host_of_the_lab() {
    let Some(home) = home_with(&["curl", "dig", "python3"]) else { return };
    let lab = home.write("lab.toml", "[host.\"www.shop.test\".http]\nroot = \".\"\n[host.\"desk.home.test\"]\n");
    let line = "dig +short www.shop.test A; dig +tcp +short www.shop.test A; \
                for family in -4 -6; do curl -sS $family -o /dev/null http://www.shop.test/; done; toynet log";
    for system in SYSTEMS {
        let mut command = led(&home, system, lab.to_str().unwrap(), &["sh", "-c", line]);
        command.env("TOYNET_AS", "desk.home.test");
        let text = run(&mut command).succeeded().stdout;
        let said = |protocol: &str| {
            text.lines().filter(|line| line.contains("desk.home.test → ") && line.contains(protocol)).count()
        };
        assert_eq!((said(" dns ") >= 2, said(" http ")), (true, 2), "{system:?}: {text}");
        assert!(!text.contains("you → "), "{system:?}: {text}");
    }
}

#[test]
fn who_has_no_address_of_a_family_reaches_nobody_in_it() {
    let Some(home) = home_with(&["curl"]) else { return };
    let lab = home.write(
        "lab.toml",
        "[host.\"www.shop.test\".http]\nroot = \".\"\n[host.\"desk.home.test\"]\naddress = \"198.18.77.7\"\n",
    );
    let line =
        "curl -sS -6 http://www.shop.test/ 2>/dev/null; echo $?; curl -sSo /dev/null http://www.shop.test/; echo $?";
    let mut command = led(&home, System::Willing, lab.to_str().unwrap(), &["sh", "-c", line]);
    assert_eq!(run(command.env("TOYNET_AS", "desk.home.test")).succeeded().stdout, "7\n0\n");
}

#[test]
fn a_host_that_comes_while_a_command_runs_is_found() {
    let Some(home) = home_with(&["curl"]) else { return };
    let lab = home.write("lab.toml", "[host.\"www.shop.test\".http]\npages = { \"/\" = \"bread\" }\n");
    let line = "curl -sS http://www.shop.test/; \
                printf '[host.\"new.shop.test\".http]\\npages = { \"/\" = \"cake\" }\\n' >> lab.toml; \
                toynet reload >/dev/null && curl -sS http://new.shop.test/";
    let outcome = run(&mut led(&home, System::Willing, lab.to_str().unwrap(), &["sh", "-c", line]));
    assert_eq!(outcome.succeeded().stdout, "breadcake");
}

#[test]
fn a_slow_link_is_slow_for_the_programs_of_others() {
    let Some(home) = home_with(&["curl"]) else { return };
    let lab = home.write(
        "lab.toml",
        "[host.\"www.shop.test\".http]\nroot = \".\"\n[link.\"www.shop.test <-> *\"]\nlatency = \"60ms\"\n",
    );
    let head = ["curl", "-sSo", "/dev/null", "-w", "%{time_total}", "http://www.shop.test/"];
    let outcome = run(&mut led(&home, System::Willing, lab.to_str().unwrap(), &head)).succeeded();
    assert!(outcome.stdout.parse::<f64>().is_ok_and(|seconds| seconds >= 0.12), "{}", outcome.stdout);
}

#[test]
fn a_shell_joins_a_lab_that_runs_on_the_loopback() {
    let Some(home) = home_with(&["curl", "python3"]) else { return };
    let lab = Lab::start(&home, &["up", &lab_file("shop"), "--carrier", "ports"]);
    let page = ["shell", "--", "sh", "-c", "curl -sSo /dev/null -w '%{http_code}' https://www.shop.test/; exit 9"];
    let outcome = run(&mut home.toynet(&page));
    assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(9), "200"), "{outcome:?}");
    assert!(outcome.stderr.contains("no listening"), "{outcome:?}");
    assert!(lab.toynet(&["log"]).succeeded().stdout.contains("GET /"));
    let unknown = run(&mut home.toynet(&["shell", "--as", "no.shop.test", "--", "true"]));
    assert_eq!(unknown.code(), Some(1), "{unknown:?}");
    assert_eq!(lab.stop("TERM").code(), Some(0));
}

#[test]
fn a_shell_on_the_loopback_is_told_when_its_lab_ends() {
    let Some(home) = home_with(&[]) else { return };
    let lab = Lab::start(&home, &["up", &lab_file("shop"), "--carrier", "ports"]);
    let mut command = home.toynet(&["shell", "--", "sh", "-c", "echo started; read line; exit 9"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut joined = command.spawn().expect("the binary runs");
    let mut line = String::new();
    BufReader::new(joined.stdout.as_mut().expect("stdout is piped")).read_line(&mut line).expect("a line");
    assert_eq!(line, "started\n");
    assert_eq!(lab.stop("TERM").code(), Some(0));
    let told = BufReader::new(joined.stderr.take().expect("stderr is piped")).lines();
    let told: Vec<String> = told.map_while(Result::ok).take(2).collect();
    assert!(told.iter().any(|line| line.contains("has ended")), "{told:?}");
    drop(joined.stdin.take());
    assert_eq!(wait(&mut joined, support::run::LIMIT).and_then(|status| status.code()), Some(9));
}

#[test]
fn a_lab_in_the_background_says_what_it_lacks_to_who_started_it() {
    let Some(home) = home_with(&["python3"]) else { return };
    let line = format!("python3 {} toynet up {} -d", filter(&home), lab_file("shop"));
    let outcome = run(home.furnish(Command::new("sh").args(["-c", &line])));
    run(&mut home.toynet(&["down"])).succeeded();
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    assert_eq!(outcome.stderr.matches("no network of its own").count(), 1, "{outcome:?}");
}

#[test]
fn a_system_that_refuses_namespaces_is_noticed_and_one_line_says_what_is_lacking() {
    let Some(home) = home_with(&["curl", "unshare", "python3"]) else { return };
    let words = format!("run {} -- curl -sSo /dev/null -w %{{http_code}} https://www.shop.test/", lab_file("shop"));
    let refusing = [
        format!("unshare -Ur sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec toynet {words}'"),
        format!("python3 {} toynet {words}", filter(&home)),
    ];
    for line in refusing {
        let outcome = run(home.furnish(Command::new("sh").args(["-c", &line])));
        assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(0), "200"), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        assert!(outcome.stderr.contains("no listening") && outcome.stderr.contains("toynet doctor"), "{outcome:?}");
    }
}

#[test]
fn the_doctor_knows_both_ways() {
    let Some(home) = home_with(&["python3"]) else { return };
    let line = format!("python3 {} toynet doctor", filter(&home));
    let outcome = run(home.furnish(Command::new("sh").args(["-c", &line])));
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("run, shell --carrier ports: work here"), "{outcome:?}");
}

#[test]
fn a_detour_cannot_lead_through_another_and_says_so() {
    let Some(home) = home_with(&[]) else { return };
    let inner = inside(&home, System::Willing, &["toynet", "run", "--carrier", "ports", "--", "true"]);
    assert_eq!(inner.code(), Some(4), "{inner:?}");
    assert!(inner.stderr.contains("cannot be led"), "{inner:?}");
}

/// A home in which programs can be led and these tools are there.
fn home_with(needed: &[&str]) -> Option<Home> {
    let all: Vec<bool> = needed.iter().map(|name| tool(name).is_some()).collect();
    all.into_iter().all(|found| found).then(Home::new)
}

/// Runs a command in the tests' lab.
fn inside(home: &Home, system: System, command: &[&str]) -> Outcome {
    run(&mut led(home, system, &lab_file("shop"), command))
}

/// `toynet run` of a command, on a system of this kind; as the host that `TOYNET_AS` names.
fn led(home: &Home, system: System, lab: &str, command: &[&str]) -> Command {
    let mut line = Command::new("sh");
    let run = match system {
        System::Willing => "exec toynet run --carrier ports".to_owned(),
        System::Filtered => format!("exec python3 {} toynet run", filter(home)),
    };
    home.furnish(&mut line).args(["-c", &format!("{run} ${{TOYNET_AS:+--as $TOYNET_AS}} \"$@\""), "sh", lab, "--"]);
    line.args(command);
    line
}

/// A line of the shell, where toynet is found.
fn shell_at(home: &Home, line: &str) -> Outcome {
    run(home.furnish(Command::new("sh").args(["-c", line])))
}

/// Begins a script in the tests' lab and waits for its first line.
fn begin(home: &Home, script: &str) -> Child {
    let mut command = led(home, System::Willing, &lab_file("shop"), &["sh", "-c", script]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary runs");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("stdout is piped")).read_line(&mut line).expect("a pipe can be read");
    assert_eq!(line, "started\n");
    child
}

/// Where a program lies that runs another one under a filter.
fn filter(home: &Home) -> String {
    home.write("filter.py", FILTER).display().to_string()
}

/// Refuses what Docker's default profile refuses, as far as it matters here (moby's profiles/seccomp/default.json).
const FILTER: &str = r"
import ctypes, os, struct, sys
x86 = os.uname().machine == 'x86_64'
clone, clone3, unshare, setns, getfd = (56, 435, 272, 308, 438) if x86 else (220, 435, 97, 268, 438)
LOAD, EQUAL, ANY, RETURN, EPERM, ENOSYS, ALLOW = 0x20, 0x15, 0x45, 0x06, 0x50001, 0x50026, 0x7fff0000
code = [(LOAD, 0, 0, 0)]
refused = [int(number) for number in os.environ.get('REFUSED', '').split()]
if refused: unshare = setns = getfd = clone = clone3 = -1 & 0xffffffff
for number, answer in [(number, EPERM) for number in refused] + [(unshare, EPERM), (setns, EPERM), (getfd, EPERM), (clone3, ENOSYS)]:
    code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, answer)]
code += [(EQUAL, 0, 3, clone), (LOAD, 0, 0, 16), (ANY, 0, 1, 0x7e020000), (RETURN, 0, 0, EPERM), (RETURN, 0, 0, ALLOW)]
octets = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *line) for line in code))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, struct.pack('HxxxxxxQ', len(code), ctypes.addressof(octets))) == 0, ctypes.get_errno()
os.execvp(sys.argv[1], sys.argv[1:])
";

/// What there is to send to the lab's resolver, and the calls that Python does not have.
const SENDING: &str = r"
import ctypes, os, socket, struct, sys
to = ('192.0.2.53', 53)
def query(number): return struct.pack('>6H', number, 0x100, 1, 0, 0, 0) + b'\3www\4shop\4test\0' + struct.pack('>2H', 1, 1)
def number(s, peer=to):
    octets, peer = (s.recvfrom(4096) if peer is to else s.recvmsg(4096)[::3])
    assert peer == to, peer
    return struct.unpack('>H', octets[:2])[0]
def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    return s
class Message(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('namelen', ctypes.c_uint), ('parts', ctypes.c_void_p), ('count', ctypes.c_size_t),
                ('control', ctypes.c_void_p), ('controllen', ctypes.c_size_t), ('flags', ctypes.c_long), ('sent', ctypes.c_uint)]
class Part(ctypes.Structure):
    _fields_ = [('base', ctypes.c_char_p), ('length', ctypes.c_size_t)]
libc = ctypes.CDLL(None, use_errno=True)
def name(to, family=socket.AF_INET): return struct.pack('=H', family) + struct.pack('>H', to[1]) + socket.inet_aton(to[0]) + bytes(8)
def send_many(s, *many):
    parts = [Part(octets, len(octets)) for _, octets in many]
    messages = (Message * len(many))(*[Message(name(to), 16, ctypes.addressof(part), 1) for (to, _), part in zip(many, parts)])
    return libc.sendmmsg(s.fileno(), messages, len(many), 0), [m.sent for m in messages]
";

/// Asks the lab's resolver over UDP in each way that there is to send, and prints the numbers that come back.
const DATAGRAMS: &str = r"
s = udp(); s.connect(to); s.send(query(1)); print('connected', number(s))
s = udp(); s.sendto(query(2), to); print('sendto', number(s))
s.setblocking(True); s.sendto(query(2), to); assert number(s) == 2
s.settimeout(5); s.sendto(query(2), to); assert number(s, 'by recvmsg') == 2
for kind, at in ((socket.AF_INET, ''), (socket.AF_INET6, '::')):
    for reach in (lambda s: (s.connect(peer), s.send(query(9))), lambda s: s.sendto(query(9), peer)):
        with socket.socket(kind, socket.SOCK_DGRAM) as free, socket.socket(kind, socket.SOCK_DGRAM) as s:
            free.bind((at, 0)); port = free.getsockname()[1]; free.close()
            peer = to if kind == socket.AF_INET else ('::ffff:192.0.2.53', 53)
            s.settimeout(5); s.bind((at, port)); reach(s)
            assert s.recv(4096).endswith(socket.inet_aton('198.18.1.1')), 'whoever chose a port is in the lab too'
            assert s.getsockname()[1] == port or sys.argv[1] == 'Filtered', 'and keeps it'
s = udp(); s.sendmsg([query(3)[:5], query(3)[5:]], [], 0, to); print('sendmsg', number(s))
s = udp()
assert send_many(s, (to, query(4)), (to, query(5))) == (2, [31, 31])
print('sendmmsg', *sorted([number(s), number(s)]))
";

/// Tries to send to the outside where Linux takes an address for one of IPv4, and behind what stays here.
const SLIPPING: &str = r"
own, outside = udp(), ('192.0.2.1', 9)
own.bind(('127.0.0.1', 0))
def unspecified(s):
    sent = libc.sendto(s.fileno(), b'x', 1, 0, name(outside, socket.AF_UNSPEC), 16)
    assert sent != -1 or ctypes.get_errno() == 101, os.strerror(ctypes.get_errno())
    return sent
s = udp()
print(unspecified(s), unspecified(s))
try: socket.socket(socket.AF_VSOCK).connect((2, 9)); print('reached the host of this machine')
except OSError as e: assert e.errno in (97, 101), e
print(send_many(s, (own.getsockname(), b'own'), (outside, b'x'))[0], own.recv(9).decode())
s = udp()
print(send_many(s, (own.getsockname(), b'own'), (to, query(7)))[0], own.recv(9).decode(), number(s))
";

/// Fetches a page from an address, without the C library's ways to connect.
const BARE: &str = r#"
#include <arpa/inet.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(80) };
    inet_pton(AF_INET, "198.18.1.1", &to.sin_addr);
    long socket = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    if (syscall(SYS_connect, socket, &to, sizeof to)) return 1;
    const char ask[] = "GET / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n";
    if (syscall(SYS_sendto, socket, ask, sizeof ask - 1, 0, 0, 0) < 0) return 2;
    char answer[12];
    if (syscall(SYS_read, socket, answer, sizeof answer) != sizeof answer) return 3;
    syscall(SYS_write, 1, answer, sizeof answer);
    return 0;
}
"#;
