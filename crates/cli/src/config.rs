//! `vm-autoscale config`: what holds and which line says so, and what a restart would change.

mod diff;
mod show;

use vm_autoscale_config::{Answer, Roster, SchedulerConfig, VmFacts};
use vm_autoscale_scheduler::{ClusterStatus, VmStatus};

use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) use diff::diff;
pub(crate) use show::{Show, show};

/// A line of a table: key, value, and where that is said.
type Row = [String; 3];

/// The columns below each other, the last one as long as it is.
fn columns(rows: &[Row], into: &mut String) {
    let wide = |at: usize| {
        let lengths = rows.iter().filter_map(|row| row.get(at)).map(|text| text.chars().count());
        lengths.max().unwrap_or(0).min(48)
    };
    let (first, second) = (wide(0), wide(1));
    for [key, value, from] in rows {
        let line = format!("  {key:<first$}  {value:<second$}  {from}");
        into.push_str(line.trim_end());
        into.push('\n');
    }
}

/// The file as a cluster has it that a daemon tells of.
fn roster(config: &Arc<SchedulerConfig>, cluster: &ClusterStatus) -> Roster {
    let nodes: BTreeSet<_> = cluster.nodes.iter().map(|node| node.name.clone()).collect();
    Roster::new(config.clone(), &cluster.name, &nodes)
}

/// What a roster says of a VM that a daemon tells of.
fn answer(roster: &Roster, cluster: &ClusterStatus, vm: &VmStatus) -> Answer {
    roster.answer(&VmFacts {
        cluster: &cluster.name,
        vmid: vm.vmid,
        node: &vm.node,
        described: vm.tags.as_deref().map(|tags| (vm.name.as_deref(), tags)),
        pool: vm.pool.as_ref().map(|pool| pool.as_deref()),
    })
}
