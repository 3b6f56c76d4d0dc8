//! A lab on the loopback, for programs that know nothing of it and are led there.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use toynet_net::carrier::ports::Ports;
use toynet_net::{Topology, TopologyHost};

use crate::control::Client;
use crate::control::client::ClientError;
use crate::control::message::Joined;

/// Where on the machine's loopback the lab's addresses are found, as one of its hosts finds them.
#[derive(Debug)]
pub struct Loopback {
    me: Arc<TopologyHost>,
    topology: Topology,
    ports: Ports,
    authority: Option<String>,
}

impl Loopback {
    /// Asks the lab at the other end of `client`, to which one is to be `host`, otherwise its first workstation,
    /// otherwise its guest. Nothing when it is in a network of its own.
    ///
    /// # Errors
    /// When the lab has no such host, or does not answer.
    pub async fn ask(mut client: Client, host: Option<&str>) -> Result<Option<Self>, ClientError> {
        let Joined { host, terrain, net, port_offset, authority, .. } = client.join(host).await?;
        let Some(net) = net else { return Ok(None) };
        let topology = Topology::from(terrain);
        let me = topology.find(&host).cloned();
        let me = me.ok_or_else(|| ClientError::Refused(format!("{host} is none of its hosts")))?;
        Ok(Some(Self { me, topology, ports: Ports::new(net, port_offset), authority }))
    }

    /// Who one is.
    pub fn me(&self) -> &str {
        &self.me.name
    }

    /// From where one speaks: over IPv4 and over IPv6, if one has an address of that family in the lab.
    pub fn speaks_from(&self) -> [Option<Ipv4Addr>; 2] {
        [false, true].map(|six| {
            let has = self.me.addresses.iter().any(|address| address.is_ipv6() == six);
            has.then(|| self.ports.address(self.me.number, six))
        })
    }

    /// Where an address and port of the lab are found; nothing for what is not the lab's. What is a place on the
    /// loopback of one of its hosts is found there.
    pub fn door(&self, to: SocketAddr) -> Option<SocketAddr> {
        match self.topology.at(to.ip()) {
            Some(host) => Some(self.ports.door(host.number, to.port())),
            None => self.ports.behind_door(&self.topology, to).map(|_| to),
        }
    }

    /// Where the lab's resolver is found.
    pub fn resolver(&self) -> Option<SocketAddr> {
        self.topology.resolver().and_then(|resolver| self.door(resolver))
    }

    /// The certificate of the lab's authority, in PEM.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }
}
