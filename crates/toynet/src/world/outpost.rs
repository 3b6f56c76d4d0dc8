//! Who stays outside for a lab in a world, and what can be changed about that world.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use toynet_lab::Plan;
use toynet_lab::run::descriptors::allow;
use toynet_lab::run::{Bind, Ground, Land, Transport, WaysOut};
use toynet_world::outpost::{self, Allowed, Kind};
use toynet_world::{Inside, Me, Outside, Refused, ResolvConf, World};

use crate::exit::Exit;

/// Who stays outside for a lab in a world: who opens its doors in 127.`doors`/16, if it has any, and connects to the
/// servers outside that its file names. It must be left before the world is made.
pub fn leave(plan: &Plan, doors: Option<u8>) -> Result<Outpost, Exit> {
    outpost::Outpost::leave(Allowed { to: plan.externals().into_iter().collect(), at: doors })
        .map(|outpost| Outpost(Arc::new(outpost)))
        .map_err(|refused| {
            let cure = refused.cure().map(|cure| format!("; {cure}")).unwrap_or_default();
            Exit::not_allowed(format!("toynet: {refused}{cure}"))
        })
}

/// A process outside, as a lab knows it.
pub struct Outpost(Arc<outpost::Outpost>);

impl Outpost {
    /// Ways to the servers outside that the lab file names.
    pub fn ways_out(&self, plan: &Plan) -> WaysOut {
        let outpost = Arc::clone(&self.0);
        WaysOut::by(plan.externals(), Arc::new(move |transport, to| outpost.connect(kind(transport), to)))
    }

    /// Lets go of it; a world that was made needs it, and otherwise nobody does.
    pub fn given_to(self, made: Result<Outside, Refused>) -> Result<Outside, Refused> {
        match (made, Arc::into_inner(self.0)) {
            (Ok(outside), Some(outpost)) => Ok(outside.needs(outpost)),
            (Err(refused), Some(outpost)) => {
                outpost.give_up();
                Err(refused)
            }
            (made, None) => made,
        }
    }

    /// Opens the doors of a lab that is about to start, as long as this process is outside.
    pub fn open_doors(&self, ground: &Ground, plan: &Plan, workers: usize) {
        let doors = ground.doors_to_open(plan, workers);
        // Where there may not be so many, the lab says so when it starts.
        if allow(doors.len() as u64).is_err() {
            return;
        }
        self.0.open_ahead(doors.into_iter().map(|(transport, at)| (kind(transport), at)));
    }

    /// Closes those that no worker has taken.
    pub fn close_rest(&self) {
        self.0.close_rest();
    }

    /// What opens doors.
    pub fn doors(&self) -> Bind {
        let outpost = Arc::clone(&self.0);
        Arc::new(move |transport, at| outpost.bind(kind(transport), at))
    }
}

fn kind(transport: Transport) -> Kind {
    match transport {
        Transport::Udp | Transport::Quic => Kind::Datagrams,
        Transport::Tcp | Transport::Command => Kind::Stream,
    }
}

/// What the process inside a world can change about it.
pub fn land(world: &World, outpost: &Outpost, inside: &mut Inside) -> Arc<dyn Land> {
    Arc::new(Own { world: world.clone(), outpost: Arc::clone(&outpost.0), resolv_conf: inside.take_resolv_conf() })
}

#[derive(Debug)]
struct Own {
    world: World,
    outpost: Arc<outpost::Outpost>,
    resolv_conf: Option<ResolvConf>,
}

impl Land for Own {
    fn give(&self, addresses: &[IpAddr]) -> io::Result<()> {
        self.world.give(addresses)
    }

    fn take(&self, addresses: &[IpAddr]) -> io::Result<()> {
        self.world.take(addresses)
    }

    fn allow(&self, to: SocketAddr) -> io::Result<()> {
        self.outpost.allow(to)
    }

    fn forbid(&self, to: SocketAddr) -> io::Result<()> {
        self.outpost.forbid(to)
    }

    fn is_played(&self, name: &str, addresses: &[IpAddr]) -> bool {
        Me { name: name.to_owned(), addresses: addresses.to_vec() }.is_taken()
    }

    fn look_up_at(&self, resolver: Option<IpAddr>) -> io::Result<()> {
        self.resolv_conf.as_ref().map_or(Ok(()), |file| file.name(resolver))
    }
}
