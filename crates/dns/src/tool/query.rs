//! `toynet dns query`: asks as dig does.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use toynet_service::{Ending, Errand, LocalFuture, Tool};

use super::ask::{self, Reply};
use super::told::{ending, print, unanswered};
use super::words::{self, Family, Wish, Word};
use super::{inflow, json, request, show, walk};
use crate::codes::RecordType;

/// The client.
pub const TOOL: Tool = Tool { name: "query", arguments, secrets: &[], run };

fn arguments() -> Command {
    let named = |id: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).value_name(value).action(ArgAction::Append).help(help)
    };
    let flag = |id: &'static str, help: &'static str| Arg::new(id).long(id).action(ArgAction::SetTrue).help(help);
    let family = |id: &'static str, short: char, help: &'static str| {
        Arg::new(id).short(short).action(ArgAction::SetTrue).help(help)
    };
    Command::new("query")
        .about("Ask a name server, as dig does")
        .override_usage("toynet dns query [OPTIONS] [@SERVER] [NAME] [TYPE] [CLASS] [+FLAG]...")
        .arg(
            Arg::new(WORDS)
                .value_name("WORD")
                .action(ArgAction::Append)
                .num_args(0..)
                .help("@SERVER, NAME, TYPE, CLASS and +FLAGs in any order; each further NAME is a question of its own"),
        )
        .arg(
            named(SERVER, "SERVER", "The server, by address or name [default: the lab's resolver, or the machine's]")
                .long(SERVER),
        )
        .arg(
            named(PORT, "PORT", "The server's port [default: 53]")
                .short('p')
                .long(PORT)
                .value_parser(value_parser!(u16).range(1..)),
        )
        .arg(named(KIND, "TYPE", "The record type [default: A]").short('t').long(KIND))
        .arg(named(CLASS, "CLASS", "The class [default: IN]").short('c').long(CLASS))
        .arg(named(REVERSE, "ADDR", "Ask for the name of an address (PTR)").short('x').long(REVERSE))
        .arg(named(NAME, "NAME", "A name, whatever it looks like").short('q').long(NAME).allow_hyphen_values(true))
        .arg(flag(TCP, "Ask over TCP (+tcp)"))
        .arg(flag(SHORT, "Show the data of the answer alone (+short)"))
        .arg(family(FOUR, '4', "Ask over IPv4 alone").conflicts_with(SIX))
        .arg(family(SIX, '6', "Ask over IPv6 alone"))
        .after_help(AFTER)
}

fn run(matches: ArgMatches, errand: Errand) -> LocalFuture<Ending> {
    Box::pin(async move {
        let wishes = match words::read(&words_of(&matches)) {
            Ok(wishes) => wishes,
            Err(why) => return Ending::misused(why),
        };
        let mut ending: Option<Ending> = None;
        for wish in wishes {
            let next = fulfil(&errand, with_json(wish, errand.json)).await;
            ending = Some(match ending {
                Some(worse) if worse.how.status() >= next.how.status() => worse,
                Some(_) | None => next,
            });
        }
        ending.unwrap_or_else(|| Ending::done("nothing asked"))
    })
}

fn with_json(mut wish: Wish, json: bool) -> Wish {
    wish.flags.show.json |= json;
    wish
}

/// The words and options as they were typed, one after the other.
fn words_of(matches: &ArgMatches) -> Vec<Word> {
    let mut typed: Vec<(usize, Word)> = Vec::new();
    for (id, word) in TEXTS {
        let places = matches.indices_of(id).into_iter().flatten();
        let values = matches.get_many::<String>(id).into_iter().flatten();
        typed.extend(places.zip(values).map(|(place, value)| (place, word(value.clone()))));
    }
    let ports = matches.get_many::<u16>(PORT).into_iter().flatten();
    let places = matches.indices_of(PORT).into_iter().flatten();
    typed.extend(places.zip(ports).map(|(place, port)| (place, Word::Port(*port))));
    typed.sort_by_key(|(place, _)| *place);
    let switches = SWITCHES.iter().filter(|(id, _)| matches.get_flag(id)).map(|(_, word)| word());
    // Switches go for all that is asked.
    switches.chain(typed.into_iter().map(|(_, word)| word)).collect()
}

async fn fulfil(errand: &Errand, wish: Wish) -> Ending {
    let servers = match ask::servers(errand, &wish).await {
        Ok(servers) => servers,
        Err(why) => return Ending::unanswered(why),
    };
    let show = &wish.flags.show;
    if show.cmd && show.comments && !show.short && !show.json {
        let _ = print(errand, &greeting(&wish));
    }
    if wish.flags.trace {
        return walk::walk(errand, &wish, &servers).await;
    }
    if matches!(wish.kind, RecordType::AXFR | RecordType::IXFR) {
        return inflow::transfer(errand, &wish, &servers[0]).await;
    }
    if show.query && !show.json {
        let id = wish.flags.id.unwrap_or_default();
        let _ = print(errand, &show::query(&request::write(&wish, id, &[0; 8]), show));
    }
    match ask::any(errand, &wish, &servers).await {
        Ok(reply) => told(errand, &wish, &reply),
        Err(no_answer) => unanswered(errand, &wish, &no_answer.to_string()),
    }
}

/// Prints an answer and says what it means for the errand.
fn told(errand: &Errand, wish: &Wish, reply: &Reply) -> Ending {
    let show = &wish.flags.show;
    if show.json {
        errand.print(json::reply(reply));
    } else {
        print(errand, &show::reply(reply, show));
    }
    let ending = ending(reply);
    if show.short && !show.json { ending } else { ending.quietly() }
}

fn greeting(wish: &Wish) -> String {
    let server = wish.server.as_ref().map_or_else(String::new, |server| format!("@{server} "));
    let port = if wish.port == words::PORT { String::new() } else { format!("-p {} ", wish.port) };
    let asked = show::asked(&wish.name.to_string(), wish.class, wish.kind);
    format!("\n; <<>> toynet dns query <<>> {server}{port}{asked}\n")
}

type FromText = fn(String) -> Word;
type FromNothing = fn() -> Word;

/// From what clap found to words, by the option's id.
const TEXTS: &[(&str, FromText)] = &[
    (WORDS, Word::Plain),
    (SERVER, |server| Word::Plain(format!("@{server}"))),
    (KIND, Word::Kind),
    (CLASS, Word::Class),
    (REVERSE, Word::Address),
    (NAME, Word::Name),
];
const SWITCHES: &[(&str, FromNothing)] = &[
    (TCP, || Word::Plain("+tcp".into())),
    (SHORT, || Word::Plain("+short".into())),
    (FOUR, || Word::Family(Family::Four)),
    (SIX, || Word::Family(Family::Six)),
];

const WORDS: &str = "words";
const SERVER: &str = "server";
const PORT: &str = "port";
const KIND: &str = "type";
const CLASS: &str = "class";
const REVERSE: &str = "reverse";
const NAME: &str = "name";
const TCP: &str = "tcp";
const SHORT: &str = "short";
const FOUR: &str = "ipv4";
const SIX: &str = "ipv6";

const AFTER: &str = "\
Flags, as dig has them; +noFLAG switches one off, and a clear beginning is enough (+norec):
  how to ask    +tcp +ignore (take a truncated answer) +time=SECONDS +tries=N +retry=N
                +trace (walk down from the root) +qid=N +opcode=NAME +header-only
  header        +norecurse +aaflag +adflag +cdflag +zflag
  EDNS          +noedns +edns=VERSION +bufsize=OCTETS +dnssec +nsid +cookie[=HEX]
                +subnet=NETWORK +ednsopt=CODE[:HEX]
  what to show  +short +json +noall +answer +authority +additional +question +comments +stats
                +cmd +qr +multiline +ttlid +ttlunits +class +nosplit +identify

@SERVER takes a port as @ADDR#PORT. AXFR and IXFR=SERIAL fetch a zone over TCP.
With --json each message is one line, an object as RFC 8427 has it, with `server`, `transport`, `msec`
and `RCODEname` added; `error` stands in it alone when there was no answer.

Exit status: 0 the server answered NOERROR, be it that there is no data; 1 it said anything else
(NXDOMAIN, REFUSED, SERVFAIL, ...); 2 the arguments make no sense; 6 there was no answer.

Examples:
  toynet dns query www.shop.test
  toynet dns query @ns.shop.test shop.test MX +norecurse
  toynet dns query -x 198.18.0.5 +short
  toynet dns query www.shop.test +trace";
