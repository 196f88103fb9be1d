//! A week of a cluster in minutes: lab, workers and a helper's part in one process and in virtual
//! time, faults out of one seed, and every invariant judged all along.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;

use crate::invariants::Violation;

mod chaos;
mod clock;
mod fleet;
mod hand;
mod journal;
mod life;
mod machine;
mod run;
mod watch;

use machine::Machine;

/// For the journal, for its readers, and for one of each that a killed process left.
const THREADS: usize = 4;

/// Soak vm-autoscale on a simulated cluster, with faults at random, and judge what it did by every
/// invariant. Nothing outside this process is touched.
#[derive(Debug, Clone, Parser)]
#[command(name = "cargo soak --")]
pub struct Soak {
    /// How many simulated days.
    #[arg(long, default_value_t = 7.0)]
    pub days: f64,
    /// How many VMs.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..=20_000))]
    pub vms: u32,
    /// What everything that happens grows from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print every line about these VMs, what was wanted of them and why, and what befell our
    /// programs.
    #[arg(long, value_delimiter = ',')]
    pub trace: Vec<u32>,
}

/// What came of it so far.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Simulated days.
    pub days: f64,
    /// Lines that nodes executed.
    pub lines: u64,
    /// Of them, those that change a VM, by their kind.
    pub changes: BTreeMap<String, u64>,
    /// Changes that were found in effect.
    pub verified: u64,
    /// Of them, those of earlier processes.
    pub verified_before: u64,
    /// The most that the journal took on its disk, in KiB.
    pub journal: u64,
    /// What befell the cluster and us.
    pub faults: u64,
    /// Orders of administrators that were begun.
    pub errands: Arc<AtomicU64>,
    /// Starts of the scheduler.
    pub starts: u64,
    /// What this process has of the machine.
    pub machine: Machine,
    /// The most that it had of it since it was warm.
    pub most: Machine,
    /// What it had when it was warm.
    pub warm: Option<Machine>,
    /// What was broken.
    pub broken: Vec<Violation>,
}

impl Soak {
    /// Runs it, and tells what came of it, now and then and at its end.
    ///
    /// # Errors
    /// The lab or the runtime cannot be made.
    pub fn run(&self, tell: impl FnMut(&Tally)) -> io::Result<Tally> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            // The next job may come before the thread of the last one is free, and in this time none
            // is ever idle for long enough to end: there would be more and more.
            .max_blocking_threads(THREADS)
            .build()?;
        runtime.block_on(run::run(self, tell))
    }
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    let soak = Soak::parse();
    let (begun, mut told) = (Instant::now(), Instant::now());
    let ended = soak.run(|tally| {
        if told.elapsed().as_secs() >= 10 {
            told = Instant::now();
            say(&line(tally, begun));
        }
    });
    match ended {
        Ok(tally) => soak.verdict(&tally, begun),
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

impl Soak {
    fn verdict(&self, tally: &Tally, begun: Instant) -> ExitCode {
        say(&line(tally, begun));
        let broken = tally.broken.iter().map(ToString::to_string);
        let wrong: Vec<String> = broken.chain(tally.growth()).collect();
        if wrong.is_empty() {
            say("no invariant was broken, and nothing grew");
            return ExitCode::SUCCESS;
        }
        say(&wrong.join("\n"));
        let Self { days, vms, seed, .. } = self;
        say(&format!("again: cargo soak --days {days} --vms {vms} --seed {seed}"));
        ExitCode::FAILURE
    }
}

fn line(tally: &Tally, begun: Instant) -> String {
    let Tally { days, changes, verified, faults, starts, machine, lines, journal, .. } = tally;
    let a_minute = days / begun.elapsed().as_secs_f64() * 60.0;
    let kinds: Vec<String> =
        changes.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    format!(
        "day {days:.2}: {lines} lines, {}, {verified} verified, {faults} faults, {} orders, \
         {starts} starts, {machine}, journal {journal} KiB; {a_minute:.2} days a minute",
        kinds.join(", "),
        tally.errands.load(Ordering::Relaxed)
    )
}

pub(crate) fn say(text: &str) {
    // Where standard output is gone, the exit code still says it.
    let _ = writeln!(io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cargo soak` is the whole.
    #[test]
    fn a_quarter_of_a_day_breaks_no_invariant() {
        let soak = Soak { days: 0.25, vms: 50, seed: 2, trace: Vec::new() };
        let tally = soak.run(|_| {}).unwrap();
        let told: Vec<String> = tally.broken.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{soak:?}\n{}", told.join("\n"));
        // That something happened.
        assert!(tally.verified > 200 && tally.faults > 100 && tally.starts > 1, "{tally:?}");
        let levers = ["SetVcpus", "SetMemory", "SetCpuLimit", "SetBalloon", "Revert"];
        assert!(levers.iter().all(|kind| tally.changes.contains_key(*kind)), "{tally:?}");
        assert!(tally.errands.load(Ordering::Relaxed) > 3, "{tally:?}");
        assert!((tally.days - 0.25).abs() < 0.01, "{tally:?}");
    }
}
