//! All programs together on a simulated cluster, for a minute.

mod keep;
mod notices;
mod screen;
mod summary;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::programs::{directory, pause};
use crate::stage::{Play, Stage};
use clap::Parser;
pub use keep::TRY;
use notices::{Notices, Sight};
use screen::Screen;

/// Watch vm-autoscale grow and shrink VMs on a simulated Proxmox cluster, with a backup, a
/// migration, a guest that refuses and a node that dies. Nothing outside a temporary directory is
/// touched.
#[derive(Debug, Parser)]
#[command(name = "cargo demo --")]
struct Args {
    /// Drive the VMs by a recorded load, without anything else happening: CSV, plain or gzip, with the columns
    /// `vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb`.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// How long to watch, in seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=3600))]
    seconds: u64,
    /// How many VMs.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(12..=5000))]
    vms: u32,
    /// What the generated loads grow from.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Go on after that until Enter is pressed, so that every command can be tried on the cluster.
    #[arg(long)]
    keep: bool,
}

/// A day in a minute, and short waits: the settings of a real installation are in `etc/`.
const CONFIG: &str = "\
mode: full
select: [100-9999]
observe_interval: 1
check_interval: 1
scale_cooldown: 3
scale_down_after_cycles: 3
scaling_thresholds: {cpu: {high: 80, low: 35}, ram: {high: 85, low: 45}}
scaling_limits: {min_cores: 1, max_cores: 16, min_ram_mb: 1024, max_ram_mb: 32768}
memory_shrink: true
";

/// What else happens.
const SCENARIO: &str = include_str!("demo/scenario.yaml");

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    match play(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Where standard error is gone, the exit code still says it.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn play(args: &Args) -> io::Result<bool> {
    say("building the programs …")?;
    directory()?;
    say("starting lab, helper and scheduler …")?;
    let mut stage = set(args)?;
    let seen = watch(&mut stage, Duration::from_secs(args.seconds))?;
    if args.keep {
        say(&keep::commands(&stage)?)?;
        keep::until_enter()?;
    }
    // The scenario's last events come late in the minute.
    let whole = args.trace.is_none() && args.seconds >= 60 && !args.keep;
    let status = stage.status().ok_or_else(|| io::Error::other(stage.last_words()))?;
    // The scheduler ends first, so that the counts are those of a whole run.
    if let Some(scheduler) = &mut stage.scheduler {
        scheduler.stop()?;
    }
    let stats = stage.node_stats()?;
    stage.strike()?;
    let (text, good) = summary::of(&status, &stats, whole.then_some(&seen));
    say(&format!("\n{text}"))?;
    Ok(good)
}

/// The demo's cluster as it is without any option, with helper and scheduler at work.
///
/// # Errors
/// A program does not start.
pub fn usual() -> io::Result<Stage> {
    set(&Args::parse_from(["demo"]))
}

/// Starts everything.
fn set(args: &Args) -> io::Result<Stage> {
    let play = Play {
        vms: args.vms,
        nodes: 3,
        real: None,
        scenario: args.trace.is_none().then(|| SCENARIO.to_owned()),
        seed: args.seed,
        trace: args.trace.clone(),
        interval: 1.0,
        qm_time: 0.2,
        speed: 1440.0,
        config: CONFIG.to_owned(),
    };
    let mut stage = Stage::set(&play)?;
    stage.start_helper()?;
    stage.start_scheduler()?;
    Ok(stage)
}

/// Shows what happens for that long.
fn watch(stage: &mut Stage, time: Duration) -> io::Result<BTreeSet<Sight>> {
    let (mut screen, mut notices) = (Screen::new(), Notices::default());
    let begun = Instant::now();
    while begun.elapsed() < time {
        if let Some(status) = stage.status() {
            screen.show(&status, &notices.look(&status), begun.elapsed(), time)?;
        }
        if !stage.all_run() {
            return Err(io::Error::other(format!(
                "a program ended early:\n{}",
                stage.last_words()
            )));
        }
        pause(Duration::from_millis(500));
    }
    Ok(notices.seen)
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}
