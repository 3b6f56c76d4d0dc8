//! `toynet dns query` and its like: a protocol's clients, in a lab or anywhere.

use std::env;
use std::io::{self, IsTerminal};

use clap::{Arg, ArgAction, ArgMatches, Command};
use toynet_lab::control::Client;
use toynet_lab::control::client::ClientError;
use toynet_lab::protocols::tool::{Ending, Errand, Out, Tool};
use toynet_lab::protocols::{self, Protocol};
use toynet_lab::run::Folders;
use toynet_lab::visit::Visit;
use toynet_view::Format;

use crate::exit::Exit;
use crate::output::{self, print};
use crate::world::join;
use crate::{live, on_runtime, solo};

/// Adds a command for each protocol that offers something.
pub fn add_to(command: Command) -> Command {
    command.subcommands(protocols::ALL.iter().filter_map(|protocol| of(protocol)))
}

/// The protocol that a command is of.
pub fn protocol(name: &str) -> Option<&'static Protocol> {
    protocols::ALL.iter().copied().find(|protocol| protocol.name == name)
}

fn of(protocol: &'static Protocol) -> Option<Command> {
    let itself = protocol.tools.iter().find(|tool| tool.name == protocol.name);
    let others = protocol.tools.iter().filter(|tool| tool.name != protocol.name);
    let mut commands: Vec<Command> = others.map(|tool| with_common((tool.arguments)().name(tool.name))).collect();
    commands.extend(protocol.solo.as_ref().map(solo::command));
    if commands.is_empty() && itself.is_none() {
        return None;
    }
    let command = match itself {
        Some(tool) => with_common((tool.arguments)().name(protocol.name))
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true),
        None => Command::new(protocol.name)
            .about(format!("{}: clients, and a server that stands alone", protocol.name.to_uppercase()))
            .subcommand_required(true)
            .arg_required_else_help(true),
    };
    Some(command.subcommands(commands))
}

fn with_common(command: Command) -> Command {
    let flag = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).action(ArgAction::SetTrue).help(help).help_heading(HEADING)
    };
    let named = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(value).help(help).help_heading(HEADING)
    };
    command
        .arg(named(LAB, "NAME", "The running lab to act in [default: the one that runs, if there is one]"))
        .arg(flag(NO_LAB, "Act in no lab, though one may run").conflicts_with(LAB))
        .arg(named(AS, "HOST", "The host of the lab to act as [default: its first workstation]").conflicts_with(NO_LAB))
        .arg(flag(JSON, "The result as JSON"))
        .arg(flag(EXPLAIN, "Say in words what each message means, with the RFC's section"))
}

/// Takes this process into the lab that is meant, if that has a network of its own.
pub fn go_inside(matches: &ArgMatches) -> Result<(), Exit> {
    let matches = match matches.subcommand() {
        Some((solo::WORD, _)) => return Ok(()),
        Some((_, inner)) => inner,
        None => matches,
    };
    // Without one that is clearly meant there is nothing to enter, and what is wrong is said later.
    if matches.get_flag(NO_LAB) {
        return Ok(());
    }
    let text = |id: &str| matches.get_one::<String>(id).map(String::as_str);
    enter_lab(text(LAB), text(AS))
}

/// Takes this process into the lab of this name, or the only one, if that has a network of its own; as a host, if one
/// is named.
pub fn enter_lab(name: Option<&str>, host: Option<&str>) -> Result<(), Exit> {
    match on_runtime(join::find(name)) {
        Ok(Some((status, process))) if status["join"].is_object() => join::go_inside(&status, process, host),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Runs a client, or a server alone.
pub async fn run(protocol: &'static Protocol, matches: ArgMatches) -> Result<(), Exit> {
    let (word, matches) = match matches.subcommand() {
        Some((word, inner)) => (word.to_owned(), inner.clone()),
        None => (protocol.name.to_owned(), matches),
    };
    if let (solo::WORD, Some(solo)) = (word.as_str(), &protocol.solo) {
        return solo::serve(protocol, solo, &matches).await;
    }
    let tool = protocol.tools.iter().find(|tool| tool.name == word);
    let tool = tool.ok_or_else(|| Exit::misused(format!("toynet: {} has no command {word}", protocol.name)))?;
    let mut visit = visit(&matches).await?;
    let ending = visited(&mut visit, protocol, tool, &matches).await;
    if matches.get_flag(EXPLAIN) {
        explain(&visit, protocol, matches.get_flag(JSON));
    }
    match ending.how.status() {
        0 => Ok(()),
        status => Err(Exit::with_status(status, ending.remark.map(|remark| format!("toynet: {remark}")))),
    }
}

/// Runs the client with the typed command as the cause of all that it does.
async fn visited(visit: &mut Visit, protocol: &Protocol, tool: &Tool, matches: &ArgMatches) -> Ending {
    let colour = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
    let (inside, outside) = (visit.inside().cloned(), visit.outside().clone());
    let errand =
        Errand { inside, outside, json: matches.get_flag(JSON), colour, out: Out::Stdout(output::print_octets) };
    let typed = errand.host().typed(&typed(protocol, tool, matches));
    let errand = errand.because(typed.cause());
    let ending = visit.accompany((tool.run)(matches.clone(), errand)).await;
    let mark = if ending.how.status() == 0 { "" } else { "!" };
    typed.done(&format!("{mark}{}", ending.outcome));
    visit.tell().await;
    ending
}

/// The command as it was typed, without what nobody else may read.
fn typed(protocol: &Protocol, tool: &Tool, matches: &ArgMatches) -> String {
    let secrets = tool.secrets.iter().filter_map(|id| matches.get_raw(id));
    let secrets: Vec<_> = secrets.flatten().map(|value| value.to_string_lossy().into_owned()).collect();
    let words = env::args().skip_while(|word| word != protocol.name).map(|word| {
        let shown = secrets.iter().fold(word, |word, secret| match secret.as_str() {
            "" => word,
            secret => word.replace(secret, "•••"),
        });
        if shown.contains(' ') { format!("'{shown}'") } else { shown }
    });
    std::iter::once("toynet".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Joins the lab that is meant, if one is.
async fn visit(matches: &ArgMatches) -> Result<Visit, Exit> {
    let text = |id: &str| matches.get_one::<String>(id).map(String::as_str);
    let nowhere = || Visit::nowhere().ok_or_else(|| Exit::failed("toynet: this machine has no network"));
    if matches.get_flag(NO_LAB) {
        return nowhere();
    }
    let named = text(LAB).is_some() || text(AS).is_some();
    let client = match Folders::of_user() {
        Ok(folders) => Client::connect(&folders, text(LAB)).await,
        Err(_) if !named => return nowhere(),
        Err(error) => return Err(Exit::not_allowed(format!("toynet: {error}"))),
    };
    match client {
        Ok(client) => {
            let host = text(AS).map(str::to_owned).or_else(|| join::part_taken(client.lab()));
            Ok(Visit::join(client, host.as_deref()).await?)
        }
        Err(ClientError::NoneRuns) if !named => nowhere(),
        Err(ClientError::Several(labs)) if !named => {
            output::say(&format!(
                "toynet: acts in no lab, since several run: {}; --lab NAME says in which",
                labs.join(", ")
            ));
            nowhere()
        }
        Err(error) => Err(error.into()),
    }
}

fn explain(visit: &Visit, protocol: &'static Protocol, json: bool) {
    let format = if json { Format::Json } else { live::text_format() };
    let mut log = live::explaining_log(visit.roster(), protocol, format);
    log.feed_journal(&visit.journal());
    print(&log.drain());
}

const HEADING: &str = "Common options";
const LAB: &str = "lab";
const NO_LAB: &str = "no-lab";
const AS: &str = "as";
const JSON: &str = "json";
const EXPLAIN: &str = "explain";
