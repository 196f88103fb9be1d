//! What is counted from the start on.

use std::collections::BTreeMap;
use std::time::Instant;

use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::ClusterName;

use crate::journal::Decided;

/// Seconds that a cycle took at most, one a bucket; the last of all has no end. A look is to take
/// well below a second, is overdue at 8, and ends at 45.
pub(super) const BUCKETS: [f64; 11] =
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 8.0, 20.0, 45.0];

/// The outcome of what a mode, or `dry_run`, forbids.
pub(super) const RECOMMENDED: &str = "recommended";

/// Bounded: words for reasons and outcomes are ours, and few.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(super) cycles: BTreeMap<ClusterName, Cycles>,
    pub(super) actions: BTreeMap<Action, u64>,
    pub(super) decisions: BTreeMap<Decision, u64>,
}

/// How long cycles took.
#[derive(Debug, Clone, Default)]
pub(super) struct Cycles {
    /// In each bucket, and in the one without an end.
    pub(super) counts: [u64; BUCKETS.len() + 1],
    pub(super) seconds: f64,
    /// When the last one ended.
    pub(super) ended: Option<Instant>,
}

/// Something that was done, or would have been.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Action {
    pub(super) cluster: ClusterName,
    pub(super) resource: Resource,
    pub(super) outcome: &'static str,
}

/// A decision that was another one than before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decision {
    pub(super) cluster: ClusterName,
    pub(super) resource: Resource,
    /// `hold`, `would` or `does`.
    pub(super) outcome: &'static str,
    pub(super) reason: String,
}

impl Tally {
    pub(crate) fn cycle(&mut self, cluster: &ClusterName, seconds: f64) {
        let cycles = self.cycles.entry(cluster.clone()).or_default();
        let bucket = BUCKETS.iter().position(|most| seconds <= *most).unwrap_or(BUCKETS.len());
        if let Some(count) = cycles.counts.get_mut(bucket) {
            *count += 1;
        }
        cycles.seconds += seconds;
        cycles.ended = Some(Instant::now());
    }

    /// A change has ended.
    pub(crate) fn acted(
        &mut self,
        cluster: &ClusterName,
        resource: Resource,
        outcome: &'static str,
    ) {
        let action = Action { cluster: cluster.clone(), resource, outcome };
        *self.actions.entry(action).or_default() += 1;
    }

    pub(crate) fn decided(&mut self, cluster: &ClusterName, decided: &Decided) {
        let (outcome, reason) = match decided.kind.split_once(": ") {
            Some(("would", reason)) => ("would", reason),
            Some(("does", reason)) => ("does", reason),
            _ => ("hold", decided.kind.as_str()),
        };
        let (cluster, resource) = (cluster.clone(), decided.resource);
        if outcome == "would" {
            self.acted(&cluster, resource, RECOMMENDED);
        }
        let decision = Decision { cluster, resource, outcome, reason: reason.to_owned() };
        *self.decisions.entry(decision).or_default() += 1;
    }
}

/// As a label has it.
pub(super) fn word(resource: Resource) -> &'static str {
    match resource {
        Resource::Cpu => "cpu",
        Resource::Memory => "memory",
    }
}
