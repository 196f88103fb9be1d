//! A recorded load in memory: every VM's use at every step.

mod reading;

use std::path::Path;

use crate::Error;
use crate::num::{real, short};
use crate::rows::{broken, each_row};
use reading::Reading;

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

impl Trace {
    /// One that was not read, with a row of `cpu` and of `memory` for every step.
    #[cfg(test)]
    pub(crate) fn of(
        step: u32,
        vms: Vec<TraceVm>,
        cpu: Vec<f32>,
        memory: Option<Vec<f32>>,
    ) -> Self {
        Self { step, vms, cpu, memory }
    }

    /// Reads a file; of its days only so many, where that is said.
    ///
    /// # Errors
    /// The file cannot be read or is no trace; the message tells the line.
    pub fn read(path: &Path, days: Option<f64>) -> Result<Self, Error> {
        let mut reading = Reading::new(days);
        each_row(path, |row| reading.take(row))?;
        let line = reading.last_line;
        reading.finish().map_err(|what| broken(path, line, what))
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

    /// How long it is, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        real(self.steps()) * f64::from(self.step)
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

#[cfg(test)]
mod tests;
