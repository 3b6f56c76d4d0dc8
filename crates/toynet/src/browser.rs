//! `browser`: a browser with a profile of its own, to which a running lab is the internet.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use serde_json::Value;

use crate::arguments::Browser;
use crate::ask;
use crate::exit::Exit;
use crate::on_runtime;
use crate::serve::not_allowed;

pub fn browser(browser: Browser) -> Result<(), Exit> {
    let status = on_runtime(ask::asked(&browser.lab))?;
    let lab = status["lab"].as_str().unwrap_or_default();
    let proxy = status["socks"].as_str().ok_or_else(|| {
        let advice = "`toynet up` runs one that has; inside of this one any browser goes: `toynet shell -- chromium`";
        Exit::failed(format!("toynet: lab {lab} has no proxy on the loopback\n{advice}"))
    })?;
    let (program, kind) = find(browser.with.as_deref())?;
    let url = browser.url.clone().unwrap_or_else(|| first_site(&status));
    let profile = Profile::make(lab)?;
    let mut command = Command::new(&program);
    match kind {
        Kind::Chromium => chromium(&mut command, &profile.0, proxy, &status),
        Kind::Firefox => firefox(&mut command, &profile.0, proxy)?,
    }
    let ended = command.args(&browser.arguments).arg(url).status();
    let ended = ended.map_err(|error| Exit::failed(format!("toynet: {} cannot be run: {error}", program.display())))?;
    drop(profile);
    finish(ended)
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

/// Names are looked up by the proxy, and by nobody else.
fn chromium(command: &mut Command, profile: &Path, proxy: &str, status: &Value) {
    let mut option = |name: &str, value: &str| {
        command.arg(format!("--{name}={value}"));
    };
    option("user-data-dir", &profile.display().to_string());
    option("proxy-server", &format!("socks5://{proxy}"));
    // By itself it would not ask the proxy for hosts of the loopback.
    option("proxy-bypass-list", "<-loopback>");
    let proxy_host = proxy.rsplit_once(':').map_or(proxy, |(host, _)| host);
    option("host-resolver-rules", &format!("MAP * ~NOTFOUND, EXCLUDE {proxy_host}"));
    if let Some(root) = status["authority"]["key"].as_str() {
        option("ignore-certificate-errors-spki-list", root);
    }
    option("disable-features", "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter");
    command.args(["--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-sync"]);
    if is_root() {
        // It refuses to run as root in any other way.
        command.arg("--no-sandbox");
    }
}

fn firefox(command: &mut Command, profile: &Path, proxy: &str) -> Result<(), Exit> {
    let (host, port) = proxy.rsplit_once(':').unwrap_or((proxy, "1080"));
    let settings = format!(
        "user_pref(\"network.proxy.type\", 1);\n\
         user_pref(\"network.proxy.socks\", \"{host}\");\n\
         user_pref(\"network.proxy.socks_port\", {port});\n\
         user_pref(\"network.proxy.socks_version\", 5);\n\
         user_pref(\"network.proxy.socks_remote_dns\", true);\n\
         user_pref(\"network.proxy.socks5_remote_dns\", true);\n\
         user_pref(\"network.proxy.no_proxies_on\", \"\");\n\
         user_pref(\"network.proxy.allow_hijacking_localhost\", true);\n\
         user_pref(\"network.trr.mode\", 5);\n\
         user_pref(\"dom.security.https_first\", false);\n\
         user_pref(\"datareporting.policy.dataSubmissionEnabled\", false);\n\
         user_pref(\"browser.shell.checkDefaultBrowser\", false);\n\
         user_pref(\"browser.aboutwelcome.enabled\", false);\n"
    );
    fs::write(profile.join("user.js"), settings).map_err(not_allowed)?;
    eprintln!("toynet: Firefox has to be told whom to trust for https: `toynet ca` says how");
    command.args(["--no-remote".into(), "--profile".into(), OsString::from(profile)]);
    Ok(())
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

/// Best first.
const BROWSERS: [(&str, Kind); 6] = [
    ("chromium", Kind::Chromium),
    ("chromium-browser", Kind::Chromium),
    ("google-chrome", Kind::Chromium),
    ("google-chrome-stable", Kind::Chromium),
    ("brave-browser", Kind::Chromium),
    ("firefox", Kind::Firefox),
];
