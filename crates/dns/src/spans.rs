//! Seconds as people say them.

/// `1 hour 30 minutes`.
pub(crate) fn in_words(seconds: u32) -> String {
    let parts: Vec<String> = parts(seconds)
        .map(|(count, name)| if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") })
        .collect();
    if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(" ") }
}

/// `1h30m`, as master files have it.
#[cfg(feature = "io")]
pub(crate) fn with_units(seconds: u32) -> String {
    let text: String = parts(seconds).map(|(count, name)| format!("{count}{}", &name[..1])).collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// How many there are of each unit that there are any of.
fn parts(seconds: u32) -> impl Iterator<Item = (u32, &'static str)> {
    let counted = UNITS.iter().scan(seconds, |left, (unit, name)| {
        let count = *left / unit;
        *left %= unit;
        Some((count, *name))
    });
    counted.filter(|(count, _)| *count > 0)
}

const UNITS: [(u32, &str); 5] = [(604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_by_their_units() {
        assert_eq!(in_words(5400), "1 hour 30 minutes");
        assert_eq!(in_words(0), "0 seconds");
        assert_eq!(in_words(1_209_601), "2 weeks 1 second");
    }

    #[test]
    #[cfg(feature = "io")]
    fn spans_are_written_with_units() {
        assert_eq!([with_units(5400), with_units(0), with_units(86_461)], ["1h30m", "0s", "1d1m1s"]);
    }
}
