//! Look-ups over a small internet in memory: a root, `test.`, `shop.test.` and `club.test.`, each served by `answer`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use toynet_dns::answer::answer;
use toynet_dns::cache::Trust;
use toynet_dns::codes::{Rcode, RecordType};
use toynet_dns::lookup::{Answer, Ask, Failure, Lookup, MOST_ASKS, Memory, Outcome, Roots, Step, Transport};
use toynet_dns::name::Name;
use toynet_dns::reply::{Identity, Limits};
use toynet_dns::wire::Writer;
use toynet_dns::zone::{Zone, Zones};
use toynet_dns::zonefile;
use toynet_machine::{Random, Time};

#[test]
fn a_name_is_found_from_the_root_down() {
    let mut internet = Internet::new();
    let answer = internet.answer("www.shop.test", RecordType::A);
    assert_eq!(lines(&answer), ["www.shop.test. 60 IN A 198.18.0.5"]);
    assert_eq!(internet.asked[..2], ["198.18.0.1", "198.18.0.2"]);
    assert_eq!(internet.asked.len(), 3);
}

#[test]
fn what_is_known_is_not_asked_again_and_its_ttl_counts_down() {
    let mut internet = Internet::new();
    internet.answer("www.shop.test", RecordType::A);
    internet.now = internet.now + Duration::from_secs(20);
    internet.asked.clear();
    assert_eq!(lines(&internet.answer("www.shop.test", RecordType::A)), ["www.shop.test. 40 IN A 198.18.0.5"]);
    assert_eq!(internet.asked, [""; 0]);
    internet.answer("mail.shop.test", RecordType::A);
    assert_eq!(internet.asked.len(), 1);
}

#[test]
fn a_dead_first_server_does_not_kill_a_look_up() {
    let mut internet = Internet::new();
    for dead in ["198.18.0.1", "198.18.0.3"] {
        internet.servers.remove(&address(dead));
        let mut internet = internet.again();
        internet.roots.0.push(("b.root".parse().unwrap(), vec![address("198.18.0.11")]));
        let answer = internet.answer("www.shop.test", RecordType::A);
        assert_eq!(lines(&answer), ["www.shop.test. 60 IN A 198.18.0.5"]);
    }
}

#[test]
fn a_server_that_does_not_serve_the_zone_is_passed_over() {
    let mut internet = Internet::new();
    let answer = internet.answer("www.lame.test", RecordType::A);
    assert_eq!(lines(&answer), ["www.lame.test. 60 IN A 198.18.0.7"]);
}

#[test]
fn when_every_server_is_lame_or_silent_the_failure_says_so() {
    let mut internet = Internet::new();
    assert!(matches!(internet.failure("www.alllame.test"), Failure::Lame(zone, _) if zone == name("alllame.test")));
    assert_eq!(internet.failure("www.dead.test"), Failure::Silent(name("dead.test")));
    assert_eq!(internet.failure("www.nowhere.test"), Failure::NoAddress(name("nowhere.test")));
}

#[test]
fn aliases_are_followed_across_zones() {
    let mut internet = Internet::new();
    let answer = internet.answer("friend.shop.test", RecordType::A);
    assert_eq!(lines(&answer), ["friend.shop.test. 60 IN CNAME www.club.test.", "www.club.test. 60 IN A 198.18.0.6"]);
    let answer = internet.answer("www.old.shop.test", RecordType::A);
    assert_eq!(
        lines(&answer),
        [
            "old.shop.test. 60 IN DNAME club.test.",
            "www.old.shop.test. 60 IN CNAME www.club.test.",
            "www.club.test. 60 IN A 198.18.0.6",
        ]
    );
}

#[test]
fn servers_named_in_other_zones_are_looked_up() {
    let mut internet = Internet::new();
    assert_eq!(lines(&internet.answer("www.club.test", RecordType::A)), ["www.club.test. 60 IN A 198.18.0.6"]);
}

#[test]
fn what_does_not_exist_is_denied_for_as_long_as_the_soa_says() {
    let mut internet = Internet::new();
    let answer = internet.answer("no.shop.test", RecordType::A);
    assert_eq!((answer.rcode, answer.soa.unwrap().ttl), (Rcode::NXDOMAIN, 5));
    internet.asked.clear();
    let answer = internet.answer("no.shop.test", RecordType::MX);
    assert_eq!((answer.rcode, internet.asked.len()), (Rcode::NXDOMAIN, 0));
    let answer = internet.answer("www.shop.test", RecordType::MX);
    assert_eq!((answer.rcode, answer.records.len()), (Rcode::NOERROR, 0));
}

#[test]
fn a_circle_of_aliases_is_found_out() {
    let mut internet = Internet::new();
    assert!(matches!(internet.failure("ring.shop.test"), Failure::Loop(_)));
}

#[test]
fn what_does_not_fit_a_datagram_is_fetched_over_a_stream() {
    let mut internet = Internet::new();
    assert_eq!(internet.answer("long.shop.test", RecordType::TXT).records.len(), 8);
    assert!(internet.streams > 0);
}

#[test]
fn a_response_to_another_question_is_not_heard() {
    let internet = Internet::new();
    let mut memory = Memory::default();
    let (mut lookup, ask) = internet.first_ask(&mut memory, "www.shop.test");
    let response = internet.serve(&ask).unwrap();
    let mut forged = response.clone();
    forged[0] ^= 1;
    assert_eq!(lookup.receive(&mut memory, internet.now, ask.server, &forged), None);
    assert_eq!(lookup.receive(&mut memory, internet.now, address("198.18.9.9"), &response), None);
    let mut other = response.clone();
    other[13] ^= 1;
    assert_eq!(lookup.receive(&mut memory, internet.now, ask.server, &other), None);
    assert!(lookup.receive(&mut memory, internet.now, ask.server, &response).is_some());
}

#[test]
fn a_response_without_the_question_counts_only_as_a_complaint() {
    let internet = Internet::new();
    let mut memory = Memory::default();
    let (mut lookup, ask) = internet.first_ask(&mut memory, "www.shop.test");
    let [high, low] = ask.id.to_be_bytes();
    let answered = [high, low, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(lookup.receive(&mut memory, internet.now, ask.server, &answered), None);
    let malformed = [high, low, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(lookup.receive(&mut memory, internet.now, ask.server, &malformed).is_some());
}

#[test]
fn what_a_referral_answers_without_authority_is_not_remembered() {
    let internet = Internet::new();
    let mut memory = Memory::default();
    let (mut lookup, ask) = internet.first_ask(&mut memory, "www.shop.test");
    let mut out = [0; 512];
    let mut writer = Writer::new(&mut out, 512);
    writer.question(&ask.message[12..31]).unwrap();
    writer.record(name("www.club.test").wire(), RecordType::A, 60, &[198, 18, 9, 9]).unwrap();
    writer.record(name("shop.test").wire(), RecordType::NS, 60, name("ns.shop.test").wire()).unwrap();
    let length = writer.header(ask.id, 0x8000, [1, 1, 1, 0]).unwrap();
    assert!(lookup.receive(&mut memory, internet.now, ask.server, &out[..length]).is_some());
    assert_eq!(memory.cache.records(internet.now, &name("www.club.test"), RecordType::A, Trust::Additional), None);
}

#[test]
fn a_dname_is_remembered_and_tells_of_other_names_too() {
    let mut internet = Internet::new();
    let first = internet.answer("www.old.shop.test", RecordType::A);
    internet.asked.clear();
    assert_eq!(internet.answer("www.old.shop.test", RecordType::A), first);
    assert_eq!(internet.asked, [""; 0]);
    assert_eq!(lines(&internet.answer("mail.old.shop.test", RecordType::A))[2], "mail.club.test. 60 IN A 198.18.0.9");
}

#[test]
fn a_ttl_beyond_belief_is_lowered_in_the_first_answer_too() {
    let mut internet = Internet::new();
    for _ in 0..2 {
        assert_eq!(internet.answer("year.shop.test", RecordType::TXT).records[0].ttl, 86_400);
    }
}

#[test]
fn a_delegation_to_very_many_names_makes_few_questions() {
    let mut internet = Internet::new();
    assert_eq!(internet.failure("www.crowd.test"), Failure::NoAddress(name("crowd.test")));
    assert!(internet.asked.len() <= 25, "{}", internet.asked.len());
}

/// Once the delegations are known, going round costs no question.
#[test]
fn zones_whose_servers_are_named_in_each_other_are_given_up() {
    let mut internet = Internet::new();
    assert_eq!(internet.failure("www.ring1.test"), Failure::Limit);
    assert!(internet.asked.len() <= MOST_ASKS);
    assert_eq!(internet.failure("www.ring2.test"), Failure::Limit);
}

struct Internet {
    servers: BTreeMap<IpAddr, Arc<Zones>>,
    roots: Roots,
    memory: Memory,
    now: Time,
    asked: Vec<String>,
    streams: usize,
}

impl Internet {
    fn new() -> Self {
        let zones = |list: &[(&str, &str)]| {
            Arc::new(Zones::new(list.iter().map(|(origin, text)| Arc::new(zone(origin, text))).collect()))
        };
        let root = zones(&[(".", ROOT)]);
        let shop = zones(&[("shop.test", SHOP), ("lame.test", LAME)]);
        let servers = [
            ("198.18.0.1", root.clone()),
            ("198.18.0.11", root),
            ("198.18.0.2", zones(&[("test", &[TEST, &rings()].concat())])),
            ("198.18.0.3", shop.clone()),
            ("198.18.0.13", shop),
            ("198.18.0.4", zones(&[("club.test", CLUB)])),
        ];
        let roots = Roots(vec![(name("a.root"), vec![address("198.18.0.1")])]);
        let servers = servers.into_iter().map(|(text, zones)| (address(text), zones)).collect();
        let now = Time::from_secs(1000);
        Self { servers, roots, memory: Memory::default(), now, asked: Vec::new(), streams: 0 }
    }

    /// The same internet, with nothing remembered.
    fn again(&self) -> Self {
        let (servers, roots) = (self.servers.clone(), self.roots.clone());
        Self { servers, roots, memory: Memory::default(), now: self.now, asked: Vec::new(), streams: 0 }
    }

    /// A look-up of addresses, and what it asks first.
    fn first_ask(&self, memory: &mut Memory, text: &str) -> (Lookup, Ask) {
        let random = Random::new(1, "resolver", "id");
        let mut lookup = Lookup::new(name(text), RecordType::A, Arc::new(self.roots.clone()), random);
        match lookup.start(memory, self.now) {
            Step::Ask(ask) => (lookup, ask),
            Step::Done(outcome) => panic!("nothing asked: {outcome:?}"),
        }
    }

    fn look_up(&mut self, text: &str, kind: RecordType) -> Outcome {
        let mut lookup = Lookup::new(name(text), kind, Arc::new(self.roots.clone()), Random::new(1, "resolver", "id"));
        let mut step = lookup.start(&mut self.memory, self.now);
        loop {
            let ask = match step {
                Step::Done(outcome) => return outcome,
                Step::Ask(ask) => ask,
            };
            self.asked.push(ask.server.to_string());
            step = match self.serve(&ask) {
                Some(response) => {
                    self.streams += usize::from(ask.transport == Transport::Tcp);
                    let step = lookup.receive(&mut self.memory, self.now, ask.server, &response);
                    step.expect("the response to the question that is out")
                }
                None => {
                    self.now = ask.deadline;
                    lookup.expire(&mut self.memory, self.now)
                }
            };
        }
    }

    fn answer(&mut self, text: &str, kind: RecordType) -> Answer {
        match self.look_up(text, kind) {
            Outcome::Answered(answer) => answer,
            Outcome::Failed(failure) => panic!("{text}: {failure}"),
        }
    }

    fn failure(&mut self, text: &str) -> Failure {
        match self.look_up(text, RecordType::A) {
            Outcome::Failed(failure) => failure,
            Outcome::Answered(answer) => panic!("{text}: {answer:?}"),
        }
    }

    fn serve(&self, ask: &Ask) -> Option<Vec<u8>> {
        let zones = self.servers.get(&ask.server)?;
        let limits = if ask.transport == Transport::Tcp { Limits::TCP } else { Limits::UDP };
        let mut out = vec![0; 65_535];
        let length = answer(zones, &Identity::default(), limits, &ask.message, &mut out)?;
        out.truncate(length);
        Some(out)
    }
}

fn zone(origin: &str, text: &str) -> Zone {
    let origin = name(origin);
    let text = format!("$TTL 60\n@ SOA ns root 1 2 3 4 5\n{text}");
    let read = zonefile::read("zone", text.as_bytes(), Some(&origin), &mut |_, _| Err(String::new()));
    assert_eq!(read.faults, []);
    Zone::compile(&origin, &read.records()).expect("a zone")
}

/// Twenty zones, each with servers in all others and an address of none.
fn rings() -> String {
    let pairs = (0..20).flat_map(|one| (0..20).map(move |other| (one, other)));
    pairs.map(|(one, other)| format!("ring{one} NS ns.ring{other}\n")).collect()
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn address(text: &str) -> IpAddr {
    text.parse::<Ipv4Addr>().expect("an address").into()
}

fn lines(answer: &Answer) -> Vec<String> {
    answer.records.iter().map(ToString::to_string).collect()
}

const ROOT: &str = "@ NS a.root\na.root A 198.18.0.1\ntest NS ns.test\nns.test A 198.18.0.2\n";
const TEST: &str = "\
@ NS ns\nns A 198.18.0.2
shop NS ns.shop\nshop NS ns2.shop\nns.shop A 198.18.0.3\nns2.shop A 198.18.0.13
club NS ns.shop.test.\nclub NS ns-club.shop.test.
lame NS a.lame\nlame NS b.lame\na.lame A 198.18.0.4\nb.lame A 198.18.0.3
alllame NS a.alllame\na.alllame A 198.18.0.4
dead NS a.dead\na.dead A 198.18.9.9
nowhere NS ns.no.shop
$GENERATE 1-500 crowd NS no$.shop
";
const SHOP: &str = "\
@ NS ns\nns A 198.18.0.3\nwww A 198.18.0.5\nmail A 198.18.0.8\nns-club A 198.18.0.4\nfriend CNAME www.club.test.
ring CNAME ring2\nring2 CNAME ring\nold DNAME club.test.\nyear 31536000 TXT long
$GENERATE 1-8 long TXT \"$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"
";
const CLUB: &str = "@ NS ns-club.shop.test.\nwww A 198.18.0.6\nmail A 198.18.0.9\n";
const LAME: &str = "@ NS b\nb A 198.18.0.3\nwww A 198.18.0.7\n";
