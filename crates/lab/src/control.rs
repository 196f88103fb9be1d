//! What a test or a demo does to the lab besides executing commands: faults and foreign hands.

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::VmId;

use crate::load::Demand;
use crate::node::Node;
use crate::pvestatd::Zero;
use crate::vm::Vm;
use crate::{Error, Lab};

/// One of them; as JSON `{"lock":{"vmid":101,"lock":"backup"}}` or `"new-host-key"`.
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
    /// Takes a fixed load off again.
    FreeLoad {
        /// The VM.
        vmid: VmId,
    },
    /// Stops or continues pvestatd; stopped, values and times freeze.
    Pvestatd {
        /// Whether it runs.
        running: bool,
    },
    /// The next round measures CPU 0, as the first after a restart; `memory`: and memory 0.
    ZeroRound {
        /// Memory as well.
        memory: bool,
    },
    /// pvestatd leaves the VM out of `.rrd`, from the next round on.
    LeaveOut {
        /// The VM.
        vmid: VmId,
        /// On or off.
        on: bool,
    },
    /// pmxcfs restarts: a new start time, and all versions begin anew.
    RestartPmxcfs,
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
    NewHostKey,
}

/// What can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The guest does not release CPUs.
    KeepsCpus,
    /// The guest does not release DIMMs.
    KeepsDimms,
    /// The guest leaves offline what is plugged from now on.
    OnlinesNothing,
    /// QEMU takes no further CPU.
    PlugFails,
    /// systemd takes no CPU quota.
    CpulimitFails,
}

pub(crate) fn run(lab: &Lab, control: Control) -> Result<(), Error> {
    let now = lab.now();
    match control {
        Control::HoldLock { vmid, seconds } => hold(lab, vmid, seconds),
        Control::NewHostKey => lab.keys().new_host_key(),
        Control::Start { vmid } => {
            lab.node().start(vmid, now).map_err(|text| Error::Control(text.trim_end().to_owned()))
        }
        Control::Pvestatd { running } => {
            lab.node().pvestatd.stopped = !running;
            Ok(())
        }
        Control::ZeroRound { memory } => {
            lab.node().pvestatd.zero = Some(if memory { Zero::All } else { Zero::Cpu });
            Ok(())
        }
        Control::RestartPmxcfs => {
            restart_pmxcfs(&mut lab.node(), now);
            Ok(())
        }
        Control::Pause { text } => {
            lab.node().pause = text;
            Ok(())
        }
        Control::HaStatus { text } => {
            lab.node().ha_status = text;
            Ok(())
        }
        other => on_vm(&mut lab.node(), other),
    }
}

/// Controls of one VM.
fn on_vm(node: &mut Node, control: Control) -> Result<(), Error> {
    match control {
        Control::Lock { vmid, lock } => edit(node, vmid, "lock", lock)?,
        Control::Edit { vmid, key, value } => edit(node, vmid, &key, value)?,
        Control::Pending { vmid, key, value } => wait(node, vmid, key, value)?,
        Control::Stop { vmid } => vm(node, vmid)?.qemu = None,
        Control::GuestDies { vmid } => vm(node, vmid)?.guest.dead = true,
        Control::LeaveOut { vmid, on } => vm(node, vmid)?.left_out = on,
        Control::FreeLoad { vmid } => vm(node, vmid)?.fixed = None,
        Control::Load { vmid, cores, mib } => {
            let fine = |value: f64| value.is_finite() && value >= 0.0;
            let load = Some(Demand { cpu: cores, mem: mib });
            let load = load.filter(|_| fine(cores) && fine(mib));
            vm(node, vmid)?.fixed = Some(load.ok_or_else(|| refused("a load is not negative"))?);
        }
        Control::Fault { vmid, part, on: true } => {
            vm(node, vmid)?.faults.insert(part);
        }
        Control::Fault { vmid, part, on: false } => {
            vm(node, vmid)?.faults.remove(&part);
        }
        Control::LateCpu { vmid } => late_cpu(vm(node, vmid)?)?,
        Control::LateDimm { vmid } => late_dimm(vm(node, vmid)?)?,
        // The others are not about one VM.
        _ => return Err(refused("not a control of a VM")),
    }
    Ok(())
}

fn late_cpu(vm: &mut Vm) -> Result<(), Error> {
    let qemu = vm.qemu.as_mut().filter(|qemu| qemu.vcpus > 1);
    let qemu = qemu.ok_or_else(|| refused("there is no CPU to leave"))?;
    qemu.vcpus -= 1;
    vm.guest.online_cpus = vm.guest.online_cpus.min(qemu.vcpus);
    Ok(())
}

fn late_dimm(vm: &mut Vm) -> Result<(), Error> {
    let qemu = vm.qemu.as_mut().ok_or_else(|| refused("the VM is not running"))?;
    let dimm = qemu.dimms.pop_last().ok_or_else(|| refused("there is no DIMM to leave"))?;
    qemu.orphans.insert(dimm);
    vm.guest.online_dimms.remove(&dimm);
    Ok(())
}

fn edit(node: &mut Node, vmid: VmId, key: &str, value: Option<String>) -> Result<(), Error> {
    check(node, vmid, key, value.as_deref())?;
    node.write(vmid, |parts| {
        match value {
            Some(value) => parts.main.insert(key.to_owned(), value),
            None => parts.main.remove(key),
        };
    });
    Ok(())
}

fn wait(node: &mut Node, vmid: VmId, key: String, value: Option<String>) -> Result<(), Error> {
    check(node, vmid, &key, value.as_deref())?;
    node.write(vmid, |parts| match value {
        Some(value) => {
            parts.pending.insert(key, value);
        }
        None => parts.deletions.push(key),
    });
    Ok(())
}

/// A key and a value that can stand on a line of a .conf file.
fn check(node: &mut Node, vmid: VmId, key: &str, value: Option<&str>) -> Result<(), Error> {
    vm(node, vmid)?;
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    let line = value.is_none_or(|value| !value.contains(['\n', '\r']));
    if key.bytes().all(word) && key.starts_with(|c: char| c.is_ascii_lowercase()) && line {
        return Ok(());
    }
    Err(refused("not a key and a value of a .conf file"))
}

fn hold(lab: &Lab, vmid: VmId, seconds: f64) -> Result<(), Error> {
    let runtime = tokio::runtime::Handle::try_current().map_err(|e| refused(&e.to_string()))?;
    let time =
        std::time::Duration::try_from_secs_f64(seconds).map_err(|e| refused(&e.to_string()))?;
    let flock = vm(&mut lab.node(), vmid)?.flock.clone();
    let held = flock.try_lock_owned().map_err(|_| refused("the lock is held already"))?;
    runtime.spawn(async move {
        tokio::time::sleep(time).await;
        drop(held);
    });
    Ok(())
}

fn restart_pmxcfs(node: &mut Node, now: f64) {
    node.starttime = node.clock(now);
    let versions = node.vms.values_mut().map(|vm| &mut vm.version);
    let versions = versions.chain(node.containers.iter_mut().map(|ct| &mut ct.version));
    node.version = 0;
    for version in versions {
        node.version += 1;
        *version = node.version;
    }
}

fn vm(node: &mut Node, vmid: VmId) -> Result<&mut Vm, Error> {
    node.vms.get_mut(&vmid).ok_or_else(|| refused(&format!("there is no VM {vmid}")))
}

fn refused(why: &str) -> Error {
    Error::Control(why.to_owned())
}
