//! A plan becomes running hosts.
//!
//! - [`state`]: the folders of a lab, which only its owner can enter
//! - [`ground`]: where it stands: a network of the loopback, ports, the way in from outside
//! - [`descriptors`]: how many files may be open
//! - `services`: all services of one worker, started in order
//! - [`reload`]: the file is taken anew: `prints` tell what has changed, `change` makes it so on each worker
//! - `keep`: a service that fails is started again, ever more slowly
//! - [`supervise`]: the workers, their ready signal and their end
//! - [`follow`]: the record of all workers as it grows
//! - [`faults`]: what services do wrong on purpose, from the file or set while it runs
//! - [`guests`]: what other processes saw that act as its hosts
//! - [`solo`]: one server alone; [`relay`]: between a client and a server that are no part of a lab
//! - [`in_memory`]: a lab inside a program, in virtual time

mod change;
pub mod descriptors;
pub mod faults;
pub mod follow;
pub mod ground;
pub mod guests;
pub mod in_memory;
mod keep;
mod prints;
pub mod relay;
pub mod reload;
mod services;
pub mod solo;
pub mod state;
pub mod supervise;

pub use faults::FaultBook;
pub use follow::Follow;
pub use ground::{Ground, Land, PortChoice, Refused};
pub use guests::Guests;
pub use in_memory::InMemory;
pub use relay::{Intercept, Relay};
pub use reload::{NotReloaded, Reloaded, Reloader};
pub use solo::{Bound, Solo};
pub use state::Folders;
pub use supervise::{Lab, StartError, worker_count};
pub use toynet_machine::Time;
pub use toynet_net::Clock;
pub use toynet_net::doors::Bind;
pub use toynet_net::external::WaysOut;
pub use toynet_net::tls::{Trust, key_log_file};
pub use toynet_net::topology::GUEST;
pub use toynet_net::worker::{runtime, start as start_thread};
pub use toynet_record::{Entry, FlowId, Journal, Roster, Side, Transport, file};
