//! One run.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use vm_autoscale_config::{Checked, SchedulerConfig, Selection};
use vm_autoscale_lab::{Control, Lab, Options};
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::{Board, Clock as _, ErrandKind, Journal as _, Pause, work_by};

use super::chaos::{Chaos, Happening};
use super::clock::Virtual;
use super::fleet::Fleet;
use super::hand::Hand;
use super::journal::Noted;
use super::life::Living;
use super::watch::Watch;
use super::{Soak, Tally};

/// Nodes of the cluster.
const NODES: u32 = 8;
/// From one judgement to the next.
const WINDOW: Duration = Duration::from_secs(600);
/// More broken invariants than that say nothing new.
const ENOUGH: usize = 20;

/// From one round of pvestatd to the next, and how long after one what VMs use is looked at.
const ROUND: Duration = Duration::from_secs(10);
const AFTER: Duration = Duration::from_millis(500);

/// Everything that lives on when the scheduler is started anew.
struct World {
    lab: Lab,
    hand: Hand,
    clock: Virtual,
    journal: Noted,
    /// Where the journal is.
    _disk: TempDir,
    cluster: ClusterName,
    fleet: Fleet,
    /// Both configurations, and which one holds.
    configs: [Arc<SchedulerConfig>; 2],
    which: usize,
    watch: Watch,
    scheduler: Option<Scheduler>,
}

/// A process, as it were.
struct Scheduler {
    killed: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    configs: watch::Sender<Arc<SchedulerConfig>>,
    board: Board,
    work: JoinHandle<()>,
}

pub(super) async fn run(soak: &Soak, mut tell: impl FnMut(&Tally)) -> io::Result<Tally> {
    let end = Duration::try_from_secs_f64(soak.days * 86_400.0).map_err(io::Error::other)?;
    let (mut world, mut tally) = (World::new(soak, end)?, Tally::default());
    let begun = Instant::now();
    let pvestatd = tokio::spawn(world.lab.clone().pvestatd());
    let mut chaos = Chaos::new(soak.seed, soak.vms, world.lab.nodes());
    world.start(&mut tally);
    let (mut window, mut round) = (WINDOW, ROUND + AFTER);
    while window <= end && tally.broken.len() < ENOUGH {
        let next = chaos.next().min(window).min(round);
        sleep_until(begun + next).await;
        if next == round {
            world.watch.round(&world.lab, &world.journal, &mut tally);
            round += ROUND;
        } else if next == window {
            world.watch.judge(&world.lab, &world.journal, &mut tally);
            tell(&tally);
            window += WINDOW;
        } else {
            for happening in chaos.happen() {
                world.happen(happening, &mut tally).await;
            }
        }
    }
    pvestatd.abort();
    world.watch.end(&mut tally);
    Ok(tally)
}

/// In memory where there is such a disk: the machine's own is not what is soaked.
fn disk() -> io::Result<TempDir> {
    let name = || tempfile::Builder::new().prefix("vm-autoscale-soak-").to_owned();
    name().tempdir_in("/dev/shm").or_else(|_| name().tempdir())
}

impl World {
    fn new(soak: &Soak, end: Duration) -> io::Result<Self> {
        let cluster = ClusterName::try_from("lab").map_err(io::Error::other)?;
        let options = Options {
            nodes: Options::numbered(NODES).map_err(io::Error::other)?,
            cluster: Some(cluster.clone()),
            vms: soak.vms,
            seed: soak.seed,
            epoch: Some(1_800_000_000),
            ..Options::new().map_err(io::Error::other)?
        };
        let lab = Lab::new(&options).map_err(io::Error::other)?;
        let fleet = Fleet::new(soak.seed, soak.vms);
        for control in fleet.controls() {
            lab.control(control).map_err(io::Error::other)?;
        }
        let configs = [checked(&fleet.yaml(0))?, checked(&fleet.yaml(1))?];
        let disk = disk()?;
        let clock = Virtual::new(Instant::now());
        let allowed = (options.nodes.len(), fleet.bounds(0));
        Ok(Self {
            hand: Hand::new(&lab, cluster.clone(), soak.seed),
            journal: Noted::new(disk.path(), clock.clone(), soak.trace.clone()),
            clock,
            _disk: disk,
            watch: Watch::new(allowed, end.as_secs_f64(), soak.trace.clone()),
            fleet,
            configs,
            which: 0,
            scheduler: None,
            cluster,
            lab,
        })
    }

    /// What the last process counted is kept for the report.
    async fn begin_anew(&mut self, tally: &mut Tally) {
        tally.verified_before += self.journal.counts().verified;
        self.journal.is_killed();
        self.journal = self.journal.anew();
        self.start(tally);
        // It is there before anything else happens.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    fn config(&self) -> Arc<SchedulerConfig> {
        let [first, other] = &self.configs;
        if self.which == 0 { first.clone() } else { other.clone() }
    }

    fn start(&mut self, tally: &mut Tally) {
        let killed = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = watch::channel(false);
        let clock = Living::new(self.clock.clone(), &killed);
        let hand = Living::new(self.hand.clone(), &killed);
        let ports = (clock, hand, Living::new(self.journal.clone(), &killed));
        let nodes = self.lab.nodes().into_iter().collect();
        let clusters = BTreeMap::from([(self.cluster.clone(), nodes)]);
        let (configs, received) = watch::channel(self.config());
        let board = Board::default();
        let posted = board.clone();
        let work = tokio::spawn(async move {
            work_by(ports, received, clusters, &posted, &stopped).await;
        });
        self.scheduler = Some(Scheduler { killed, stop, configs, board, work });
        self.watch.starts(self.clock.seconds());
        tally.starts += 1;
    }

    async fn happen(&mut self, happening: Happening, tally: &mut Tally) {
        tally.faults += 1;
        let now = self.clock.seconds();
        self.watch.happens(now, &happening);
        match happening {
            Happening::Control(control) => self.control(control),
            Happening::Wall(seconds) => self.clock.set_wall(seconds),
            Happening::Helper => {
                self.hand.restart();
                self.watch.helper_starts(now);
            }
            Happening::Journal(works) => self.journal.fill(!works),
            Happening::Kill => {
                self.kill();
                self.begin_anew(tally).await;
            }
            Happening::Lost => {
                self.kill();
                self.journal.is_killed();
                self.journal.lose();
                self.watch.loses(now);
                self.begin_anew(tally).await;
            }
            Happening::Stop => self.stop(tally).await,
            Happening::Reload => {
                self.which = 1 - self.which;
                self.watch.reloads(now, self.fleet.bounds(self.which));
                if let Some(scheduler) = &self.scheduler {
                    scheduler.configs.send_replace(self.config());
                }
            }
            Happening::Pause(first, many, seconds) => self.pause((first, many), seconds).await,
            Happening::Resume => {
                let numbers = self.journal.pauses(self.clock.now());
                let numbers = numbers.iter().map(|pause| pause.number).collect();
                // A journal whose disk is full takes no orders.
                let _ = self.journal.resume(numbers, Some(0)).await;
            }
            Happening::Errand(vmid, kind) => self.order(vmid, kind, tally),
        }
    }

    fn kill(&mut self) {
        if let Some(scheduler) = self.scheduler.take() {
            scheduler.killed.store(true, Ordering::Relaxed);
            scheduler.work.abort();
        }
    }

    async fn stop(&mut self, tally: &mut Tally) {
        if let Some(scheduler) = self.scheduler.take() {
            // One that is gone needs no telling.
            let _ = scheduler.stop.send(true);
            let _ = tokio::time::timeout(Duration::from_secs(90), scheduler.work).await;
            scheduler.killed.store(true, Ordering::Relaxed);
            tally.verified_before += self.journal.counts().verified;
            self.journal.end().await;
        }
        self.begin_anew(tally).await;
    }

    /// As `vm-autoscale pause` does.
    async fn pause(&self, (first, many): (u32, u32), seconds: u64) {
        let words = format!("{first}-{}", first.saturating_add(many));
        let Ok(select) = Selection::of_words([words.as_str()]) else { return };
        let until = Some(self.clock.now().after(Duration::from_secs(seconds)));
        let (reason, at) = ("soaked".to_owned(), self.clock.wall());
        let pause = Pause { number: 0, select, reason, uid: 0, at, until };
        // A journal whose disk is full takes no orders.
        let _ = self.journal.pause(pause).await;
    }

    /// As `vm-autoscale restore` and `selftest` do.
    fn order(&self, vmid: VmId, kind: ErrandKind, tally: &Tally) {
        let Some(board) = self.scheduler.as_ref().map(|scheduler| scheduler.board.clone()) else {
            return;
        };
        let (cluster, begun) = (self.cluster.clone(), tally.errands.clone());
        let pauses = self.journal.pauses(self.clock.now());
        let moved = self.journal.moved();
        tokio::spawn(async move {
            let errand = board.errand((&cluster, vmid), (kind, true, 0), moved, pauses).await;
            begun.fetch_add(u64::from(errand.is_ok()), Ordering::Relaxed);
        });
    }

    fn control(&self, control: Control) {
        match &control {
            Control::NodeDown { node } => self.hand.node(node, false),
            Control::NodeUp { node } => self.hand.node(node, true),
            _ => {}
        }
        // What cannot be just now (a VM that is locked does not migrate) does not happen.
        let _ = self.lab.control(control);
    }
}

fn checked(yaml: &str) -> io::Result<Arc<SchedulerConfig>> {
    let checked = Checked::new(Path::new("soak.yaml"), yaml.as_bytes());
    let config = checked.finish().map_err(|report| io::Error::other(report.to_string()))?;
    Ok(Arc::new(config))
}
