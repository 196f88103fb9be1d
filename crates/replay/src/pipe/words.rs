//! What is said over the pipe, and what it means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::num::whole;
use crate::world::MAX_TICK;
use crate::{Ask, Fleet, Host, Owned, Seen};

/// The first line: the VMs and their hosts.
#[derive(Deserialize)]
pub(super) struct Init {
    #[serde(rename = "type")]
    kind: String,
    n: usize,
    dt_s: f64,
    cpu_min: Vec<f64>,
    cpu_max: Vec<f64>,
    mem_min_mb: Option<Vec<f64>>,
    mem_max_mb: Option<Vec<f64>>,
    host: Vec<usize>,
    host_cpu: Option<Vec<f64>>,
    host_mem_mb: Option<Vec<f64>>,
    shares: Vec<f64>,
}

/// Every other line: what is seen of them after a tick.
#[derive(Deserialize)]
pub(super) struct Observed {
    #[serde(rename = "type")]
    kind: String,
    /// Seconds since the start.
    pub(super) t_s: f64,
    active: Vec<u8>,
    cpu_used: Vec<f64>,
    cpu_alloc: Vec<f64>,
    cpu_busy: Vec<u8>,
    mem_used_mb: Option<Vec<f64>>,
    mem_alloc_mb: Option<Vec<f64>>,
    mem_busy: Vec<u8>,
}

/// The answer to the first line.
#[derive(Serialize)]
pub(super) struct Ready {
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Default for Ready {
    fn default() -> Self {
        Self { kind: "ready" }
    }
}

/// The answer to every other: sizes by the VMs' places.
#[derive(Serialize)]
pub(super) struct Act {
    #[serde(rename = "type")]
    kind: &'static str,
    cpu: BTreeMap<usize, u32>,
    mem_mb: BTreeMap<usize, u32>,
}

impl Act {
    pub(super) fn of(asks: &[Ask]) -> Self {
        let mut act = Self { kind: "act", cpu: BTreeMap::new(), mem_mb: BTreeMap::new() };
        for ask in asks {
            match *ask {
                Ask::Vcpus(at, vcpus) => act.cpu.insert(at, vcpus),
                Ask::Memory(at, mib) => act.mem_mb.insert(at, mib),
            };
        }
        act
    }
}

impl Init {
    pub(super) fn fleet(&self) -> Result<Fleet, String> {
        is_kind(&self.kind, "init")?;
        let (dt, most) = (self.dt_s, MAX_TICK);
        if !(1.0..=f64::from(most)).contains(&dt) {
            let why = "(--dt 10): older samples are not believed";
            return Err(format!("a tick of {dt} s, not 1 to {most} s {why}"));
        }
        let n = self.n;
        let vcpus = sizes(("cpu_min", &self.cpu_min), ("cpu_max", &self.cpu_max), n)?;
        let memory = match (&self.mem_min_mb, &self.mem_max_mb) {
            (Some(min), Some(max)) => Some(sizes(("mem_min_mb", min), ("mem_max_mb", max), n)?),
            _ => None,
        };
        let memory = |at: usize| memory.as_ref().and_then(|memory| memory.get(at).copied());
        let own = column("host", &self.host, n)?.iter().zip(column("shares", &self.shares, n)?);
        let own = vcpus.into_iter().zip(own).enumerate();
        let vms = own.map(|(at, (vcpus, (host, shares)))| Owned {
            vcpus,
            memory: memory(at),
            host: *host,
            shares: *shares,
        });
        Ok(Fleet { vms: vms.collect(), hosts: self.hosts()? })
    }

    fn hosts(&self) -> Result<Vec<Host>, String> {
        let count = self.host.iter().map(|host| host.saturating_add(1)).max().unwrap_or_default();
        if count > self.n {
            return Err("`host` names more hosts than there are VMs".into());
        }
        let all = |name, figures: &Option<Vec<f64>>| match figures {
            Some(figures) if figures.len() < count => {
                Err(format!("`{name}` has {} values, not {count}", figures.len()))
            }
            Some(figures) => Ok(figures.iter().copied().map(Some).collect()),
            None => Ok(vec![None; count]),
        };
        let (cores, memory): (Vec<_>, Vec<_>) =
            (all("host_cpu", &self.host_cpu)?, all("host_mem_mb", &self.host_mem_mb)?);
        let both = cores.into_iter().zip(memory).take(count);
        Ok(both.map(|(cores, memory)| Host { cores, memory }).collect())
    }
}

impl Observed {
    /// Into what is known of each VM.
    pub(super) fn show(&self, seen: &mut [Seen]) -> Result<(), String> {
        is_kind(&self.kind, "obs")?;
        let n = seen.len();
        let active = column("active", &self.active, n)?;
        let used = column("cpu_used", &self.cpu_used, n)?;
        let alloc = column("cpu_alloc", &self.cpu_alloc, n)?;
        let cpu_busy = column("cpu_busy", &self.cpu_busy, n)?;
        let mem_busy = column("mem_busy", &self.mem_busy, n)?;
        let cpu = active.iter().zip(used).zip(alloc).zip(cpu_busy.iter().zip(mem_busy));
        for (seen, (((active, used), alloc), (cpu_busy, mem_busy))) in seen.iter_mut().zip(cpu) {
            (seen.active, seen.cpu_used, seen.vcpus) = (*active != 0, *used, whole(*alloc));
            (seen.cpu_busy, seen.mem_busy) = (*cpu_busy != 0, *mem_busy != 0);
        }
        let (Some(used), Some(alloc)) = (&self.mem_used_mb, &self.mem_alloc_mb) else {
            return Ok(());
        };
        let used = column("mem_used_mb", used, n)?.iter();
        let memory = used.zip(column("mem_alloc_mb", alloc, n)?);
        for (seen, (used, alloc)) in seen.iter_mut().zip(memory) {
            (seen.mem_used, seen.memory) = (*used, whole(*alloc));
        }
        Ok(())
    }
}

fn is_kind(kind: &str, expected: &str) -> Result<(), String> {
    if kind == expected {
        return Ok(());
    }
    // It may be long.
    let shown: String = kind.chars().take(20).collect();
    Err(format!("`{shown}` where `{expected}` should be"))
}

/// A column has a value for every VM.
fn column<'a, T>(name: &str, column: &'a [T], n: usize) -> Result<&'a [T], String> {
    let count = column.len();
    if count == n { Ok(column) } else { Err(format!("`{name}` has {count} values, not {n}")) }
}

/// The least and the most of every VM.
fn sizes(min: (&str, &[f64]), max: (&str, &[f64]), n: usize) -> Result<Vec<(u32, u32)>, String> {
    let both = column(min.0, min.1, n)?.iter().zip(column(max.0, max.1, n)?);
    let sizes: Vec<(u32, u32)> = both.map(|(min, max)| (whole(*min), whole(*max))).collect();
    match sizes.iter().find(|(min, max)| *min == 0 || min > max) {
        Some((least, most)) => Err(format!("`{}` {least} and `{}` {most} of one VM", min.0, max.0)),
        None => Ok(sizes),
    }
}
