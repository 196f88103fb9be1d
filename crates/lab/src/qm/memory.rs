//! DIMMs (`PVE/QemuServer/Memory.pm`, `qemu_memory_hotplug`).

use std::fmt::Write as _;

use vm_autoscale_proxmox::{Ladder, VmId};

use super::cpu::parameter;
use super::hotplug::Outcome;
use crate::guest::{BASE_MIB, dimm_mib};
use crate::{Lab, machine};

/// A DIMM that comes; recorded: six in less than a second.
const PLUG_S: f64 = 0.05;
/// Between asking for a DIMM and looking whether it is gone.
const UNPLUG_S: f64 = 3.0;
/// How often it is asked for.
const TRIES: u32 = 7;

/// Plugs DIMMs until there is at least that much, or unplugs until there is at most that much.
pub(super) async fn memory(lab: &Lab, vmid: VmId, wish: u32, stdout: &mut String) -> Outcome {
    let config = lab.cluster().vms.get(&vmid).and_then(|vm| vm.conf.parsed());
    let Some(config) = config.filter(|config| config.hotplug.memory) else {
        return Outcome::Skipped;
    };
    let current = config.memory.get();
    if wish < BASE_MIB {
        return Outcome::Failed(format!(
            "memory can't be lower than {BASE_MIB} MB at /usr/share/perl5/PVE/QemuServer/Memory.pm line 219."
        ));
    }
    if wish > Ladder::USUAL_MAX_MIB {
        let most = Ladder::USUAL_MAX_MIB;
        return Outcome::Failed(format!("you cannot add more memory than max mem {most} MB!"));
    }
    let result = if wish > current {
        plug(lab, vmid, current, wish).await
    } else {
        unplug(lab, vmid, current, wish, stdout).await
    };
    match result {
        Ok(reached) => Outcome::Applied(reached.to_string()),
        Err(text) => Outcome::Failed(text),
    }
}

/// From the config's size, whatever QEMU has.
async fn plug(lab: &Lab, vmid: VmId, current: u32, wish: u32) -> Result<u32, String> {
    let mut reached = current;
    for (dimm, size) in (0u32..).zip(Ladder::sizes().skip(1)) {
        if size <= current {
            continue;
        }
        machine::plug_dimm(lab, vmid, dimm).await?;
        lab.pause(PLUG_S).await;
        reached = size;
        write(lab, vmid, reached)?;
        if reached >= wish {
            break;
        }
    }
    Ok(reached)
}

/// Highest first, by what QEMU has.
async fn unplug(
    lab: &Lab,
    vmid: VmId,
    current: u32,
    wish: u32,
    stdout: &mut String,
) -> Result<u32, String> {
    let mut reached = current;
    while reached > wish {
        let Some(dimm) = machine::dimms(lab, vmid).await?.last().copied() else { break };
        // Writing to a String cannot fail.
        let _ = writeln!(stdout, "try to unplug memory dimm dimm{dimm}");
        if !leaves(lab, vmid, dimm).await? {
            return Err(parameter(&format!("dimm{dimm}: error unplug memory module")));
        }
        // Proxmox passes over it where that fails.
        let _ = machine::drop_backend(lab, vmid, dimm).await;
        reached = reached.saturating_sub(dimm_mib(dimm));
        write(lab, vmid, reached)?;
    }
    Ok(reached)
}

/// Whether it goes, asked time and again.
async fn leaves(lab: &Lab, vmid: VmId, dimm: u32) -> Result<bool, String> {
    for _ in 0..TRIES {
        machine::unplug_dimm(lab, vmid, dimm).await?;
        lab.pause(UNPLUG_S).await;
        if !machine::dimms(lab, vmid).await?.contains(&dimm) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn write(lab: &Lab, vmid: VmId, reached: u32) -> Result<(), String> {
    lab.cluster().qm_write(vmid, |parts| {
        parts.main.insert("memory".into(), reached.to_string());
    })
}
