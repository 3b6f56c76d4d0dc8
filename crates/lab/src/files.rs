//! The files beside a lab file: on disk, or inside the binary.

mod disk;
mod embedded;

pub use disk::Disk;
pub use embedded::Embedded;
