//! The commands that this project may run on a node: all of them, and nothing else.
//!
//! SSH carries one line, so a command is words joined by single spaces. Every word is made of
//! types whose alphabet is `[A-Za-z0-9._=,:+@%/-]`, or is a fixed literal in single quotes;
//! there is no quoting code because nothing can need quoting.

use std::borrow::Cow;

use crate::{BalloonMib, CpuLimit, Digest, Error, MemoryMib, NodeName, Vcpus, VmId};

mod parse;
pub use parse::CommandLineError;

/// The counters of pmxcfs's files: its answer is the sign that pmxcfs speaks.
pub const VERSION: &str = "/etc/pve/.version";
/// What the line of the file that is always there begins with: the answer is pmxcfs's.
pub const ANCHOR: &str = "/etc/pve/.version:";
/// The cluster's nodes and quorum.
pub const MEMBERS: &str = "/etc/pve/.members";
/// Where every guest is, and the version of its config.
pub const VMLIST: &str = "/etc/pve/.vmlist";
/// All metrics.
pub const RRD: &str = "/etc/pve/.rrd";
/// What HA moves.
pub const HA_STATUS: &str = "/etc/pve/ha/manager_status";
pub(crate) const USER_CFG: &str = "/etc/pve/user.cfg";
/// The administrator's pause.
pub const PAUSE: &str = "/etc/pve/vm-autoscale.pause";

/// The two files that can tear stand there twice, with another between the copies of each.
const CLUSTER_FILES: [&str; 8] = [VERSION, MEMBERS, VMLIST, RRD, HA_STATUS, PAUSE, VMLIST, RRD];

/// `.version` is in front: without its line nothing that is missing says anything.
const POOLS: [&str; 9] = ["-a", "-s", "-H", "-e", "starttime", "-e", "pool:", VERSION, USER_CFG];

const GREP: &str = "/usr/bin/grep";
const TAIL: &str = "/usr/bin/tail";
const PVESH: &str = "/usr/bin/pvesh";
const QM: &str = "/usr/sbin/qm";
const GATE: &str = "/usr/libexec/vm-autoscale/gate";

/// One command. [`Self::argv`], [`Self::line`] and [`Self::parse`] say the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeCommand {
    /// Metrics, places and config versions of a whole cluster. Exits 0 and 2 are answers.
    ReadCluster,
    /// Raw .conf files. Exit 1 is the absence of single files, which only means something while
    /// `.version` in front of them is there: without pmxcfs no file is.
    ReadConfigs(ConfigFiles),
    /// The lines of `user.cfg` that define pools, and some that do not. Exits 0 and 2 are answers
    /// where `.version` speaks: there may be no `user.cfg`.
    ReadPools,
    /// Which gate the node has, if any. One that guards the key answers by itself; where there is
    /// none, the shell exits 126 or 127.
    ReadGate,
    /// All guests through the API, where `.rrd` is of an unknown format.
    ReadResources,
    /// What QEMU has, by its monitor.
    ReadMonitor {
        /// The node that runs the VM.
        node: NodeName,
        /// The VM.
        vmid: VmId,
        /// What to ask.
        query: MonitorQuery,
    },
    /// vCPUs that the guest has online, by its agent.
    ReadGuestVcpus {
        /// The VM, on the node that is asked.
        vmid: VmId,
    },
    /// The guest's `/proc/meminfo`, by its agent.
    ReadGuestMeminfo {
        /// The node that runs the VM.
        node: NodeName,
        /// The VM.
        vmid: VmId,
    },
    /// Plugs or unplugs vCPUs up to this number.
    SetVcpus {
        /// The VM, on the node that is asked.
        vmid: VmId,
        /// How many there are to be.
        vcpus: Vcpus,
        /// The config that this was decided on.
        digest: Digest,
    },
    /// Plugs or unplugs DIMMs up to this size.
    SetMemory {
        /// The VM, on the node that is asked.
        vmid: VmId,
        /// How much there is to be.
        memory: MemoryMib,
        /// The balloon's minimum, where it must move along (it may not exceed the memory).
        balloon: Option<BalloonMib>,
        /// The config that this was decided on.
        digest: Digest,
    },
    /// Caps the VM's CPU time.
    SetCpuLimit {
        /// The VM, on the node that is asked.
        vmid: VmId,
        /// The cap.
        cpulimit: CpuLimit,
        /// The config that this was decided on.
        digest: Digest,
    },
    /// Sets the balloon's target; takes effect at once only with `shares: 0`.
    SetBalloon {
        /// The VM, on the node that is asked.
        vmid: VmId,
        /// The target.
        balloon: BalloonMib,
        /// The config that this was decided on.
        digest: Digest,
    },
    /// Clears what a call of ours left in `[PENDING]`.
    Revert {
        /// The VM, on the node that is asked.
        vmid: VmId,
        /// What to clear.
        option: PendingOption,
        /// The config as read back after that call.
        digest: Digest,
    },
}

/// A question to QEMU's monitor. The texts are literals of this program, never values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonitorQuery {
    /// What the balloon leaves to the guest.
    Balloon,
    /// The guest's own memory statistics.
    GuestStats,
    /// Which vCPUs are plugged.
    HotpluggableCpus,
    /// How much memory is plugged.
    MemorySizeSummary,
}

impl MonitorQuery {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Balloon, Self::GuestStats, Self::HotpluggableCpus, Self::MemorySizeSummary];

    /// The line that the monitor is given.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Balloon => "info balloon",
            Self::GuestStats => "qom-get /machine/peripheral/balloon0 guest-stats",
            Self::HotpluggableCpus => "info hotpluggable-cpus",
            Self::MemorySizeSummary => "info memory_size_summary",
        }
    }
}

/// An option that a change of ours can leave in `[PENDING]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PendingOption {
    /// `balloon`
    Balloon,
    /// `cpulimit`
    Cpulimit,
    /// `memory`
    Memory,
    /// `memory` and the `balloon` that moved along with it.
    MemoryAndBalloon,
    /// `vcpus`
    Vcpus,
}

impl PendingOption {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Balloon, Self::Cpulimit, Self::Memory, Self::MemoryAndBalloon, Self::Vcpus];

    /// The names in the config, joined by commas.
    #[must_use]
    pub fn names(self) -> &'static str {
        match self {
            Self::Balloon => "balloon",
            Self::Cpulimit => "cpulimit",
            Self::Memory => "memory",
            Self::MemoryAndBalloon => "memory,balloon",
            Self::Vcpus => "vcpus",
        }
    }
}

/// One VM's config by the node that owns it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The node in whose directory it is.
    pub node: NodeName,
    /// The VM.
    pub vmid: VmId,
}

impl ConfigFile {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/etc/pve/nodes/{}/qemu-server/{}.conf", self.node, self.vmid)
    }
}

/// 1 to 64 different config files, what one call reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFiles(Vec<ConfigFile>);

impl ConfigFiles {
    /// The most that one call reads.
    pub const MAX: usize = 64;

    /// The files in the order asked.
    #[must_use]
    pub fn as_slice(&self) -> &[ConfigFile] {
        &self.0
    }
}

impl TryFrom<Vec<ConfigFile>> for ConfigFiles {
    type Error = Error;

    fn try_from(files: Vec<ConfigFile>) -> Result<Self, Error> {
        if !(1..=Self::MAX).contains(&files.len()) {
            let (what, value) = ("number of config files", files.len().to_string());
            return Err(Error::Range { what, value, min: "1", max: "64", unit: "" });
        }
        // One that is large must not come many times over.
        if files.iter().enumerate().any(|(at, file)| files.iter().take(at).any(|it| it == file)) {
            return Err(Error::format("config files", "one is named twice"));
        }
        Ok(Self(files))
    }
}

impl NodeCommand {
    /// The longest line there is, in bytes: 64 configs of nodes and VMs with the longest names.
    pub const MAX_LINE: usize = "/usr/bin/tail -n +1 -v /etc/pve/.version".len()
        + ConfigFiles::MAX * " /etc/pve/nodes//qemu-server/999999999.conf".len()
        + ConfigFiles::MAX * NodeName::MAX;

    /// Absolute program path and arguments.
    #[must_use]
    pub fn argv(&self) -> Vec<Cow<'static, str>> {
        match self {
            Self::ReadCluster => {
                fixed(&[GREP, "-a", "-s", "-H", "."]).chain(fixed(&CLUSTER_FILES)).collect()
            }
            Self::ReadConfigs(files) => fixed(&[TAIL, "-n", "+1", "-v", VERSION])
                .chain(files.0.iter().map(|file| file.path().into()))
                .collect(),
            Self::ReadPools => fixed(&[GREP]).chain(fixed(&POOLS)).collect(),
            Self::ReadGate => fixed(&[GATE, "--version"]).collect(),
            Self::ReadResources => {
                fixed(&[PVESH, "get", "/cluster/resources", "--output-format", "json"]).collect()
            }
            Self::ReadMonitor { node, vmid, query } => fixed(&[PVESH, "create"])
                .chain([format!("/nodes/{node}/qemu/{vmid}/monitor").into()])
                .chain(fixed(&["--command", query.text()]))
                .collect(),
            Self::ReadGuestVcpus { vmid } => fixed(&[QM, "guest", "cmd"])
                .chain([vmid.to_string().into(), "get-vcpus".into()])
                .collect(),
            Self::ReadGuestMeminfo { node, vmid } => fixed(&[PVESH, "get"])
                .chain([format!("/nodes/{node}/qemu/{vmid}/agent/file-read").into()])
                .chain(fixed(&["--file", "/proc/meminfo", "--output-format", "json"]))
                .collect(),
            change => change.set_argv().collect(),
        }
    }

    /// `qm set` with its options; empty for what is no change.
    fn set_argv(&self) -> impl Iterator<Item = Cow<'static, str>> {
        let (vmid, options, digest) = match self {
            Self::SetVcpus { vmid, vcpus, digest } => {
                (vmid, vec![("--vcpus", vcpus.to_string())], digest)
            }
            Self::SetMemory { vmid, memory, balloon, digest } => {
                let mut options = vec![("--memory", memory.to_string())];
                options.extend(balloon.map(|balloon| ("--balloon", balloon.to_string())));
                (vmid, options, digest)
            }
            Self::SetCpuLimit { vmid, cpulimit, digest } => {
                (vmid, vec![("--cpulimit", cpulimit.to_string())], digest)
            }
            Self::SetBalloon { vmid, balloon, digest } => {
                (vmid, vec![("--balloon", balloon.to_string())], digest)
            }
            Self::Revert { vmid, option, digest } => {
                (vmid, vec![("--revert", option.names().to_owned())], digest)
            }
            _ => return None.into_iter().flatten(),
        };
        let mut words: Vec<Cow<'static, str>> = fixed(&[QM, "set"]).collect();
        words.push(vmid.to_string().into());
        for (name, value) in options {
            words.extend([name.into(), value.into()]);
        }
        words.extend(["--digest".into(), digest.to_string().into()]);
        Some(words).into_iter().flatten()
    }

    /// The command as SSH carries it, and as any POSIX shell splits it back into [`Self::argv`].
    #[must_use]
    pub fn line(&self) -> String {
        let quoted = |word: &Cow<'static, str>| {
            if word.contains(' ') { format!("'{word}'") } else { word.to_string() }
        };
        self.argv().iter().map(quoted).collect::<Vec<_>>().join(" ")
    }

    /// Whether it changes a VM.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.changes().is_some()
    }

    /// The VM that it changes.
    #[must_use]
    pub fn changes(&self) -> Option<VmId> {
        match self {
            Self::SetVcpus { vmid, .. }
            | Self::SetMemory { vmid, .. }
            | Self::SetCpuLimit { vmid, .. }
            | Self::SetBalloon { vmid, .. }
            | Self::Revert { vmid, .. } => Some(*vmid),
            _ => None,
        }
    }
}

fn fixed(words: &[&'static str]) -> impl Iterator<Item = Cow<'static, str>> {
    words.iter().map(|word| Cow::Borrowed(*word)).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests;
