//! What a world sees of the machine's files: all, but for what belongs to its own processes and network.

use std::io;
use std::path::Path;

use super::kernel;
use crate::trust;

/// Has no mount made here or outside be seen on the other side.
///
/// # Errors
/// As the kernel says.
pub fn stand_apart() -> io::Result<()> {
    kernel::mount("", Path::new("/"), "", libc::MS_REC | libc::MS_PRIVATE, "")
}

/// Has programs that use NSS ask p11-kit, which reads a bundle in /etc, whom they are to trust. Where there is no p11-kit
/// they trust whom they trust outside.
pub fn let_nss_ask() {
    if let Some((nss, stand_in)) = trust::nss_and_its_stand_in() {
        let _ = kernel::mount(&stand_in.to_string_lossy(), &nss, "", libc::MS_BIND, "");
    }
}

/// Mounts the world's own processes and devices; says what could not be had.
pub fn own() -> Vec<String> {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    let mut lacking = Vec::new();
    let mut own = |kind: &str, folder: &str, flags, what: &str| {
        if let Err(error) = kernel::mount("toynet", Path::new(folder), kind, flags, "") {
            lacking.push(format!("{what}: {error}"));
        }
    };
    own("proc", "/proc", flags, "a /proc of its own, so `ps` shows the machine's processes");
    own("sysfs", "/sys", flags | libc::MS_RDONLY, "a /sys of its own, so /sys/class/net is the machine's");
    // The daemon that remembers names answers over a socket there, with what it knows from outside.
    let remembered = Path::new("/run/nscd");
    if remembered.is_dir() {
        own("tmpfs", "/run/nscd", flags, "names without the machine's nscd");
    }
    lacking
}
