//! What happens, and when: all of it out of one seed.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use vm_autoscale_lab::{Control, Part};
use vm_autoscale_proxmox::{NodeName, VmId};
use vm_autoscale_scheduler::ErrandKind;

mod of_all;
mod of_one;

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Happening {
    /// To the lab.
    Control(Control),
    /// Somebody sets the wall clock.
    Wall(u64),
    /// The helper is started anew.
    Helper,
    /// The journal's disk is full, or not any more.
    Journal(bool),
    /// The scheduler is killed, and started again.
    Kill,
    /// The same, and its journal is lost.
    Lost,
    /// The scheduler is stopped and started as an upgrade does.
    Stop,
    /// It reads its configuration anew, which says something else.
    Reload,
    /// An administrator pauses so many VMs from that one on, for so many seconds.
    Pause(u32, u32, u64),
    /// And ends all pauses.
    Resume,
    /// He has a VM restored, or tried.
    Errand(VmId, ErrandKind),
}

/// Times are in milliseconds of the lab.
#[derive(Debug)]
pub(super) struct Chaos {
    rng: Rng,
    vms: u32,
    nodes: Vec<NodeName>,
    /// What is still to come, in its order.
    later: BTreeMap<(u64, u64), Happening>,
    number: u64,
    next: u64,
    /// Between two faults, in the mean.
    mean: f64,
}

impl Chaos {
    pub(super) fn new(seed: u64, vms: u32, nodes: Vec<NodeName>) -> Self {
        let (rng, later) = (Rng::with_seed(seed), BTreeMap::new());
        // Each of 2,000 VMs has something of its own about four times a day, and where there are
        // fewer, more often: a short run is to meet everything, too.
        let mean = 40_000_000.0 / f64::from(vms.max(2000));
        Self { rng, vms, nodes, later, number: 0, next: 60_000, mean }
    }

    /// When the next thing happens.
    pub(super) fn next(&self) -> Duration {
        let later = self.later.keys().next().map_or(u64::MAX, |(at, _)| *at);
        Duration::from_millis(self.next.min(later))
    }

    /// What happens now.
    pub(super) fn happen(&mut self) -> Vec<Happening> {
        let now = u64::try_from(self.next().as_millis()).unwrap_or(u64::MAX);
        if self.next <= now {
            let wait = -self.mean * (1.0 - self.rng.f64()).ln();
            let wait = Duration::try_from_secs_f64(wait / 1000.0).unwrap_or_default();
            self.next = now + u64::try_from(wait.as_millis()).unwrap_or(0) + 1;
            self.begin(now);
        }
        let mut due = Vec::new();
        while let Some(first) = self.later.first_entry() {
            if first.key().0 > now {
                break;
            }
            due.push(first.remove());
        }
        due
    }

    fn begin(&mut self, now: u64) {
        if self.rng.u32(0..100) < 10 { self.of_all(now) } else { self.of_one(now) }
    }

    fn at(&mut self, time: u64, happening: Happening) {
        self.number += 1;
        self.later.insert((time, self.number), happening);
    }

    /// One control now, and then those that undo it.
    fn and_back(&mut self, now: u64, control: Control, undo: impl IntoIterator<Item = Control>) {
        self.at(now, Happening::Control(control));
        let end = now + self.time(15_000, 3_600_000);
        for control in undo {
            self.at(end, Happening::Control(control));
        }
    }

    /// Short times are as likely as long ones.
    fn time(&mut self, least: u32, most: u32) -> u64 {
        let (low, high) = (f64::from(least).ln(), f64::from(most).ln());
        let seconds = (low + (high - low) * self.rng.f64()).exp() / 1000.0;
        let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        u64::try_from(time.as_millis()).unwrap_or(0)
    }

    fn seconds(&mut self, most: f64) -> f64 {
        most * self.rng.f64()
    }

    fn vm(&mut self) -> Option<VmId> {
        VmId::try_from(101 + self.rng.u32(0..self.vms.max(1))).ok()
    }

    fn node(&mut self) -> Option<NodeName> {
        self.rng.choice(&self.nodes).cloned()
    }

    fn part(&mut self) -> Part {
        let parts = [
            Part::KeepsCpus,
            Part::KeepsDimms,
            Part::IgnoresBalloon,
            Part::AgentSilent,
            Part::KernelZone,
            Part::OnlinesNothing,
            Part::PlugFails,
            Part::CpulimitFails,
        ];
        self.rng.choice(parts).unwrap_or(Part::KeepsCpus)
    }
}
