//! What a journal has of a time, added up as it is read.

use std::collections::BTreeMap;

use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::{Block, Ended, Ledger, Stands, Used};

use super::before::{Before, Befores};
use super::series::{Grid, Series, Span, float};
use super::words::wants_more;

/// All of it, by clusters.
pub(crate) struct Gathered {
    grid: Grid,
    befores: Befores,
    /// Only these VMs, where some are named.
    wanted: Vec<VmId>,
    pub(crate) clusters: BTreeMap<ClusterName, BTreeMap<VmId, Raw>>,
    /// Rows that could not be believed.
    pub(crate) torn: usize,
}

/// What there is of one VM.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    /// Who had the number last; 0 where nobody said.
    pub(crate) who: u32,
    /// Whether somebody else had the number before; nothing of that is here.
    pub(crate) is_another: bool,
    /// When its first and last block ended, in seconds since 1970.
    pub(crate) seen: Option<(u64, u64)>,
    /// Seconds of its blocks.
    pub(crate) measured: u64,
    pub(crate) before: Before,
    pub(crate) cpu: Usage,
    pub(crate) memory: Usage,
    pub(crate) changes: Vec<Ended>,
    pub(crate) decisions: [Vec<Stands>; 2],
}

/// The use of one resource; cores or GiB, times seconds.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub(crate) measured: f64,
    pub(crate) allocated: f64,
    pub(crate) used: f64,
    pub(crate) given_back: f64,
    pub(crate) added: f64,
    /// Seconds in which it was short.
    pub(crate) short: f64,
    /// In the highest sample.
    pub(crate) most: f64,
    /// Allocated at the end.
    pub(crate) now: Option<f64>,
    pub(crate) series: Series,
}

impl Gathered {
    pub(crate) fn new(grid: Grid, befores: Befores, wanted: Vec<VmId>) -> Self {
        Self { grid, befores, wanted, clusters: BTreeMap::new(), torn: 0 }
    }

    fn raw(&mut self, cluster: &ClusterName, vmid: VmId) -> Option<&mut Raw> {
        if !self.wanted.is_empty() && !self.wanted.contains(&vmid) {
            return None;
        }
        if !self.clusters.contains_key(cluster) {
            self.clusters.insert(cluster.clone(), BTreeMap::new());
        }
        let before = || Raw { before: self.befores.of(cluster, vmid), ..Raw::default() };
        Some(self.clusters.get_mut(cluster)?.entry(vmid).or_insert_with(before))
    }
}

impl Ledger for Gathered {
    fn changed(&mut self, cluster: &ClusterName, change: Ended) {
        if let Some(raw) = self.raw(cluster, change.vmid) {
            raw.changes.push(change);
        }
    }

    fn decided(&mut self, cluster: &ClusterName, stands: Stands) {
        let since = self.grid.since;
        let Some(raw) = self.raw(cluster, stands.vmid) else { return };
        let decisions = raw.decisions_mut(stands.resource);
        // Of those before only the one that still stood at the begin.
        if stands.at <= since {
            decisions.clear();
        }
        decisions.push(stands);
    }

    fn used(&mut self, cluster: &ClusterName, block: &Block) {
        let grid = self.grid;
        if let Some(raw) = self.raw(cluster, block.used.vmid) {
            raw.add(grid, block);
        }
    }

    fn torn(&mut self) {
        self.torn += 1;
    }
}

impl Raw {
    /// What was decided on a resource; the first of them may be of before the time.
    pub(crate) fn decisions(&self, resource: Resource) -> &[Stands] {
        let [cpu, memory] = &self.decisions;
        match resource {
            Resource::Cpu => cpu,
            Resource::Memory => memory,
        }
    }

    fn decisions_mut(&mut self, resource: Resource) -> &mut Vec<Stands> {
        let [cpu, memory] = &mut self.decisions;
        match resource {
            Resource::Cpu => cpu,
            Resource::Memory => memory,
        }
    }

    fn add(&mut self, grid: Grid, block: &Block) {
        let (begin, end) = grid.clip((block.begin(), block.end));
        if begin >= end {
            return;
        }
        if block.used.who != 0 && self.who != block.used.who {
            if self.who != 0 {
                self.begin_anew();
            }
            self.who = block.used.who;
        }
        self.seen = Some((self.seen.map_or(block.end, |(first, _)| first), block.end));
        self.measured += end - begin;
        if let Some(used) = block.used.cpu {
            // One of its samples had nearly all of it in use.
            let short = f64::from(u8::from(used.saturated));
            let before = self.before.cores(end);
            self.cpu.add(grid, (begin, end), span(used, 1000.0, 1.0, short), before);
        }
        if let Some(used) = block.used.memory {
            let decisions = self.decisions(Resource::Memory);
            let short = stood(decisions, (begin, end), wants_more);
            let share = float(short) / float(end - begin);
            let before = self.before.gib(end);
            self.memory.add(grid, (begin, end), span(used, 1024.0, 1024.0, share), before);
        }
    }

    /// All so far was of another VM that had the number.
    fn begin_anew(&mut self) {
        let decisions = std::mem::take(&mut self.decisions);
        let changes = std::mem::take(&mut self.changes);
        *self = Self { decisions, changes, is_another: true, ..Self::default() };
    }
}

/// A block in cores or GiB: what is used and what is allocated are written in parts of them.
fn span(used: Used, parts: f64, plugged: f64, short: f64) -> Span {
    Span {
        used: f64::from(used.mean) / parts,
        most: f64::from(used.most) / parts,
        allocated: f64::from(used.plugged) / plugged,
        short,
    }
}

impl Usage {
    fn add(&mut self, grid: Grid, block: (u64, u64), span: Span, before: Option<f64>) {
        let seconds = float(block.1.saturating_sub(block.0));
        let less = before.map_or(0.0, |before| before - span.allocated);
        self.measured += seconds;
        self.allocated += seconds * span.allocated;
        self.used += seconds * span.used;
        self.given_back += seconds * less.max(0.0);
        self.added += seconds * (-less).max(0.0);
        self.short += seconds * span.short;
        self.most = self.most.max(span.most);
        self.now = Some(span.allocated);
        self.series.add(grid, block, span);
    }
}

/// The seconds of a time in which a decision stood of which `wanted` is true.
pub(crate) fn stood(
    decisions: &[Stands],
    (begin, end): (u64, u64),
    wanted: impl Fn(&str) -> bool,
) -> u64 {
    let first = decisions.partition_point(|stands| stands.at <= begin).saturating_sub(1);
    let later = decisions.iter().skip(first + 1).map(|stands| stands.at).chain([end]);
    let standing = decisions.iter().skip(first).zip(later);
    standing
        .take_while(|(stands, _)| stands.at < end)
        .filter(|(stands, _)| wanted(&stands.kind))
        .map(|(stands, upto)| upto.min(end).saturating_sub(stands.at.max(begin)))
        .sum()
}
