//! The daemon that measures every guest once a round and gives `.rrd` its lines.

use crate::load::noise;
use crate::node::Node;
use crate::pmxcfs;
use crate::vm::{Sample, Vm};

/// pmxcfs drops lines that are older.
const EXPIRY_S: f64 = 300.0;

/// What it did last, and what it is told to do next.
#[derive(Debug, Default)]
pub(crate) struct Pvestatd {
    /// It does not run: values and times stay as they are.
    pub(crate) stopped: bool,
    /// The next round measures no CPU (0, as the first after a restart) or no memory either.
    pub(crate) zero: Option<Zero>,
    rounds: u64,
    /// The last round's end and lines.
    last: Option<(f64, String)>,
}

/// How empty a round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zero {
    /// CPU is 0.
    Cpu,
    /// CPU and memory are 0.
    All,
}

impl Node {
    /// One round at `now`, in seconds since the lab's start.
    pub(crate) fn round(&mut self, now: f64) {
        if self.pvestatd.stopped {
            return;
        }
        let last = self.pvestatd.last.as_ref().map_or(now - self.interval, |(at, _)| *at);
        let window = (self.load_time(last.max(0.0)), self.load_time(now));
        let round = self.pvestatd.rounds;
        let zero = self.pvestatd.zero.take();
        for vm in self.vms.values_mut() {
            let factor = noise(self.seed, vm.vmid.get(), round);
            vm.sample = vm.measure(now, window, factor);
            if let Some(qemu) = &mut vm.qemu {
                qemu.fresh = false;
            }
        }
        self.share_host();
        if let Some(zero) = zero {
            self.vms.values_mut().for_each(|vm| empty(&mut vm.sample, zero));
        }
        let text = pmxcfs::rrd(self, self.clock(now));
        self.pvestatd.rounds += 1;
        self.pvestatd.last = Some((now, text));
    }

    /// `.rrd` as it is at `now`.
    pub(crate) fn rrd(&self, now: f64) -> &str {
        match &self.pvestatd.last {
            Some((at, text)) if now - at <= EXPIRY_S => text,
            _ => "",
        }
    }

    /// Where all want more than the host has, all get the same share of it.
    fn share_host(&mut self) {
        let all: f64 = self.vms.values().map(|vm| vm.sample.cores).sum();
        if all <= self.host_cpus {
            return;
        }
        let share = self.host_cpus / all;
        for Vm { sample, .. } in self.vms.values_mut().filter(|vm| vm.sample.running) {
            sample.cores *= share;
            sample.waiting = sample.waiting.max(100.0 * (1.0 - share));
        }
    }
}

fn empty(sample: &mut Sample, zero: Zero) {
    sample.cores = 0.0;
    if zero == Zero::All {
        sample.mem = 0;
    }
}
