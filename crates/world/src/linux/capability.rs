//! What the programs of a world may do in it, without being root there.

use std::io;

use super::kernel;

/// Gives up all capabilities but those that a world's programs have.
pub fn keep_few() -> io::Result<()> {
    kernel::set_capabilities(FEW, FEW, FEW)
}

/// The same for the first process of a world, which may also find the networks of those who have parts of their own,
/// whatever rights they have, and go there. The programs that it starts may not.
pub fn keep_few_and_move() -> io::Result<()> {
    let own = FEW | 1 << SYS_PTRACE | 1 << SYS_ADMIN;
    kernel::set_capabilities(own, own, FEW)
}

/// Has the next program keep what a world's programs have (capabilities(7)): tcpdump and traceroute
/// work, and servers of one's own may listen at any port.
pub fn pass_on() -> io::Result<()> {
    keep_few()?;
    KEPT.iter().try_for_each(|capability| kernel::raise_ambient(*capability))
}

const NET_BIND_SERVICE: u32 = 10;
const NET_ADMIN: u32 = 12;
const NET_RAW: u32 = 13;
const SYS_PTRACE: u32 = 19;
const SYS_ADMIN: u32 = 21;
const KEPT: [u32; 3] = [NET_BIND_SERVICE, NET_ADMIN, NET_RAW];
const FEW: u32 = 1 << NET_BIND_SERVICE | 1 << NET_ADMIN | 1 << NET_RAW;
