//! What a world sees of the machine's files: all, but for what belongs to its own processes and network.

use std::io;
use std::path::Path;

use super::kernel;

/// Has no mount made here or outside be seen on the other side.
///
/// # Errors
/// As the kernel says.
pub fn stand_apart() -> io::Result<()> {
    kernel::mount("", Path::new("/"), "", libc::MS_REC | libc::MS_PRIVATE, "")
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
