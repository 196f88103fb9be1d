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
use vm_autoscale_config::{Checked, SchedulerConfig};
use vm_autoscale_lab::{Control, Lab, Options};
use vm_autoscale_proxmox::ClusterName;
use vm_autoscale_scheduler::{Board, Journal as _, work_over};

use super::chaos::{Chaos, Happening};
use super::clock::Virtual;
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

const CONFIG: &str = "mode: full\nselect: [100-100000]\ncheck_interval: 60\nscale_cooldown: 300\n\
    scale_down_after_cycles: 3\nmemory_shrink: true\nexternal_change_hold: 900\n\
    scaling_thresholds: {cpu: {high: 80, low: 35}, ram: {high: 85, low: 45}}\n\
    scaling_limits: {min_cores: 1, max_cores: 8, min_ram_mb: 1024, max_ram_mb: 16384}\n";

/// Everything that lives on when the scheduler is started anew.
struct World {
    lab: Lab,
    hand: Hand,
    clock: Virtual,
    journal: Noted,
    /// Where the journal is.
    _disk: TempDir,
    cluster: ClusterName,
    config: Arc<SchedulerConfig>,
    watch: Watch,
    scheduler: Option<Scheduler>,
}

/// A process, as it were.
struct Scheduler {
    killed: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    work: JoinHandle<()>,
}

pub(super) async fn run(soak: &Soak, mut tell: impl FnMut(&Tally)) -> io::Result<Tally> {
    let end = Duration::try_from_secs_f64(soak.days * 86_400.0).map_err(io::Error::other)?;
    let (mut world, mut tally) = (World::new(soak, end)?, Tally::default());
    let begun = Instant::now();
    let pvestatd = tokio::spawn(world.lab.clone().pvestatd());
    let mut chaos = Chaos::new(soak.seed, soak.vms, world.lab.nodes());
    world.start(&mut tally);
    let mut window = WINDOW;
    while window <= end && tally.broken.len() < ENOUGH {
        let next = chaos.next().min(window);
        sleep_until(begun + next).await;
        if next == window {
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
        let checked = Checked::new(Path::new("soak.yaml"), CONFIG.as_bytes());
        let config = checked.finish().map_err(|report| io::Error::other(report.to_string()))?;
        let disk = disk()?;
        Ok(Self {
            hand: Hand::new(&lab, cluster.clone(), soak.seed),
            clock: Virtual::new(Instant::now()),
            journal: Noted::new(disk.path()),
            _disk: disk,
            watch: Watch::new(options.nodes.len(), end.as_secs_f64(), soak.trace),
            config: Arc::new(config),
            scheduler: None,
            cluster,
            lab,
        })
    }

    /// What the last process counted is kept for the report.
    fn begin_anew(&mut self, tally: &mut Tally) {
        tally.verified_before += self.journal.counts().verified;
        self.journal.is_killed();
        self.journal = self.journal.anew();
        self.start(tally);
    }

    fn start(&mut self, tally: &mut Tally) {
        let killed = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = watch::channel(false);
        let clock = Living::new(self.clock.clone(), &killed);
        let hand = Living::new(self.hand.clone(), &killed);
        let ports = (clock, hand, Living::new(self.journal.clone(), &killed));
        let nodes = self.lab.nodes().into_iter().collect();
        let clusters = BTreeMap::from([(self.cluster.clone(), nodes)]);
        let config = self.config.clone();
        let work = tokio::spawn(async move {
            work_over(ports, &config, clusters, &Board::default(), &stopped).await;
        });
        self.scheduler = Some(Scheduler { killed, stop, work });
        self.watch.starts(self.clock.seconds());
        tally.starts += 1;
    }

    async fn happen(&mut self, happening: Happening, tally: &mut Tally) {
        tally.faults += 1;
        match happening {
            Happening::Control(control) => self.control(control),
            Happening::Wall(seconds) => self.clock.set_wall(seconds),
            Happening::Helper => self.hand.restart(),
            Happening::Journal(works) => {
                self.journal.fill(!works);
            }
            Happening::Kill => {
                if let Some(scheduler) = self.scheduler.take() {
                    scheduler.killed.store(true, Ordering::Relaxed);
                    scheduler.work.abort();
                }
                self.begin_anew(tally);
            }
            Happening::Stop => {
                if let Some(scheduler) = self.scheduler.take() {
                    // One that is gone needs no telling.
                    let _ = scheduler.stop.send(true);
                    let _ = tokio::time::timeout(Duration::from_secs(90), scheduler.work).await;
                    scheduler.killed.store(true, Ordering::Relaxed);
                    tally.verified_before += self.journal.counts().verified;
                    self.journal.end().await;
                }
                self.begin_anew(tally);
            }
        }
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
