//! What was typed for a request.

use std::time::Duration;

use clap::ArgMatches;
use toynet_service::Errand;

use super::{Line, Wish, credentials, fields, octets, output, text, way};
use crate::client::url::Url;
use crate::tool::form::Form;
use crate::tool::retry::Retry;
use crate::tool::version::{ONLY_HTTPS, Version};
use crate::wire::head::is_token;

impl Wish {
    /// What the arguments of the command for `method` mean, for each URL.
    ///
    /// # Errors
    /// What is wrong with them, for the person.
    pub fn read(method: &str, matches: &ArgMatches, errand: &Errand) -> Result<Vec<Self>, String> {
        let form = Form::read(matches, errand.host().random(&format!("boundary {:?}", errand.host().clock().now())))?;
        let urls = ["url", "also"].into_iter().filter_map(|id| matches.get_many::<String>(id)).flatten();
        let wishes = urls.enumerate().map(|(number, url)| Self::of(method, matches, url, number, form.clone()));
        let wishes: Vec<_> = wishes.collect::<Result<_, _>>()?;
        let is_read_once = form.is_some_and(|form| !form.may_be_sent_again());
        if is_read_once && wishes.len() > 1 {
            return Err("standard input is there once, and several URLs are to get it".to_owned());
        }
        Ok(wishes)
    }

    /// What they mean for the URL of this number, from 0.
    fn of(
        method: &str,
        matches: &ArgMatches,
        url: &str,
        number: usize,
        mut form: Option<Form>,
    ) -> Result<Self, String> {
        let is = |id: &str| matches.get_flag(id);
        let mut url = Url::parse(url).map_err(|error| error.to_string())?;
        if is("get")
            && let Some(query) = form.take()
        {
            url = url.with_query(&query.as_query());
        }
        name_upload(&mut url, text(matches, "upload-file"));
        let method = match text(matches, "request") {
            Some(method) => checked_method(method)?,
            None if is("head") => "HEAD".to_owned(),
            None => method.to_owned(),
        };
        if form.is_some() && matches!(method.as_str(), "GET" | "HEAD") && text(matches, "request").is_none() {
            let why = "content has no meaning there (RFC 9110 9.3.1)";
            return Err(format!(
                "{method} carries no content: {why}; say `toynet http post`, -G for a query, or -X {method}"
            ));
        }
        let version = version(matches);
        if version == Version::Three && !url.is_secure {
            return Err(format!("{ONLY_HTTPS}: say https://"));
        }
        let (cookies, jar) = credentials::cookies(matches)?;
        let output = output::output(matches, &url, number)?;
        let resumes = output::offset(matches, &output)?;
        Ok(Self {
            asks_server: method == "OPTIONS" && url.target == "/*",
            target: text(matches, "request-target").map(checked_target).transpose()?,
            fields: fields::fields(matches, resumes)?,
            form,
            credentials: credentials::credentials(matches, is("digest"))?,
            digest: credentials::digest(matches)?,
            cookies,
            jar,
            jar_file: text(matches, "cookie-jar").map(str::to_owned),
            follows: is("location").then(|| matches.get_one("max-redirs").copied().unwrap_or_default()),
            keeps_post: KEPT.iter().filter(|(id, _)| is(id)).map(|(_, status)| *status).collect(),
            takes_compressed: is("compressed"),
            resumes,
            version,
            family: way::family(matches),
            trust: way::trust(matches)?,
            detours: way::detours(matches)?,
            proxy: way::proxy(matches, &url, version)?,
            longest: matches.get_one("max-time").copied(),
            longest_connect: matches.get_one("connect-timeout").copied().unwrap_or(Duration::MAX),
            retry: Retry::read(matches),
            raw: text(matches, "raw").map(octets::read).transpose()?,
            output,
            shows: output::Shows { goes_on: number > 0, ..output::shows(matches, &method)? },
            method,
            url,
        })
    }
}

impl Wish {
    /// Whether all of it is there a second time.
    pub fn may_be_sent_again(&self) -> bool {
        self.form.as_ref().is_none_or(Form::may_be_sent_again)
    }

    /// Takes back what is expected of the server (RFC 9110 10.1.1); says whether anything was.
    pub fn expects_nothing_more(&mut self) -> bool {
        let before = self.fields.len();
        self.fields.retain(|line| !matches!(line, Line::Field(name, _) if name.eq_ignore_ascii_case("expect")));
        self.fields.len() < before
    }
}

/// A folder's upload gets the file's name.
fn name_upload(url: &mut Url, file: Option<&str>) {
    let name = file.and_then(|file| file.rsplit('/').next()).filter(|name| *name != "-");
    if let Some(name) = name
        && url.target.ends_with('/')
        && let Ok(named) = url.join(&format!("./{}", name.replace('?', "%3F").replace('#', "%23")))
    {
        *url = named;
    }
}

fn checked_method(method: &str) -> Result<String, String> {
    if is_token(method.as_bytes()) {
        Ok(method.to_owned())
    } else {
        Err(format!("`{method}` is no method (RFC 9110 9.1)"))
    }
}

fn checked_target(target: &str) -> Result<String, String> {
    let is_plain = !target.is_empty() && target.bytes().all(|octet| octet.is_ascii_graphic());
    if is_plain {
        Ok(target.to_owned())
    } else {
        Err(format!("`{target}` is no target (RFC 9112 3.2); --raw sends anything"))
    }
}

fn version(matches: &ArgMatches) -> Version {
    if matches.get_flag("http1.0") {
        Version::One(0)
    } else if matches.get_flag("http1.1") {
        Version::One(1)
    } else if matches.get_flag("http2-prior-knowledge") {
        Version::Two
    } else if matches.get_flag("http3") {
        Version::Three
    } else {
        Version::Best
    }
}

const KEPT: [(&str, u16); 3] = [("post301", 301), ("post302", 302), ("post303", 303)];
