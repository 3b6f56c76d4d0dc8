//! What is shown of what passed.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};
use toynet_lab::protocols;
use toynet_view::Since;

use super::running::LabName;

#[derive(Debug, Args)]
pub struct Log {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub lab: LabName,
    /// Go on with what comes
    #[arg(short, long)]
    pub follow: bool,
    /// All that was said in the flows of --flow, line by line, in hex where it is no text
    #[arg(long, requires = "flow")]
    pub full: bool,
    /// As JSON, one object for each message
    #[arg(long)]
    pub json: bool,
    /// Say in words what each message means, with the RFC's section
    #[arg(long)]
    pub explain: bool,
    /// Show passwords, cookies and other secrets
    #[arg(long)]
    pub secrets: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// One line for each message, for people
    #[default]
    Text,
    /// One JSON object for each message
    Json,
    /// Nothing
    Off,
}

#[derive(Debug, Args)]
pub struct Capture {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub lab: LabName,
    /// As what: packets, or in a form of one protocol's own field; only of such a form a part can be selected
    /// [default: as the name of the output says, otherwise pcapng]
    #[arg(long, value_name = "FORM", value_parser = forms())]
    pub format: Option<String>,
    /// The file to write; - is the standard output, as in `toynet capture -f -o - | wireshark -k -i -`
    #[arg(short, long, value_name = "FILE", verbatim_doc_comment)]
    pub output: PathBuf,
    /// Go on with what comes, until Ctrl-C or the end of the lab
    #[arg(short, long)]
    pub follow: bool,
    /// What to show of the network
    #[arg(long, value_name = "STYLE", default_value = "packets")]
    pub style: CaptureStyle,
    /// Show passwords, cookies and other secrets, in packets in their comments too
    #[arg(long)]
    pub secrets: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CaptureStyle {
    /// Packets as on a wire; TLS with its keys
    Packets,
    /// A frame for each message, in clear
    Messages,
}

#[derive(Debug, Args)]
pub struct Diagram {
    #[command(flatten)]
    pub selection: Selection,
    #[command(flatten)]
    pub lab: LabName,
    /// As what [default: as the name of the output says, otherwise ladder]
    #[arg(long = "as", value_name = "FORM")]
    pub form: Option<DiagramForm>,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How much to draw
    #[arg(long, value_name = "DETAIL", default_value = "message")]
    pub detail: DiagramDetail,
    /// Say in words what each message means, with the RFC's section
    #[arg(long)]
    pub explain: bool,
    /// Show passwords, cookies and other secrets
    #[arg(long)]
    pub secrets: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiagramForm {
    /// Lines of a terminal
    #[default]
    Ladder,
    /// Text that GitHub and others draw
    Mermaid,
    /// Text for PlantUML
    Plantuml,
    /// A picture that needs nothing else
    Svg,
    /// For programs
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiagramDetail {
    /// Requests and their answers
    Story,
    /// Every message
    Message,
    /// All that was sent at once, connections and their ends too
    Packet,
}

/// What of a record is wanted.
#[derive(Debug, Args)]
pub struct Selection {
    /// A journal that `toynet up --record` wrote, or a packet capture of any program; and words that must stand in a
    /// message
    #[arg(value_name = "FILE|WORD")]
    pub words: Vec<String>,
    /// Only what this host says or hears: a name, a part of one between dots, an address, or you
    #[arg(long)]
    pub host: Vec<String>,
    /// Only what is said in this protocol
    #[arg(long)]
    pub proto: Vec<String>,
    /// Only this flow, by the number that the log shows, and what it caused
    #[arg(long, value_name = "N", value_parser = flow)]
    pub flow: Vec<u64>,
    /// Open what passed over TLS in the file with these keys, as programs write them to SSLKEYLOGFILE
    #[arg(long, value_name = "FILE")]
    pub keys: Vec<PathBuf>,
    /// Nothing earlier: 5m, 12:04, 2026-01-01T12:04, in UTC
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Since>,
}

fn flow(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits.parse().map_err(|_| "that is no number of a flow; `toynet log` shows them".to_owned())
}

/// Packets, and the forms that protocols have.
fn forms() -> PossibleValuesParser {
    let packets = PossibleValue::new(PACKETS).help("packets that Wireshark reads");
    let others = protocols::exports().map(|(_, form)| PossibleValue::new(form.name).help(form.about));
    PossibleValuesParser::new([packets].into_iter().chain(others))
}

const PACKETS: &str = "pcapng";
