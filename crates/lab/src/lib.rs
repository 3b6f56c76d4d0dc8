//! A lab file becomes an internet.
//!
//! From text to plan, without a socket:
//! - [`protocols`]: the only list of protocols
//! - [`lab_file`]: where the text and the [`files`] beside it are from
//! - [`spec`]: the lab file as written
//! - [`schema`]: its form, for editors
//! - [`external`]: a server of the user's own in the place of one of the lab's
//! - [`plan`]: all that follows from it, checked
//! - [`report`]: what is wrong with it, for a person or a program
//!
//! Running:
//! - [`authority`]: the root that vouches for the lab's certificates, and those
//! - [`run`]: the plan becomes running hosts, on the loopback or in memory
//! - [`dissectors`]: which protocol reads which flow
//! - [`control`]: how other programs ask and steer a running lab
//! - [`visit`]: how another program acts as one of its hosts
//!
//! For whoever shows it:
//! - [`table`]: what a person reads when a lab starts; `columns`: how rows stand below one another
#![forbid(unsafe_code)]

pub mod authority;
mod columns;
pub mod control;
pub mod dissectors;
pub mod external;
pub mod files;
pub mod lab_file;
pub mod plan;
pub mod protocols;
pub mod report;
pub mod run;
pub mod schema;
pub mod spec;
pub mod table;
pub mod visit;

pub use authority::Authority;
pub use lab_file::LabFile;
pub use plan::Plan;
pub use report::Report;
pub use toynet_service::{Mistake, Spot};

#[cfg(test)]
#[path = "../tests/fakes/mod.rs"]
mod fakes;
