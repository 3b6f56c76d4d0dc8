//! What works here, found out by doing it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;

use crate::{Inside, Refused, World};

/// What was found.
#[derive(Debug)]
pub struct Findings {
    /// Why there can be no world.
    pub refused: Option<Refused>,
    /// What a world has to do without here, each in one line.
    pub lacking: Vec<String>,
}

/// Makes a world, tries what labs need, and lets it go.
pub fn examine() -> Findings {
    let world = World { addresses: EXAMPLES.to_vec(), ..World::new("doctor") };
    match world.start(try_all) {
        Ok(mut outside) => {
            let lacking = std::iter::from_fn(|| outside.hear()).collect();
            Findings { refused: None, lacking }
        }
        Err(refused) => Findings { refused: Some(refused), lacking: vec![] },
    }
}

fn try_all(mut inside: Inside) -> u8 {
    let tried = EXAMPLES.map(|address| (address, try_address(address)));
    let failed = tried.into_iter().filter_map(|(address, tried)| Some(format!("{address}: {}", tried.err()?)));
    let lacking: Vec<String> = inside.shortcomings().iter().cloned().chain(failed).collect();
    lacking.iter().for_each(|line| inside.say(line));
    0
}

/// A name server's port, a connection, and who the peer is.
fn try_address(address: IpAddr) -> io::Result<()> {
    UdpSocket::bind((address, 53))?;
    let listener = TcpListener::bind((address, 80))?;
    let stream = TcpStream::connect((address, 80))?;
    let (_, peer) = listener.accept()?;
    let me = World::new("").me.address_like(address);
    if Some(peer.ip()) != me || stream.peer_addr()?.ip() != address {
        return Err(io::Error::other(format!("programs speak from {} there", peer.ip())));
    }
    Ok(())
}

/// What lets `binary` make worlds where AppArmor keeps programs without a profile from it, and how it is
/// loaded (apparmor.d(5); Ubuntu since 23.10).
pub fn apparmor_profile(binary: &Path) -> String {
    let binary = binary.display();
    format!(
        "# Lets toynet make networks of its own. To load it:\n\
         #   toynet doctor --apparmor | sudo tee /etc/apparmor.d/toynet && sudo apparmor_parser -r /etc/apparmor.d/toynet\n\
         abi <abi/4.0>,\n\
         include <tunables/global>\n\
         \n\
         profile toynet \"{binary}\" flags=(unconfined) {{\n  \
           userns,\n\
         \n  \
           include if exists <local/toynet>\n\
         }}\n"
    )
}

const EXAMPLES: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(198, 18, 1, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x101))];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_names_the_binary() {
        let profile = apparmor_profile(Path::new("/opt/my tools/toynet"));
        assert!(profile.contains("\nprofile toynet \"/opt/my tools/toynet\" flags=(unconfined) {\n  userns,\n"));
    }
}
