//! The figures that are promised, of whole processes on a cluster of 32 nodes and 5,000 VMs:
//! `cargo bench -p vm-autoscale-tests`. It fails only where it cannot measure.

#[path = "../../crates/planner/benches/plan/fleet.rs"]
mod fleet;

mod changes;
mod desk;
mod machine;
mod process;
mod refusals;
mod steady;
mod table;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fleet::{ADAPTIVE, Fleet};
use table::{Table, median};
use vm_autoscale_tests::stage::{Play, Stage};

const NODES: u32 = 32;
const VMS: u32 = 5000;
/// Seconds between two looks, and between two rounds of the lab's pvestatd: every look takes new
/// samples.
const INTERVAL: u64 = 3;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs it, too, and wants no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let mut table = Table::default();
    let mut out = io::stdout();
    planner(&mut table)?;
    desk::on_the_demo(&mut table)?;
    let load = machine::load();
    writeln!(out, "starting a lab of {NODES} nodes and {VMS} VMs, the helper and the scheduler")?;
    let mut stage = Stage::set(&play())?;
    desk::fill(&stage)?;
    steady::calm(&stage)?;
    stage.start_helper()?;
    stage.start_scheduler()?;
    let whole = |status: &vm_autoscale_scheduler::StatusReport| {
        let known =
            |vms: &[vm_autoscale_scheduler::VmStatus]| vms.iter().all(|vm| vm.vcpus.is_some());
        status.clusters.iter().any(|cluster| cluster.looks > 2 && known(&cluster.vms))
    };
    stage.until(Duration::from_secs(120), whole)?;
    steady::measure(&stage, &mut table)?;
    steady::memories(&stage, &mut table)?;
    desk::measure(&stage, &mut table)?;
    steady::after_the_desk(&stage, &mut table)?;
    steady::full(&stage, &mut table)?;
    changes::measure(&mut stage, &mut table)?;
    refusals::measure(&mut stage, &mut table)?;
    stage.strike()?;
    writeln!(out)?;
    machine::print(&mut out)?;
    writeln!(out, "load     {load} before, {} after\n", machine::load())?;
    table.print(&mut out)
}

fn play() -> Play {
    Play {
        vms: VMS,
        nodes: NODES,
        scenario: None,
        real: None,
        seed: 3,
        trace: None,
        interval: 3.0,
        qm_time: 0.05,
        speed: 1.0,
        config: format!("mode: observe\nselect: [100-9999]\nobserve_interval: {INTERVAL}\n"),
    }
}

/// The planner alone, while nothing is to be done.
fn planner(table: &mut Table) -> io::Result<()> {
    for vms in [VMS, 100_000] {
        let fleet = Fleet::new(vms).map_err(io::Error::other)?;
        let mut watch = fleet.watch(&ADAPTIVE, 0);
        let cycle = || {
            watch.advance();
            let begun = Instant::now();
            watch.plan();
            begun.elapsed()
        };
        let time = median(std::iter::repeat_with(cycle).take(50).collect());
        if watch.decided() != (usize::try_from(vms).unwrap_or(0), 0) {
            return Err(io::Error::other("the planner does something else than what is measured"));
        }
        let each = time.as_secs_f64() * 1e9 / f64::from(vms);
        table.promise(&format!("planner a VM, of {vms}"), 2000.0, "ns", each, "");
    }
    Ok(())
}
