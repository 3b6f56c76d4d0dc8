//! What Wireshark's tshark makes of a capture.

use std::path::Path;
use std::process::Command;

use super::run::run;

/// A capture as tshark reads it, with all checksums verified.
#[derive(Clone, Copy)]
pub struct Judge<'a>(pub &'a Path);

impl Judge<'_> {
    /// A field of all packets that fit a filter, a line each; several of one packet are separated by `|`.
    pub fn field(self, filter: &str, field: &str) -> Vec<String> {
        let form = ["-T", "fields", "-E", "aggregator=|", "-e", field];
        let text = self.run(&[&["-Y", filter], &form[..]].concat());
        text.lines().map(str::to_owned).collect()
    }

    /// How many packets fit a filter.
    pub fn count(self, filter: &str) -> usize {
        self.field(filter, "frame.number").len()
    }

    /// Fails where a packet is broken: a dissector stumbled, or a checksum is wrong.
    pub fn find_no_fault(self) {
        let broken = "_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0 || udp.checksum.status == 0";
        let found = self.run(&["-Y", broken]);
        assert_eq!(found, "", "broken packets in {}", self.0.display());
        let trouble = "_ws.expert.severity == 8388608 || tcp.analysis.lost_segment || tcp.analysis.retransmission";
        let found = self.run(&["-Y", trouble, "-V"]);
        assert_eq!(found, "", "errors in {}", self.0.display());
    }

    fn run(self, arguments: &[&str]) -> String {
        let mut command = Command::new("tshark");
        for layer in ["tcp", "ip", "udp"] {
            command.args(["-o", &format!("{layer}.check_checksum:TRUE")]);
        }
        run(command.arg("-r").arg(self.0).args(arguments)).succeeded().stdout
    }
}
