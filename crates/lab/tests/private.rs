//! What belongs to a running lab can be reached by its owner only.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;

use toynet_net::{local, worker};

#[test]
fn the_control_socket_and_its_folder_are_the_owners_alone() {
    let folder = std::env::temp_dir().join(format!("toynet-private-{}", std::process::id()));
    let socket = folder.join("lab").join("control.sock");
    worker::runtime().unwrap().block_on(async {
        let _listener = local::listen(&socket).await.unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&socket), 0o600);
        assert_eq!(mode(socket.parent().unwrap()), 0o700);
        assert_eq!(local::listen(&socket).await.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    });
    // Nobody listens there any more: the next one takes it over.
    worker::runtime().unwrap().block_on(async { local::listen(&socket).await.map(drop).unwrap() });
    std::fs::remove_dir_all(folder).unwrap();
}
