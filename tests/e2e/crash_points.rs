//! The scheduler, and the helper, are killed at every point of a change: after every write to the
//! journal and at every command on a node. After a start the VM has what was asked for or what it
//! had, nothing is pending, and nothing was made twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use vm_autoscale_config::{Checked, SchedulerConfig};
use vm_autoscale_lab::{Control, Lab, Options, VmInfo};
use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::{ClusterName, CpuLimit, NodeCommand, VmConfig};
use vm_autoscale_scheduler::{
    Board, Counts, Event, Intent, Journal, JournalError, MemoryJournal, Notes, Pause, Recalled,
    Settled, work_over,
};
use vm_autoscale_tests::near::{Fate, Near, TokioClock};

/// Which change, and what of the VM it is about: before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    MoreVcpus,
    FewerVcpus,
    Uncapped,
    Capped,
    MoreMemory,
    LessMemory,
    /// By the balloon.
    MoreLeft,
    LessLeft,
}

/// Both ways of each lever.
const CHANGES: [Change; 8] = [
    Change::MoreVcpus,
    Change::FewerVcpus,
    Change::Uncapped,
    Change::Capped,
    Change::MoreMemory,
    Change::LessMemory,
    Change::MoreLeft,
    Change::LessLeft,
];

impl Change {
    fn is_of_cpu(self) -> bool {
        matches!(self, Self::MoreVcpus | Self::FewerVcpus | Self::Uncapped | Self::Capped)
    }

    fn grows(self) -> bool {
        matches!(self, Self::MoreVcpus | Self::Uncapped | Self::MoreMemory | Self::MoreLeft)
    }

    /// What the configuration says of the levers.
    fn levers(self) -> &'static str {
        match self {
            Self::Uncapped | Self::Capped => "cpu_lever: cpulimit\n",
            Self::MoreLeft | Self::LessLeft => "memory_lever: balloon\n",
            _ => "",
        }
    }

    /// What somebody set before, with vCPUs and MiB as they are.
    fn set_before(self, vcpus: u32, memory: u32) -> Vec<(&'static str, String)> {
        match self {
            Self::Uncapped => vec![("cpulimit", (vcpus - 1).to_string())],
            Self::MoreLeft => vec![("shares", "0".into()), ("balloon", (memory - 512).to_string())],
            Self::LessLeft => vec![("shares", "0".into())],
            _ => Vec::new(),
        }
    }
}

/// Who dies, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Victim {
    /// What it asked for goes on.
    Scheduler,
    /// What it sent is cut off on the node after so many milliseconds.
    Helper(u64),
    /// At once, and what was sent ends as that.
    Both(u64),
}

/// Counts the points of a change, and dies at one of them.
struct Points {
    /// From the first intent to the first cycle after its end.
    counts: AtomicBool,
    ended: AtomicBool,
    count: AtomicU64,
    dies_at: u64,
    /// The scheduler's.
    dead: Arc<AtomicBool>,
}

impl Points {
    /// Whether this is the point.
    fn pass(&self) -> bool {
        if !self.counts.load(Ordering::SeqCst) {
            return false;
        }
        self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.dies_at
    }

    /// A write to the journal.
    async fn write(&self) {
        if self.pass() {
            self.dead.store(true, Ordering::SeqCst);
        }
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

/// A journal that outlives who writes it.
#[derive(Clone)]
struct Dying(MemoryJournal, Arc<Points>);

impl Journal for Dying {
    async fn recall(&self, cluster: &ClusterName) -> Result<Recalled, JournalError> {
        self.0.recall(cluster).await
    }

    async fn intend(&self, now: Moment, intent: &Intent) -> Result<u64, JournalError> {
        let begins = !self.1.ended.load(Ordering::SeqCst);
        self.1.counts.fetch_or(begins, Ordering::SeqCst);
        self.1.write().await;
        let id = self.0.intend(now, intent).await;
        self.1.write().await;
        id
    }

    async fn settle(&self, now: Moment, id: u64, intent: &Intent, settled: &Settled) {
        self.1.write().await;
        self.0.settle(now, id, intent, settled).await;
        self.1.write().await;
        self.1.ended.store(true, Ordering::SeqCst);
    }

    async fn keep(&self, notes: Notes) -> Result<(), JournalError> {
        self.1.write().await;
        let kept = self.0.keep(notes).await;
        self.1.write().await;
        if self.1.ended.load(Ordering::SeqCst) {
            self.1.counts.store(false, Ordering::SeqCst);
        }
        kept
    }

    async fn pause(&self, pause: Pause) -> Result<Pause, JournalError> {
        self.0.pause(pause).await
    }

    async fn resume(&self, all: Vec<u64>, by: Option<u32>) -> Result<Vec<Pause>, JournalError> {
        self.0.resume(all, by).await
    }

    fn pauses(&self, now: Moment) -> Vec<Pause> {
        self.0.pauses(now)
    }

    fn counts(&self) -> Counts {
        self.0.counts()
    }

    fn recent(&self) -> Vec<Event> {
        self.0.recent()
    }
}

/// A lab, and a VM that wants one change and no other.
struct Case {
    lab: Lab,
    config: Arc<SchedulerConfig>,
    journal: MemoryJournal,
    clock: TokioClock,
    /// Before and after.
    sizes: [u32; 2],
}

/// In vCPUs, cores and MiB.
fn size(vm: &VmInfo, change: Change) -> u32 {
    let config = VmConfig::parse(&vm.conf).unwrap();
    let (vcpus, memory) = (vm.qemu_vcpus.unwrap(), vm.qemu_memory.unwrap());
    match change {
        Change::MoreVcpus | Change::FewerVcpus => vcpus,
        Change::Uncapped | Change::Capped => match config.cpulimit {
            CpuLimit::Unlimited => vcpus,
            limit @ CpuLimit::Hundredths(_) => limit.hundredths() / 100,
        },
        Change::MoreMemory | Change::LessMemory => memory,
        Change::MoreLeft | Change::LessLeft => config.balloon.unwrap_or(memory),
    }
}

/// The first that can lose a vCPU.
fn info(lab: &Lab) -> VmInfo {
    let two = |vm: &VmInfo| !vm.conf.contains("cores: 2\n") && vm.conf.contains("numa: 1");
    lab.vms().into_iter().find(two).unwrap()
}

impl Case {
    fn new(change: Change) -> Self {
        let mut options = Options::new().unwrap();
        options.epoch = Some(1_700_000_000);
        let lab = Lab::new(&options).unwrap();
        tokio::spawn(lab.clone().pvestatd());
        let vm = info(&lab);
        let (vcpus, memory) = (vm.qemu_vcpus.unwrap(), vm.qemu_memory.unwrap());
        for (key, value) in change.set_before(vcpus, memory) {
            let (vmid, key, value) = (vm.vmid, key.to_owned(), Some(value));
            lab.control(Control::Edit { vmid, key, value }).unwrap();
        }
        let (of_cpu, grows) = (change.is_of_cpu(), change.grows());
        let (cores, mib) = match (of_cpu, grows) {
            (true, true) => (64.0, 0.5),
            (true, false) => (0.1, 0.5),
            (false, true) => (0.5 * f64::from(vcpus), 0.97),
            (false, false) => (0.5 * f64::from(vcpus), 0.05),
        };
        let load = Control::Load { vmid: vm.vmid, cores, mib: mib * f64::from(memory) };
        lab.control(load).unwrap();
        let (from, step) = (size(&info(&lab), change), if of_cpu { 1 } else { 512 });
        let to = if grows { from + step } else { from - step };
        let bounds = format!("min: {}, max: {}", from.min(to), from.max(to));
        let bounds = if of_cpu {
            bounds.replace("min", "min_cores").replace("max", "max_cores")
        } else {
            bounds.replace("min", "min_ram_mb").replace("max", "max_ram_mb")
        };
        let yaml = format!(
            "mode: full\nselect: [{}]\ncheck_interval: 10\nscale_cooldown: 30\n\
             memory_shrink: true\ncpu_scaling: {of_cpu}\nram_scaling: {}\n{}\
             scaling_limits: {{{bounds}}}\n",
            vm.vmid,
            !of_cpu,
            change.levers()
        );
        let config = Checked::new(std::path::Path::new("config.yaml"), yaml.as_bytes());
        let config = Arc::new(config.finish().unwrap());
        let (journal, clock) = (MemoryJournal::default(), TokioClock::start());
        Self { lab, config, journal, clock, sizes: [from, to] }
    }

    /// A scheduler, which works until it dies.
    fn begin(&self, points: &Arc<Points>, victim: Victim, generation: u64) -> JoinHandle<()> {
        let cluster: ClusterName = "lab".try_into().unwrap();
        let (own, helper_dies) = (points.clone(), Arc::new(AtomicU64::new(generation)));
        let met = helper_dies.clone();
        let fates = move |command: &NodeCommand| match (own.pass(), victim) {
            (false, _) if *command == NodeCommand::ReadCluster => Fate::Runs,
            (true, Victim::Scheduler) => {
                own.dead.store(true, Ordering::SeqCst);
                Fate::Runs
            }
            (true, Victim::Both(after)) => {
                own.dead.store(true, Ordering::SeqCst);
                Fate::CutOff(Duration::from_millis(after))
            }
            (true, Victim::Helper(after)) => {
                met.fetch_add(1, Ordering::SeqCst);
                Fate::CutOff(Duration::from_millis(after))
            }
            (false, _) => Fate::Runs,
        };
        let mut helper = Near::new(self.lab.clone(), cluster.clone(), Arc::new(fates));
        helper.dead = points.dead.clone();
        helper.generation = helper_dies;
        let journal = Dying(self.journal.clone(), points.clone());
        let (clock, config, nodes) = (self.clock, self.config.clone(), self.lab.nodes());
        tokio::spawn(async move {
            let (_stop, stopped) = watch::channel(false);
            let clusters = [(cluster, nodes.into_iter().collect())].into();
            let board = Board::default();
            work_over((clock, helper, journal), &config, clusters, &board, &stopped).await;
        })
    }
}

fn points(dies_at: u64) -> Arc<Points> {
    Arc::new(Points {
        counts: false.into(),
        ended: false.into(),
        count: 0.into(),
        dies_at,
        dead: Arc::default(),
    })
}

/// Kills at that point; whether there was one.
async fn kill(change: Change, victim: Victim, dies_at: u64) -> bool {
    let case = Case::new(change);
    let first = points(dies_at);
    let working = case.begin(&first, victim, 1);
    for _ in 0..240 {
        sleep(Duration::from_secs(1)).await;
        if first.dead.load(Ordering::SeqCst) {
            break;
        }
    }
    working.abort();
    first.dead.store(true, Ordering::SeqCst);
    let died = first.count.load(Ordering::SeqCst) >= dies_at;
    sleep(Duration::from_secs(3)).await;
    let second = points(u64::MAX);
    let working = case.begin(&second, Victim::Scheduler, 7);
    sleep(Duration::from_secs(600)).await;
    working.abort();
    judge(&case, change, &format!("{change:?}, {victim:?} dies at {dies_at}")).await;
    died
}

/// What holds whenever it was killed.
async fn judge(case: &Case, change: Change, when: &str) {
    let vm = info(&case.lab);
    let changes: Vec<_> = case
        .lab
        .history(0)
        .into_iter()
        .filter(|entry| entry.kind.starts_with("Set"))
        .map(|entry| (entry.start, entry.line, entry.exit, entry.cut_off))
        .collect();
    assert!(!vm.conf.contains("[PENDING]"), "{when}: {}\n{changes:#?}", vm.conf);
    assert_eq!(size(&vm, change), case.sizes[1], "{when}: {}\n{changes:#?}", vm.conf);
    let done = changes.iter().filter(|(_, _, exit, cut_off)| *exit == 0 && !cut_off).count();
    assert!(done <= 1 && changes.len() <= 2, "{when}: made twice\n{changes:#?}");
    assert!(!changes.is_empty(), "{when}");
    let cluster = "lab".try_into().unwrap();
    let open = case.journal.recall(&cluster).await.unwrap().open;
    assert_eq!(open, [], "{when}: an intent is still open");
}

fn sweep(change: Change, victim: Victim) -> u64 {
    let mut points = 0;
    loop {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        if !runtime.block_on(kill(change, victim, points + 1)) {
            return points;
        }
        points += 1;
        assert!(points < 200, "it does not end");
    }
}

#[test]
fn a_scheduler_that_is_killed_at_any_point_of_a_change_makes_nothing_twice() {
    for change in CHANGES {
        let points = sweep(change, Victim::Scheduler);
        assert!(points >= 10, "{change:?} has {points} points");
    }
}

fn sweep_cut_off(victim: impl Fn(u64) -> Victim) {
    for change in CHANGES {
        for after in [0, 700, 3500] {
            let points = sweep(change, victim(after));
            assert!(points >= 10, "{change:?} has {points} points");
        }
    }
}

#[test]
fn a_helper_that_is_killed_at_any_point_of_a_change_makes_nothing_twice() {
    sweep_cut_off(Victim::Helper);
}

/// Nobody is left who knows of what is at work on the node, but the journal.
#[test]
fn both_that_are_killed_at_any_point_of_a_change_make_nothing_twice() {
    sweep_cut_off(Victim::Both);
}
