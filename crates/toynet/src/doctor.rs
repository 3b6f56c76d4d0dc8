//! `doctor`: what works on this machine, and what would help where it does not.

use std::env;
use std::io;

use toynet_lab::table::is_on_path;
use toynet_world::detour::{self, LACKING};
use toynet_world::doctor::{Findings, apparmor_profile, examine};
use toynet_world::refused::Reason;

use crate::arguments::Doctor;
use crate::exit::Exit;
use crate::output::print;

pub fn doctor(doctor: &Doctor) -> Result<(), Exit> {
    if doctor.apparmor {
        print(&profile()?);
        return Ok(());
    }
    let findings = examine();
    print(&format!("{}{}up: works here, on the loopback\n", worlds(&findings)?, detours(&detour::examine())));
    let missing: Vec<&str> = TOOLS.iter().copied().filter(|tool| !is_on_path(tool)).collect();
    if !missing.is_empty() {
        print(&format!("not installed, though worth having: {}\n", missing.join(", ")));
    }
    if findings.refused.is_some() { Err(Exit::with_status(1, None)) } else { Ok(()) }
}

fn worlds(findings: &Findings) -> Result<String, Exit> {
    let Some(refused) = &findings.refused else {
        let lacking = findings.lacking.iter().map(|line| format!("  without {line}\n"));
        return Ok(format!("run, shell, up: work here, in a network of their own\n{}", lacking.collect::<String>()));
    };
    let cure = refused.cure().map(|cure| format!("  cure: {cure}\n")).unwrap_or_default();
    let profile = if refused.reason() == Reason::AppArmor { format!("\n{}\n", profile()?) } else { String::new() };
    Ok(format!(
        "run, shell, up: get no network of their own here: {refused}\n\
         \u{20}\u{20}the system said: {}: {}\n{cure}{profile}",
        refused.step, refused.error
    ))
}

fn detours(tried: &io::Result<()>) -> String {
    match tried {
        Ok(()) => format!(
            "run, shell --carrier ports: work here, and stand in where a world cannot be had\n  with {LACKING}\n"
        ),
        Err(error) => format!("run, shell --carrier ports: do not work here: programs cannot be led: {error}\n"),
    }
}

fn profile() -> Result<String, Exit> {
    let failed = |error: io::Error| Exit::failed(format!("toynet: this program does not know where it is: {error}"));
    Ok(apparmor_profile(&env::current_exe().map_err(failed)?))
}

/// Those that the printed commands use.
const TOOLS: [&str; 5] = ["curl", "dig", "ping", "swaks", "telnet"];
