//! `browser`: a browser with a profile of its own, to which a running lab is the internet.
//!
//! In a lab's own world any browser has the lab for its internet, and is told there whom to trust. From outside Chromium
//! is led there by a proxy. Firefox believes no flag about whom to trust, so it goes inside where that can be done.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;
use toynet_world::Visit;

use crate::arguments::Browser;
use crate::exit::Exit;
use crate::serve::not_allowed;
use crate::world::join;
use crate::{ask, on_runtime, output};

pub fn browser(browser: Browser) -> Result<(), Exit> {
    let status = on_runtime(ask::asked(&browser.lab))?;
    let lab = status["lab"].as_str().unwrap_or_default();
    let (program, kind) = find(browser.with.as_deref())?;
    let way = Way::to(&status, kind)?;
    let url = browser.url.clone().unwrap_or_else(|| first_site(&status));
    let profile = Profile::make(lab)?;
    let mut arguments = match kind {
        Kind::Chromium => chromium(&profile.0, &way, &status),
        Kind::Firefox => firefox(&profile.0, &way, &status)?,
    };
    arguments.extend(browser.arguments.iter().cloned().chain([url.into()]));
    if let Way::Join = way {
        let visit = Visit { arguments, ..Visit::new(program) };
        return join::visit(&status, visit);
    }
    let ended = Command::new(&program).args(arguments).status();
    let ended = ended.map_err(|error| Exit::failed(format!("toynet: {} cannot be run: {error}", program.display())))?;
    drop(profile);
    finish(ended)
}

/// How a browser gets into a lab.
enum Way<'a> {
    /// It is there, as this process is.
    Here,
    /// By joining, as a shell does.
    Join,
    /// By the proxy at this address.
    Proxy(&'a str),
}

impl<'a> Way<'a> {
    fn to(status: &'a Value, kind: Kind) -> Result<Self, Exit> {
        let lab = status["lab"].as_str().unwrap_or_default();
        let (can_join, proxy) = (status["join"].is_object(), status["socks"].as_str());
        match proxy {
            None if can_join && join::is_here(lab) => Ok(Way::Here),
            Some(proxy) if !can_join || kind == Kind::Chromium => Ok(Way::Proxy(proxy)),
            Some(_) | None if can_join => Ok(Way::Join),
            Some(_) | None => Err(Exit::failed(format!("toynet: lab {lab} has no proxy on the loopback"))),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Chromium,
    Firefox,
}

/// A folder that goes when this does.
struct Profile(PathBuf);

impl Profile {
    fn make(lab: &str) -> Result<Self, Exit> {
        let folder = env::temp_dir().join(format!("toynet-browser-{lab}-{}", std::process::id()));
        fs::create_dir(&folder).map_err(not_allowed)?;
        Ok(Self(folder))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // What cannot be removed lies among the temporary files, which the system clears away.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn find(with: Option<&Path>) -> Result<(PathBuf, Kind), Exit> {
    if let Some(program) = with {
        let is_firefox = program.file_name().is_some_and(|name| name.to_string_lossy().contains("firefox"));
        return Ok((program.to_owned(), if is_firefox { Kind::Firefox } else { Kind::Chromium }));
    }
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let there = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    let found = BROWSERS.iter().find_map(|(name, kind)| Some((there(name)?, *kind)));
    found.ok_or_else(|| {
        let names = BROWSERS.map(|(name, _)| name).join(", ");
        Exit::failed(format!("toynet: none of these browsers is on the PATH: {names}; --with PROGRAM names one"))
    })
}

/// By a proxy names are looked up there, and nowhere else.
fn chromium(profile: &Path, way: &Way<'_>, status: &Value) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![];
    let mut option = |name: &str, value: &str| arguments.push(format!("--{name}={value}").into());
    option("user-data-dir", &profile.display().to_string());
    option("disable-features", "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter");
    if let Way::Proxy(proxy) = way {
        option("proxy-server", &format!("socks5://{proxy}"));
        // By itself it would not ask the proxy for hosts of the loopback.
        option("proxy-bypass-list", "<-loopback>");
        let proxy_host = proxy.rsplit_once(':').map_or(*proxy, |(host, _)| host);
        option("host-resolver-rules", &format!("MAP * ~NOTFOUND, EXCLUDE {proxy_host}"));
        if let Some(root) = status["authority"]["key"].as_str() {
            option("ignore-certificate-errors-spki-list", root);
        }
    }
    let flags = ["--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-sync"];
    arguments.extend(flags.map(OsString::from));
    if is_root() {
        // It refuses to run as root in any other way.
        arguments.push("--no-sandbox".into());
    }
    arguments
}

fn firefox(profile: &Path, way: &Way<'_>, status: &Value) -> Result<Vec<OsString>, Exit> {
    let mut settings = QUIET.to_owned();
    if let Way::Proxy(proxy) = way {
        settings.push_str(&proxy_settings(proxy));
        let root = status["authority"]["pem"].as_str().unwrap_or_default();
        if !trust(profile, root).map_err(not_allowed)? {
            output::say(
                "toynet: this Firefox trusts no https of the lab: `certutil` (Debian's libnss3-tools) would tell it whom \
                 to trust, and so would a lab that can be entered; `toynet doctor` says why there is none",
            );
        }
    }
    fs::write(profile.join("user.js"), settings).map_err(not_allowed)?;
    Ok(vec!["--no-remote".into(), "--profile".into(), OsString::from(profile)])
}

/// Adds a root to those that a profile trusts; false where the tool is missing that can (certutil(1)).
fn trust(profile: &Path, root: &str) -> io::Result<bool> {
    let file = profile.join("toynet.pem");
    fs::write(&file, root)?;
    let database = format!("sql:{}", profile.display());
    let name = OsString::from("toynet");
    let new: [OsString; 4] = ["-N".into(), "-d".into(), database.clone().into(), "--empty-password".into()];
    let add: [OsString; 9] = [
        "-A".into(),
        "-d".into(),
        database.into(),
        "-n".into(),
        name,
        "-t".into(),
        "C,,".into(),
        "-i".into(),
        file.into(),
    ];
    for arguments in [new.as_slice(), &add] {
        match Command::new("certutil").args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => {}
            Ok(_) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn proxy_settings(proxy: &str) -> String {
    let (host, port) = proxy.rsplit_once(':').unwrap_or((proxy, "1080"));
    format!(
        "user_pref(\"network.proxy.type\", 1);\n\
         user_pref(\"network.proxy.socks\", \"{host}\");\n\
         user_pref(\"network.proxy.socks_port\", {port});\n\
         user_pref(\"network.proxy.socks_version\", 5);\n\
         user_pref(\"network.proxy.socks_remote_dns\", true);\n\
         user_pref(\"network.proxy.socks5_remote_dns\", true);\n\
         user_pref(\"network.proxy.no_proxies_on\", \"\");\n\
         user_pref(\"network.proxy.allow_hijacking_localhost\", true);\n"
    )
}

/// The front page of the first written host that has one.
fn first_site(status: &Value) -> String {
    let hosts = status["hosts"].as_array().into_iter().flatten().filter(|host| host["derived"] == false);
    let speaks = |host: &&Value| {
        let services = host["services"].as_array().into_iter().flatten();
        services.into_iter().any(|service| service["protocol"] == "http")
    };
    let name = hosts.into_iter().find(speaks).and_then(|host| host["name"].as_str());
    name.map_or_else(|| "about:blank".to_owned(), |name| format!("http://{name}/"))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

fn finish(ended: ExitStatus) -> Result<(), Exit> {
    match ended.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Exit::with_status(code.try_into().unwrap_or(1), None)),
        None => Err(Exit::failed("toynet: the browser was killed")),
    }
}

/// What keeps Firefox from asking anybody for anything of its own accord, and from insisting on https.
const QUIET: &str = "user_pref(\"network.trr.mode\", 5);\n\
    user_pref(\"dom.security.https_first\", false);\n\
    user_pref(\"network.captive-portal-service.enabled\", false);\n\
    user_pref(\"network.connectivity-service.enabled\", false);\n\
    user_pref(\"app.normandy.enabled\", false);\n\
    user_pref(\"browser.safebrowsing.update.enabled\", false);\n\
    user_pref(\"datareporting.policy.dataSubmissionEnabled\", false);\n\
    user_pref(\"browser.shell.checkDefaultBrowser\", false);\n\
    user_pref(\"browser.aboutwelcome.enabled\", false);\n";
/// Best first.
const BROWSERS: [(&str, Kind); 7] = [
    ("chromium", Kind::Chromium),
    ("chromium-browser", Kind::Chromium),
    ("google-chrome", Kind::Chromium),
    ("google-chrome-stable", Kind::Chromium),
    ("brave-browser", Kind::Chromium),
    ("firefox", Kind::Firefox),
    ("firefox-esr", Kind::Firefox),
];
