//! Options of `qm set`. Only numbers and Proxmox's own words: whatever a daemon says, no line made
//! of it says anything else to a shell.

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{BalloonMib, MemoryMib, Numbers, OtherHotplug, Vcpus, VmId};

use super::Finding;

/// One option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QmOption {
    /// The agent is on.
    Agent,
    /// The balloon's target.
    Balloon(BalloonMib),
    /// Cores a socket.
    Cores(Vcpus),
    /// What can be plugged.
    Hotplug {
        /// vCPUs.
        cpu: bool,
        /// DIMMs.
        memory: bool,
        /// What it says besides.
        others: OtherHotplug,
    },
    /// Memory at most.
    Memory(MemoryMib),
    /// A balloon device without automatic ballooning.
    NoBalloonTarget,
    /// Ordinary pages.
    NoHugepages,
    /// None of these `numaN`.
    NoNumaNodes(Numbers),
    /// Automatic ballooning leaves it alone.
    NoShares,
    /// The guest has NUMA.
    Numa,
    /// Sockets.
    Sockets(Vcpus),
    /// Plugged vCPUs.
    Vcpus(Vcpus),
}

impl QmOption {
    /// The option and its value.
    fn option(self) -> (&'static str, String) {
        match self {
            Self::Agent => ("agent", "1".to_owned()),
            Self::Balloon(mib) => ("balloon", mib.to_string()),
            Self::Cores(cores) => ("cores", cores.to_string()),
            Self::Hotplug { cpu, memory, others } => {
                let ours = [("cpu", cpu), ("memory", memory)];
                let ours = ours.into_iter().filter_map(|(name, is_on)| is_on.then_some(name));
                let all: Vec<&str> = others.names().chain(ours).collect();
                ("hotplug", all.join(","))
            }
            Self::Memory(mib) => ("memory", mib.to_string()),
            Self::NoBalloonTarget => (DELETE, "balloon".to_owned()),
            Self::NoHugepages => (DELETE, "hugepages".to_owned()),
            Self::NoNumaNodes(numbers) => {
                let names: Vec<String> = numbers.iter().map(|n| format!("numa{n}")).collect();
                (DELETE, names.join(","))
            }
            Self::NoShares => ("shares", "0".to_owned()),
            Self::Numa => ("numa", "1".to_owned()),
            Self::Sockets(sockets) => ("sockets", sockets.to_string()),
            Self::Vcpus(vcpus) => ("vcpus", vcpus.to_string()),
        }
    }
}

/// It takes a list, and is given once.
const DELETE: &str = "delete";

/// What to type on the VM's node, if `qm set` helps.
#[must_use]
pub fn qm_set(vmid: VmId, finding: &Finding) -> Option<String> {
    let options: Vec<(&str, String)> = finding.set.iter().map(|set| set.option()).collect();
    let (deletes, sets): (Vec<_>, Vec<_>) =
        options.into_iter().partition(|(key, _)| *key == DELETE);
    let mut words: Vec<String> =
        sets.into_iter().map(|(key, value)| format!("--{key} {value}")).collect();
    let gone: Vec<String> = deletes.into_iter().map(|(_, value)| value).collect();
    if !gone.is_empty() {
        words.push(format!("--{DELETE} {}", gone.join(",")));
    }
    (!words.is_empty()).then(|| format!("qm set {vmid} {}", words.join(" ")))
}
