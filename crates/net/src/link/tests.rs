use super::*;
use toynet_machine::Random;

#[test]
fn delays_add_up() {
    let link =
        Link::new(DEFAULT_WINDOW, vec![Box::new(Latency(Duration::from_millis(20))), Box::new(Rate::new(1_000))]);
    assert_eq!(link.judge(&datagram(100)).delay, Duration::from_millis(120));
}

#[test]
fn a_busy_line_makes_the_next_one_wait() {
    let link = Link::new(DEFAULT_WINDOW, vec![Box::new(Rate::new(1_000))]);
    link.judge(&datagram(100));
    assert_eq!(link.judge(&datagram(100)).delay, Duration::from_millis(200));
}

#[test]
fn a_line_that_is_full_for_a_second_drops_datagrams() {
    let link = Link::new(DEFAULT_WINDOW, vec![Box::new(Rate::new(1_000))]);
    link.judge(&datagram(1_100));
    assert!(link.judge(&datagram(1)).lost.is_some());
    assert!(link.judge(&stream(1)).lost.is_none());
}

#[test]
fn a_stream_pays_for_loss_with_time() {
    let link = Link::new(DEFAULT_WINDOW, vec![Box::new(Loss::new(1.0, Random::new(1, "a", "loss")))]);
    assert!(link.judge(&datagram(1)).lost.is_some());
    let verdict = link.judge(&stream(1));
    assert!(verdict.lost.is_none() && verdict.delay > Duration::from_secs(1));
}

#[test]
fn a_cut_loses_datagrams_and_holds_streams_until_it_ends() {
    let window = Window { after: Duration::from_secs(10), lasts: Duration::from_secs(60) };
    let link = Link::new(DEFAULT_WINDOW, vec![Box::new(Cut::new(vec![window], Time::from_secs(100)))]);
    let at = |now, parcel: Parcel| link.judge(&Parcel { now: Time::from_secs(now), ..parcel });
    assert_eq!(at(109, stream(1)), Verdict::default());
    assert_eq!(at(120, stream(1)).delay, Duration::from_secs(50));
    assert!(at(120, datagram(1)).lost.is_some());
    assert_eq!(at(170, datagram(1)), Verdict::default());
}

#[test]
fn the_rule_that_names_more_hosts_holds() {
    let rule = |from, to, millis| Rule {
        from,
        to,
        conditions: Conditions { latency: Duration::from_millis(millis), ..Conditions::default() },
    };
    let www = || Pattern::Host("www".into());
    let links = Links::new(
        vec![
            rule(Pattern::Any, Pattern::Any, 1),
            rule(www(), Pattern::Any, 2),
            rule(www(), Pattern::Host("ns".into()), 3),
        ],
        Time::default(),
    );
    let delay = |from, to| links.between(from, to, 0).unwrap().judge(&stream(1)).delay.as_millis();
    assert_eq!([delay(None, Some("www")), delay(Some("www"), None), delay(Some("www"), Some("ns"))], [1, 2, 3]);
}

#[test]
fn the_same_seed_makes_the_same_luck() {
    let fates = |seed| {
        let mut loss = Loss::new(0.5, Random::new(seed, "a", "loss"));
        (0..64)
            .map(|_| {
                let mut verdict = Verdict::default();
                loss.judge(&datagram(1), &mut verdict);
                verdict.lost.is_some()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(fates(1), fates(1));
    assert_ne!(fates(1), fates(2));
}

fn datagram(length: usize) -> Parcel {
    Parcel { length, now: Time::from_secs(1_000), stream: false, sent: None }
}

fn stream(length: usize) -> Parcel {
    Parcel { stream: true, sent: Some(0), ..datagram(length) }
}
