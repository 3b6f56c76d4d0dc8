//! What lies in a folder, as a page.

use bytes::Bytes;
use toynet_machine::Time;

use super::date;
use super::page;

/// A file or folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name there.
    pub name: String,
    /// When it was last changed.
    pub modified: Time,
    /// How many octets a file has; a folder has none.
    pub length: Option<u64>,
}

/// In which order items stand; folders always come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    by: By,
    is_down: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum By {
    #[default]
    Name,
    Size,
    Date,
}

impl Order {
    /// As a query says it: `sort=size&order=desc`. What it does not say is by name, upwards.
    pub fn of_query(query: &str) -> Self {
        let value = |key: &str| query.split('&').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
        let by = match value("sort") {
            Some("size") => By::Size,
            Some("date") => By::Date,
            _ => By::Name,
        };
        Self { by, is_down: value("order") == Some("desc") }
    }

    fn sort(self, items: &mut [Item]) {
        items.sort_by(|one, other| {
            let by = match self.by {
                By::Name => std::cmp::Ordering::Equal,
                By::Size => one.length.cmp(&other.length),
                By::Date => one.modified.cmp(&other.modified),
            };
            let by = by.then_with(|| one.name.cmp(&other.name));
            let folders_first = one.length.is_some().cmp(&other.length.is_some());
            folders_first.then(if self.is_down { by.reverse() } else { by })
        });
    }
}

/// The page of the folder at `place`, the root's being empty.
pub fn page(place: &str, mut items: Vec<Item>, order: Order) -> Bytes {
    order.sort(&mut items);
    let title = escaped(&format!("/{place}{}", if place.is_empty() { "" } else { "/" }));
    let heads: String = [(By::Name, "name", "Name"), (By::Size, "size", "Size"), (By::Date, "date", "Changed (UTC)")]
        .map(|(by, key, word)| head(by, key, word, order))
        .concat();
    let parent = if place.is_empty() { "" } else { "<tr><td><a href=\"../\">../</a><td><td>\n" };
    let rows: String = items.iter().map(row).collect();
    let empty = if items.is_empty() { "<p>This folder is empty." } else { "" };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{}{TABLE}</style>\n\
         <h1>{title}</h1>\n<table>\n<thead><tr>{heads}\n<tbody>\n{parent}{rows}</table>\n{empty}\n</html>\n",
        page::STYLE,
    )
    .into()
}

/// The head of a column, which sorts by it, and the other way round when it does already.
fn head(by: By, key: &str, word: &str, order: Order) -> String {
    let is_it = order.by == by;
    let turned = if is_it && !order.is_down { "&amp;order=desc" } else { "" };
    let sort = match (is_it, order.is_down) {
        (false, _) => "",
        (true, false) => " aria-sort=\"ascending\"",
        (true, true) => " aria-sort=\"descending\"",
    };
    format!("<th scope=\"col\"{sort}><a href=\"?sort={key}{turned}\">{word}</a>")
}

fn row(item: &Item) -> String {
    let slash = if item.length.is_some() { "" } else { "/" };
    let (link, name) = (linked(&item.name), escaped(&item.name));
    let size = item.length.map_or_else(|| "&ndash;".to_owned(), size);
    format!("<tr><td><a href=\"./{link}{slash}\">{name}{slash}</a><td>{size}<td>{}\n", day_and_minute(item.modified))
}

/// `17 B`, `1.5 KiB`.
fn size(length: u64) -> String {
    let mut units = ["KiB", "MiB", "GiB", "TiB"].into_iter().peekable();
    let mut amount = length as f64;
    let mut unit = "B";
    while amount >= 1024.0 && units.peek().is_some() {
        amount /= 1024.0;
        unit = units.next().unwrap_or(unit);
    }
    if unit == "B" { format!("{length} B") } else { format!("{amount:.1} {unit}") }
}

/// `1994-11-06 08:49`.
fn day_and_minute(time: Time) -> String {
    let date = date::format(time);
    let words: Vec<&str> = date.to_str().unwrap_or_default().split(' ').collect();
    match words.as_slice() {
        [_, day, month, year, clock, ..] => {
            let month = MONTHS.iter().position(|one| one == month).unwrap_or_default() + 1;
            format!("{year}-{month:02}-{day} {}", clock.get(..5).unwrap_or_default())
        }
        _ => String::new(),
    }
}

/// A name as a segment of a path (RFC 3986 3.3).
fn linked(name: &str) -> String {
    let mut link = String::with_capacity(name.len());
    for octet in name.bytes() {
        match octet {
            b'-' | b'.' | b'_' | b'~' => link.push(char::from(octet)),
            octet if octet.is_ascii_alphanumeric() => link.push(char::from(octet)),
            octet => link.push_str(&format!("%{octet:02X}")),
        }
    }
    link
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const TABLE: &str = "body{max-width:54rem;margin:4vh auto}table{border-collapse:collapse;width:100%}\
                     th,td{text-align:left;padding:.3rem .6rem;font-variant-numeric:tabular-nums}\
                     td:first-child{overflow-wrap:anywhere}td:nth-child(2),th:nth-child(2){text-align:right}\
                     td+td,th+th{white-space:nowrap}tbody tr:hover,tbody tr:focus-within{background:#8883}\
                     a{text-decoration:none}a:hover,a:focus-visible{text-decoration:underline}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_first_and_names_are_harmless() {
        let page = text("news", vec![file("b&<b>.txt", 1500), folder("z"), file("a?#.txt", 3)], "");
        let places =
            ["<h1>/news/</h1>", "href=\"../\"", "href=\"./z/\"", "./a%3F%23.txt", "b&amp;&lt;b&gt;.txt</a><td>1.5 KiB"];
        let at: Vec<_> = places.iter().map(|place| page.find(place).expect(place)).collect();
        assert!(at.is_sorted(), "{page}");
        assert!(page.contains("1994-11-06 08:49"));
    }

    #[test]
    fn a_name_like_a_scheme_stays_in_its_folder() {
        assert!(text("", vec![file("javascript:alert(1)", 1)], "").contains("href=\"./javascript%3Aalert%281%29\""));
    }

    #[test]
    fn items_are_sorted_as_asked() {
        let page = text("", vec![file("small", 1), file("large", 9)], "sort=size&order=desc");
        assert!(page.find(">large<") < page.find(">small<"));
        assert!(page.contains("aria-sort=\"descending\"") && !page.contains("href=\"../\""));
    }

    fn text(place: &str, items: Vec<Item>, query: &str) -> String {
        String::from_utf8(page(place, items, Order::of_query(query)).to_vec()).expect("text")
    }

    fn file(name: &str, length: u64) -> Item {
        Item { name: name.into(), modified: Time::from_secs(784_111_777), length: Some(length) }
    }

    fn folder(name: &str) -> Item {
        Item { length: None, ..file(name, 0) }
    }
}
