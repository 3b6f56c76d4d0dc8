//! Any request gets a well-formed response within its limits, or none.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use toynet_dns::answer::answer;
use toynet_dns::name::Name;
use toynet_dns::reply::{Identity, Limits};
use toynet_dns::wire::Message;
use toynet_dns::zone::{Zone, Zones};
use toynet_dns::zonefile;

fuzz_target!(|request: &[u8]| {
    for limits in [Limits::UDP, Limits::TCP] {
        let mut out = vec![0; 65_535];
        let Some(length) = answer(&ZONES, &Identity::default(), limits, request, &mut out) else { continue };
        let response = Message::read(&out[..length]).expect("a response of ours is well formed");
        assert!(response.is_response());
        assert_eq!(out[..2], request[..2], "the id is the request's");
        assert!(limits.stream || length <= usize::from(limits.payload.max(512)), "{length} octets");
    }
});

static ZONES: LazyLock<Zones> = LazyLock::new(|| {
    let origin: Name = "a.test.".parse().expect("a name");
    let mut nothing_to_include = |_: &str, _: &str| Err(String::from("nothing is included"));
    let read = zonefile::read_zone("zone", ZONE.as_bytes(), &origin, &mut nothing_to_include);
    assert!(!read.is_invalid(), "{:?}", read.faults);
    Zones::new(vec![Arc::new(Zone::compile(&origin, &read.records()).expect("a zone"))])
});

/// Short names, so that a fuzzer finds them: an alias, a circle, a wildcard, a delegation with glue, a DNAME.
const ZONE: &str = "\
$ORIGIN a.test.
$TTL 60
@ SOA n h 1 2 3 4 5
@ NS n
@ MX 1 m
@ TXT \"t\"
n A 192.0.2.1
m AAAA 2001:db8::1
c CNAME m
d CNAME e
e CNAME d
*.w A 192.0.2.2
s NS n.s
n.s A 192.0.2.3
r DNAME m
";
