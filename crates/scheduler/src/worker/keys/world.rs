//! Two clusters for eleven minutes, as workers see them, and what is said of each VM in that time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use vm_autoscale_config::{Checked, Clusters};

use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::VmId;

use super::super::tests::orders;
use super::super::*;
use crate::outcome::Outcome;
use crate::{MemoryJournal, Settled};

mod site;
use site::Site;

/// What all VMs do.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    /// Until this second each uses half of its 4 vCPUs and of its 4096 MiB.
    pub(super) from: u64,
    /// From then on so many vCPUs.
    pub(super) cores: f64,
    /// And so much memory.
    pub(super) mib: f64,
    /// Share of the nodes' CPUs that is busy, and of their memory that is used.
    pub(super) nodes: f64,
    /// In this second somebody else gives each VM one more vCPU.
    pub(super) others: Option<u64>,
}

const LENGTH: u64 = 660;

/// What was said: of each VM, by cluster and number, and of the file.
pub(super) struct Told(BTreeMap<String, String>);

impl Told {
    pub(super) fn of(&self, who: &str) -> &str {
        self.0.get(who).map_or("not looked after at all", String::as_str)
    }
}

/// A file's time: of each VM every step with its second, then what holds at the end.
pub(super) fn tell(file: &str, scene: Scene) -> Told {
    let config = match Checked::new(Path::new("config.yaml"), file.as_bytes()).finish() {
        Ok(config) => Arc::new(config),
        Err(error) => return Told([("file".to_owned(), error.to_string())].into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut told = runtime.block_on(play(&config, scene));
    told.insert("file".to_owned(), "good".to_owned());
    Told(told)
}

async fn play(config: &Arc<SchedulerConfig>, scene: Scene) -> BTreeMap<String, String> {
    let clusters: Clusters = [("away", &["far1"][..]), ("home", &["pve1", "pve2"])]
        .into_iter()
        .map(|(name, nodes)| {
            let nodes = nodes.iter().map(|node| (*node).try_into().unwrap());
            (name.try_into().unwrap(), nodes.collect())
        })
        .collect();
    let board = Board::default();
    let all = Care::of_all(config, &clusters);
    board.watch(config.clone(), clusters, &all);
    let mut players: Vec<Player> =
        all.into_iter().map(|care| Player::new(care, board.clone(), scene)).collect();
    let mut said = BTreeMap::new();
    for now in (0..LENGTH).step_by(10) {
        for player in &mut players {
            player.cycle(now).await;
        }
        for cluster in board.report(&MemoryJournal::default()).clusters {
            for vm in cluster.vms {
                let who = format!("{} {}", cluster.name, vm.vmid);
                said.entry(who).or_insert_with(Said::default).note(now, &vm);
            }
        }
    }
    said.into_iter().map(|(who, said)| (who, said.text())).collect()
}

/// One cluster's worker. Nothing is sent (the cluster is not quorate), and what would be done
/// comes about at once.
pub(super) struct Player {
    pub(super) worker: Worker<Site, Site, MemoryJournal>,
    pub(super) memory: Memory,
}

impl Player {
    pub(super) fn new(care: Care, board: Board, scene: Scene) -> Self {
        let site = Site::new(care.cluster.as_str(), scene);
        let mut memory = Memory::new(planner_config(care.roster.config()), 1);
        memory.planner.started(site.now());
        let (clock, helper) = (site.clone(), site);
        let stop = watch::channel(false).1;
        let (journal, notifier) = (MemoryJournal::default(), Notifier::default());
        let cares = orders(care.clone());
        let worker = Worker { care, cares, clock, helper, journal, board, notifier, stop };
        Self { worker, memory }
    }

    pub(super) async fn cycle(&mut self, now: u64) {
        let Self { worker, memory } = self;
        worker.clock.set(now);
        worker.turn(memory);
        let (begun, (done, _finished)) = (worker.clock.now(), mpsc::unbounded_channel());
        worker.cycle(memory, begun, &done).await;
        worker.publish(memory, begun);
        for decision in memory.decisions.clone() {
            let Some((step, _)) = decision.act() else { continue };
            let vm = &memory.view.vms[&decision.vmid];
            let intent = worker.intent(decision.vmid, vm, step, String::new());
            worker.clock.apply(decision.vmid, step);
            let settled = Settled { outcome: Outcome::Applied, reverted: false, duty: false };
            memory.ended(begun, 0, &intent, (None, &settled));
        }
    }
}

/// What was said of one VM.
#[derive(Default)]
struct Said {
    mode: String,
    steps: String,
    last: [String; 2],
    schedules: String,
}

impl Said {
    fn note(&mut self, now: u64, vm: &crate::VmStatus) {
        self.mode.clone_from(&vm.mode);
        self.schedules = vm.schedules.join(" ");
        for (last, text) in self.last.iter_mut().zip([&vm.cpu, &vm.memory_decision]) {
            let waits = ["next check", "cooldown", "just started", "no new", "first sample"];
            if last == text || waits.iter().any(|wait| text.starts_with(wait)) {
                continue;
            }
            last.clone_from(text);
            if text.contains(" -> ") {
                writeln!(self.steps, "{now}: {text}").unwrap();
            }
        }
    }

    fn text(&self) -> String {
        let Self { mode, steps, last: [cpu, memory], schedules } = self;
        format!("mode: {mode}\n{steps}cpu: {cpu}\nmemory: {memory}\nschedules: {schedules}\n")
    }
}
