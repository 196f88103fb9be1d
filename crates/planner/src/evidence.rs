//! Which samples can be believed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{BalloonMib, CpuLimit, MemoryMib, Vcpus, VmConfig};

use crate::levers::left_of;
use crate::{Moment, Move, Reason, Sample};

/// A sample that has not advanced for this long of our own clock is stale: three of pvestatd's
/// rounds.
const STALE: Duration = Duration::from_secs(30);

/// What is remembered of a VM's samples.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    last: Option<Last>,
    pub(crate) size: Option<Shape>,
    /// A change of ours that shows in the config by the next comparison, or may until then.
    pub(crate) ours: Option<(Move, Moment)>,
    /// The next new sample was measured across a change.
    pub(crate) across_change: bool,
}

/// What of a VM's config is its size: whoever else changes that has a reason.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Plugged vCPUs.
    pub vcpus: Vcpus,
    /// Sockets × cores.
    pub most: u32,
    /// Memory in MiB.
    pub memory: MemoryMib,
    /// The balloon's minimum in MiB, as written.
    pub balloon: Option<u32>,
    /// CPU time cap.
    pub cpulimit: CpuLimit,
}

impl Shape {
    /// Whether a change of ours, all of it or a part, makes this of that.
    fn is_from(self, before: Self, step: Move) -> bool {
        match step {
            Move::Cpu { from, to } => {
                let between = from.min(to)..=from.max(to);
                between.contains(&self.vcpus) && Self { vcpus: before.vcpus, ..self } == before
            }
            Move::Memory { from, to } => {
                let between = from.min(to)..=from.max(to);
                between.contains(&self.memory) && Self { memory: before.memory, ..self } == before
            }
            // These come at once or not at all.
            Move::CpuLimit { from, to } => {
                let there = [from, to].contains(&self.cpulimit);
                there && Self { cpulimit: before.cpulimit, ..self } == before
            }
            Move::Balloon { from, to } => {
                let there = [from, Some(to)].contains(&self.target());
                there && Self { balloon: before.balloon, ..self } == before
            }
        }
    }

    /// Whether all of it is there.
    fn has(self, step: Move) -> bool {
        match step {
            Move::Cpu { to, .. } => self.vcpus == to,
            Move::CpuLimit { to, .. } => self.cpulimit == to,
            Move::Memory { to, .. } => self.memory == to,
            Move::Balloon { to, .. } => self.target() == Some(to),
        }
    }

    /// What the balloon is to leave, where that is said.
    fn target(self) -> Option<BalloonMib> {
        self.balloon.and_then(|mib| mib.try_into().ok())
    }

    /// What the balloon leaves of its memory by the config.
    pub(crate) fn left(self) -> MemoryMib {
        left_of(self.memory, self.balloon)
    }

    /// Of that config; nothing where its vCPUs make no sense.
    pub(crate) fn of(config: &VmConfig) -> Option<Self> {
        Some(Self {
            vcpus: config.plugged_vcpus().ok()?,
            most: config.sockets.saturating_mul(config.cores),
            memory: config.memory,
            balloon: config.balloon,
            cpulimit: config.cpulimit,
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Last {
    ctime: u64,
    uptime: u64,
    /// When it came, by our own clock.
    at: Moment,
}

impl Evidence {
    /// We changed the VM: the next new sample mixes before and after.
    pub(crate) fn changed(&mut self) {
        self.across_change = true;
    }

    /// What of its size is ours: by the next comparison, or until then where it is not known
    /// whether it was done.
    pub(crate) fn expect(&mut self, step: Move, until: Moment) {
        self.across_change = true;
        self.ours = Some((step, until));
    }

    /// Compares the config's size with the one seen last.
    ///
    /// True when somebody else changed it: whatever is not ours, also meanwhile.
    pub(crate) fn resized(&mut self, now: Moment, size: Shape) -> bool {
        let before = self.size.replace(size);
        let same = before.is_none_or(|before| before == size);
        let ours = self.ours.take();
        let is_ours = ours.is_some_and(|(step, _)| size.is_from(before.unwrap_or(size), step));
        // What comes at once came before the sample that was told to be across it.
        let at_once = ours.is_some_and(|(_, until)| now >= until);
        // Not there yet, and it may still come.
        let waits = |(step, until): &(Move, Moment)| now < *until && !size.has(*step);
        self.ours = ours.filter(waits);
        self.across_change |= !(same || is_ours && at_once);
        !same && !is_ours
    }

    /// Takes a sample when it is news.
    pub(crate) fn admit(&mut self, now: Moment, sample: Option<Sample>) -> Result<Sample, Reason> {
        let Some(sample) = sample else {
            return Err(self.stale(now).unwrap_or(Reason::NoSample));
        };
        let last = self.last;
        if last.is_some_and(|last| last.ctime == sample.ctime) {
            return Err(self.stale(now).unwrap_or(Reason::Repeated));
        }
        self.last = Some(Last { ctime: sample.ctime, uptime: sample.uptime, at: now });
        if last.is_some_and(|last| sample.ctime < last.ctime) {
            return Err(Reason::SteppedBack);
        }
        // Nobody knows when within a gap it was measured.
        self.across_change |= last.is_some_and(|last| now.since(last.at) > STALE);
        // Another QEMU process: restarted, or migrated.
        self.across_change |= last.is_some_and(|last| sample.uptime < last.uptime);
        if std::mem::take(&mut self.across_change) {
            return Err(Reason::FirstAfterChange);
        }
        let zero = |figure: Option<f64>| figure.is_some_and(|figure| figure <= 0.0);
        if zero(sample.cores_used) || zero(sample.memory_used) {
            return Err(Reason::ZeroFilled);
        }
        Ok(sample)
    }

    /// Since when its QEMU runs, in seconds since 1970 by the node's clock.
    pub(crate) fn qemu_since(&self) -> Option<u64> {
        self.last.map(|last| last.ctime.saturating_sub(last.uptime))
    }

    /// When the last new sample was measured, in seconds since 1970 by the node's clock.
    pub(crate) fn measured(&self) -> Option<u64> {
        self.last.map(|last| last.ctime)
    }

    /// How long ago the last new sample came.
    pub(crate) fn age(&self, now: Moment) -> Option<Duration> {
        self.last.map(|last| now.since(last.at))
    }

    /// How stale the last sample is, when it is.
    fn stale(&self, now: Moment) -> Option<Reason> {
        self.age(now).filter(|age| *age > STALE).map(Reason::Stale)
    }
}
