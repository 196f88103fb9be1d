//! What an administrator waits for: each command as a process of its own, from its start to its end,
//! over a journal that has a week of every VM's use.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use vm_autoscale_config::JournalFile;
use vm_autoscale_lab::{Reply, Request};
use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::{ClusterName, Identity, VmConfig, VmId};
use vm_autoscale_scheduler::{
    BootClock, Journal as _, Notes, Samples, SqliteJournal, Used, VmNeeds, VmRecord, VmUse, who,
};
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::VMS;
use crate::table::{Table, median};

/// Of the daemon's own length.
const BLOCK: u32 = 300;
const BLOCKS: u32 = 7 * 24 * 3600 / BLOCK;
/// The middle one of so many counts.
const TIMES: usize = 5;
/// Milliseconds that are promised with so many VMs.
const WITH_ALL: f64 = 300.0;
/// And on the cluster of the demo.
const ON_THE_DEMO: f64 = 200.0;
/// Megabytes of the page.
const PAGE: f64 = 5.0;

/// Notes what every VM used in the week before, as a daemon of before would have: the next one
/// learns from it.
///
/// # Errors
/// The journal takes nothing, or the lab does not answer.
pub(crate) fn fill(stage: &Stage) -> io::Result<()> {
    let all = identities(stage)?;
    let file = JournalFile { path: stage.journal(), ..JournalFile::default() };
    let journal = SqliteJournal::new(&file, &BootClock::default());
    let cluster = ClusterName::try_from("lab").map_err(io::Error::other)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
    let begun = now.saturating_sub(u64::from(BLOCKS * BLOCK));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        journal.recall(&cluster).await.map_err(io::Error::other)?;
        for block in 1..=BLOCKS {
            let vms: Vec<_> = (0..).zip(&all).map(|(at, vm)| used(at, vm, block)).collect();
            let moment = Moment(Duration::from_secs((block * BLOCK).into()));
            let wall = begun + u64::from(block * BLOCK);
            let samples = vec![Samples::with_needs(moment, wall, BLOCK, &vms).into()];
            let (cluster, now) = (cluster.clone(), moment);
            let record = |(vmid, identity): &(VmId, Option<Identity>)| {
                let record = VmRecord { identity: identity.clone(), ..VmRecord::default() };
                (*vmid, Some(record.into()))
            };
            let vms = if block == BLOCKS { all.iter().map(record).collect() } else { vec![] };
            let (decisions, ended) = (vec![], vec![]);
            let notes = Notes { cluster, now, decisions, vms, ended, picture: None, samples };
            journal.keep(notes).await.map_err(io::Error::other)?;
        }
        journal.end().await;
        Ok(())
    })
}

/// The VMs of the lab and who they are, in the order of their numbers.
fn identities(stage: &Stage) -> io::Result<Vec<(VmId, Option<Identity>)>> {
    let Reply::Vms(vms) = stage.ask_lab(&Request::Vms)? else {
        return Err(io::Error::other("the lab does not say what it has"));
    };
    let identity = |conf: &str| VmConfig::parse(conf).ok().and_then(|config| config.identity);
    let all = vms.iter().map(|vm| (vm.vmid, identity(&vm.conf)));
    let all: BTreeMap<_, _> = all.collect();
    Ok(all.into_iter().collect())
}

/// A day's rise and fall, each VM at another hour.
fn used(at: u32, (vmid, identity): &(VmId, Option<Identity>), block: u32) -> (VmUse, VmNeeds) {
    let share = (at * 37 + block * 11) % 1000;
    let used = |plugged: u32, whole: u32| {
        let mean = whole * share / 1000;
        let most = (mean + whole / 10).min(whole);
        Used { samples: 30, mean, most, plugged, saturated: share > 950 }
    };
    let (cpu, memory) = (used(4, 4000), used(4096, 4096));
    let needs = VmNeeds { cpu: Some((cpu.most, 40)), memory: Some(memory.most) };
    let who = who(identity.as_ref());
    (VmUse { vmid: *vmid, who, cpu: Some(cpu), memory: Some(memory) }, needs)
}

/// Asks the daemon all of it.
///
/// # Errors
/// A command does not do its part.
pub(crate) fn measure(stage: &Stage, table: &mut Table) -> io::Result<()> {
    for command in ["status", "plan", "top --once"] {
        let what = format!("`{command}`, {VMS} VMs");
        table.promise(&what, WITH_ALL, "ms", took(stage, command)?, "");
    }
    for command in ["explain 101", "history", "doctor", "headroom", "promote", "report"] {
        let took = took(stage, command)?;
        table.figure(&format!("`{command}`, {VMS} VMs"), format!("{took:.0} ms"));
    }
    let page = stage.path("report.html");
    let report = format!("report --since 7d --html {}", page.display());
    let took = took_once(stage, &report)?;
    let bytes = u32::try_from(fs::metadata(&page)?.len()).map_err(io::Error::other)?;
    let note = format!(" (made in {:.1} s)", took.as_secs_f64());
    table.promise("the page of a week of them", PAGE, "MB", f64::from(bytes) / 1e6, &note);
    Ok(())
}

/// The same on the demo's own cluster, half a minute old: what a new user tries.
///
/// # Errors
/// A command does not do its part.
pub(crate) fn on_the_demo(table: &mut Table) -> io::Result<()> {
    let stage = vm_autoscale_tests::demo::usual()?;
    stage.until(Duration::from_secs(60), |status| status.counts.verified >= 5)?;
    let mut longest = (0.0, "");
    for (command, _) in vm_autoscale_tests::demo::TRY.iter().filter(|(tried, _)| *tried != "top") {
        let words = if command.starts_with("pause") { "pause 101 --reason bench" } else { command };
        longest = [longest, (took(&stage, words)?, command)]
            .into_iter()
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or(longest);
    }
    stage.strike()?;
    let (ms, command) = longest;
    table.promise(
        "any command on the demo's cluster",
        ON_THE_DEMO,
        "ms",
        ms,
        &format!(" (`{command}`)"),
    );
    Ok(())
}

/// In milliseconds.
fn took(stage: &Stage, line: &str) -> io::Result<f64> {
    let times: Vec<Duration> =
        std::iter::repeat_with(|| took_once(stage, line)).take(TIMES).collect::<io::Result<_>>()?;
    Ok(median(times).as_secs_f64() * 1000.0)
}

fn took_once(stage: &Stage, line: &str) -> io::Result<Duration> {
    let begun = Instant::now();
    let mut asked = command(directory()?.join("vm-autoscale"));
    asked.arg("--config").arg(stage.path("config.yaml")).args(line.split(' '));
    let answer = asked.output()?;
    let time = begun.elapsed();
    // 1 says that something is not well, which is an answer.
    if matches!(answer.status.code(), Some(0 | 1)) {
        return Ok(time);
    }
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    Err(io::Error::other(format!("`{line}`: {said}")))
}
