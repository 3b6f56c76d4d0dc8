//! How long a client waits for a server (RFC 5321 4.5.3.2).

use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// 4.5.3.2.1: for the greeting; and for the answer to EHLO and QUIT, of which nothing is said.
pub const GREETING: Duration = MINUTE.saturating_mul(5);
/// 4.5.3.2.2: for the answer to MAIL.
pub const MAIL: Duration = MINUTE.saturating_mul(5);
/// 4.5.3.2.3: for the answer to RCPT.
pub const RCPT: Duration = MINUTE.saturating_mul(5);
/// 4.5.3.2.4: for the answer to DATA.
pub const DATA: Duration = MINUTE.saturating_mul(2);
/// 4.5.3.2.6: for the answer to the content.
pub const CONTENT: Duration = MINUTE.saturating_mul(10);
