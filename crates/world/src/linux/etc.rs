//! The world's own /etc: the machine's, with some files in place of others.
//!
//! The files lie in memory and are mounted over /etc, the machine's own /etc below them. Nothing is
//! written to a disk, and nothing stays. Where the kernel does not layer folders, the new /etc is made of
//! links into the old one.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::kernel;
use crate::World;
use crate::files::{self, Files, RESOLV_CONF, ResolvConf};

/// Lays the files; says what could not be had, and gives that which may change.
///
/// # Errors
/// When nothing can be mounted over /etc.
pub fn lay(world: &World) -> io::Result<(Vec<String>, ResolvConf)> {
    let etc = Path::new("/etc");
    let machines = File::open(etc)?;
    let nsswitch = fs::read_to_string(etc.join("nsswitch.conf")).unwrap_or_default();
    let files = files::of(world, &nsswitch);
    kernel::mount("toynet", etc, "tmpfs", libc::MS_NOSUID | libc::MS_NODEV, "mode=0755,size=4m")?;
    write(etc, &files)?;
    let resolv_conf = ResolvConf(File::options().write(true).open(etc.join(RESOLV_CONF))?);
    let ours = File::open(etc)?;
    let layers = format!("lowerdir=/proc/self/fd/{}:/proc/self/fd/{}", ours.as_raw_fd(), machines.as_raw_fd());
    let flags = libc::MS_RDONLY | libc::MS_NOSUID | libc::MS_NODEV;
    let Err(why) = kernel::mount("toynet", etc, "overlay", flags, &layers) else {
        return Ok((vec![], resolv_conf));
    };
    link_to(&machines, etc)?;
    Ok((vec![format!("an /etc in layers, so it is made of links: {why}")], resolv_conf))
}

fn write(etc: &Path, files: &Files) -> io::Result<()> {
    for (path, content) in files {
        let path = etc.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, content)?;
    }
    Ok(())
}

fn link_to(machines: &File, etc: &Path) -> io::Result<()> {
    let old = etc.join(OLD);
    fs::create_dir(&old)?;
    let source = format!("/proc/self/fd/{}", machines.as_raw_fd());
    kernel::mount(&source, &old, "", libc::MS_BIND | libc::MS_REC, "")?;
    link_all(&old, etc)
}

/// Links everything in `old` that `new` does not have.
fn link_all(old: &Path, new: &Path) -> io::Result<()> {
    for entry in fs::read_dir(old)? {
        let entry = entry?;
        let (from, to) = (entry.path(), new.join(entry.file_name()));
        if to.is_dir() && from.is_dir() {
            // What may not be read stays hidden, which is less than what it was before.
            match link_all(&from, &to) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                linked => linked?,
            }
        } else if !fs::exists(&to)? {
            symlink(from, to)?;
        }
    }
    Ok(())
}

/// Where the machine's own /etc is found in one that is made of links.
const OLD: &str = ".machine";
