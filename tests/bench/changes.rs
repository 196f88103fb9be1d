//! Cycles in which VMs are saturated and changed.

use std::io;
use std::time::Duration;

use vm_autoscale_lab::Control;
use vm_autoscale_proxmox::VmId;
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::reaction::saturate;
use vm_autoscale_tests::stage::Stage;

use crate::table::{Table, median};

/// VMs that are saturated one after the other.
const ALONE: u32 = 5;
/// VMs that are saturated at once, each on another node.
const TOGETHER: u32 = 12;
/// Seconds; nothing acts for so long after a start.
const COOLDOWN: u64 = 8;

/// Marks that nothing reaches but in the VMs that are named; every cycle is a check.
pub(crate) fn config() -> String {
    let each = |vm| {
        format!(
            "- {{vm_id: {vm}, ram_scaling: false, thresholds: {{cpu: {{high: 97, low: 0}}}}}}\n"
        )
    };
    let all: String = (101..101 + ALONE + TOGETHER).map(each).collect();
    format!(
        "mode: up-only\nselect: [100-9999]\nobserve_interval: 1\ncheck_interval: 1\n\
         scale_cooldown: {COOLDOWN}\nscaling_limits: {{max_cores: 64, max_ram_mb: 131072}}\n\
         scaling_thresholds: {{cpu: {{high: 100, low: 0}}, ram: {{high: 100, low: 0}}}}\n\
         host_limits: {{max_host_cpu_percent: 100, max_host_ram_percent: 100}}\n\
         virtual_machines:\n{all}"
    )
}

/// Begins anew with that config, saturates VMs and counts what their changes cost.
///
/// # Errors
/// A program does not do its part.
pub(crate) fn measure(stage: &mut Stage, table: &mut Table) -> io::Result<()> {
    if let Some(scheduler) = &mut stage.scheduler {
        scheduler.stop()?;
    }
    stage.write_config_yaml(&config())?;
    // Whatever the loads are, they are not what is measured here.
    for vm in 101..101 + ALONE + TOGETHER {
        load(stage, vm, 0.2)?;
    }
    stage.start_scheduler()?;
    let seconds = Duration::from_secs;
    stage.until(seconds(60), |status| status.clusters.iter().any(|cluster| cluster.looks > 3))?;
    pause(seconds(COOLDOWN + 2));
    let (mut waits, mut passed) = (Vec::new(), 0);
    for vm in 101..101 + ALONE {
        let reaction = saturate(stage, vmid(vm)?)?;
        load(stage, vm, 0.2)?;
        waits.push(reaction.wait);
        passed = passed.max(reaction.looks_passed);
    }
    let wait = median(waits).as_secs_f64() * 1000.0;
    let passed = u32::try_from(passed).map_err(io::Error::other)?;
    let note = format!(" ({wait:.0} ms from the start of the look)");
    table.promise(
        "looks that a saturated sample waits for its request",
        0.0,
        "",
        passed.into(),
        &note,
    );
    let (commands, changes) = together(stage)?;
    table.promise(
        "remote commands an applied change",
        4.0,
        "",
        commands,
        &format!(" ({changes} changes)"),
    );
    Ok(())
}

/// Saturates several VMs at once; commands a change beyond those of the looks, and the changes.
fn together(stage: &Stage) -> io::Result<(f64, u32)> {
    quiet(stage)?;
    let before = stage.node_stats()?;
    for vm in 101 + ALONE..101 + ALONE + TOGETHER {
        load(stage, vm, 64.0)?;
    }
    pause(Duration::from_secs(COOLDOWN / 2));
    for vm in 101 + ALONE..101 + ALONE + TOGETHER {
        load(stage, vm, 0.2)?;
    }
    quiet(stage)?;
    let after = stage.node_stats()?;
    let count = |stats: &vm_autoscale_lab::Stats| {
        let looks = stats.commands.get("ReadCluster").copied().unwrap_or(0);
        (stats.execs - looks, stats.changes_zero)
    };
    let ((commands, changes), (old_commands, old_changes)) = (count(&after), count(&before));
    let (commands, changes) = (commands - old_commands, changes - old_changes);
    let number = |count| u32::try_from(count).map_err(io::Error::other);
    Ok((f64::from(number(commands)?) / f64::from(number(changes)?), number(changes)?))
}

/// Waits until all that was asked for has ended, and was read anew by a later look.
fn quiet(stage: &Stage) -> io::Result<()> {
    let (time, mut last) = (Duration::from_secs(3), None);
    for _ in 0..20 {
        let status = stage.until(time * 5, |status| {
            status.counts.asked == status.counts.verified + status.counts.failed
        })?;
        if last.replace(status.counts) == Some(status.counts) {
            return Ok(());
        }
        pause(time);
    }
    Err(io::Error::other(format!("changes do not end\n{}", stage.last_words())))
}

fn vmid(number: u32) -> io::Result<VmId> {
    VmId::try_from(number).map_err(io::Error::other)
}

fn load(stage: &Stage, vm: u32, cores: f64) -> io::Result<()> {
    stage.control(Control::Load { vmid: vmid(vm)?, cores, mib: 200.0 })
}
