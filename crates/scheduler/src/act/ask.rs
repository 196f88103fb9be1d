//! Whether a change is in effect, by the fewest questions: the guest alone where it grew and says
//! that it took it, else QEMU, and then the guest once more before it is said not to have.

use std::time::Duration;

use vm_autoscale_planner::Move;
use vm_autoscale_protocol::{Executed, Request, RunningQuery};
use vm_autoscale_proxmox::{
    BalloonMib, MemoryMib, Vcpus, VmConfig, is_not_running, parse_balloon, parse_guest_stats,
    parse_guest_vcpus, parse_hotpluggable_cpus, parse_memory_size_summary,
};

use super::Way;
use crate::outcome::{Guest, Qemu, is_reached};
use crate::{Clock, Helper};

/// A guest takes a new vCPU in 0.2 to 0.7 s. Asked sooner it would have to be asked twice.
const VCPUS_COME: Duration = Duration::from_secs(1);
/// A guest under load takes longer. Its balloon driver tells its memory every 2 s.
const GUEST_TAKES: Duration = Duration::from_secs(3);
/// A guest gives about 1 GiB a second to its balloon. One that is larger goes on by itself.
const BALLOON_LOOKS: u32 = 20;

/// What QEMU and the guest say of a change, in the step's unit.
pub(super) async fn effect<C: Clock, H: Helper>(
    way: &Way<'_, C, H>,
    config: &VmConfig,
) -> Result<(Qemu, Guest), String> {
    let waits = |option| config.pending.contains_key(option);
    match way.intent.step {
        Move::Cpu { from, to } if to > from && config.agent => {
            let written = config.plugged_vcpus().is_ok_and(|plugged| plugged == to);
            if written && !waits("vcpus") {
                return way.more_vcpus(from, to).await;
            }
        }
        Move::Memory { from, to } if to > from && config.balloon != Some(0) => {
            if config.memory == to && !waits("memory") {
                return way.more_memory(from, to).await;
            }
        }
        // It is live at once, and no guest has a word in it: the config is what is known.
        Move::CpuLimit { .. } => return Ok((Qemu::Silent, Guest::Took)),
        Move::Balloon { to, .. } => {
            let written = config.balloon == Some(to.get()) && !waits("balloon");
            let qemu = if written { way.balloon(to).await? } else { Qemu::Silent };
            return Ok((qemu, Guest::Unknown));
        }
        Move::Cpu { .. } | Move::Memory { .. } => {}
    }
    Ok((way.qemu().await?, Guest::Unknown))
}

/// The guest's total memory, and when it said so.
type Told = (u32, u64);

impl<C: Clock, H: Helper> Way<'_, C, H> {
    async fn more_vcpus(&self, from: Vcpus, to: Vcpus) -> Result<(Qemu, Guest), String> {
        self.wait(VCPUS_COME).await;
        let first = self.guest_vcpus().await;
        if first == Some(to) {
            return Ok((Qemu::Silent, Guest::Took));
        }
        let qemu = self.qemu().await?;
        let Some(online) = first.filter(|online| *online < to && qemu == Qemu::Has(to.get()))
        else {
            return Ok((qemu, Guest::Unknown));
        };
        // Others may have been switched off by hand before: what counts is that there are more.
        if online > from {
            return Ok((qemu, Guest::Took));
        }
        self.wait(GUEST_TAKES).await;
        let guest = match self.guest_vcpus().await {
            Some(online) if online <= from => Guest::Uses(online.get()),
            Some(online) if online <= to => Guest::Took,
            _ => Guest::Unknown,
        };
        Ok((qemu, guest))
    }

    async fn more_memory(&self, from: MemoryMib, to: MemoryMib) -> Result<(Qemu, Guest), String> {
        self.wait(GUEST_TAKES).await;
        let first = match self.guest_memory(to).await {
            Err(NotRunning) => return Ok((Qemu::NotRunning, Guest::Unknown)),
            Ok(first) => first,
        };
        if first.is_some_and(|(total, _)| took(total, 0, from)) {
            return Ok((Qemu::Silent, Guest::Took));
        }
        let qemu = self.qemu().await?;
        let Some((total, told)) = first.filter(|_| qemu == Qemu::Has(to.get())) else {
            return Ok((qemu, Guest::Unknown));
        };
        let Some(held) = self.ballooned(to).await else { return Ok((qemu, Guest::Unknown)) };
        if took(total, held, from) {
            return Ok((qemu, Guest::Took));
        }
        self.wait(GUEST_TAKES).await;
        let guest = match self.guest_memory(to).await {
            Ok(Some((total, _))) if took(total, held, from) => Guest::Took,
            // A driver that tells nothing new in that time has stopped: its figure is an old one.
            Ok(Some((total, again))) if again > told => Guest::Uses(total),
            Ok(_) => Guest::Unknown,
            Err(NotRunning) => return Ok((Qemu::NotRunning, Guest::Unknown)),
        };
        Ok((qemu, guest))
    }

    /// What the balloon leaves when it has reached its target, or moves no more.
    async fn balloon(&self, to: BalloonMib) -> Result<Qemu, String> {
        let mut before = None;
        for _ in 0..BALLOON_LOOKS {
            self.wait(GUEST_TAKES).await;
            let answer = self.ask(RunningQuery::Balloon).await?;
            if self.is_not_running(&answer) {
                return Ok(Qemu::NotRunning);
            }
            let Ok(left) = parse_balloon(&answer.stdout) else { return Ok(Qemu::Silent) };
            let stands = before.replace(left) == Some(left);
            if stands || is_reached(left, to) {
                break;
            }
        }
        Ok(before.map_or(Qemu::Silent, Qemu::Has))
    }

    /// What QEMU has; it fails when the node could not be asked.
    pub(super) async fn qemu(&self) -> Result<Qemu, String> {
        let (query, size): (_, fn(&str) -> Option<u32>) = match self.intent.step {
            Move::Cpu { .. } | Move::CpuLimit { .. } => {
                (RunningQuery::Vcpus, |text| parse_hotpluggable_cpus(text).ok().map(u32::from))
            }
            Move::Memory { .. } | Move::Balloon { .. } => {
                (RunningQuery::Memory, |text| parse_memory_size_summary(text).ok())
            }
        };
        let answer = self.ask(query).await?;
        if self.is_not_running(&answer) {
            return Ok(Qemu::NotRunning);
        }
        Ok(size(&answer.stdout).map_or(Qemu::Silent, Qemu::Has))
    }

    /// vCPUs that the guest has online; nothing where its agent does not answer, for whatever
    /// reason.
    async fn guest_vcpus(&self) -> Option<Vcpus> {
        let answer = self.ask(RunningQuery::GuestVcpus).await.ok()?;
        let online = parse_guest_vcpus(&answer.stdout).ok().filter(|_| answer.exit == 0);
        let _ = self.agent.set(online.is_some());
        online
    }

    /// The guest's total, where it tells one that can be. More than there is cannot.
    async fn guest_memory(&self, there_is: MemoryMib) -> Result<Option<Told>, NotRunning> {
        let Ok(answer) = self.ask(RunningQuery::GuestMemory).await else { return Ok(None) };
        if self.is_not_running(&answer) {
            return Err(NotRunning);
        }
        let stats = parse_guest_stats(&answer.stdout).unwrap_or_default();
        let total = stats.total.filter(|total| *total <= there_is.get());
        Ok(total.zip(stats.last_update))
    }

    /// What the balloon holds of that much memory, in MiB.
    async fn ballooned(&self, of: MemoryMib) -> Option<u32> {
        let answer = self.ask(RunningQuery::Balloon).await.ok()?;
        parse_balloon(&answer.stdout).ok().map(|left| of.get().saturating_sub(left))
    }

    async fn ask(&self, query: RunningQuery) -> Result<Executed, String> {
        let intent = self.intent;
        let request = Request::ReadRunning {
            cluster: intent.cluster.clone(),
            node: intent.node.clone(),
            vmid: intent.vmid,
            query,
        };
        self.helper.execute(&request).await.map_err(|e| e.to_string())
    }

    fn is_not_running(&self, answer: &Executed) -> bool {
        let says = |text: &str| is_not_running(text, self.intent.vmid);
        says(&answer.stdout) || says(&answer.stderr)
    }
}

/// There is no QEMU that could be asked.
struct NotRunning;

/// Whether a guest of this total took a DIMM on top of `from`: with what the balloon holds it has
/// more than there was before, which no guest can have without it.
///
/// One that took it has all but what its kernel keeps for itself from the start, about 120 MiB
/// (recorded: 1024 MiB make 907 in total, and each DIMM adds all of its size). The smallest step
/// is 512 MiB. So a guest is wrongly said not to have taken its DIMM when it keeps as much as the
/// DIMM: a crash kernel of some 400 MiB on a step of 512, or of 150 MiB where the kernel also lays
/// its page structures into the DIMMs (`memory_hotplug.memmap_on_memory=1`, 1/64 of all).
///
/// The mark is not lower: a guest that took each DIMM but the last has `from` less 117 MiB, which
/// for large VMs is more than 63/64 of it.
fn took(total: u32, ballooned: u32, from: MemoryMib) -> bool {
    total.saturating_add(ballooned) > from.get()
}

#[cfg(test)]
mod tests {
    use vm_autoscale_proxmox::Ladder;

    use super::*;

    /// What the recorded guest (Linux 6.1) keeps of 1024 MiB.
    const KERNEL: u32 = 117;

    /// Over the whole ladder, whichever way the kernel accounts for its page structures.
    #[test]
    fn a_dimm_is_seen_at_every_step() {
        for (from, to) in Ladder::sizes().zip(Ladder::sizes().skip(1)) {
            let size: MemoryMib = from.try_into().unwrap();
            assert!(!took(from, 0, size) && !took(from - KERNEL, 0, size), "{from}");
            // As recorded, with nearly 400 MiB for a crash kernel.
            assert!(took(to - KERNEL - 390, 0, size), "{from}");
            // Were 64 bytes a page of all memory missing in the total.
            assert!(took(to - to / 64 - KERNEL - 100, 0, size), "{from}");
            assert!(took(to - KERNEL - 2048.min(from / 2), 2048.min(from / 2), size), "{from}");
            // A guest that onlines no DIMM at all has its static memory.
            assert!(!took(1024 - KERNEL, 0, size), "{from}");
        }
    }
}
