//! `diagram`: what passed, as a UML sequence diagram.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use toynet_view::diagram::{Detail, Form};
use toynet_view::{Diagram as Drawn, Show};

use crate::arguments::{Diagram, DiagramDetail, DiagramForm};
use crate::exit::Exit;
use crate::live;
use crate::output::{self, print};
use crate::source::Source;

pub async fn diagram(arguments: Diagram) -> Result<(), Exit> {
    let source = Source::open(&arguments.selection, &arguments.lab).await?;
    if source.left_out > 0 {
        output::say(&format!("toynet: {} entries of the record were gone before they could be read", source.left_out));
    }
    let named = arguments.output.as_deref().and_then(form_of);
    let wanted = arguments.form.or(named).unwrap_or_default();
    let show = Show { secrets: arguments.secrets, explain: arguments.explain, select: source.select.clone() };
    let title = format!("lab {}", source.lab);
    let drawn = Drawn::of(&source.view(), &title, &show, detail(arguments.detail), most(wanted));
    if drawn.is_empty() {
        return Err(Exit::failed("toynet: nothing passed that could be drawn; `toynet log` shows all there is"));
    }
    let text = drawn.write(form(wanted, arguments.output.is_some()));
    match &arguments.output {
        None => {
            print(&text);
            Ok(())
        }
        Some(path) => save(path, &text, arguments.secrets)
            .map_err(|error| Exit::not_allowed(format!("toynet: {} cannot be written: {error}", path.display()))),
    }
}

/// What a file of this name is expected to hold.
fn form_of(path: &Path) -> Option<DiagramForm> {
    match path.extension()?.to_str()? {
        "svg" => Some(DiagramForm::Svg),
        "mmd" | "mermaid" => Some(DiagramForm::Mermaid),
        "puml" | "plantuml" | "pu" => Some(DiagramForm::Plantuml),
        "json" => Some(DiagramForm::Json),
        _ => None,
    }
}

fn form(form: DiagramForm, to_file: bool) -> Form {
    match form {
        DiagramForm::Ladder => {
            let columns = live::columns().filter(|_| !to_file).or_else(live::said_columns);
            Form::Ladder { columns: columns.unwrap_or(COLUMNS), colour: live::wants_colour() && !to_file }
        }
        DiagramForm::Mermaid => Form::Mermaid,
        DiagramForm::Plantuml => Form::PlantUml,
        DiagramForm::Svg => Form::Svg,
        DiagramForm::Json => Form::Json,
    }
}

fn detail(detail: DiagramDetail) -> Detail {
    match detail {
        DiagramDetail::Story => Detail::Story,
        DiagramDetail::Message => Detail::Message,
        DiagramDetail::Packet => Detail::Packet,
    }
}

/// How many messages are drawn.
fn most(form: DiagramForm) -> usize {
    match form {
        DiagramForm::Ladder | DiagramForm::Json => usize::MAX,
        DiagramForm::Mermaid | DiagramForm::Plantuml | DiagramForm::Svg => MOST_IN_A_PICTURE,
    }
}

fn save(path: &Path, text: &str, secrets: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if secrets {
        output::say(&format!("toynet: {} shows secrets", path.display()));
        options.mode(0o600);
    }
    options.open(path)?.write_all(text.as_bytes())
}

/// Reads well on any terminal of today.
const COLUMNS: usize = 100;
/// A picture of more is higher than what programs draw (Mermaid stops at 50,000 characters), and nobody reads it.
const MOST_IN_A_PICTURE: usize = 400;
