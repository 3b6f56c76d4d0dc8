//! Cookies: what a server sets, and to whom it is sent back (RFC 6265).

use std::fmt::Write as _;

use toynet_machine::Time;

use super::url::Url;

/// Cookies that were set, in the order in which they were first made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jar(Vec<Cookie>);

/// One of them (RFC 6265 5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host or domain that it goes back to.
    pub domain: String,
    /// Whether it goes to that host alone, and not to those below it.
    pub is_host_only: bool,
    /// Below which path.
    pub path: String,
    /// Over TLS only.
    pub is_secure: bool,
    /// Out of the reach of scripts.
    pub is_http_only: bool,
    /// In seconds since the epoch; without one it lasts as long as the session.
    pub expires: Option<u64>,
}

impl Jar {
    /// Takes what a `Set-Cookie` of the answer to a request for `url` says. A cookie of the past removes one.
    ///
    /// # Errors
    /// Why it is not taken, in a few words.
    pub fn set(&mut self, line: &str, url: &Url, now: Time) -> Result<(), &'static str> {
        let cookie = Cookie::read(line, url, now)?;
        let old = self.0.iter().position(|old| old.is_same(&cookie));
        match (old, cookie.is_over(now)) {
            (Some(at), true) => drop(self.0.remove(at)),
            (Some(at), false) => self.0[at] = cookie,
            (None, true) => {}
            (None, false) if self.0.len() >= MOST => return Err("the jar is full"),
            (None, false) => self.0.push(cookie),
        }
        Ok(())
    }

    /// What stands in `Cookie` of a request for `url`: longer paths first (RFC 6265 5.4).
    pub fn field(&self, url: &Url, now: Time) -> Option<String> {
        let mut fitting: Vec<&Cookie> = self.0.iter().filter(|cookie| cookie.goes_to(url, now)).collect();
        fitting.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = fitting.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Reads a jar in Netscape's form: seven columns with tabs between. Lines that have another form are left out.
    pub fn read(text: &str) -> Self {
        Self(text.lines().filter_map(Cookie::of_line).take(MOST).collect())
    }

    /// The same form. Session cookies have 0 for their end.
    pub fn write(&self, now: Time) -> String {
        let mut text = String::from("# Netscape HTTP Cookie File\n# It holds secrets: keep it to yourself.\n\n");
        for cookie in self.0.iter().filter(|cookie| !cookie.is_over(now)) {
            let yes = |is: bool| if is { "TRUE" } else { "FALSE" };
            let only = if cookie.is_http_only { HTTP_ONLY } else { "" };
            let dot = if cookie.is_host_only { "" } else { "." };
            let expires = cookie.expires.unwrap_or_default();
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{only}{dot}{}\t{}\t{}\t{}\t{expires}\t{}\t{}",
                cookie.domain,
                yes(!cookie.is_host_only),
                cookie.path,
                yes(cookie.is_secure),
                cookie.name,
                cookie.value
            );
        }
        text
    }
}

impl Cookie {
    /// RFC 6265 5.2 and 5.3.
    fn read(line: &str, url: &Url, now: Time) -> Result<Self, &'static str> {
        if line.len() > LONGEST {
            return Err("it is too long");
        }
        let mut parts = line.split(';');
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).ok_or("it has no name")?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return Err("it has no name");
        }
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: url.host.clone(),
            is_host_only: true,
            path: default_path(url),
            is_secure: false,
            is_http_only: false,
            expires: None,
        };
        let mut max_age = None;
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match attribute.trim().to_ascii_lowercase().as_str() {
                "domain" if !value.is_empty() => cookie.set_domain(value, url)?,
                "path" => cookie.path = if value.starts_with('/') { value.to_owned() } else { default_path(url) },
                "secure" => cookie.is_secure = true,
                "httponly" => cookie.is_http_only = true,
                "max-age" => max_age = age(value).or(max_age),
                "expires" => cookie.expires = date(value).or(cookie.expires),
                // RFC 6265 5.2: what is unknown is ignored.
                _ => {}
            }
        }
        if let Some(age) = max_age {
            cookie.expires = Some(if age <= 0 { 0 } else { now.secs().saturating_add(age.unsigned_abs()) });
        }
        cookie.check(url)?;
        Ok(cookie)
    }

    /// RFC 6265 5.3, steps 4 to 6. Without a list of public suffixes, a domain of one label is one.
    fn set_domain(&mut self, value: &str, url: &Url) -> Result<(), &'static str> {
        let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
        if !is_below(&url.host, &domain) {
            return Err("its Domain is not one of the host's");
        }
        self.is_host_only = !domain.contains('.');
        if self.is_host_only && domain != url.host {
            return Err("its Domain is a top-level domain");
        }
        self.domain = domain;
        Ok(())
    }

    /// What its name promises, and no cookie for TLS over a connection in clear.
    fn check(&self, url: &Url) -> Result<(), &'static str> {
        let is_safe = self.is_secure && url.is_secure;
        if self.is_secure && !url.is_secure {
            Err("it is Secure, and the connection is not")
        } else if self.name.starts_with("__Secure-") && !is_safe {
            Err("its name says __Secure-, and it is not")
        } else if self.name.starts_with("__Host-") && !(is_safe && self.is_host_only && self.path == "/") {
            Err("its name says __Host-, and it is not")
        } else {
            Ok(())
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.domain, &self.path) == (&other.name, &other.domain, &other.path)
    }

    fn is_over(&self, now: Time) -> bool {
        self.expires.is_some_and(|expires| expires <= now.secs())
    }

    fn goes_to(&self, url: &Url, now: Time) -> bool {
        let is_host = if self.is_host_only { url.host == self.domain } else { is_below(&url.host, &self.domain) };
        is_host && is_path_below(url.path(), &self.path) && (url.is_secure || !self.is_secure) && !self.is_over(now)
    }

    fn of_line(line: &str) -> Option<Self> {
        let (line, is_http_only) = match line.strip_prefix(HTTP_ONLY) {
            Some(rest) => (rest, true),
            None => (line, false),
        };
        if line.starts_with('#') {
            return None;
        }
        let mut columns = line.splitn(7, '\t');
        let mut next = || columns.next();
        let (domain, below, path, secure, expires, name) = (next()?, next()?, next()?, next()?, next()?, next()?);
        Some(Self {
            name: name.to_owned(),
            value: next().unwrap_or_default().to_owned(),
            domain: domain.strip_prefix('.').unwrap_or(domain).to_ascii_lowercase(),
            is_host_only: below != "TRUE",
            path: path.to_owned(),
            is_secure: secure == "TRUE",
            is_http_only,
            expires: expires.parse().ok().filter(|expires| *expires != 0),
        })
    }
}

/// RFC 6265 5.1.3.
fn is_below(host: &str, domain: &str) -> bool {
    let above = host.strip_suffix(domain);
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    above.is_some_and(|above| above.is_empty() || (above.ends_with('.') && !is_address))
}

/// RFC 6265 5.1.4.
fn is_path_below(path: &str, of_cookie: &str) -> bool {
    let rest = path.strip_prefix(of_cookie);
    rest.is_some_and(|rest| rest.is_empty() || of_cookie.ends_with('/') || rest.starts_with('/'))
}

fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(end) => url.path()[..end].to_owned(),
    }
}

fn age(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// The time in seconds since the epoch that a cookie's date means, in whatever order it has (RFC 6265 5.1.1).
fn date(text: &str) -> Option<u64> {
    let (mut clock, mut day, mut month, mut year) = (None, None, None, None);
    let is_delimiter = |character: char| !(character.is_ascii_alphanumeric() || character == ':');
    for word in text.split(is_delimiter).filter(|word| !word.is_empty()) {
        let number = || word.parse::<u64>().ok();
        if clock.is_none() && word.contains(':') {
            clock = time_of_day(word);
        } else if day.is_none() && word.len() <= 2 && number().is_some() {
            day = number();
        } else if month.is_none() && MONTHS.iter().any(|name| begins_with(word, name)) {
            month = MONTHS.iter().position(|name| begins_with(word, name));
        } else if year.is_none() && word.len() <= 4 && number().is_some() {
            year = number();
        }
    }
    let year = match year? {
        year @ 0..70 => year + 2000,
        year @ 70..100 => year + 1900,
        year => year,
    };
    let (day, month) = (day?, month? as u64);
    let is_date = year >= 1601 && (1..=31).contains(&day);
    if !is_date { None } else { Some((days(year, month, day)? * 86_400).saturating_add(clock?)) }
}

fn begins_with(word: &str, name: &str) -> bool {
    word.get(..3).is_some_and(|first| first.eq_ignore_ascii_case(name))
}

fn time_of_day(word: &str) -> Option<u64> {
    let mut parts = word.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    (hour < 24 && minute < 60 && second < 60).then_some((hour * 60 + minute) * 60 + second)
}

/// Days from the epoch to a date of the Gregorian calendar; 0 for one before it. `month` is from 0.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334].get(usize::try_from(month).ok()?)?;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let days = year * 365 + leaps(year - 1) + before + u64::from(is_leap && month > 1) + day - 1;
    Some(days.saturating_sub(1970 * 365 + leaps(1969)))
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// How the form says HttpOnly.
const HTTP_ONLY: &str = "#HttpOnly_";
/// Browsers take no longer ones either (RFC 6265 6.1).
const LONGEST: usize = 4096;
/// What browsers hold in all (RFC 6265 6.1).
const MOST: usize = 3000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_back_where_it_came_from_and_below() {
        let jar = jar("http://www.shop.test/cart/add", &["id=7"]);
        assert_eq!(sent(&jar, "http://www.shop.test/cart/pay"), Some("id=7".into()));
        assert_eq!(sent(&jar, "http://www.shop.test/cart"), Some("id=7".into()));
        assert_eq!(sent(&jar, "http://www.shop.test/cartoon"), None);
        assert_eq!(sent(&jar, "http://shop.test/cart/"), None);
        assert_eq!(sent(&jar, "http://a.www.shop.test/cart/"), None);
    }

    #[test]
    fn a_domain_is_for_all_hosts_below_it() {
        let jar = jar("http://www.shop.test/", &["id=7; Domain=.Shop.test; Path=/"]);
        assert_eq!(sent(&jar, "http://pay.shop.test/x"), Some("id=7".into()));
        assert_eq!(sent(&jar, "http://myshop.test/x"), None);
    }

    #[test]
    fn what_a_host_may_not_set_is_refused() {
        let refused = |line: &str, url: &str| Jar::default().set(line, &Url::parse(url).unwrap(), NOW).unwrap_err();
        assert_eq!(refused("a=b; Domain=club.test", "http://shop.test/"), "its Domain is not one of the host's");
        assert_eq!(refused("a=b; Domain=test", "http://shop.test/"), "its Domain is a top-level domain");
        assert_eq!(refused("a=b; Domain=0.0.1", "http://127.0.0.1/"), "its Domain is not one of the host's");
        assert_eq!(refused("a=b; Secure", "http://shop.test/"), "it is Secure, and the connection is not");
        assert_eq!(refused("__Host-a=b; Secure; Path=/x", "https://a.test/"), "its name says __Host-, and it is not");
        assert_eq!(refused("=b", "http://shop.test/"), "it has no name");
    }

    #[test]
    fn longer_paths_come_first_and_a_cookie_is_set_once() {
        let jar = jar("http://a.test/x/y", &["a=1; Path=/", "b=2; Path=/x", "a=3; Path=/"]);
        assert_eq!(sent(&jar, "http://a.test/x/"), Some("b=2; a=3".into()));
    }

    #[test]
    fn a_cookie_of_the_past_removes_one() {
        for end in
            ["Max-Age=0", "Expires=Thu, 01 Jan 1970 00:00:00 GMT", "Max-Age=-1; Expires=Fri, 31 Dec 2100 23:59:59 GMT"]
        {
            let jar = jar("http://a.test/", &["a=1", &format!("a=; {end}")]);
            assert_eq!(sent(&jar, "http://a.test/"), None, "{end}");
        }
    }

    #[test]
    fn dates_come_in_many_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "6 nov 94 8:49:37",
        ] {
            assert_eq!(date(text), Some(784_111_777), "{text}");
        }
        assert_eq!(date("Fri, 29 Feb 2036 00:00:00 GMT"), Some(2_087_856_000));
        assert_eq!(date("32 Nov 1994 00:00:00"), None);
        assert_eq!(date("Nov 1994"), None);
    }

    #[test]
    fn a_jar_comes_back_as_it_was() {
        let jar = jar(
            "https://www.shop.test/x/",
            &["a=1; Max-Age=60", "b=2; Domain=shop.test; HttpOnly", "c=3; Secure; Path=/", "d="],
        );
        let text = jar.write(NOW);
        assert!(text.contains("#HttpOnly_.shop.test\tTRUE\t/x\tFALSE\t0\tb\t2\n"), "{text}");
        assert_eq!(Jar::read(&text), jar);
        assert_eq!(Jar::read("# comment\nnot a cookie\n"), Jar::default());
    }

    fn jar(url: &str, lines: &[&str]) -> Jar {
        let mut jar = Jar::default();
        lines.iter().for_each(|line| jar.set(line, &Url::parse(url).unwrap(), NOW).unwrap());
        jar
    }

    fn sent(jar: &Jar, url: &str) -> Option<String> {
        jar.field(&Url::parse(url).unwrap(), NOW)
    }

    const NOW: Time = Time::from_secs(1_767_225_600);
}
