//! How a world is made and entered on Linux.
//!
//! - `start`: a process in namespaces of its own, and what is done there before anything else
//! - `addresses`: who can be reached; [`netlink`]: how the kernel is told
//! - `etc`: the world's own /etc; `mounts`: the rest of what it sees
//! - `enter`: a command goes in; `guard`: signals and the terminal while it is there
//! - `part`: a machine of its own in there, for who takes another part
//! - `capability`: what its programs may do
//! - `outpost`: the process that stays outside
//! - `detour`: programs that stay outside too, and are led to a lab
//! - `kernel`, `sockets`: the system calls, each as a function

mod addresses;
mod capability;
mod detour;
mod enter;
mod etc;
mod guard;
mod kernel;
mod mounts;
mod netlink;
mod outpost;
mod part;
mod sockets;
mod start;

pub(crate) use addresses::{fewer as take, more as give};
pub(crate) use detour::{run_detoured, try_detour};
pub use enter::Entrance;
pub(crate) use outpost::{ask, bound, see_off, stay};
pub(crate) use part::is_taken;
pub use start::{Inside, Outside, hear_signals};
