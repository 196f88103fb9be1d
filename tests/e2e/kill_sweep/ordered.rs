//! The same of an order: what was under way is read back, and nothing of the order is done again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use vm_autoscale_lab::VmInfo;
use vm_autoscale_planner::Resource;
use vm_autoscale_scheduler::{
    ErrandAsk, ErrandKind, ErrandOrder, StatusReport, fetch_errand, order_errand,
};
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::stage::{Play, Stage};

use super::scene::{Scene, size};
use super::{CHANGE, Trap, VMS, Who, can_grow, chosen, counts, open, vms, works};
use crate::cuts::say;
use crate::{play, skip, turn};

/// So many points at once.
const AT_ONCE: usize = 12;
/// A step of it is four changes.
const ORDER: Duration = CHANGE.saturating_mul(4);
/// What a node was told goes on there for so long.
const GOES_ON: Duration = Duration::from_secs(3);

/// Gives the order as soon as it is taken, and waits for its end, or for the scheduler's.
fn order(scene: &mut Scene) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (socket, vmid) = (scene.dir.join("control.sock"), scene.vm.vmid);
    let begin = ErrandOrder { kind: ErrandKind::Selftest, vmid, cluster: None, begin: true };
    let (ask, mut begun) = (ErrandAsk { vmid, cluster: None }, false);
    let over = scene.within(ORDER, |scene| {
        begun = begun || runtime.block_on(order_errand(&socket, &begin)).is_ok();
        let ended =
            || runtime.block_on(fetch_errand(&socket, &ask)).is_ok_and(|is| is.end.is_some());
        !scene.runs(Who::Scheduler) || begun && ended()
    });
    assert!(over, "neither its end nor the scheduler's\n{}", scene.words());
}

/// A scheduler in the mode that changes nothing by itself.
fn set(stage: &Stage, vm: VmInfo) -> Scene {
    let mut scene = Scene::set(stage, vm, Resource::Cpu);
    let path = scene.dir.join("config.yaml");
    let config = std::fs::read_to_string(&path).unwrap().replace("mode: full", "mode: observe");
    std::fs::write(&path, config).unwrap();
    scene.start(Who::Helper, None, false);
    scene
}

/// Dies there; whether there is such a point.
fn run(scene: &mut Scene, trap: &Trap) -> bool {
    scene.start(Who::Scheduler, Some(trap), false);
    order(scene);
    let died = !scene.runs(Who::Scheduler);
    if died {
        pause(GOES_ON);
        let before = scene.changes();
        scene.start(Who::Scheduler, None, true);
        let looked = |status: StatusReport| {
            status.clusters.iter().any(|cluster| cluster.problem.is_none() && cluster.looks >= 6)
        };
        let seen = scene.within(CHANGE, |scene| scene.status().is_some_and(looked));
        assert!(seen, "{}", scene.words());
        scene.program(Who::Scheduler).as_mut().unwrap().stop().unwrap();
        assert_eq!(scene.changes(), before, "something more was done: {}", scene.words());
    } else {
        scene.program(Who::Scheduler).as_mut().unwrap().stop().unwrap();
    }
    judge(scene, trap, died);
    died
}

fn judge(scene: &Scene, trap: &Trap, died: bool) {
    let (vm, changes) = (scene.truth(), scene.changes());
    let told = format!("{trap:?}, {died}: {vm:?}\n{changes:#?}\n{}", scene.words());
    assert!(!vm.conf.contains("[PENDING]"), "{told}");
    for (resource, step) in [(Resource::Cpu, 1), (Resource::Memory, 512)] {
        let (had, has) = (size(&scene.vm, resource), size(&vm, resource));
        assert!(has == had || has == had + step, "{told}");
    }
    let mut made: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.exit == 0 && !change.cut_off) {
        let to = change.line.split(' ').nth(4);
        *made.entry((&change.kind, to)).or_default() += 1;
    }
    assert!(made.values().all(|times| *times == 1), "{made:?}: {told}");
    assert_eq!(open(&scene.dir.join("journal.db")), 0, "an intent is still open: {told}");
}

/// A sample of each call in CI; all with `VM_AUTOSCALE_KILLS`.
#[test]
fn killed_in_the_middle_of_an_order_nothing_is_done_again() {
    let later = works(&["unshare", "-T", "--boottime", "1", "true"]);
    if !later || !works(&["strace", "-qq", "true"]) {
        return skip("the kills during an order: strace or time namespaces do not work here");
    }
    let _turn = turn();
    let all = std::env::var_os("VM_AUTOSCALE_KILLS").is_some();
    let begun = Instant::now();
    let mut stage = Stage::set(&Play { qm_time: 0.3, ..play(VMS, "") }).unwrap();
    let mut vms = vms(&stage);
    let mut counting = set(&stage, vms.pop_front().unwrap());
    assert!(!run(&mut counting, &Trap { call: None }), "{}", counting.words());
    let counted = counts(&counting.dir);
    let kinds = ["fsync", "pwrite64", "sendto"];
    let of = |(call, count): (&String, &u64)| {
        let nths = if all || kinds.contains(&&**call) { chosen(*count, all, 1) } else { vec![] };
        let trap = |nth| Trap { call: Some((call.clone(), nth)) };
        nths.into_iter().map(trap).collect::<Vec<_>>()
    };
    let points: VecDeque<Trap> = counted.iter().flat_map(of).collect();
    let (count, died) = (points.len(), play_all(&stage, points, vms));
    say(&format!("{:?}: {count} points of {counted:?}: {died} died", begun.elapsed()));
    assert!(died > 0, "nobody died");
    assert!(stage.all_run(), "{}", stage.last_words());
    stage.strike().unwrap();
}

/// How many died.
fn play_all(stage: &Stage, points: VecDeque<Trap>, vms: VecDeque<VmInfo>) -> usize {
    let waiting = Mutex::new((points, vms));
    let next = || {
        let (points, vms) = &mut *waiting.lock().unwrap();
        points.pop_front().map(|point| (point, vms.pop_front().expect("too few VMs")))
    };
    let work = || {
        let mut died = 0;
        while let Some((trap, vm)) = next() {
            let mut scene = set(stage, vm);
            died += usize::from(run(&mut scene, &trap));
            let again = Some(scene.truth()).filter(can_grow);
            waiting.lock().unwrap().1.extend(again);
        }
        died
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    })
}
