//! What toynet itself has to say while it runs: on stderr, through `tracing`.

use std::any::Any;
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use tracing_subscriber::EnvFilter;

/// Lets the lab's own remarks be seen: those of `level` and above, or as RUST_LOG says. A panic is one of
/// them, so that it is said once and in their form.
pub fn begin(as_json: bool, level: &str) {
    // quinn takes the end of a host for a failure of its socket, and says so aloud.
    let usual = || EnvFilter::new(format!("{level},quinn=off"));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    // It would say on stderr that stderr takes nothing, and panic over that.
    let subscriber = subscriber.log_internal_errors(false);
    if as_json {
        subscriber.json().init();
    } else {
        let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        subscriber.without_time().with_ansi(colour).init();
    }
    panic::set_hook(Box::new(said));
}

fn said(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
    tracing::error!("a mistake in toynet{}: {}", place.unwrap_or_default(), text(panic.payload()));
}

fn text(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("it did not say what")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_says_what_it_was_called_with() {
        assert_eq!(text(panic::catch_unwind(|| panic!("as {}", "told")).unwrap_err().as_ref()), "as told");
        assert_eq!(text(&7), "it did not say what");
    }
}
