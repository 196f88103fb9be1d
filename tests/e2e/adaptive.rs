//! The policy that is the default: what is saturated grows at once, and what was learnt of a VM's use
//! is not lost with the process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vm_autoscale_config::JournalFile;
use vm_autoscale_lab::Control;
use vm_autoscale_planner::{Moment, Resource};
use vm_autoscale_proxmox::Identity;
use vm_autoscale_scheduler::{
    BootClock, Clock as _, Event, Journal as _, Notes, Samples, SqliteJournal, StatusReport, Used,
    VmNeeds, VmRecord, VmUse, past_use, wall, who,
};
use vm_autoscale_tests::invariants::Allowed;
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{allowed_anew, load, play, truth, turn, vmid};

const TIME: Duration = Duration::from_secs(120);
/// The shortest time that a vCPU is not needed before it is taken.
const WINDOW: Duration = Duration::from_secs(600);
/// Seconds of a block, and how many are noted: more than a window.
const BLOCK: u32 = 300;
const BLOCKS: u32 = 3;

fn adaptive(vms: u32) -> Play {
    let config = "select: [100-9999]\nobserve_interval: 1\nmode: full\npolicy: adaptive\n\
                  scaling_limits: {max_cores: 64, max_ram_mb: 131072}\n";
    Play { config: config.to_owned(), ..play(vms, "") }
}

/// Notes some time of VM 101 in which a tenth of a core was used, as a daemon of before would have.
fn note_use(stage: &Stage) {
    let conf = truth(stage, 101).conf;
    let generation = conf.lines().find_map(|line| line.strip_prefix("vmgenid: ")).unwrap();
    let identity = Some(Identity::Generation(generation.to_owned()));
    let who = who(identity.as_ref());
    let file = JournalFile { path: stage.journal(), ..JournalFile::default() };
    let clock = BootClock::default();
    // A machine that has just booted has no such time behind it.
    while clock.now().0 < Duration::from_secs((BLOCK * (BLOCKS + 1)).into()) {
        pause(Duration::from_secs(1));
    }
    let journal = SqliteJournal::new(&file, &clock);
    let (now, wall) = (clock.now(), wall());
    let block = |back: u32| {
        let ago = BLOCK * back;
        let used =
            |mean, plugged| Used { samples: 30, mean, most: mean, plugged, saturated: false };
        let (cpu, memory) = (Some(used(100, 2)), Some(used(1500, 4096)));
        let vm = VmUse { vmid: vmid(101), who, cpu, memory };
        let needs = VmNeeds { cpu: Some((100, 1)), memory: Some(1500) };
        let moment = Moment(now.0.saturating_sub(Duration::from_secs(ago.into())));
        Arc::new(Samples::with_needs(moment, wall - u64::from(ago), BLOCK, &[(vm, needs)]))
    };
    let record = VmRecord { identity, ..VmRecord::default() };
    let notes = Notes {
        cluster: "lab".try_into().unwrap(),
        now,
        decisions: vec![],
        vms: vec![(vmid(101), Some(Arc::new(record)))],
        ended: vec![],
        picture: None,
        samples: (0..BLOCKS).rev().map(block).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        journal.recall(&notes.cluster).await.unwrap();
        journal.keep(notes).await.unwrap();
        journal.end().await;
    });
}

fn event(status: &StatusReport, of: u32, grown: bool) -> Option<Event> {
    let wanted = |event: &&Event| {
        let is_it = event.vmid == vmid(of) && event.step.resource() == Resource::Cpu;
        is_it && event.verified && event.step.is_growth() == grown
    };
    status.recent.iter().find(wanted).cloned()
}

/// VM 102 is saturated and grows. VM 101 is not in use: nobody may take of it while it is locked,
/// and after two restarts what was seen of it before still counts, so that it is taken soon and not
/// after another window.
#[test]
fn what_is_saturated_grows_at_once_and_what_is_unneeded_goes_soon_after_restarts() {
    let _turn = turn();
    let mut stage = Stage::set(&adaptive(4)).unwrap();
    note_use(&stage);
    let begun = Instant::now();
    load(&stage, 101, 0.1, 1500.0);
    load(&stage, 102, 64.0, 2000.0);
    let before = truth(&stage, 101).qemu_vcpus;
    assert!(before > Some(1), "{before:?}");
    let lock = |lock: Option<String>| Control::Lock { vmid: vmid(101), lock };
    stage.control(lock(Some("backup".to_owned()))).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| event(status, 102, true).is_some()).unwrap();
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    // Blocks end with a look, in whole seconds: none of the first process has a later one.
    let later = wall() + 1;

    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.clusters.iter().any(|cluster| cluster.looks > 5)).unwrap();
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    // What was in the making is noted.
    let past = past_use(&stage.journal(), vmid(101), later).unwrap();
    assert_eq!(past.first().map(|past| past.blocks.len()), Some(1), "{past:?}");

    stage.start_scheduler().unwrap();
    stage.control(lock(None)).unwrap();
    let status = stage.until(TIME, |status| event(status, 101, false).is_some()).unwrap();
    let taken = event(&status, 101, false).unwrap();
    assert!(taken.text.contains("cores needed for"), "{taken:?}");
    assert!(begun.elapsed() < WINDOW, "a whole window passed");
    assert!(truth(&stage, 101).qemu_vcpus < before);
    stage.strike_checked(Allowed { cooldown: 0.0, ..allowed_anew() }).unwrap();
}
