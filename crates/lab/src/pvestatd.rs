//! The daemon of each node that measures its guests once a round and gives `.rrd` its lines.

use vm_autoscale_proxmox::{NodeName, VmId};

use crate::cluster::Cluster;
use crate::load::noise;
use crate::num::whole32;
use crate::pmxcfs::{self, Key};
use crate::vm::{OVERHEAD, Sample, Vm};

/// pmxcfs drops a line that is older than this.
const EXPIRY_S: f64 = 300.0;

/// What it did last, and what it is told to do next.
#[derive(Debug, Default)]
pub(crate) struct Pvestatd {
    /// It does not run: values and times stay as they are.
    pub(crate) stopped: bool,
    /// The next round measures no CPU (0, as the first after a restart) or no memory either.
    pub(crate) zero: Option<Zero>,
    rounds: u64,
    /// The last round's end.
    last: Option<f64>,
}

/// How empty a round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zero {
    /// CPU is 0.
    Cpu,
    /// CPU and memory are 0.
    All,
}

impl Cluster {
    /// One round of every node's at `now`, in seconds since the lab's start.
    pub(crate) fn round(&mut self, now: f64) {
        let names: Vec<NodeName> = self.nodes.keys().cloned().collect();
        let measured: Vec<_> =
            names.iter().filter_map(|name| self.begin_round(name, now)).collect();
        for vm in self.vms.values_mut() {
            let Some(round) = measured.iter().find(|round| round.node == vm.node) else { continue };
            let factor = noise(self.seed, vm.vmid.get(), round.number);
            vm.depart(now, round.window.1);
            vm.swap(round.window.1);
            vm.sample = if self.real && vm.real.is_none() {
                vm.at_rest(round.host_cpus)
            } else {
                vm.measure(now, round.window, factor, round.host_cpus)
            };
            if let Some(qemu) = &mut vm.qemu {
                qemu.fresh = false;
            }
        }
        for round in measured {
            self.end_round(&round, now);
        }
        self.rrd.retain(|_, (at, _)| now - *at <= EXPIRY_S);
    }

    /// Nothing where pvestatd does not run.
    fn begin_round(&mut self, name: &NodeName, now: f64) -> Option<Round> {
        let (interval, speed) = (self.interval, self.speed);
        let node = self.nodes.get_mut(name).filter(|node| node.up && !node.pvestatd.stopped)?;
        let pvestatd = &mut node.pvestatd;
        let last = pvestatd.last.replace(now).unwrap_or(now - interval);
        pvestatd.rounds += 1;
        Some(Round {
            node: name.clone(),
            number: pvestatd.rounds - 1,
            window: (last.max(0.0) * speed, now * speed),
            zero: pvestatd.zero.take(),
            host_cpus: whole32(node.host_cpus),
        })
    }

    fn end_round(&mut self, round: &Round, now: f64) {
        self.share_host(&round.node);
        if let Some(zero) = round.zero {
            let here = self.vms.values_mut().filter(|vm| vm.node == round.node);
            here.for_each(|vm| empty(&mut vm.sample, zero));
        }
        let Some(node) = self.nodes.get(&round.node) else { return };
        let ctime = self.clock(now).saturating_add_signed(node.trouble.clock_off.into());
        let lines = pmxcfs::rrd(self, &round.node, node, ctime);
        self.rrd.extend(lines.into_iter().map(|(key, line)| (key, (now, line))));
    }

    /// `.rrd` as it is at `now`: what was last told under every key, by whichever node.
    pub(crate) fn rrd(&self, now: f64) -> String {
        let fresh = self.rrd.values().filter(|(at, _)| now - at <= EXPIRY_S);
        fresh.map(|(_, line)| line.as_str()).collect()
    }

    /// Whether `.rrd` tells of that VM.
    pub(crate) fn is_measured(&self, vmid: VmId, now: f64) -> bool {
        self.rrd.get(&Key::Guest(vmid)).is_some_and(|(at, _)| now - at <= EXPIRY_S)
    }

    /// Where all want more than the host has, all get the same share of it.
    fn share_host(&mut self, name: &NodeName) {
        let Some(node) = self.nodes.get(name) else { return };
        let here = self.vms.values_mut().filter(|vm| vm.node == *name && vm.sample.running);
        let here: Vec<&mut Vm> = here.collect();
        let all: f64 = here.iter().map(|vm| vm.sample.cores).sum();
        if all <= node.host_cpus {
            return;
        }
        let share = node.host_cpus / all;
        for Vm { sample, .. } in here {
            sample.cores *= share;
            sample.waiting = sample.waiting.max(100.0 * (1.0 - share));
        }
    }
}

/// One node's round.
struct Round {
    node: NodeName,
    number: u64,
    /// Load time since the last one.
    window: (f64, f64),
    zero: Option<Zero>,
    host_cpus: u32,
}

fn empty(sample: &mut Sample, zero: Zero) {
    sample.cores = 0.0;
    if zero == Zero::All {
        sample.mem = 0;
        sample.memhost = OVERHEAD;
    }
}
