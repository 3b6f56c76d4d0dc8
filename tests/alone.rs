//! A site that stands alone: `toynet http serve`, in clear and over TLS.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use support::alone::Alone;
use support::lab::Home;
use support::{run, tool};

#[test]
fn a_folder_is_served_by_itself() {
    let Some(_) = tool("curl") else { return };
    let home = Home::new();
    home.write("site/index.html", "<p>by itself\n");
    let server = Alone::start(&home, &["site"], 1);
    let address = server.address();
    let curl = |arguments: &[&str]| {
        run(Command::new("curl").args(["-qs", "--noproxy", "*"]).args(arguments)).succeeded().stdout
    };
    assert_eq!(curl(&[&format!("http://{address}/")]), "<p>by itself\n");
    assert_eq!(
        curl(&[
            "--resolve",
            &format!("any.test:{}:127.0.0.1", address.port()),
            &format!("http://any.test:{}/", address.port())
        ]),
        "<p>by itself\n"
    );
    let own = run(&mut home.toynet(&["http", "get", "--no-lab", &format!("http://{address}/")])).succeeded().stdout;
    assert_eq!(own, "<p>by itself\n");
    let misnamed = run(&mut home.toynet(&["http", "serve", "site", "--index", "a/b"]));
    assert_eq!(misnamed.code(), Some(2), "{misnamed:?}");
    let missing = run(&mut home.toynet(&["http", "serve", "nowhere"]));
    assert_eq!(missing.code(), Some(2), "{missing:?}");
}

#[test]
fn a_folder_alone_speaks_tls_in_every_version_with_an_authority_that_stays() {
    let Some(_) = tool("curl") else { return };
    let home = Home::new();
    home.write("site/index.html", "<p>by itself\n");
    let begin = || Alone::start(&home, &["site", "--tls", "--name", "shop.test"], 2);
    let server = begin();
    let (ready, port) = (&server.lines, server.address().port());
    assert!(ready[0].contains("(tcp and quic)"), "{ready:?}");
    // What it tells a person to type is what works.
    let (root, url) =
        ready[1].strip_prefix("try: curl --cacert ").and_then(|line| line.split_once(' ')).expect("a line");
    assert_eq!(url, format!("https://localhost:{port}/"));
    let curl = |arguments: &[&str]| run(Command::new("curl").args(["-qsS", "--noproxy", "*"]).args(arguments));
    let trusting = |arguments: &[&str]| curl(&[&["--cacert", root], arguments].concat());
    for (version, begins) in [("--http1.1", "HTTP/1.1 200"), ("--http2", "HTTP/2 200")] {
        let answer = trusting(&[version, "-i", url]).succeeded().stdout;
        assert!(answer.starts_with(begins) && answer.contains(&format!("h3=\":{port}\"; ma=")), "{answer}");
    }
    trusting(&[&format!("https://127.0.0.1:{port}/")]).succeeded();
    let named =
        |name: &str| trusting(&["--resolve", &format!("{name}:{port}:127.0.0.1"), &format!("https://{name}:{port}/")]);
    assert_eq!(named("shop.test").succeeded().stdout, "<p>by itself\n");
    assert_eq!(named("other.test").code(), Some(60), "it is for no other name");
    let three = ["http", "get", "--no-lab", "--http3", "--cacert", root, "-i", url];
    assert!(run(&mut home.toynet(&three)).succeeded().stdout.starts_with("HTTP/3 200"));
    let clear = curl(&["-i", &format!("http://127.0.0.1:{port}/")]).succeeded().stdout;
    assert!(clear.starts_with("HTTP/1.1 400"), "{clear}");
    let key = Path::new(root).with_file_name("root.key");
    let mode = fs::metadata(&key).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Whoever trusts it goes on doing so.
    let again = begin();
    assert!(again.lines[1].contains(root), "{:?}", again.lines);
    trusting(&[&format!("https://localhost:{}/", again.address().port())]).succeeded();
}

#[test]
fn a_folder_alone_shows_a_certificate_of_the_users_own_or_says_what_is_wrong_with_it() {
    let (Some(_), Some(_)) = (tool("curl"), tool("openssl")) else { return };
    let home = Home::new();
    home.write("site/index.html", "<p>by itself\n");
    let path = |name: &str| home.path().join(name).to_str().expect("UTF-8").to_owned();
    let openssl = |arguments: &str| {
        run(Command::new("openssl").current_dir(home.path()).args(arguments.split(' '))).succeeded();
    };
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=own -addext subjectAltName=DNS:localhost",
    );
    openssl("genpkey -algorithm ed25519 -out other.pem");
    openssl("pkey -in k.pem -aes128 -passout pass:x -out closed.pem");
    home.write("both.pem", ["c.pem", "k.pem"].map(|file| fs::read_to_string(path(file)).expect("made")).concat());
    for files in [&["--cert", "c.pem", "--key", "k.pem"][..], &["--cert", "both.pem"]] {
        let server = Alone::start(&home, &[&["site"], files].concat(), 2);
        let url = format!("https://localhost:{}/", server.address().port());
        assert!(server.lines[1].contains(&path(files[1])) && server.lines[1].ends_with(&url), "{:?}", server.lines);
        let curl = run(Command::new("curl").args(["-qsS", "--noproxy", "*", "--cacert", &path("c.pem"), &url]));
        assert_eq!(curl.succeeded().stdout, "<p>by itself\n");
    }
    for (files, words) in [
        (
            &["--cert", "c.pem", "--key", "other.pem"][..],
            "--key other.pem: the private key is not the one of the certificate",
        ),
        (&["--cert", "none.pem"], "--cert none.pem cannot be read: No such file"),
        (&["--cert", "c.pem"], "no private key in it; say where that is: --key FILE"),
        (&["--cert", "c.pem", "--key", "closed.pem"], "openssl pkey"),
        (&["--cert", "site/index.html", "--key", "k.pem"], "-----BEGIN CERTIFICATE-----"),
        (&["--cert", "c.pem", "--key", "site/index.html"], "-----BEGIN PRIVATE KEY-----"),
        (&["--key", "k.pem"], "--cert <FILE>"),
        (&["--cert", "c.pem", "--name", "a.test"], "--name"),
    ] {
        let outcome = run(&mut home.toynet(&[&["http", "serve", "site"], files].concat()));
        assert!(outcome.code() == Some(2) && outcome.stderr.contains(words), "{files:?}: {outcome:?}");
    }
}

#[test]
fn a_folders_own_page_has_the_name_that_is_said() {
    let home = Home::new();
    home.write("site/main.htm", "main\n");
    home.write("site/old/index.html", "old\n");
    let server = Alone::start(&home, &["site", "--index", "main.htm", "--index", "index.html"], 1);
    let address = server.address();
    for (path, page) in [("", "main\n"), ("old/", "old\n")] {
        let get = ["http", "get", "--no-lab", "-f", &format!("http://{address}/{path}")];
        assert_eq!(run(&mut home.toynet(&get)).succeeded().stdout, page);
    }
}
