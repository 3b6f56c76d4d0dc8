use proptest::prelude::*;

use super::*;

#[test]
fn a_path_is_read_and_written_back() {
    for text in [
        "<alice@shop.test>",
        "<a.b+c@shop.test>",
        "<\"a>b\"@shop.test>",
        "<\"a b\"@shop.test>",
        "<\"a\\\"b\\\\c\"@shop.test>",
        "<\"\"@shop.test>",
        "<a@[198.18.0.1]>",
        "<a@[IPv6:2001:db8::1]>",
        "<a@[x400:c=de]>",
        "<jürgen@bücher.test>",
        "<>",
    ] {
        assert_eq!(ReversePath::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn quotes_that_say_nothing_are_dropped_and_names_are_in_lower_case() {
    assert_eq!(ReversePath::parse("<\"alice\"@Shop.TEST>").unwrap().to_string(), "<alice@shop.test>");
    assert_eq!(ReversePath::parse("<\"al\\ice\"@shop.test>").unwrap().to_string(), "<alice@shop.test>");
    assert_eq!(ReversePath::parse("<Alice@shop.test>").unwrap().to_string(), "<Alice@shop.test>");
}

#[test]
fn a_source_route_is_stripped() {
    assert_eq!(ForwardPath::parse("<@a.test,@b.test:carol@club.test>").unwrap().to_string(), "<carol@club.test>");
    for text in ["<@a.test carol@club.test>", "<@a.test,:carol@club.test>", "<@:carol@club.test>", "<@a.test>"] {
        assert_eq!(ForwardPath::parse(text), Err(PathFault::SourceRoute), "{text}");
    }
}

#[test]
fn the_postmaster_needs_no_domain_and_only_a_sender_may_be_null() {
    assert_eq!(ForwardPath::parse("<postMASTER>"), Ok(ForwardPath::Postmaster));
    assert_eq!(ForwardPath::parse("<alice>"), Err(PathFault::NoDomain));
    assert_eq!(ForwardPath::parse("<>"), Err(PathFault::LocalPart));
    assert_eq!(ReversePath::parse("<postmaster>"), Err(PathFault::NoDomain));
}

#[test]
fn what_is_no_path_is_refused_with_its_reason() {
    for (text, fault) in [
        ("alice@shop.test", PathFault::Unopened),
        (" <alice@shop.test>", PathFault::Unopened),
        ("<alice@shop.test", PathFault::Unclosed),
        ("<a..b@shop.test>", PathFault::LocalPart),
        ("<.a@shop.test>", PathFault::LocalPart),
        ("<a b@shop.test>", PathFault::NoDomain),
        ("<\"a\"b@shop.test>", PathFault::NoDomain),
        ("<\"a@shop.test>", PathFault::LocalPart),
        ("<a@shop..test>", PathFault::Domain),
        ("<a@-shop.test>", PathFault::Domain),
        ("<a@>", PathFault::Domain),
        ("<a@[300.1.1.1]>", PathFault::Literal),
        ("<a@[IPv6:x]>", PathFault::Literal),
        ("<a@[::1]>", PathFault::Literal),
        ("<a@b.test>x", PathFault::Trailing),
    ] {
        assert_eq!(ReversePath::parse(text), Err(fault), "{text}");
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let local = |length| format!("<{}@b.test>", "a".repeat(length));
    assert!(ReversePath::parse(&local(64)).is_ok());
    assert_eq!(ReversePath::parse(&local(65)), Err(PathFault::LocalPartTooLong));
    let domain = |labels| format!("<a@{}test>", "abcdefghi.".repeat(labels));
    assert!(ReversePath::parse(&domain(24)).is_ok());
    assert_eq!(ReversePath::parse(&domain(25)), Err(PathFault::TooLong));
    assert_eq!(ReversePath::parse(&domain(26)), Err(PathFault::DomainTooLong));
}

proptest! {
    #[test]
    fn every_mailbox_is_read_as_it_was_written(local in "[ -~é]{0,32}", labels in "[a-z0-9]{1,9}(\\.[a-z0-9]{1,9}){0,3}") {
        let mailbox = Mailbox { local, domain: Domain::Name(labels) };
        prop_assert_eq!(Mailbox::parse(&mailbox.to_string()), Ok(mailbox));
    }

    #[test]
    fn whatever_is_a_path_is_the_same_path_when_written(text in "<[ -~é]{0,40}>") {
        if let Ok(path) = ReversePath::parse(&text) {
            prop_assert_eq!(ReversePath::parse(&path.to_string()), Ok(path));
        }
    }
}
