//! Cookies that stay from one request to the next.

use std::fs::OpenOptions;
use std::io::{self, Write};

use toynet_net::Clock;
use toynet_net::local::private;
use toynet_service::Errand;

use super::show::Show;
use super::wish::Wish;
use crate::client::answer::AnswerHead;
use crate::client::url::Url;

/// Takes those that an answer sets.
pub(super) fn take_cookies(wish: &mut Wish, url: &Url, head: &AnswerHead, clock: Clock, show: &mut Show) {
    let Some(jar) = &mut wish.jar else { return };
    for line in head.fields_called("set-cookie") {
        if let Err(why) = jar.set(&String::from_utf8_lossy(line), url, clock.now()) {
            show.note(&format!("A cookie is not taken: {why}"));
        }
    }
}

/// Writes all of them where the person wants them.
pub(super) fn keep_cookies(wish: &Wish, errand: &Errand, clock: Clock) -> Result<(), String> {
    let (Some(jar), Some(file)) = (&wish.jar, &wish.jar_file) else { return Ok(()) };
    let text = jar.write(clock.now());
    if file == "-" {
        errand.print(text);
        return Ok(());
    }
    write_secret(file, &text).map_err(|error| format!("the jar {file} cannot be written: {error}"))
}

/// For the owner's eyes only.
fn write_secret(file: &str, text: &str) -> io::Result<()> {
    private(OpenOptions::new().write(true).create(true).truncate(true)).open(file)?.write_all(text.as_bytes())
}
