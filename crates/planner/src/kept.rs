//! What a planner is to know of a VM after a restart.

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::CpuLimit;
use vm_autoscale_proxmox::MemoryMib;

use crate::evidence::Shape;
use crate::{Moment, Move};

/// What happened to a VM, and what was counted: not samples, which are old after any restart, and
/// not what they taught, which the blocks of a [`Past`](crate::Past) teach again.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The size that it was seen with.
    pub size: Option<Shape>,
    /// When someone else changed its size.
    pub resized: Option<Moment>,
    /// How often in a row someone else changed it after we had.
    pub fights: u32,
    /// A change of ours that may still come, and until when.
    pub ours: Option<(Move, Moment)>,
    /// Before this nothing is known of what happened.
    pub started: Option<Moment>,
    /// The last decision, where something was counted in it.
    pub checked: Option<Moment>,
    /// Since when it is looked after with caution.
    pub met: Option<Moment>,
    /// The most that it used on its first day: hundredths of a core, MiB.
    pub most: [u32; 2],
    /// The limit that we gave it.
    pub limit: Option<CpuLimit>,
    /// How often in a row added vCPUs were not used, and since when that is known.
    pub futile: u32,
    /// See above.
    pub futile_since: Option<Moment>,
    /// Memory was taken from this size, and it was watched whether it can do without: since when.
    pub memory_shrunk: Option<(MemoryMib, Moment)>,
    /// Memory below this was needed: nothing is taken below it before then.
    pub memory_floor: Option<(MemoryMib, Moment)>,
    /// MiB that were page cache of what Proxmox counts as used, by the guest's last word; rounded
    /// down.
    pub page_cache: u32,
    /// Memory that was granted last, from and to in MiB, and until when the use of its node need
    /// not show it.
    pub granted: Option<(u32, u32, Moment)>,
    /// Of its vCPUs.
    pub cpu: KeptResource,
    /// Of its memory.
    pub memory: KeptResource,
}

/// Of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptResource {
    /// Changes in a row that did not come about, but for those that take.
    pub failures: u32,
    /// Decisions in a row that found it low.
    pub low: u32,
    /// When the last change of ours ended that did not take in vain.
    pub changed: Option<Moment>,
    /// When something was taken the last time.
    pub taken: Option<Moment>,
    /// Unplugs that did not come about.
    pub unplugs: InVain,
    /// Lower limits and balloons that did not.
    pub caps: InVain,
    /// How many of the unplugs the guest did not give.
    pub refusals: u32,
    /// Since when the QEMU of that guest runs, in seconds since 1970.
    pub qemu: Option<u64>,
}

/// What was tried in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InVain {
    /// How often in a row.
    pub times: u32,
    /// When the last time ended.
    pub last: Option<Moment>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record of before the levers says nothing of them.
    #[test]
    fn what_an_earlier_version_kept_is_read() {
        let text = r#"{"fights":1,"cpu":{"failures":2,"low":1,"changed":5000}}"#;
        let kept: Kept = serde_json::from_str(text).unwrap();
        let changed = Some(Moment::from(5000));
        let cpu = KeptResource { failures: 2, low: 1, changed, ..KeptResource::default() };
        assert_eq!(kept, Kept { fights: 1, cpu, ..Kept::default() });
        let again = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Kept>(&again).unwrap(), kept);
    }
}
