//! What is kept, and what is made anew.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn a_root_is_made_once_and_kept_for_its_owner_alone() {
    let state = tempfile::tempdir().unwrap();
    let open = |lab| Authority::open(lab, Some(state.path()), Clock::system());
    let first = open("shop").unwrap();
    assert_eq!(open("shop").unwrap().root_pem(), first.root_pem());
    let mode = |name: &str| state.path().join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("authority"), 0o700);
    assert_eq!((mode("authority/root.key"), mode("authority/root.pem")), (0o600, 0o600));
    assert_eq!(kept(state.path()).as_deref(), first.root_file());
    let other = open("club").unwrap_err();
    let advice = format!("when {} is gone, a new one is made", state.path().join("authority").display());
    assert!(other.to_string().contains("root of another lab") && other.to_string().ends_with(&advice), "{other}");
    std::fs::remove_dir_all(state.path().join("authority")).unwrap();
    assert_ne!(open("club").unwrap().root_pem(), first.root_pem());
}

#[test]
fn a_root_that_was_cut_short_is_told_with_its_file() {
    let state = tempfile::tempdir().unwrap();
    let file = Authority::open("shop", Some(state.path()), Clock::system()).unwrap();
    std::fs::write(file.root_file().unwrap(), "-----BEGIN").unwrap();
    let error = Authority::open("shop", Some(state.path()), Clock::system()).unwrap_err();
    assert!(error.to_string().contains("authority/root.pem"), "{error}");
}

#[test]
fn one_seed_gives_one_root() {
    let root = |seed| {
        let clock = Clock::starting_at(Time::from_secs(1_767_225_600));
        Authority::seeded("shop", seed, clock).unwrap().root_pem().to_owned()
    };
    assert_eq!(root(1), root(1));
    assert_ne!(root(1), root(2));
}

#[test]
fn certificates_are_made_once_for_each_name() {
    let authority = Authority::open("shop", None, Clock::system()).unwrap();
    let host = ForHost {
        own: None,
        authority: authority.clone(),
        kind: Kind::Right,
        names: vec!["www.shop.test".to_owned(), "shop.test".to_owned()],
        addresses: vec![IpAddr::from([198, 18, 1, 1])],
    };
    let made = || authority.0.issued.lock().unwrap().len();
    for name in [None, Some("WWW.shop.test."), Some("nobody.test"), Some("198.18.1.1")] {
        assert!(host.identity(name).is_some(), "{name:?}");
        assert_eq!(made(), 1, "{name:?}");
    }
    host.identity(Some("shop.test"));
    assert_eq!(made(), 2);
}
