//! The alerts of TLS in words: why a connection did not come to be.

/// An alert's name, what it means to a person, and where it is written.
pub fn in_words(alert: u8) -> String {
    let known = ALERTS.iter().find(|(number, _, _)| *number == alert);
    match known {
        Some((_, name, "")) => format!("alert {name} (RFC 8446 6.2)"),
        Some((_, name, meaning)) => format!("alert {name}, {meaning} (RFC 8446 6.2)"),
        None => format!("alert number {alert} (RFC 8446 6.2)"),
    }
}

/// The number of an alert, by its name in the registry.
pub fn number(name: &str) -> Option<u8> {
    ALERTS.iter().find(|(_, known, _)| *known == name).map(|(number, _, _)| *number)
}

/// From the registry of TLS alerts: number, name, and what it says where the name does not.
const ALERTS: &[(u8, &str, &str)] = &[
    (10, "unexpected_message", ""),
    (20, "bad_record_mac", "the record was changed on its way or is under another key"),
    (22, "record_overflow", ""),
    (40, "handshake_failure", "no cipher suite or parameter suits both"),
    (42, "bad_certificate", "the certificate is not accepted"),
    (43, "unsupported_certificate", "the certificate is of a kind that is not accepted"),
    (44, "certificate_revoked", ""),
    (45, "certificate_expired", "the certificate does not hold now"),
    (46, "certificate_unknown", "the certificate is not accepted"),
    (47, "illegal_parameter", ""),
    (48, "unknown_ca", "no authority that is trusted has signed the certificate"),
    (49, "access_denied", ""),
    (50, "decode_error", "a message could not be read"),
    (51, "decrypt_error", "a signature or check does not fit"),
    (70, "protocol_version", "no version of TLS suits both"),
    (71, "insufficient_security", "what is offered is too weak"),
    (80, "internal_error", ""),
    (86, "inappropriate_fallback", ""),
    (90, "user_canceled", ""),
    (109, "missing_extension", ""),
    (110, "unsupported_extension", ""),
    (112, "unrecognized_name", "the server has no such name"),
    (113, "bad_certificate_status_response", ""),
    (115, "unknown_psk_identity", ""),
    (116, "certificate_required", "the server wants a certificate of the client"),
    (120, "no_application_protocol", "no application protocol suits both (RFC 7301)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_told_by_name_meaning_and_section() {
        assert_eq!(
            in_words(48),
            "alert unknown_ca, no authority that is trusted has signed the certificate (RFC 8446 6.2)"
        );
        assert_eq!(in_words(80), "alert internal_error (RFC 8446 6.2)");
        assert_eq!(in_words(99), "alert number 99 (RFC 8446 6.2)");
    }
}
