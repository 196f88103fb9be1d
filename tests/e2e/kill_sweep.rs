//! `kill -9` at the very system call: the scheduler dies before its Nth write to the journal or to
//! the helper, the helper before its Nth word to a node or to the scheduler, for every N until a
//! change runs through. After a start the VM gets what it was to get, once.
//!
//! Each point has a VM, a helper and a scheduler of its own; they share one lab, and most of the
//! time they wait, so that many are played at once.

use std::collections::{BTreeMap, VecDeque};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use vm_autoscale_config::JournalFile;
use vm_autoscale_lab::{Reply, Request, VmInfo};
use vm_autoscale_planner::Resource;
use vm_autoscale_proxmox::VmConfig;
use vm_autoscale_scheduler::{BootClock, Journal as _, SqliteJournal};
use vm_autoscale_tests::programs::command;
use vm_autoscale_tests::stage::{Play, Stage};

use crate::cuts::say;
use crate::{play, skip, turn};

mod ordered;
mod scene;
mod sweep;
use scene::{Scene, size};
use sweep::{Sweep, play_all};

/// For a change, and for what is to be there after a start.
const CHANGE: Duration = Duration::from_secs(30);
/// A command that may be at work still is waited for for 75 s.
const ALL_THE_WAIT: Duration = Duration::from_secs(150);
/// In CI that is cut short: what is there by then has to be whole.
const SHORT_WAIT: Duration = Duration::from_secs(20);
/// Each plays in one scene after the other for as long as it can grow: every look reads them all.
const VMS: u32 = 240;
/// So many points of each kind in CI.
const SAMPLE: u64 = 5;
/// So many points more at a time, and no more than so many of a call in all.
const MORE: u64 = 8;
const MOST: u64 = 1000;
/// All that writes.
const CALLS: &str = "fdatasync,fsync,ftruncate,pwrite64,rename,sendmsg,sendto,unlink,write,writev";

/// Who dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Helper,
    Scheduler,
}

/// Where somebody dies; nowhere, but counting, without a call.
#[derive(Debug, Clone)]
struct Trap {
    call: Option<(String, u64)>,
}

impl Trap {
    /// What the program is started with.
    fn line(&self, dir: &Path) -> Vec<String> {
        let log = dir.join("strace.log").display().to_string();
        let mut line = ["strace", "-D", "-f", "-q", "-o", &log].map(str::to_owned).to_vec();
        match &self.call {
            None => line.extend(["-e".to_owned(), format!("trace={CALLS}")]),
            Some((call, nth)) => line.extend([
                "-e".to_owned(),
                format!("trace={call}"),
                "-e".to_owned(),
                format!("inject={call}:signal=KILL:when={nth}"),
            ]),
        }
        line
    }
}

#[derive(Debug, Clone)]
struct Point {
    who: Who,
    resource: Resource,
    trap: Trap,
}

impl Point {
    fn at(who: Who, resource: Resource, (call, nth): (&str, u64)) -> Self {
        Self { who, resource, trap: Trap { call: Some((call.to_owned(), nth)) } }
    }

    /// Of which call of whom; empty for one that only counts.
    fn kind(&self) -> String {
        let of = |(call, _): &(String, u64)| format!("{:?} {call} {:?}", self.who, self.resource);
        self.trap.call.as_ref().map(of).unwrap_or_default()
    }
}

/// What came of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Came {
    /// The victim died, and the VM has what it was to get.
    Died,
    /// There is no such point: the change was through before.
    Lived,
    /// The victim died, and the scheduler waits still for what may be at work.
    Waits,
}

/// Most calls that one thread made, by the call's name.
fn counts(dir: &Path) -> BTreeMap<String, u64> {
    let log = std::fs::read_to_string(dir.join("strace.log")).unwrap();
    let mut by_thread: BTreeMap<(String, String), u64> = BTreeMap::new();
    for line in log.lines() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
        if CALLS.split(',').any(|known| known == call) {
            *by_thread.entry((pid.to_owned(), call.to_owned())).or_default() += 1;
        }
    }
    let mut most = BTreeMap::new();
    for ((_, call), count) in by_thread {
        let so_far: &mut u64 = most.entry(call).or_default();
        *so_far = count.max(*so_far);
    }
    most
}

/// Plays one point.
fn run(scene: &mut Scene, point: &Point, patience: Duration, later: bool) -> Came {
    let trap = |who| (point.who == who).then_some(&point.trap);
    scene.start(Who::Helper, trap(Who::Helper), false);
    scene.start(Who::Scheduler, trap(Who::Scheduler), false);
    let over = |scene: &mut Scene| !scene.runs(point.who) || scene.is_done();
    let over = scene.within(CHANGE, over);
    assert!(over, "{point:?}: no change, no death\n{}", scene.words());
    let died = !scene.runs(point.who);
    if died {
        scene.start(point.who, None, later && point.who == Who::Scheduler);
    }
    let came = match (died, scene.within(patience, Scene::is_done)) {
        (true, true) => Came::Died,
        (false, true) => Came::Lived,
        (_, false) => Came::Waits,
    };
    judge(scene, point, came);
    came
}

fn judge(scene: &mut Scene, point: &Point, came: Came) {
    let (vm, changes) = (scene.truth(), scene.changes());
    let told = format!("{point:?}, {came:?}: {vm:?}\n{changes:#?}\n{}", scene.words());
    let has = size(&vm, point.resource);
    assert!(scene.sizes.contains(&has), "{told}");
    assert!(!vm.conf.contains("[PENDING]"), "{told}");
    let made = changes.iter().filter(|change| change.exit == 0 && !change.cut_off).count();
    assert!(made <= 1 && made == usize::from(has == scene.sizes[1]), "made {made} times: {told}");
    let scheduler = scene.program(Who::Scheduler).as_mut().unwrap();
    if came == Came::Waits {
        scheduler.crash().unwrap();
        return;
    }
    if scheduler.stop().unwrap().signal().is_some() {
        // It came to the point only now.
        scene.start(Who::Scheduler, None, false);
        assert!(scene.within(CHANGE, Scene::is_done), "{told}\n{}", scene.words());
        scene.program(Who::Scheduler).as_mut().unwrap().stop().unwrap();
    }
    let open = open(&scene.dir.join("journal.db"));
    assert_eq!(open, 0, "an intent is still open: {told}\nat last: {}", scene.words());
    assert_eq!(scene.changes(), changes, "something more was done: {told}");
}

/// Intents of which nobody knows what became of them.
fn open(path: &Path) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let file = JournalFile { path: path.to_owned(), ..JournalFile::default() };
    let journal = SqliteJournal::new(&file, &BootClock::default());
    let recalled = runtime.block_on(journal.recall(&"lab".try_into().unwrap()));
    recalled.unwrap().open.len()
}

/// VMs that can grow by one step of either.
fn vms(stage: &Stage) -> VecDeque<VmInfo> {
    let Reply::Vms(vms) = stage.ask_lab(&Request::Vms).unwrap() else { panic!("no VMs") };
    vms.into_iter().filter(can_grow).collect()
}

/// By one step of either, and the next scene after it.
fn can_grow(vm: &VmInfo) -> bool {
    let config = VmConfig::parse(&vm.conf).unwrap();
    let vcpus = config.plugged_vcpus().unwrap() < config.max_vcpus().unwrap();
    let memory = vm.qemu_memory.is_some_and(|mib| mib + 512 <= vm.memory_total);
    vcpus && memory && config.numa && config.hotplug.memory && config.pending.is_empty()
}

/// Every one, or as many as a sample has, spread evenly from a beginning that the seed says.
fn chosen(count: u64, all: bool, seed: u64) -> Vec<u64> {
    // One more: that the change runs through is to be seen.
    let count = count + 1;
    let step = if all { 1 } else { count.div_ceil(SAMPLE) };
    (1..=count).filter(|nth| nth % step == seed % step).collect()
}

/// Whether that can be started here.
fn works(line: &[&str]) -> bool {
    let output = command(line[0]).args(&line[1..]).output();
    output.is_ok_and(|output| output.status.success())
}

/// Counts the calls of a change that nobody dies in, then plays the points.
fn play_sweep(stage: &Stage, patience: Duration, (all, seed): (bool, u64)) -> String {
    let later = works(&["unshare", "-T", "--boottime", "1", "true"]);
    let mut points = VecDeque::new();
    for who in [Who::Helper, Who::Scheduler] {
        for resource in [Resource::Cpu, Resource::Memory] {
            points.push_back(Point { who, resource, trap: Trap { call: None } });
        }
    }
    let mut sweep = Mutex::new(Sweep { points, vms: vms(stage), ..Sweep::default() });
    play_all(stage, &sweep, patience, later);
    let mut ends = Vec::new();
    let known = sweep.get_mut().unwrap();
    for (who, resource, counted) in std::mem::take(&mut known.counted) {
        for (call, count) in counted {
            for nth in chosen(count, all, seed) {
                known.points.push_back(Point::at(who, resource, (&call, nth)));
            }
            ends.push(End { who, resource, call, count });
        }
    }
    let (mut count, numbers) = (known.points.len(), format!("{ends:?}"));
    play_all(stage, &sweep, patience, later);
    while all && go_on(&mut ends, sweep.get_mut().unwrap()) {
        count += sweep.get_mut().unwrap().points.len();
        play_all(stage, &sweep, patience, later);
    }
    let came = sweep.into_inner().unwrap().came;
    assert!(came.values().any(|came| came.contains_key(&Came::Died)), "nobody died");
    format!("{count} points of {numbers}: {came:?}")
}

/// How often somebody made a call, as far as is known.
#[derive(Debug)]
struct End {
    who: Who,
    resource: Resource,
    call: String,
    count: u64,
}

/// A slow run makes more calls than the one that was counted: further points of each that no change
/// ran through yet, if there are any.
fn go_on(ends: &mut [End], known: &mut Sweep) -> bool {
    for End { who, resource, call, count } in ends {
        let first = Point::at(*who, *resource, (call, *count + 2));
        let lived = known.came.get(&first.kind()).is_some_and(|it| it.contains_key(&Came::Lived));
        if !lived {
            let points = *count + 2..*count + 2 + MORE;
            known.points.extend(points.map(|nth| Point::at(*who, *resource, (call, nth))));
            *count += MORE;
            assert!(*count < MOST, "{who:?} {call} {resource:?} does not end");
        }
    }
    !known.points.is_empty()
}

/// A sample in CI; with `VM_AUTOSCALE_KILLS` in the environment, all points.
#[test]
fn killed_at_any_system_call_nothing_is_made_twice() {
    if !works(&["strace", "-qq", "true"]) {
        return skip("the kills at system calls: strace does not work here");
    }
    let _turn = turn();
    let all = std::env::var_os("VM_AUTOSCALE_KILLS").is_some();
    let seed = std::env::var("VM_AUTOSCALE_SEED").ok().and_then(|text| text.parse().ok());
    let begun = Instant::now();
    let patience = if all { ALL_THE_WAIT } else { SHORT_WAIT };
    let mut stage = Stage::set(&Play { qm_time: 0.3, ..play(VMS, "") }).unwrap();
    let came = play_sweep(&stage, patience, (all, seed.unwrap_or(1)));
    say(&format!("{:?}: {came}", begun.elapsed()));
    assert!(stage.all_run(), "{}", stage.last_words());
    stage.strike().unwrap();
}
