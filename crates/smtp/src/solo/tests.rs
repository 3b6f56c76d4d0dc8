use std::path::Path;

use super::*;

#[test]
fn what_was_typed_becomes_a_server() {
    let matches = arguments().get_matches_from(["serve", "--domain", "Shop.test", "--size", "1000"]);
    let stand = read(&matches).unwrap();
    assert_eq!(stand.port, 25);
    assert_eq!((stand.config)(2525).endpoints(), [Endpoint { transport: Transport::Tcp, port: 2525 }]);
    for bad in [["serve", "--domain", "a..b"], ["serve", "--size", "0"]] {
        assert!(arguments().try_get_matches_from(bad).is_err());
    }
}

#[test]
fn a_folder_that_cannot_be_is_refused_at_once() {
    let matches = arguments().get_matches_from(["serve", "--keep", "/proc/mails"]);
    assert!(read(&matches).is_err_and(|why| why.starts_with("--keep: /proc/mails cannot be used: ")));
    let folder = tempfile::tempdir().unwrap();
    let path: &Path = folder.path();
    let keep = path.join("mails");
    read(&arguments().get_matches_from(["serve", "--keep", keep.to_str().unwrap()])).unwrap();
    assert!(keep.join("new").is_dir());
}
