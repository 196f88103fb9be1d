//! Cycles in which nothing is to be changed.

use std::io;
use std::time::Duration;

use vm_autoscale_lab::{Control, Stats};
use vm_autoscale_protocol::Request;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};
use vm_autoscale_scheduler::{Helper as _, HelperClient, Purpose};
use vm_autoscale_tests::programs::Program;
use vm_autoscale_tests::reaction::look;
use vm_autoscale_tests::stage::Stage;

use crate::VMS;
use crate::process::{cpu_time, cycles};
use crate::table::{Table, median};

/// Cycles that are measured.
const CYCLES: usize = 20;

/// Gives every VM a load that it has room for: nothing is to be changed, and nobody to be asked.
///
/// # Errors
/// The lab does not do its part.
pub(crate) fn calm(stage: &Stage) -> io::Result<()> {
    each(stage, |vmid| Control::Load { vmid, cores: 0.5, mib: 600.0 })
}

fn each(stage: &Stage, control: fn(VmId) -> Control) -> io::Result<()> {
    let vmids = (101..101 + VMS).map(VmId::try_from);
    vmids.into_iter().try_for_each(|vmid| stage.control(control(vmid.map_err(io::Error::other)?)))
}

/// Looks on while nothing changes.
///
/// # Errors
/// A program does not do its part.
pub(crate) fn measure(stage: &Stage, table: &mut Table) -> io::Result<()> {
    let Cost { commands, logins, walls, cpu: [ours, theirs] } = cost(stage)?;
    table.promise("remote commands a cycle", 1.0, "", commands, "");
    table.promise("logins after the first", 0.0, "", logins, "");
    let longest = walls.iter().max().copied().map_or(0.0, ms);
    let note =
        format!(" (longest {longest:.0}; of them the lab's own work {:.0})", ms(own_work(stage)?));
    table.promise(
        "a cycle, start of the look to the published plan",
        250.0,
        "ms",
        ms(median(walls)),
        &note,
    );
    let note = format!(" (scheduler {ours:.0}, helper {theirs:.0})");
    table.promise("CPU of scheduler and helper a cycle", 100.0, "ms", ours + theirs, &note);
    Ok(())
}

/// The same while every VM looks full. It is of page cache, which only its guest can tell from need.
///
/// # Errors
/// A program does not do its part.
pub(crate) fn full(stage: &Stage, table: &mut Table) -> io::Result<()> {
    each(stage, |vmid| Control::PageCache { vmid, mib: 1e6 })?;
    let (scheduler, helper) = programs(stage)?;
    // Until it shows in the samples.
    cycles(&[scheduler, helper], 3)?;
    let Cost { commands, cpu: [ours, theirs], .. } = cost(stage)?;
    let what = format!("remote commands a cycle, all {VMS} VMs full of page cache");
    table.figure(&what, format!("{commands:.1} ({:.0} ms CPU)", ours + theirs));
    Ok(())
}

/// What a cycle takes.
struct Cost {
    commands: f64,
    /// In all cycles together.
    logins: f64,
    walls: Vec<Duration>,
    /// Of scheduler and helper, in milliseconds.
    cpu: [f64; 2],
}

fn cost(stage: &Stage) -> io::Result<Cost> {
    let (scheduler, helper) = programs(stage)?;
    // Ends in the quiet after a cycle.
    cycles(&[scheduler, helper], 1)?;
    let before = (stage.node_stats()?, cpu_time(scheduler)?, cpu_time(helper)?);
    let walls = cycles(&[scheduler, helper], CYCLES)?;
    let after = (stage.node_stats()?, cpu_time(scheduler)?, cpu_time(helper)?);
    let number = |count| u32::try_from(count).map(f64::from).map_err(io::Error::other);
    let looks = |stats: &Stats| stats.commands.get("ReadCluster").copied().unwrap_or(0);
    let seen = number(looks(&after.0) - looks(&before.0))?;
    let cpu = [after.1.saturating_sub(before.1), after.2.saturating_sub(before.2)];
    Ok(Cost {
        commands: number(after.0.execs - before.0.execs)? / seen,
        logins: number(after.0.logins - before.0.logins)?,
        walls,
        cpu: cpu.map(|time| ms(time) / seen),
    })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How long the lab works on one look before it has its answer: the median of five.
fn own_work(stage: &Stage) -> io::Result<Duration> {
    let entries = vm_autoscale_tests::reaction::history(stage, 0)?;
    let looks = entries.iter().rev().filter(|entry| entry.kind == "ReadCluster");
    let times = looks.take(CYCLES).map(|entry| Duration::from_secs_f64(entry.end - entry.start));
    Ok(median(times.collect()))
}

/// How much is read, and what it takes of memory, with a session to every node.
///
/// # Errors
/// A program does not do its part.
pub(crate) fn memories(stage: &Stage, table: &mut Table) -> io::Result<()> {
    let (scheduler, helper) = programs(stage)?;
    let nodes = stage.nodes();
    let names = nodes.iter().map(|(name, _)| NodeName::try_from(name.as_str()));
    let names: Vec<NodeName> = names.collect::<Result<_, _>>().map_err(io::Error::other)?;
    let mib = |key, program: &Program| program.memory(key).map(|kib| kib / 1024.0);
    let alone = mib("VmRSS", helper)?;
    connect(stage, &names)?;
    cycles(&[scheduler, helper], 3)?;
    let connected = stage.node_stats()?.logins_by_node.len();
    let (now, most) = (mib("VmRSS", scheduler)?, mib("VmHWM", scheduler)?);
    let note = format!(" at most ({now:.1} now)");
    table.promise(&format!("memory of the scheduler, {VMS} VMs"), 64.0, "MiB", most, &note);
    let (now, most) = (mib("VmRSS", helper)?, mib("VmHWM", helper)?);
    let note = format!(" at most ({now:.1} now, {alone:.1} with one)");
    let what = format!("memory of the helper, {connected} nodes connected");
    table.promise(&what, 16.0, "MiB", most, &note);
    let entry = names.first().ok_or(io::ErrorKind::NotFound)?;
    table.figure("bytes a look", look(stage, entry)?.len().to_string());
    Ok(())
}

/// What the scheduler took at most once a week of all VMs was asked for, too.
///
/// # Errors
/// A program does not do its part.
pub(crate) fn after_the_desk(stage: &Stage, table: &mut Table) -> io::Result<()> {
    let (scheduler, _) = programs(stage)?;
    let (now, most) = (scheduler.memory("VmRSS")? / 1024.0, scheduler.memory("VmHWM")? / 1024.0);
    let figure = format!("{most:.1} MiB at most ({now:.1} now)");
    table.figure("memory of the scheduler, reports over a week included", figure);
    Ok(())
}

/// Makes the helper connect to every node: each is asked for a config.
fn connect(stage: &Stage, nodes: &[NodeName]) -> io::Result<()> {
    let client = HelperClient::new(stage.path("helper.sock"));
    let cluster = ClusterName::try_from("lab").map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (vmid, node) in (101_u32..).zip(nodes) {
        let request = Request::ReadConfigs {
            cluster: cluster.clone(),
            node: node.clone(),
            owner: node.clone(),
            vmids: vec![VmId::try_from(vmid).map_err(io::Error::other)?],
        };
        runtime.block_on(client.read_configs(&request, Purpose::Look)).map_err(io::Error::other)?;
    }
    Ok(())
}

fn programs(stage: &Stage) -> io::Result<(&Program, &Program)> {
    stage
        .scheduler
        .as_ref()
        .zip(stage.helper.as_ref())
        .ok_or_else(|| io::ErrorKind::NotFound.into())
}
