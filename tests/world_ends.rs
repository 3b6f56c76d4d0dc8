//! How a world ends, and that nothing is left of it then.

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::lab::lab_file;
use support::run::{eventually, mark, processes_with, wait};
use support::world::{begin, first_line, home_with, inside, shell_in};
use support::{run, shell};

#[test]
fn what_a_command_leaves_running_ends_with_the_lab() {
    let Some(home) = home_with(&[]) else { return };
    let mark = mark();
    inside(&home, &["sh", "-c", &format!("setsid sleep {mark} >/dev/null 2>&1 & exit 0")]).succeeded();
    assert_eq!(processes_with(&mark), 0);
}

#[test]
fn thirty_runs_leave_nothing_behind() {
    let Some(home) = home_with(&[]) else { return };
    let mounts = || fs::read_to_string("/proc/self/mounts").expect("the table of mounts");
    let (mark, before) = (mark(), mounts());
    for _ in 0..30 {
        inside(&home, &["sh", "-c", ": ", &mark]).succeeded();
    }
    assert_eq!(processes_with(&mark), 0);
    assert_eq!(mounts(), before);
    assert_eq!(shell_in(&home, "find run/toynet state -mindepth 1").stdout, "");
}

#[test]
fn a_lab_that_is_killed_takes_everything_with_it() {
    let Some(home) = home_with(&[]) else { return };
    let mark = mark();
    let mut child = begin(&home, &format!("setsid sleep {mark} & echo started; sleep {mark}"));
    assert!(processes_with(&mark) > 2);
    child.kill().expect("a child that was not waited for can be killed");
    child.wait().expect("a child can be waited for");
    eventually("the end of all", || (processes_with(&mark) == 0).then_some(()));
    assert_eq!(run(&mut home.toynet(&["status"])).code(), Some(1), "what is left of it is noticed");
}

#[test]
fn a_lab_in_a_world_ends_whichever_of_its_processes_is_killed() {
    let Some(home) = home_with(&[]) else { return };
    for killed in ["inner", "outer", "outpost"] {
        let name = format!("killed-{}-{killed}", std::process::id());
        let mut command = home.toynet(&["up", &lab_file("shop"), "--carrier", "world", "--lab", &name]);
        let mut lab = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        while !first_line(&mut lab).starts_with("ready") {}
        let status = run(&mut home.toynet(&["status"])).succeeded().stdout;
        let inner = status.split_once("process ").and_then(|(_, rest)| rest.split(',').next()).expect("its process");
        let outer = lab.id().to_string();
        let outpost = children(&outer).into_iter().find(|child| child != inner).expect("somebody outside");
        let process = match killed {
            "inner" => inner,
            "outer" => &outer,
            _ => &outpost,
        };
        shell(&format!("kill -KILL {process}")).succeeded();
        let outcome = lab.wait_with_output().expect("a child can be waited for");
        if killed != "outer" {
            assert_eq!(outcome.status.code(), Some(137), "{killed}");
            assert!(String::from_utf8_lossy(&outcome.stderr).contains("was killed"), "{outcome:?}");
        }
        eventually("the end of all", || (processes_with(&name) == 0).then_some(()));
        assert_eq!(run(&mut home.toynet(&["status"])).code(), Some(1), "what is left of it is noticed");
        assert_eq!(shell_in(&home, "find run/toynet -mindepth 1").stdout, "");
    }
}

#[test]
fn a_command_ends_with_whoever_opens_ways_out_of_its_lab() {
    let Some(home) = home_with(&[]) else { return };
    let mut command = begin(&home, "echo started; sleep 300");
    let outer = command.id().to_string();
    let is_outpost =
        |child: &String| fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| leads_session(&stat));
    // The lab's own process has left the terminal too; the one outside was made first.
    let outpost = children(&outer).into_iter().find(is_outpost).expect("somebody outside");
    shell(&format!("kill -KILL {outpost}")).succeeded();
    assert_eq!(wait(&mut command, support::run::LIMIT).and_then(|status| status.code()), Some(137));
}

#[test]
fn nobody_is_left_for_others_to_bury() {
    let Some(home) = home_with(&["python3"]) else { return };
    // What a parent leaves falls to whoever adopts orphans, in a container often to somebody who buries nobody.
    let script = "
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
assert subprocess.run(['toynet', 'run', *sys.argv[1:], '--', 'true']).returncode == 0
print(open(f'/proc/self/task/{os.getpid()}/children').read().strip() or 'nobody')
";
    for arguments in [&[] as &[&str], &["--carrier", "ports"]] {
        let mut adopting = Command::new("python3");
        let outcome = run(home.furnish(adopting.args(["-c", script]).args(arguments)));
        assert_eq!(outcome.stdout, "nobody\n", "{arguments:?}: {outcome:?}");
    }
}

fn children(process: &str) -> Vec<String> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).expect("it runs");
    children.split_whitespace().map(str::to_owned).collect()
}

fn leads_session(stat: &str) -> bool {
    let fields: Vec<&str> = stat.split_whitespace().collect();
    fields[0] == fields[5]
}
