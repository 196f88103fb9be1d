//! What a test or a demo does to the lab besides executing commands: faults and foreign hands.

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{NodeName, VmId};

mod nodes;
mod run;
mod subject;
mod tasks;
pub(crate) use run::run;

/// One of them; as JSON `{"lock":{"vmid":101,"lock":"backup"}}` or `{"tear":{"on":true}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Control {
    /// Sets the lock property (`backup`, `migrate` …), or takes it off.
    Lock {
        /// The VM.
        vmid: VmId,
        /// The new lock.
        #[serde(default)]
        lock: Option<String>,
    },
    /// Holds the VM's file lock as another `qm` would.
    HoldLock {
        /// The VM.
        vmid: VmId,
        /// For how long, unscaled.
        seconds: f64,
    },
    /// A backup holds the VM's config lock for so long, unscaled.
    Backup {
        /// The VM.
        vmid: VmId,
        /// For how long.
        seconds: f64,
    },
    /// The VM goes to another node while it runs: locked for so long, then in no list for a
    /// moment, then there.
    Migrate {
        /// The VM.
        vmid: VmId,
        /// Where to.
        to: NodeName,
        /// How long it is locked, unscaled.
        seconds: f64,
        /// How long it is in no list, unscaled.
        #[serde(default = "moment")]
        gap: f64,
    },
    /// A VM comes into being, stopped, with that config.
    Create {
        /// Its number.
        vmid: VmId,
        /// Where.
        node: NodeName,
        /// The .conf file.
        conf: String,
    },
    /// The VM is stopped and removed.
    Destroy {
        /// The VM.
        vmid: VmId,
    },
    /// The VM is removed, and another one with its number and sizes runs in its place.
    Recreate {
        /// The VM.
        vmid: VmId,
    },
    /// Stops the VM at once.
    Stop {
        /// The VM.
        vmid: VmId,
    },
    /// Starts the VM, with all that waits in `[PENDING]`.
    Start {
        /// The VM.
        vmid: VmId,
    },
    /// The guest panics; QEMU stays.
    GuestDies {
        /// The VM.
        vmid: VmId,
    },
    /// Switches one fault on or off.
    Fault {
        /// The VM.
        vmid: VmId,
        /// Which one.
        part: Part,
        /// On or off.
        on: bool,
    },
    /// How long the guest takes to release what it is asked for, in recorded seconds: beyond what
    /// `qm` waits for it goes all the same, and config and QEMU differ.
    SlowGuest {
        /// The VM.
        vmid: VmId,
        /// For a CPU.
        cpu: f64,
        /// For a DIMM.
        dimm: f64,
    },
    /// The highest CPU leaves QEMU behind Proxmox's back, as after a late unplug.
    LateCpu {
        /// The VM.
        vmid: VmId,
    },
    /// The highest DIMM leaves QEMU behind Proxmox's back; its backend object stays.
    LateDimm {
        /// The VM.
        vmid: VmId,
    },
    /// Somebody else edits the config: sets the key, or removes it.
    Edit {
        /// The VM.
        vmid: VmId,
        /// Which key.
        key: String,
        /// Its new value.
        #[serde(default)]
        value: Option<String>,
    },
    /// Somebody else leaves something in `[PENDING]`: a value, or a deletion.
    Pending {
        /// The VM.
        vmid: VmId,
        /// Which key.
        key: String,
        /// The value that waits.
        #[serde(default)]
        value: Option<String>,
    },
    /// Gives the VM a fixed load.
    Load {
        /// The VM.
        vmid: VmId,
        /// Cores that it wants.
        cores: f64,
        /// MiB that its programs want.
        mib: f64,
    },
    /// Gives the VM's guest that much page cache, as far as there is room beside its programs.
    PageCache {
        /// The VM.
        vmid: VmId,
        /// MiB.
        mib: f64,
    },
    /// Takes a fixed load off again.
    FreeLoad {
        /// The VM.
        vmid: VmId,
    },
    /// A node loses power, and its VMs with it: it answers nobody any more.
    NodeDown {
        /// The node.
        node: NodeName,
    },
    /// A node comes back, and starts the VMs that ran.
    NodeUp {
        /// The node.
        node: NodeName,
    },
    /// What is executed on a node does not end, as where its pmxcfs is frozen, until this is
    /// switched off.
    Hang {
        /// The node.
        node: NodeName,
        /// On or off.
        on: bool,
    },
    /// A node lets nobody log in, as after its `authorized_keys` was lost; who is in stays in.
    LockOut {
        /// The node.
        node: NodeName,
        /// On or off.
        on: bool,
    },
    /// A node's clock is set wrong: what its pvestatd measures from now on has times that are so far
    /// ahead, or behind where negative.
    ClockOff {
        /// The node.
        node: NodeName,
        /// By so many seconds.
        seconds: i32,
    },
    /// What a node prints is spoiled, exit code and all else as it was; or it is not any more.
    Garble {
        /// The node.
        node: NodeName,
        /// How.
        #[serde(default)]
        how: Option<Garbled>,
    },
    /// The rest of the cluster gets out of reach of all nodes, or back into it.
    Quorum {
        /// Out of reach.
        lost: bool,
    },
    /// High availability manages the VM, in that state; without one it does not any more.
    Ha {
        /// The VM.
        vmid: VmId,
        /// `started`, `migrate`, `error` …
        #[serde(default)]
        state: Option<String>,
        /// Where it is to go.
        #[serde(default)]
        target: Option<NodeName>,
    },
    /// Puts the VM into a pool, or out of all.
    Pool {
        /// The VM.
        vmid: VmId,
        /// Which one.
        #[serde(default)]
        pool: Option<String>,
    },
    /// Reads of special files tear, or do not.
    Tear {
        /// On or off.
        on: bool,
    },
    /// Stops or continues pvestatd; stopped, values and times freeze.
    Pvestatd {
        /// Only this node's.
        #[serde(default)]
        node: Option<NodeName>,
        /// Whether it runs.
        running: bool,
    },
    /// The next round measures CPU 0, as the first after a restart; `memory`: and memory 0.
    ZeroRound {
        /// Only this node's.
        #[serde(default)]
        node: Option<NodeName>,
        /// Memory as well.
        memory: bool,
    },
    /// pvestatd does not get to the VM from the next round on: its line in `.rrd` stays as it is,
    /// and goes when it is five minutes old.
    LeaveOut {
        /// The VM.
        vmid: VmId,
        /// On or off.
        on: bool,
    },
    /// pmxcfs restarts: a new start time, and all versions begin anew.
    RestartPmxcfs {
        /// Only this node's.
        #[serde(default)]
        node: Option<NodeName>,
    },
    /// Writes or removes `/etc/pve/vm-autoscale.pause`.
    Pause {
        /// Its content.
        #[serde(default)]
        text: Option<String>,
    },
    /// Writes or removes `/etc/pve/ha/manager_status`.
    HaStatus {
        /// Its content.
        #[serde(default)]
        text: Option<String>,
    },
    /// New SSH connections meet a new host key.
    NewHostKey {
        /// Only this node's.
        #[serde(default)]
        node: Option<NodeName>,
    },
}

/// What a rename among many files takes.
fn moment() -> f64 {
    0.3
}

/// How an answer is spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Garbled {
    /// It ends after so many bytes, in the middle of a line or not.
    Cut(usize),
    /// Its last line is repeated until there are so many bytes.
    Grown(usize),
}

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The guest does not release CPUs.
    KeepsCpus,
    /// The guest does not release DIMMs.
    KeepsDimms,
    /// The guest has no balloon driver: it gives nothing up, and tells nothing of its memory.
    IgnoresBalloon,
    /// The guest's agent does not run, whatever the config says.
    AgentSilent,
    /// The guest brings memory online where what cannot be moved may use it, so that it does not
    /// let go of it again.
    KernelZone,
    /// The guest leaves offline what is plugged from now on.
    OnlinesNothing,
    /// QEMU takes no further CPU.
    PlugFails,
    /// systemd takes no CPU quota.
    CpulimitFails,
}
