//! What a command does.

use std::sync::Arc;

use toynet_machine::Time;
use toynet_net::Host;
use toynet_service::LocalFuture;

use super::Shared;
use super::session::{Doing, Session};
use crate::board::Post;
use crate::date::date;
use crate::reach::{self, Letter, Unreached};
use crate::shell::{Act, Draft};

impl Session {
    /// Does what is wanted, through `host`.
    pub fn begin(&mut self, act: Act, host: Host) -> Doing {
        let name = self.seat.as_ref().map_or("", |seat| seat.name()).to_owned();
        let (shared, now) = (Arc::clone(&self.shared), host.clock().now());
        match act {
            Act::Enter(name) => self.enter(&name),
            Act::Who => Doing::Done(who(&shared, now)),
            Act::Date => Doing::Done(format!("{}\n", date(now))),
            Act::Hosts => Doing::Done(hosts(&shared, &host)),
            Act::Say(text) => Doing::Done(say(&shared, &name, &text)),
            Act::Tell { name: to, text } => Doing::Done(tell(&shared, &name, &to, &text)),
            Act::ListPosts => Doing::Done(list(&shared)),
            Act::ReadPost(number) => Doing::Done(read(&shared, number)),
            Act::Post(draft) => Doing::Running(post(shared, name, draft, now)),
            Act::Dig { name, kind } => {
                Doing::Running(Box::pin(
                    async move { told(reach::in_time(&host, reach::dig(&host, &name, kind)).await) },
                ))
            }
            Act::Get(url) => {
                Doing::Running(Box::pin(async move { told(reach::in_time(&host, reach::get(&host, &url)).await) }))
            }
            Act::Mail { to, draft } => Doing::Running(mail(host, Letter { from: name, to, draft })),
            Act::Quit => Doing::Over("Good-bye!\n".to_owned()),
        }
    }
}

fn who(shared: &Shared, now: Time) -> String {
    let row = |person: crate::lobby::Person| {
        let minutes = (now - person.since).as_secs() / 60;
        format!("  {:<20} {:>4} min  {}\n", person.name, minutes, person.from)
    };
    shared.lobby.people().into_iter().map(row).collect()
}

/// Every host of the lab, with what the board's owner has to say about it.
fn hosts(shared: &Shared, host: &Host) -> String {
    let about = |name: &str| shared.hosts.iter().find(|(known, _)| known == name).map_or("", |(_, about)| about);
    let line = |name: &String| format!("  {name:<30} {}\n", about(name)).trim_end().to_owned() + "\n";
    host.neighbours().iter().map(line).collect()
}

fn say(shared: &Shared, name: &str, text: &str) -> String {
    match shared.lobby.tell_others(name, &format!("{name}: {text}")) {
        0 => "Nobody else is here.\n".to_owned(),
        _ => String::new(),
    }
}

fn tell(shared: &Shared, name: &str, to: &str, text: &str) -> String {
    match shared.lobby.tell(to, &format!("{name} tells you: {text}")) {
        Ok(()) => format!("You tell {to}: {text}\n"),
        Err(unheard) => format!("Not heard: {unheard}. Type who to see who is here.\n"),
    }
}

fn list(shared: &Shared) -> String {
    let posts = shared.board.newest(MOST_LISTED);
    if posts.is_empty() {
        return format!("{}: nothing yet. Type post to write something.\n", shared.board_name);
    }
    let row = |(number, post): &(u64, Post)| format!("  {number:>4}  {:<20} {:.48}\n", post.from, post.subject);
    let rows: String = posts.iter().map(row).collect();
    format!("{}\n{rows}Type read NUMBER to read one.\n", shared.board_name)
}

fn read(shared: &Shared, number: u64) -> String {
    match shared.board.read(number) {
        Some(Post { from, time, subject, text }) => {
            format!("From {from}, {}\n{subject}\n\n{}", date(time), reach::clean(&text))
        }
        None => format!("There is no post {number}. Type board to see the numbers.\n"),
    }
}

fn post(shared: Arc<Shared>, from: String, draft: Draft, time: Time) -> LocalFuture<String> {
    Box::pin(async move {
        let post = Post { from, time, subject: draft.subject, text: draft.text };
        match shared.board.post(post).await {
            Ok(number) => format!("Posted as number {number}.\n"),
            Err(error) => {
                tracing::warn!(host = shared.settings.host, "a post was not kept: {error}");
                "The board did not keep it, sorry. Please tell whoever runs this host.\n".to_owned()
            }
        }
    })
}

fn mail(host: Host, letter: Letter) -> LocalFuture<String> {
    Box::pin(async move {
        let sent = reach::in_time(&host, reach::mail(&host, &letter)).await;
        told(sent.map(|exchanger| format!("Sent: {exchanger} took it.\n")))
    })
}

fn told(result: Result<String, Unreached>) -> String {
    result.unwrap_or_else(|why| format!("{why}\n"))
}

/// What fits on a screen with a headline and a hint.
const MOST_LISTED: usize = 20;
