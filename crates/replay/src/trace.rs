//! A recorded load in memory: every VM's use at every step.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::Error;
use crate::num::{floor, real, short, whole};
use crate::rows::{self, Row, each_row};

/// A figure is repeated for so long, in seconds, where the trace has a gap; after that the VM is
/// taken not to run.
const MAX_GAP: u32 = 1800;
/// So many steps of VMs are kept in memory at most: 4 bytes each, and as many with memory.
const MAX_CELLS: usize = 1 << 28;

/// A VM of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceVm {
    /// Its name there.
    pub name: String,
    /// vCPUs that its owner has.
    pub vcpus: f64,
    /// Memory that its owner has, in MiB; 0 where the trace does not say.
    pub memory: f64,
}

/// What all VMs used, step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// In seconds.
    pub step: u32,
    /// The VMs, by their names.
    pub vms: Vec<TraceVm>,
    cpu: Vec<f32>,
    memory: Option<Vec<f32>>,
}

/// A row as it is kept while the file is read.
struct Point {
    vm: usize,
    t: f64,
    cpu: f32,
    mem: f32,
}

#[derive(Default)]
struct Reading {
    index: HashMap<String, usize>,
    vms: Vec<TraceVm>,
    points: Vec<Point>,
    /// Every point of time, also those after the last day that is wanted: the step is by all.
    times: HashMap<u64, ()>,
    last_line: u64,
}

impl Trace {
    /// Reads a file; of its days only so many, where that is said.
    ///
    /// # Errors
    /// The file cannot be read or is no trace; the message tells the line.
    pub fn read(path: &Path, days: Option<f64>) -> Result<Self, Error> {
        let end = days.map_or(f64::INFINITY, |days| days * 86_400.0);
        let mut reading = Reading::default();
        each_row(path, |row| {
            reading.take(row, end);
            if reading.points.len() > MAX_CELLS { Err("too many rows".into()) } else { Ok(()) }
        })?;
        let line = reading.last_line.max(1);
        reading.finish().map_err(|what| rows::broken(path, line, what))
    }

    /// Of one VM, cores and MiB step by step: not a number where nothing is known.
    pub(crate) fn of_vm(vm: TraceVm, step: u32, loads: &[(f64, f64)]) -> Self {
        let cpu = loads.iter().map(|(cpu, _)| short(*cpu)).collect();
        let has_memory = loads.iter().any(|(_, memory)| !memory.is_nan());
        let memory = has_memory.then(|| loads.iter().map(|(_, mib)| short(*mib)).collect());
        Self { step, vms: vec![vm], cpu, memory }
    }

    /// How many steps it has.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.cpu.len().checked_div(self.vms.len()).unwrap_or_default()
    }

    /// Whether it has figures of memory.
    #[must_use]
    pub fn has_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// Cores that each VM used in a step; not a number where it did not run.
    pub(crate) fn cpu(&self, step: usize) -> &[f32] {
        slice(&self.cpu, step, self.vms.len())
    }

    /// MiB that each VM used in a step; nothing where the trace has no memory.
    pub(crate) fn memory(&self, step: usize) -> &[f32] {
        self.memory.as_deref().map_or(&[], |memory| slice(memory, step, self.vms.len()))
    }
}

fn slice(cells: &[f32], row: usize, width: usize) -> &[f32] {
    let start = row.saturating_mul(width);
    cells.get(start..start.saturating_add(width)).unwrap_or_default()
}

impl Reading {
    fn take(&mut self, row: &Row<'_>, end: f64) {
        self.times.insert(row.t.to_bits(), ());
        self.last_line = row.line;
        if row.t >= end {
            return;
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
    }

    fn finish(self) -> Result<Trace, String> {
        let step = self.step().ok_or("all rows are of one time, so that the step is not known")?;
        let row = |point: &Point| floor(point.t / f64::from(step));
        let rows = self.points.iter().map(row).max().ok_or("no rows")?.saturating_add(1);
        let width = self.vms.len();
        let cells = rows.checked_mul(width).filter(|cells| *cells <= MAX_CELLS);
        let cells = cells.ok_or("too many steps; times are counted from 0")?;
        let has_memory = self.points.iter().any(|point| !point.mem.is_nan());
        let mut order: Vec<(usize, TraceVm)> = self.vms.into_iter().enumerate().collect();
        order.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        let mut column = vec![0; width];
        for (to, (from, _)) in order.iter().enumerate() {
            if let Some(column) = column.get_mut(*from) {
                *column = to;
            }
        }
        let dense = |value: fn(&Point) -> f32| {
            let mut dense = vec![f32::NAN; cells];
            for point in &self.points {
                let column = column.get(point.vm).copied().unwrap_or_default();
                if let Some(cell) = dense.get_mut(row(point) * width + column) {
                    *cell = value(point);
                }
            }
            fill(&mut dense, width, (MAX_GAP / step).max(1));
            dense
        };
        let cpu = dense(|point| point.cpu);
        let memory = has_memory.then(|| dense(|point| point.mem));
        Ok(Trace { step, vms: order.into_iter().map(|(_, vm)| vm).collect(), cpu, memory })
    }

    /// The most frequent distance of two times, of equally frequent ones the smallest, in whole
    /// seconds.
    fn step(&self) -> Option<u32> {
        let mut times: Vec<f64> = self.times.keys().copied().map(f64::from_bits).collect();
        times.sort_by(f64::total_cmp);
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for (before, after) in times.iter().zip(times.iter().skip(1)) {
            // The bits of positive numbers are in the numbers' order.
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

impl Trace {
    /// How long it is, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        real(self.steps()) * f64::from(self.step)
    }
}
