use std::sync::{Arc, Mutex};

use vm_autoscale_protocol::{ConfigReply, Executed, Hello, Request};
use vm_autoscale_proxmox::{ClusterName, NodeName};

use super::*;
use crate::view::tests::{CONFIG, care, look_text};
use crate::{AskError, MemoryJournal, Purpose};

mod guests;

/// Time passes by reading configs only.
#[derive(Clone)]
struct Slow {
    now: Arc<Mutex<Duration>>,
    takes: Duration,
}

impl Clock for Slow {
    fn now(&self) -> Moment {
        Moment(*self.now.lock().unwrap())
    }

    async fn sleep_until(&self, moment: Moment) {
        *self.now.lock().unwrap() = moment.0;
    }
}

impl Helper for Slow {
    async fn hello(&self) -> Result<Hello, AskError> {
        panic!("no look says hello")
    }

    fn generation(&self) -> u64 {
        1
    }

    async fn read_cluster(&self, _cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        let text = look_text("pve1", 1, &[(101, "pve1", 5), (102, "pve2", 6)]);
        Ok(("pve1".try_into().unwrap(), text))
    }

    async fn read_configs(
        &self,
        _request: &Request,
        _purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        *self.now.lock().unwrap() += self.takes;
        Err(AskError::NoAnswer("slow".to_owned()))
    }

    async fn read_pools(&self, _: &ClusterName, _: &NodeName) -> Result<String, AskError> {
        panic!("no pools are asked for")
    }

    async fn execute(&self, _request: &Request) -> Result<Executed, AskError> {
        panic!("nothing is changed")
    }
}

/// A worker's orders that never change.
pub(super) fn orders(care: Care) -> watch::Receiver<Order> {
    watch::channel(Order { care, notifier: Notifier::default() }).1
}

/// One look whose configs take so long: how many VMs have a sample then, and how long it took.
async fn look(takes: u64) -> (usize, u64) {
    let slow = Slow { takes: Duration::from_secs(takes), ..slow() };
    let worker = worker(&slow);
    let mut memory = Memory::new(planner_config(worker.care.roster.config()), 1);
    let (done, _finished) = mpsc::unbounded_channel();
    let begun = slow.now();
    worker.cycle(&mut memory, begun, &done).await;
    let samples = memory.view.vms.values().filter(|vm| vm.sample.is_some()).count();
    (samples, slow.now().since(begun).as_secs())
}

/// And a node that is slow with one owner's configs is not asked for the next one's.
#[tokio::test]
async fn what_was_measured_before_a_long_look_is_not_believed() {
    assert_eq!(look(5).await, (2, 5));
    assert_eq!(look(40).await, (0, 40));
}

fn slow() -> Slow {
    Slow { now: Arc::new(Mutex::new(Duration::from_secs(1000))), takes: Duration::ZERO }
}

fn worker(slow: &Slow) -> Worker<Slow, Slow, MemoryJournal> {
    Worker {
        care: care(CONFIG),
        cares: orders(care(CONFIG)),
        clock: slow.clone(),
        helper: slow.clone(),
        journal: MemoryJournal::default(),
        board: Board::default(),
        notifier: Notifier::default(),
        stop: watch::channel(false).1,
    }
}

fn step() -> vm_autoscale_planner::Move {
    vm_autoscale_planner::Move::Cpu { from: 2.try_into().unwrap(), to: 3.try_into().unwrap() }
}

/// Told to stop, it takes what comes back and leaves what does not come in time.
#[tokio::test]
async fn a_drain_ends_by_its_deadline() {
    let slow = slow();
    let worker = worker(&slow);
    let mut memory = Memory::new(planner_config(worker.care.roster.config()), 1);
    let (done, mut finished) = mpsc::unbounded_channel();
    for vmid in [101, 102] {
        memory.in_flight.insert(vmid.try_into().unwrap(), "pve1".try_into().unwrap());
    }
    done.send(Finished::Cleared(102.try_into().unwrap())).unwrap();
    worker.drain(&mut memory, &mut finished).await;
    let left: Vec<u32> = memory.in_flight.keys().map(|vmid| vmid.get()).collect();
    assert_eq!((left, slow.now()), (vec![101], Moment(Duration::from_secs(1000) + DRAIN)));
}

/// Whatever is to be done of before: a node has two channels, and what is decided waits for one too.
#[tokio::test]
async fn what_a_process_of_before_left_fills_no_node() {
    let worker = worker(&slow());
    let mut memory = Memory::new(planner_config(worker.care.roster.config()), 1);
    worker.cycle(&mut memory, worker.clock.now(), &mpsc::unbounded_channel().0).await;
    let intent = |vmid: u32| {
        let vm = &memory.view.vms[&101.try_into().unwrap()];
        worker.intent(vmid.try_into().unwrap(), vm, step(), String::new())
    };
    memory.open = (103..106).map(|vmid| (vmid.into(), Moment::default(), intent(vmid))).collect();
    let (done, mut finished) = mpsc::unbounded_channel();
    worker.act(&mut memory, Vec::new(), &done);
    assert_eq!((memory.in_flight.len(), memory.open.len()), (2, 1));
    assert!(begin::is_full(&memory.in_flight, &"pve1".try_into().unwrap()));
    assert!(!begin::is_full(&memory.in_flight, &"pve2".try_into().unwrap()));
    worker.note(&mut memory, Finished::Cleared(103.try_into().unwrap()));
    worker.act(&mut memory, Vec::new(), &done);
    assert_eq!((memory.in_flight.len(), memory.open.len()), (2, 0));
    finished.close();
}

/// Counts and events say at once that a change has ended, and so does what is told of its VM: the
/// next look may be long in coming.
#[tokio::test]
async fn the_end_of_a_change_is_told_before_the_next_look() {
    let slow = slow();
    let worker = worker(&slow);
    let mut memory = Memory::new(planner_config(worker.care.roster.config()), 1);
    let (done, _finished) = mpsc::unbounded_channel();
    let begun = slow.now();
    worker.cycle(&mut memory, begun, &done).await;
    worker.publish(&mut memory, begun);
    let vmid: VmId = 102.try_into().unwrap();
    let intent = worker.intent(vmid, &memory.view.vms[&vmid], step(), String::new());
    let outcome = crate::Outcome::Applied;
    let settled = crate::Settled { outcome, reverted: false, duty: false };
    worker.note(&mut memory, Finished::Changed { id: None, intent, settled });
    let last: Vec<_> = worker.board.report(&worker.journal).clusters[0]
        .vms
        .iter()
        .map(|vm| vm.last.as_ref().map(|last| last.step))
        .collect();
    assert_eq!(last, [None, Some(step())]);
}

/// For how long it is so is told, too, and counts anew where it was well between.
#[tokio::test]
async fn what_is_wrong_with_a_cluster_is_told_with_its_time() {
    let slow = slow();
    let worker = worker(&slow);
    let mut memory = Memory::new(planner_config(worker.care.roster.config()), 1);
    for (problem, said) in [
        (Some("no answer"), "cluster home: no answer (for 0 s)"),
        (Some("another one"), "cluster home: another one (for 10 s)"),
        (None, ""),
        (Some("no answer"), "cluster home: no answer (for 0 s)"),
    ] {
        memory.problem = problem.map(str::to_owned);
        let begun = slow.now();
        worker.publish(&mut memory, begun);
        let ills = worker.board.report(&worker.journal).ills();
        assert_eq!(ills.first().map_or("", String::as_str), said);
        slow.sleep_until(begun.after(Duration::from_secs(10))).await;
    }
}

/// What an administrator orders holds for what was decided before it.
#[tokio::test]
async fn a_pause_and_a_stop_hold_what_was_decided_before() {
    let slow = slow();
    let (stop, stopped) = watch::channel(false);
    let worker = Worker { stop: stopped, ..worker(&slow) };
    let mut view = View::default();
    let read = vm_autoscale_proxmox::ClusterRead::parse(&look_text("pve1", 1, &[(101, "pve1", 5)]));
    view.update(slow.now(), read.unwrap(), &worker.care, &crate::view::InFlight::new());
    let held = worker.held(view.nameable(&worker.care.cluster, 101.try_into().unwrap()));
    assert_eq!(held(), None);
    let select = vm_autoscale_config::Selection::of_words(["@node-pve1"]).unwrap();
    let until = slow.now().after(Duration::from_secs(60));
    let reason = "moving racks".to_owned();
    let pause = crate::Pause { number: 0, select, reason, uid: 7, at: 0, until: Some(until) };
    worker.journal.pause(pause).await.unwrap();
    assert_eq!(held().as_deref(), Some("paused: moving racks (pause 1 by uid 7)"));
    slow.sleep_until(until).await;
    assert_eq!(held(), None);
    stop.send(true).unwrap();
    assert_eq!(held().as_deref(), Some("stopping"));
}
