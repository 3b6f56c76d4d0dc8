//! What stands before a site's files, as curl, Python and the log see it.
#![allow(clippy::unwrap_used, reason = "this is a test")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::lab::Home;
use support::run::eventually;
use support::tools::python_with;
use support::{Lab, Outcome, run, tool};

#[test]
fn a_front_passes_requests_on_in_turn_and_the_log_says_why() {
    let Some(web) = Web::shipped() else { return };
    let heard: Vec<_> = (0..4).map(|_| web.curl(&["http://www.shop.test/api/hello"]).stdout).collect();
    assert_eq!(heard, ["first", "second", "first", "second"].map(|which| format!("Hello, says the {which}.\n")));
    let log = web.log();
    let asked = find(&log, |entry| entry["role"] == "request" && entry["to"] == "www.shop.test");
    for (to, what) in [("resolver.test", "A one.shop.test"), ("one.shop.test", "GET /api/hello (one.shop.test:8080)")] {
        let caused = find(&log, |entry| entry["to"] == to && entry["what"] == what && entry["from"] == "www.shop.test");
        let cause = [&caused["cause"]["flow"], &caused["cause"]["exchange"]];
        assert_eq!(cause, [&asked["flow"], &asked["exchange"]], "{caused}");
    }
}

#[test]
fn a_large_body_passes_a_proxy_both_ways_unchanged() {
    let Some(web) = Web::written(&format!("{FRONT}{INSPECT}")) else { return };
    let octets = (0..1_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>();
    let file = web.home().write("large.bin", &octets).display().to_string();
    let data = format!("@{file}");
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let url = "http://front.test/in/anything";
        let told = web.curl(&[version, "--data-binary", &data, "-H", "Content-Type: image/x", url]).succeeded().stdout;
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["headers"]["Content-Length"], "1000000", "{version}");
        let script = "import base64,json,sys; print(base64.b64decode(json.load(sys.stdin)['data'].split(',')[1]) == open(sys.argv[1],'rb').read())";
        let Some(python) = tool("python3") else { return };
        let answer = web.home().write("answer.json", told.to_string()).display().to_string();
        let same =
            run(Command::new(python).args(["-c", &script.replace("sys.stdin", "open(sys.argv[2])"), &file, &answer]));
        assert_eq!(same.stdout.trim(), "True", "{version}");
    }
}

#[test]
fn redirects_answers_and_guards_stand_before_the_files() {
    let Some(web) = Web::shipped() else { return };
    let code = |arguments: &[&str]| {
        let shown = ["-o", "/dev/null", "-w", "%{http_code} %{redirect_url}"];
        web.curl(&[&shown[..], arguments].concat()).succeeded().stdout
    };
    let moved = "308 http://www.shop.test/about.html?x";
    assert_eq!(code(&["http://www.shop.test/bakery/about.html?x"]), moved);
    assert_eq!(web.curl(&["http://www.shop.test/health"]).stdout, "fine\n");
    let page = "http://www.shop.test/opening.html";
    assert_eq!(code(&[page]), "401 ");
    assert_eq!(code(&["http://www.shop.test/%6fpening.html"]), "401 ");
    assert_eq!(code(&["-u", "alice:secret", page]), "200 ");
    assert_eq!(code(&["-u", "alice:secre", page]), "401 ");
    assert_eq!(code(&["-H", "Authorization: Bearer t0ken", page]), "200 ");
    let log = web.log().iter().map(|entry| entry["what"].to_string()).collect::<String>();
    assert!(log.contains("Authorization: Basic •••") && log.contains("Authorization: Bearer •••"), "{log}");
}

#[test]
fn clients_that_know_httpbin_find_it_here() {
    let Some(web) = Web::shipped() else { return };
    let get = |arguments: &[&str]| web.curl(arguments).succeeded().stdout;
    for path in ["gzip", "deflate"] {
        assert!(
            get(&["--compressed", &format!("http://httpbin.test/{path}")]).contains("\"method\": \"GET\""),
            "{path}"
        );
    }
    for algorithm in ["MD5", "SHA-256"] {
        let url = format!("http://httpbin.test/digest-auth/auth/user/word/{algorithm}");
        assert!(get(&["--digest", "-u", "user:word", &url]).contains("\"authenticated\": true"), "{algorithm}");
        assert_eq!(get(&["--digest", "-u", "user:wrong", &url]), "", "{algorithm}");
    }
    let urls =
        get(&["-L", "-w", "%{url_effective} %{num_redirects}", "-o", "/dev/null", "http://httpbin.test/redirect/5"]);
    assert_eq!(urls, "http://httpbin.test/get 5");
    let jar = web.home().path().join("jar").display().to_string();
    assert!(get(&["-L", "-c", &jar, "http://httpbin.test/cookies/set?a=1"]).contains("\"a\": \"1\""));
    let trailers = get(&["-i", "-H", "TE: trailers", "http://httpbin.test/trailers?x-sum=7"]);
    assert!(trailers.ends_with("x-sum: 7\r\n") || trailers.contains("x-sum: 7"), "{trailers}");
    assert_eq!(get(&["-r", "3-5", "http://httpbin.test/range/26"]), "def");
}

#[test]
fn pythons_requests_understands_every_answer() {
    let Some(web) = Web::shipped() else { return };
    let Some(mut python) = python_with("requests") else { return };
    let door = web.lab.status().door("httpbin.test", "tcp", 80).to_string();
    let outcome = run(python.args(["-c", REQUESTS, &door])).succeeded();
    assert_eq!(outcome.stdout, "fine\n");
}

#[test]
fn a_websocket_of_pythons_own_sockets_passes_the_front() {
    let Some(web) = Web::shipped() else { return };
    let Some(python) = tool("python3") else { return };
    let door = web.lab.status().door("www.shop.test", "tcp", 80);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/websocket.py");
    let outcome = run(Command::new(python).args([script, &door.ip().to_string(), &door.port().to_string()]));
    assert_eq!(outcome.succeeded().stdout, "fine\n");
    eventually("messages of the WebSocket in the log", || {
        let log = web.log();
        let said: Vec<_> = log.iter().filter(|entry| entry["what"] == "WebSocket text 5 octets: Hello").collect();
        // There and back, at the front and behind it.
        (said.len() == 4).then_some(())
    });
}

#[test]
fn a_program_answers_by_cgi() {
    let Some(web) = Web::written(PROGRAMS) else { return };
    let told = web.curl(&["-i", "-d", "a=1", "-H", "Proxy: evil", "http://cgi.test/env/a%20b?x=1"]).succeeded().stdout;
    assert!(told.starts_with("HTTP/1.1 201 Created\r\n"), "{told}");
    for line in [
        "PATH_INFO=/a b",
        "QUERY_STRING=x=1",
        "SCRIPT_NAME=/env",
        "REQUEST_METHOD=POST",
        "CONTENT_LENGTH=3",
        "SERVER_NAME=cgi.test",
        "SERVER_PORT=80",
        "GATEWAY_INTERFACE=CGI/1.1",
        "REMOTE_ADDR=127.0.0.1",
        "HTTP_HOST=cgi.test",
    ] {
        assert!(told.lines().any(|other| other == line), "{line} is not in\n{told}");
    }
    let translated = format!("PATH_TRANSLATED={}/a b", web.home().path().join("cgi").display());
    assert!(told.lines().any(|line| line == translated), "{translated} is not in\n{told}");
    assert!(told.ends_with("\na=1") && !told.contains("HTTP_PROXY"), "{told}");
    assert!(web.curl(&["http://cgi.test/go"]).stdout.contains("QUERY_STRING=from-go"));
    for (how, words) in [
        (&["http://cgi.test/words?-v+two%20words+a%2Bb%3D"][..], "<3><-v><two words><a+b=>"),
        (&["http://cgi.test/words?a=b+c"], "<0>"),
        (&["http://cgi.test/words?a+b%00"], "<0>"),
        (&["http://cgi.test/words?"], "<0>"),
        (&["-d", "", "http://cgi.test/words?a+b"], "<0>"),
    ] {
        assert_eq!(web.curl(how).succeeded().stdout, words, "{how:?}");
    }
    let broken = web.curl(&["-w", "%{http_code}", "http://cgi.test/broken"]).stdout;
    assert!(broken.ends_with("502") && broken.contains("line 1 is no field"), "{broken}");
    eventually("what the program complained of", || web.lab.said().contains("a complaint").then_some(()));
}

#[test]
fn a_program_ends_when_its_client_goes() {
    let Some(web) = Web::written(PROGRAMS) else { return };
    let mut curl = web.command(&["-m", "9", "--http2-prior-knowledge", "http://cgi.test/slow"]);
    let mut curl = curl.stdout(Stdio::null()).spawn().expect("curl runs");
    eventually("the program and what it starts", || sleeps().then_some(()));
    curl.kill().and_then(|()| curl.wait()).expect("it is ours");
    eventually("the end of the program and of what it started", || (!sleeps()).then_some(()));
}

/// Whether what the slow program starts is running. In a network of its own a lab numbers processes anew, so it is
/// known by how long it means to sleep.
fn sleeps() -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut commands = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    commands.any(|command| command == b"sleep\x001000.5417\0")
}

#[test]
fn mistakes_in_routes_are_told_where_they_are() {
    let home = Home::new();
    let file = home.write("bad.toml", BAD).display().to_string();
    let outcome = run(&mut home.toynet(&["check", &file]));
    assert_eq!(outcome.code(), Some(3), "{outcome:?}");
    for part in
        ["bad.toml:2:8", "`api` is not the path", "bad.toml:7:1", "did you mean `proxy`?", "bad.toml:10:7", "chmod +x"]
    {
        assert!(outcome.stderr.contains(part), "{part} is not in\n{}", outcome.stderr);
    }
}

/// A lab whose hosts curl reaches by name.
struct Web {
    lab: Lab,
}

impl Web {
    /// The one that we ship.
    fn shipped() -> Option<Self> {
        tool("curl")?;
        Some(Self { lab: Lab::start(&Home::new(), &["up", "routes"]) })
    }

    /// One of these words, with programs beside it.
    fn written(text: &str) -> Option<Self> {
        tool("curl")?;
        let home = Home::new();
        for (name, program) in SCRIPTS {
            let path = home.write(&format!("cgi/{name}"), program);
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let file = home.write("web.toml", text).display().to_string();
        Some(Self { lab: Lab::start(&home, &["up", &file]) })
    }

    fn home(&self) -> &Home {
        &self.lab.home
    }

    fn curl(&self, arguments: &[&str]) -> Outcome {
        run(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["-q", "-s", "--noproxy", "*"]);
        for door in self.lab.status().doors().iter().filter(|door| door.port == 80 && door.address.is_ipv4()) {
            curl.args(["--connect-to", &format!("{}:80:{}", door.host, door.address)]);
        }
        curl.args(arguments);
        curl
    }

    fn log(&self) -> Vec<Value> {
        let text = self.lab.toynet(&["log", "--json"]).succeeded().stdout;
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn find(log: &[Value], is_it: impl Fn(&Value) -> bool) -> &Value {
    log.iter().find(|entry| is_it(entry)).unwrap_or_else(|| panic!("not in {log:#?}"))
}

const FRONT: &str = r#"
[[host."front.test".http.route]]
path = "/in/*"
proxy = "http://inside.test/*"
"#;

const INSPECT: &str = r#"
[[host."inside.test".http.route]]
path = "/*"
inspect = true
"#;

const PROGRAMS: &str = r#"
[host."cgi.test".http]
root = "cgi"
route = [
  { path = "/env/*", cgi = "cgi/env" },
  { path = "/go", cgi = "cgi/go" },
  { path = "/broken", cgi = "cgi/broken" },
  { path = "/slow", cgi = "cgi/slow" },
  { path = "/words", cgi = "cgi/words" },
]
"#;

const SCRIPTS: [(&str, &str); 5] = [
    ("env", "#!/bin/sh\necho a complaint >&2\nprintf 'Content-Type: text/plain\\nStatus: 201 Made\\n\\n'\nenv\ncat\n"),
    ("go", "#!/bin/sh\nprintf 'Location: /env/after?from-go\\n\\n'\n"),
    ("broken", "#!/bin/sh\necho '<h1>no fields</h1>'\n"),
    ("words", "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; printf '<%s>' $# \"$@\"\n"),
    ("slow", "#!/bin/sh\nsleep 1000.5417 &\nprintf 'Content-Type: text/plain\\n\\nfirst\\n'\nwait\n"),
];

const BAD: &str = r#"[[host."a.test".http.route]]
path = "api"
body = "x"
[[host."a.test".http.route]]
path = "/b/*"
headers.a = "b"
proxi = "http://c.test"
[[host."a.test".http.route]]
path = "/c"
cgi = "bad.toml"
"#;

const REQUESTS: &str = r#"
import requests, sys
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
base = 'http://' + sys.argv[1]
session = requests.Session()
session.trust_env = False
told = session.post(base + '/post', data={'k': ['1', '2']}, params={'q': 'ä'}).json()
assert told['form'] == {'k': ['1', '2']} and told['args'] == {'q': 'ä'}, told
told = session.put(base + '/put', json={'a': [1]}).json()
assert told['json'] == {'a': [1]} and told['data'] == '{"a": [1]}', told
told = session.post(base + '/anything/x', files={'f': ('a.bin', b'\xff\x00', 'image/x')}, data={'n': 'v'}).json()
assert told['files'] == {'f': 'data:image/x;base64,/wA='} and told['form'] == {'n': 'v'}, told
assert told['method'] == 'POST' and told['url'].endswith('/anything/x'), told
assert session.post(base + '/post', data=iter([b'in ', b'chunks'])).json()['data'] == 'in chunks'
for path in ['gzip', 'deflate']:
    assert session.get(f'{base}/{path}').json()['method'] == 'GET'
assert session.get(base + '/basic-auth/u/p', auth=HTTPBasicAuth('u', 'p')).json()['user'] == 'u'
for algorithm in ['MD5', 'SHA-256', 'SHA-512']:
    answer = session.get(f'{base}/digest-auth/auth/u/p/{algorithm}', auth=HTTPDigestAuth('u', 'p'))
    assert answer.status_code == 200, (algorithm, answer.status_code)
# The challenge brings a cookie, which comes back with the proof.
assert session.cookies.get_dict() == {'fake': 'fake_value'}, session.cookies
session.cookies.clear()
answer = session.get(base + '/redirect/3')
assert len(answer.history) == 3 and answer.url.endswith('/get'), answer.history
assert session.get(base + '/cookies/set?a=1&b=2').json() == {'cookies': {'a': '1', 'b': '2'}}
assert session.get(base + '/cookies/delete?a').json() == {'cookies': {'b': '2'}}
assert len(list(session.get(base + '/stream/5', stream=True).iter_lines())) == 5
assert session.get(base + '/encoding/utf8').text.count('Füße') == 1
assert session.get(base + '/bytes/100?seed=3').content == session.get(base + '/bytes/100?seed=3').content
assert session.get(base + '/image', headers={'Accept': 'image/jpeg'}).content[:2] == b'\xff\xd8'
assert session.get(base + '/status/204').content == b''
print('fine')
"#;
