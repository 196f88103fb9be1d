//! One answer.

use vm_autoscale_proxmox::MemoryMib;

use crate::Moment;

/// What a guest's balloon driver said of its memory. What it did not say is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestSays {
    /// All that it uses or could use, in MiB: neither what its kernel keeps from the start nor
    /// what the balloon holds.
    pub total: u32,
    /// What programs could get without swapping, in MiB (`MemAvailable`).
    pub available: u32,
    /// What nobody uses, in MiB.
    pub free: Option<u32>,
    /// Read from and written to swap since it booted, together, in bytes.
    pub swapped: Option<u64>,
    /// Page faults since it booted that had to wait for a disk.
    pub major_faults: Option<u64>,
    /// When it said so, in seconds since 1970 by the node's clock.
    pub at: Option<u64>,
}

impl GuestSays {
    /// One that tells its memory in MiB, and nothing else.
    #[must_use]
    pub fn new(total: u32, available: u32) -> Self {
        Self { total, available, free: None, swapped: None, major_faults: None, at: None }
    }
}

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuestAnswer {
    /// It said this.
    Says(GuestSays),
    /// There is no driver, or it does not know.
    Silent,
}

/// A driver that was asked every 2 s and said nothing new for so many seconds has stopped.
const STOPPED: u64 = 60;
/// What a kernel keeps for itself at most, in MiB: a crash kernel, and 1/64 of all for the
/// descriptions of its pages. Where more is missing, what is plugged is not all in use.
const OWN: f64 = 512.0;
const OWN_SHARE: f64 = 1.0 / 64.0;

/// An answer and what it means. All sizes are in MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    pub(super) at: Moment,
    /// What was plugged then.
    pub(super) size: MemoryMib,
    pub(super) total: u32,
    pub(super) available: u32,
    /// What of the plugged memory is needed, the kernel's own share counted.
    pub(super) need: f64,
    /// The kernel's own share.
    pub(super) own: f64,
    /// What to add to Proxmox's figure to get what is needed.
    pub(super) shift: f64,
    pub(super) swapped: Option<u64>,
    pub(super) major_faults: Option<u64>,
}

impl Said {
    /// Nothing where it cannot be, or is of long ago.
    pub(super) fn of(
        at: Moment,
        says: GuestSays,
        size: MemoryMib,
        seen: f64,
        sampled: Option<u64>,
    ) -> Option<Self> {
        let GuestSays { total, available, free, swapped, major_faults, .. } = says;
        let old = says.at.zip(sampled).is_some_and(|(at, sampled)| at + STOPPED < sampled);
        if old || available > total || total > size.get() {
            return None;
        }
        let own = f64::from(size.get() - total).min(own_most(size));
        let need = f64::from(total - available) + own;
        let figure =
            free.filter(|free| *free <= total).map_or(seen, |free| f64::from(total - free));
        let shift = need - figure;
        Some(Self { at, size, total, available, need, own, shift, swapped, major_faults })
    }

    /// Whether it does not use all that is plugged: DIMMs that it left offline, or the balloon
    /// holds some. A share of the size says nothing then.
    pub(super) fn lacks(&self) -> bool {
        f64::from(self.size.get() - self.total) > own_most(self.size)
    }
}

fn own_most(size: MemoryMib) -> f64 {
    OWN + OWN_SHARE * f64::from(size.get())
}
