//! The same as a policy of the simulator: one JSON object a line, in both directions.

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::num::whole;
use crate::{Ask, Driver, Error, Fleet, Host, Owned, Policy, Rules, Seen};

/// No line of the simulator is so long: 64 MiB are a million VMs.
const MAX_LINE: u64 = 64 * 1024 * 1024;
/// Samples that are further apart are not believed by the planner, so that it would do nothing.
const MAX_TICK: f64 = 30.0;

#[derive(Deserialize)]
struct Init {
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

#[derive(Deserialize)]
struct Observed {
    #[serde(rename = "type")]
    kind: String,
    t_s: f64,
    active: Vec<u8>,
    cpu_used: Vec<f64>,
    cpu_alloc: Vec<f64>,
    cpu_busy: Vec<u8>,
    mem_used_mb: Option<Vec<f64>>,
    mem_alloc_mb: Option<Vec<f64>>,
    mem_busy: Vec<u8>,
}

#[derive(Serialize)]
struct Ready {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Act {
    #[serde(rename = "type")]
    kind: &'static str,
    cpu: BTreeMap<usize, u32>,
    mem_mb: BTreeMap<usize, u32>,
}

/// Answers until the other end closes.
///
/// # Errors
/// What comes is not what the simulator says, with the line; the stream breaks.
pub fn pipe(input: &mut dyn BufRead, output: &mut dyn Write, rules: &Rules) -> Result<(), Error> {
    let mut lines = Lines { input, line: 0, text: Vec::new() };
    let Some(init) = lines.next::<Init>()? else {
        return Err(lines.wrong("it ended before it began: nothing came"));
    };
    let fleet = fleet(&init).map_err(|what| lines.wrong(&what))?;
    let mut driver = Driver::new(&fleet, rules)?;
    say(output, &Ready { kind: "ready" })?;
    let (mut seen, mut asks, mut before) = (vec![Seen::default(); init.n], Vec::new(), 0.0);
    while let Some(observed) = lines.next::<Observed>()? {
        if observed.t_s <= before {
            return Err(lines.wrong("`t_s` does not rise"));
        }
        before = observed.t_s;
        look(&observed, &mut seen).map_err(|what| lines.wrong(&what))?;
        asks.clear();
        driver.step(observed.t_s, &seen, &mut asks);
        say(output, &answer(&asks))?;
    }
    Ok(())
}

struct Lines<'a> {
    input: &'a mut dyn BufRead,
    line: u64,
    text: Vec<u8>,
}

impl Lines<'_> {
    /// The next line; nothing where the stream ended.
    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        self.text.clear();
        self.line += 1;
        let mut bounded = (&mut *self.input).take(MAX_LINE);
        let count = bounded.read_until(b'\n', &mut self.text).map_err(Error::io("the pipe"))?;
        if count == 0 {
            return Ok(None);
        }
        if self.text.last() != Some(&b'\n') {
            let is_full = u64::try_from(count).unwrap_or(u64::MAX) >= MAX_LINE;
            let what = if is_full { "longer than 64 MiB" } else { "it ends within the line" };
            return Err(self.wrong(what));
        }
        serde_json::from_slice(&self.text).map(Some).map_err(|e| self.wrong(&e.to_string()))
    }

    fn wrong(&self, what: &str) -> Error {
        Error::Pipe { line: self.line, what: what.to_owned() }
    }
}

fn say(output: &mut dyn Write, value: &impl Serialize) -> Result<(), Error> {
    let mut text = serde_json::to_vec(value).map_err(|e| Error::io("the answer")(e.into()))?;
    text.push(b'\n');
    output.write_all(&text).and_then(|()| output.flush()).map_err(Error::io("the answer"))
}

fn answer(asks: &[Ask]) -> Act {
    let mut act = Act { kind: "act", cpu: BTreeMap::new(), mem_mb: BTreeMap::new() };
    for ask in asks {
        match *ask {
            Ask::Vcpus(at, vcpus) => act.cpu.insert(at, vcpus),
            Ask::Memory(at, mib) => act.mem_mb.insert(at, mib),
        };
    }
    act
}

/// A column with a value for every VM.
fn whole_column<'a, T>(name: &str, column: &'a [T], n: usize) -> Result<&'a [T], String> {
    let count = column.len();
    if count == n { Ok(column) } else { Err(format!("`{name}` has {count} values, not {n}")) }
}

fn fleet(init: &Init) -> Result<Fleet, String> {
    if init.kind != "init" {
        return Err(format!("`{}` where `init` should be", shown(&init.kind)));
    }
    if !(1.0..=MAX_TICK).contains(&init.dt_s) {
        let (dt, most) = (init.dt_s, MAX_TICK);
        return Err(format!(
            "a tick of {dt} s: 1 to {most} s (--dt 10), older samples are not believed"
        ));
    }
    let n = init.n;
    let (cpu_min, cpu_max) =
        (whole_column("cpu_min", &init.cpu_min, n)?, whole_column("cpu_max", &init.cpu_max, n)?);
    let (host, shares) =
        (whole_column("host", &init.host, n)?, whole_column("shares", &init.shares, n)?);
    let memory = |column: &Option<Vec<f64>>| match column {
        Some(column) => whole_column("mem_min_mb, mem_max_mb", column, n)
            .map(|column| column.iter().map(|mib| Some(whole(*mib))).collect()),
        None => Ok(vec![None; n]),
    };
    let (mem_min, mem_max) = (memory(&init.mem_min_mb)?, memory(&init.mem_max_mb)?);
    let vcpus = cpu_min.iter().zip(cpu_max).map(|(min, max)| (whole(*min), whole(*max)));
    let mib = mem_min.into_iter().zip(mem_max).map(|(min, max): (Option<u32>, _)| min.zip(max));
    let own = vcpus.zip(mib).zip(host.iter().zip(shares));
    let vms = own.map(|((vcpus, memory), (host, shares))| Owned {
        vcpus,
        memory,
        host: *host,
        shares: *shares,
    });
    Ok(Fleet { vms: vms.collect(), hosts: hosts(init)? })
}

fn hosts(init: &Init) -> Result<Vec<Host>, String> {
    let count = init.host.iter().map(|host| host.saturating_add(1)).max().unwrap_or_default();
    let of = |column: &Option<Vec<f64>>, at: usize| {
        column.as_ref().map(|column| column.get(at).copied())
    };
    let host = |at: usize| {
        let figure = |column| match of(column, at) {
            Some(None) => Err(format!("nothing of host {at} in `host_cpu` or `host_mem_mb`")),
            known => Ok(known.flatten()),
        };
        Ok(Host { cores: figure(&init.host_cpu)?, memory: figure(&init.host_mem_mb)? })
    };
    if count > init.n {
        return Err("`host` names more hosts than there are VMs".into());
    }
    (0..count).map(host).collect()
}

fn look(observed: &Observed, seen: &mut [Seen]) -> Result<(), String> {
    if observed.kind != "obs" {
        return Err(format!("`{}` where `obs` should be", shown(&observed.kind)));
    }
    let n = seen.len();
    let active = whole_column("active", &observed.active, n)?;
    let cpu_used = whole_column("cpu_used", &observed.cpu_used, n)?;
    let cpu_alloc = whole_column("cpu_alloc", &observed.cpu_alloc, n)?;
    let cpu_busy = whole_column("cpu_busy", &observed.cpu_busy, n)?;
    let mem_busy = whole_column("mem_busy", &observed.mem_busy, n)?;
    let cpu = active.iter().zip(cpu_used).zip(cpu_alloc).zip(cpu_busy.iter().zip(mem_busy));
    for (seen, (((active, used), alloc), (cpu_busy, mem_busy))) in seen.iter_mut().zip(cpu) {
        *seen = Seen {
            active: *active != 0,
            cpu_used: *used,
            vcpus: whole(*alloc),
            cpu_busy: *cpu_busy != 0,
            mem_busy: *mem_busy != 0,
            ..Seen::default()
        };
    }
    let Some((used, alloc)) = observed.mem_used_mb.as_ref().zip(observed.mem_alloc_mb.as_ref())
    else {
        return Ok(());
    };
    let (used, alloc) =
        (whole_column("mem_used_mb", used, n)?, whole_column("mem_alloc_mb", alloc, n)?);
    for (seen, (used, alloc)) in seen.iter_mut().zip(used.iter().zip(alloc)) {
        (seen.mem_used, seen.memory) = (*used, whole(*alloc));
    }
    Ok(())
}

/// The beginning of a word that may be long.
fn shown(text: &str) -> String {
    text.chars().take(20).collect()
}
