//! From rows to a trace.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Trace, TraceVm};
use crate::num::{floor, short, whole};
use crate::rows::Row;

/// A figure is repeated for so long, in seconds, where the trace has a gap; after that the VM is
/// taken not to run.
const MAX_GAP: u32 = 1800;
/// So many rows, and steps of VMs, are kept at most: 4 bytes each, and as many with memory.
const MAX_CELLS: usize = 1 << 27;

/// A row as it is kept while the file is read.
struct Point {
    vm: usize,
    t: f64,
    cpu: f32,
    mem: f32,
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Reading {
    /// In seconds: what comes later is not wanted.
    end: f64,
    index: HashMap<String, usize>,
    vms: Vec<TraceVm>,
    points: Vec<Point>,
    /// Every point of time, also those after the last day that is wanted: the step is by all. The
    /// bits of positive numbers are in the numbers' order.
    times: BTreeSet<u64>,
    pub(super) last_line: u64,
}

impl Reading {
    /// Of a trace whose first days are wanted, or all.
    pub(super) fn new(days: Option<f64>) -> Self {
        let end = days.map_or(f64::INFINITY, |days| days * 86_400.0);
        Self { end, last_line: 1, ..Self::default() }
    }

    pub(super) fn take(&mut self, row: &Row<'_>) -> Result<(), String> {
        self.times.insert(row.t.abs().to_bits());
        self.last_line = row.line;
        if row.t >= self.end {
            return Ok(());
        }
        if self.points.len() >= MAX_CELLS {
            return Err(format!("more than {MAX_CELLS} rows"));
        }
        let next = self.vms.len();
        let vm = self.index.get(row.vm).copied().unwrap_or(next);
        if vm == next {
            self.index.insert(row.vm.to_owned(), next);
            let name = row.vm.to_owned();
            self.vms.push(TraceVm { name, vcpus: row.vcpus, memory: 0.0 });
        }
        if let (Some(vm), Some(total)) = (self.vms.get_mut(vm), row.total)
            && vm.memory <= 0.0
        {
            vm.memory = total;
        }
        let mem = row.mem.map_or(f32::NAN, short);
        self.points.push(Point { vm, t: row.t, cpu: short(row.cpu), mem });
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Trace, String> {
        let step = self.step().ok_or("all rows are of one time, so that the step is not known")?;
        let row = |point: &Point| floor(point.t / f64::from(step));
        let rows = self.points.iter().map(row).max().ok_or("no rows")?.saturating_add(1);
        let width = self.vms.len();
        let cells = rows.checked_mul(width).filter(|cells| *cells <= MAX_CELLS);
        let cells = cells.ok_or("too many steps; times are counted from 0")?;
        let columns = self.sort();
        let dense = |value: fn(&Point) -> f32| {
            let mut dense = vec![f32::NAN; cells];
            for point in &self.points {
                let column = columns.get(point.vm).copied().unwrap_or_default();
                if let Some(cell) = dense.get_mut(row(point) * width + column) {
                    *cell = value(point);
                }
            }
            fill(&mut dense, width, (MAX_GAP / step).max(1));
            dense
        };
        let has_memory = self.points.iter().any(|point| !point.mem.is_nan());
        let cpu = dense(|point| point.cpu);
        let memory = has_memory.then(|| dense(|point| point.mem));
        Ok(Trace { step, vms: self.vms, cpu, memory })
    }

    /// Puts the VMs in the order of their names; at each one's old place, its new one.
    fn sort(&mut self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.vms.len()).collect();
        let name = |at: &usize| self.vms.get(*at).map(|vm| vm.name.as_str());
        order.sort_by(|a, b| name(a).cmp(&name(b)));
        self.vms.sort_by(|a, b| a.name.cmp(&b.name));
        let mut columns = vec![0; order.len()];
        for (to, from) in order.into_iter().enumerate() {
            if let Some(column) = columns.get_mut(from) {
                *column = to;
            }
        }
        columns
    }

    /// The most frequent distance of two times, of equally frequent ones the smallest, in whole
    /// seconds.
    fn step(&self) -> Option<u32> {
        let times: Vec<f64> = self.times.iter().copied().map(f64::from_bits).collect();
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for (before, after) in times.iter().zip(times.iter().skip(1)) {
            *counts.entry((after - before).to_bits()).or_default() += 1;
        }
        let most = counts.values().copied().max()?;
        let (distance, _) = counts.into_iter().find(|(_, count)| *count == most)?;
        Some(whole(f64::from_bits(distance).floor())).filter(|step| *step > 0)
    }
}

/// Repeats figures in gaps, so many times.
fn fill(cells: &mut [f32], width: usize, limit: u32) {
    let mut last: Vec<(f32, u32)> = vec![(f32::NAN, 0); width];
    for row in cells.chunks_exact_mut(width.max(1)) {
        for (cell, (value, left)) in row.iter_mut().zip(&mut last) {
            if !cell.is_nan() {
                (*value, *left) = (*cell, limit);
            } else if *left > 0 {
                *left -= 1;
                *cell = *value;
            }
        }
    }
}
