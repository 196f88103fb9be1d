//! Hosts that are smaller than their VMs.

use super::machine::Machine;
use crate::report::Tally;
use crate::{Fleet, Host};

/// The hosts with the places of their VMs.
#[derive(Debug)]
pub(super) struct Contention {
    hosts: Vec<(Host, Vec<usize>)>,
    /// Room for one host's division.
    claims: Vec<Claim>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) most: f64,
    pub(super) shares: f64,
    pub(super) has: f64,
}

impl Contention {
    pub(super) fn new(fleet: &Fleet) -> Self {
        let vms = |host: usize| {
            let here = fleet.vms.iter().enumerate().filter(move |(_, vm)| vm.host == host);
            here.map(|(at, _)| at).collect()
        };
        let hosts = fleet.hosts.iter().enumerate().map(|(at, host)| (*host, vms(at)));
        Self { hosts: hosts.collect(), claims: Vec::new() }
    }

    /// Refuses growth that a host has no memory for: what shrinks now makes room first, then who
    /// stands first in the fleet is heard first.
    pub(super) fn admit(&self, machines: &mut [Machine], tally: &mut Tally) {
        for (host, places) in &self.hosts {
            let Some(limit) = host.memory else { continue };
            let here = places.iter().filter_map(|at| machines.get(*at));
            let after = |vm: &Machine| vm.memory.min(vm.lands.unwrap_or(vm.memory));
            let mut total: f64 = here.map(|vm| f64::from(after(vm))).sum();
            for at in places {
                let Some(vm) = machines.get_mut(*at) else { continue };
                let Some(more) = vm.lands.and_then(|mib| mib.checked_sub(vm.memory)) else {
                    continue;
                };
                if total + f64::from(more) > limit + 1e-6 {
                    vm.lands = None;
                    tally.denied += 1;
                } else {
                    total += f64::from(more);
                }
            }
        }
    }

    /// Divides each host's cores among those who could use them, by their shares.
    pub(super) fn share(&mut self, machines: &mut [Machine]) {
        for (host, places) in &self.hosts {
            let Some(cores) = host.cores else { continue };
            let here = || places.iter().filter_map(|at| machines.get(*at));
            if here().map(Machine::could_use).sum::<f64>() <= cores {
                continue;
            }
            self.claims.clear();
            let claim =
                |vm: &Machine| Claim { most: vm.could_use(), shares: vm.shares(), has: 0.0 };
            self.claims.extend(here().map(claim));
            divide(cores, &mut self.claims);
            for (at, claim) in places.iter().zip(&self.claims) {
                if let Some(vm) = machines.get_mut(*at) {
                    vm.used = claim.has;
                }
            }
        }
    }
}

/// The smallest part, by its weight, is as large as can be: rounds of equal parts, until nothing
/// is left or all have enough. Each round satisfies at least one claim.
pub(super) fn divide(cores: f64, claims: &mut [Claim]) {
    let mut rest = cores;
    for _ in 0..=claims.len() {
        let is_open = |claim: &Claim| claim.most > claim.has + 1e-9;
        let open: f64 = claims.iter().filter(|claim| is_open(claim)).map(|c| c.shares).sum();
        if rest <= 1e-6 || open <= 0.0 {
            return;
        }
        let round = rest;
        for claim in claims.iter_mut().filter(|claim| is_open(claim)) {
            let more = (round * claim.shares / open).min(claim.most - claim.has);
            claim.has += more;
            rest -= more;
        }
    }
}
