//! What is remembered of one resource of a VM, and when it may be changed again.

use std::time::Duration;

use vm_autoscale_proxmox::VmId;

use crate::threshold::LowChecks;
use crate::{InVain, KeptResource, Moment, Move, Reason, VmPolicy};

/// A resource whose changes keep failing rests longer each time, up to 32 cooldowns.
pub(crate) const MAX_DOUBLINGS: u32 = 5;
/// What could not be begun is tried again after about so long, each time in a row twice as long:
/// a backup's lock stays for hours, another `qm` for seconds.
const FIRST_RETRY: Duration = Duration::from_secs(10);
/// A guest that kept what it was asked for so often in a row does not give it.
const REFUSES: u32 = 3;
/// Then it is asked once a day.
const REFUSED: Duration = Duration::from_secs(24 * 3600);
/// What a guest did not release in time is still queued in it, and QEMU has less than the config
/// when it comes: nothing is plugged beside that before QEMU was asked.
const QUEUED: Duration = Duration::from_secs(60);
/// The age of a QEMU process is told to the second, and the nodes' clocks are set now and then.
const SAME_QEMU: u64 = 60;

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// As asked for.
    Well,
    /// Otherwise.
    Badly,
    /// The guest kept what it was asked for. Since when its QEMU runs, in seconds since 1970.
    Kept(Option<u64>),
}

#[derive(Debug, Default, Clone)]
pub(crate) struct ResourceState {
    /// Changes in a row that did not come about, but for those that take.
    failures: u32,
    /// Of those: unplugs, and lower limits and balloons. Each lever fails for itself, and whoever
    /// does not give may well be given more.
    unplugs: InVain,
    caps: InVain,
    /// How often the guest kept what was to be unplugged, and since when its QEMU runs.
    refusals: u32,
    qemu: Option<u64>,
    pub(crate) low: LowChecks,
    /// When the last change of ours ended that did not take in vain.
    changed: Option<Moment>,
    /// When something was taken the last time.
    taken: Option<Moment>,
    /// Changes in a row that could not be begun, and until when the next one waits.
    retries: u32,
    pub(crate) retry: Moment,
    /// How much more may be asked for at once, where the helper refused more: vCPUs or MiB, and
    /// since when.
    pub(crate) reach: Option<(u32, Moment)>,
}

impl ResourceState {
    /// A change of ours has ended.
    pub(crate) fn changed(&mut self, step: Move, ended: Ended, now: Moment) {
        self.retries = 0;
        if ended == Ended::Well {
            self.succeeded(step, now);
        } else if step.is_shrink() {
            let in_vain = if step.is_unplug() { &mut self.unplugs } else { &mut self.caps };
            *in_vain = InVain { times: in_vain.times.saturating_add(1), last: Some(now) };
            if let Ended::Kept(qemu) = ended {
                self.refusals = self.refusals.saturating_add(1);
                self.qemu = qemu;
            }
        } else {
            self.failures = self.failures.saturating_add(1);
            self.changed = Some(now);
        }
    }

    fn succeeded(&mut self, step: Move, now: Moment) {
        self.failures = 0;
        self.changed = Some(now);
        if step.is_unplug() {
            (self.unplugs, self.refusals) = (InVain::default(), 0);
        }
        if step.is_shrink() {
            self.caps = InVain::default();
            self.taken = Some(now);
        }
    }

    /// Its QEMU runs since then: what another one's guest kept says nothing, but that one cooldown
    /// follows a change stands.
    pub(crate) fn runs_since(&mut self, qemu: u64) {
        let is_another = |known: u64| qemu > known.saturating_add(SAME_QEMU);
        if self.qemu.is_some_and(is_another) {
            (self.refusals, self.qemu) = (0, None);
            self.unplugs.times = self.unplugs.times.min(1);
        }
    }

    /// Whether the guest does not give what it is asked for.
    pub(crate) fn refuses(&self) -> bool {
        self.refusals >= REFUSES
    }

    /// Whether the last change did not come about.
    pub(crate) fn fails(&self) -> bool {
        self.failures > 0 || self.unplugs.times > 0 || self.caps.times > 0
    }

    /// When the last change of ours ended, well or not.
    pub(crate) fn ended(&self) -> Option<Moment> {
        self.changed.max(self.unplugs.last).max(self.caps.last)
    }

    /// When something was taken the last time.
    pub(crate) fn taken(&self) -> Option<Moment> {
        self.taken
    }

    /// When the last change of ours ended that did not take in vain, and whether it took.
    pub(crate) fn last_change(&self) -> Option<(Moment, bool)> {
        self.changed.map(|at| (at, self.taken == Some(at)))
    }

    /// A change of ours could not be begun; how often in a row by now.
    pub(crate) fn refused(&mut self, vmid: VmId, now: Moment) -> u32 {
        let wait = FIRST_RETRY.saturating_mul(1 << self.retries.min(MAX_DOUBLINGS));
        self.retries = self.retries.saturating_add(1);
        // Half of it to one and a half, each VM's another: those that one lock or one node refused
        // together do not come back together.
        let mixed = u64::from(vmid.get()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
        let spread = u32::try_from(mixed)
            .unwrap_or_default()
            .wrapping_add(self.retries.wrapping_mul(40_503));
        self.retry = now.after(wait / 2 + wait * (spread & 0xff) / 256);
        self.retries
    }

    pub(crate) fn keep(&self) -> KeptResource {
        KeptResource {
            failures: self.failures,
            low: self.low.count(),
            changed: self.changed,
            taken: self.taken,
            unplugs: self.unplugs,
            caps: self.caps,
            refusals: self.refusals,
            qemu: self.qemu,
        }
    }

    pub(crate) fn again(kept: KeptResource) -> Self {
        Self {
            failures: kept.failures,
            unplugs: kept.unplugs,
            caps: kept.caps,
            refusals: kept.refusals,
            qemu: kept.qemu,
            low: LowChecks::again(kept.low),
            changed: kept.changed,
            taken: kept.taken,
            ..Self::default()
        }
    }

    /// Why it is left alone for a while, if it is. A guest that keeps what it has may well be
    /// given more.
    pub(crate) fn rests(&self, now: Moment, step: Move, policy: &VmPolicy) -> Option<Reason> {
        let until = |at: Option<Moment>, rest| at.map(|at| at.after(rest)).unwrap_or_default();
        let doubled = |failures: u32| {
            let before = failures.saturating_sub(1).min(MAX_DOUBLINGS);
            policy.cooldown.saturating_mul(1 << before)
        };
        let in_vain = if step.is_unplug() { self.unplugs } else { self.caps };
        if step.is_shrink() && in_vain.times > 0 {
            let is_refused = step.is_unplug() && self.refuses();
            let rest = if is_refused { REFUSED } else { doubled(in_vain.times) };
            let until = until(in_vain.last, rest);
            if now < until {
                return Some(Reason::TakingRests(in_vain.times, until.since(now)));
            }
        }
        if step.is_growth() && self.unplugs.times > 0 {
            let until = until(self.unplugs.last, policy.cooldown.min(QUEUED));
            if now < until {
                return Some(Reason::Cooldown(until.since(now)));
            }
        }
        // The first failure rests one cooldown.
        let rest = match self.failures {
            0 => policy.rest,
            failures => doubled(failures),
        };
        let until = until(self.changed, rest);
        (now < until).then(|| Reason::Cooldown(until.since(now)))
    }
}
