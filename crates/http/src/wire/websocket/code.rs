//! What the code of a close frame means (RFC 6455 7.4, and IANA's registry of such codes).

/// Whether a close frame may say this code: 1005, 1006 and 1015 stand for what cannot be said (RFC 6455 7.4.1).
pub fn is_sayable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Whether it says that something went wrong. An application's own codes (4000 to 4999) may mean anything.
pub fn is_failure(code: u16) -> bool {
    !matches!(code, 1000 | 1001 | 1005 | 1012 | 4000..=4999)
}

/// What it means, in a few words.
pub fn meaning(code: u16) -> &'static str {
    match code {
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "a kind of data that is not taken",
        1004 => "reserved",
        1005 => "no code was said",
        1006 => "no close frame came",
        1007 => "data that is not what its type says",
        1008 => "against the policy",
        1009 => "a message too large",
        1010 => "an extension is missing",
        1011 => "the server failed",
        1012 => "the server restarts",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "no TLS",
        3000 => "unauthorized",
        3003 => "forbidden",
        3008 => "timed out",
        3001..=3999 => "a code of a library or framework",
        4000..=4999 => "a code of the application's own",
        _ => "no code that may be used",
    }
}

/// Where that is laid down.
pub fn rule(code: u16) -> &'static str {
    match code {
        1012..=1014 | 3000 | 3003 | 3008 => "RFC 6455 11.7",
        3001..=4999 => "RFC 6455 7.4.2",
        _ => "RFC 6455 7.4.1",
    }
}
