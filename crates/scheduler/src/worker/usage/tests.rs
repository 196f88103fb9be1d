//! A daemon whose time and loads are made up, and what its journal has of them afterwards.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};
use vm_autoscale_config::JournalFile;
use vm_autoscale_protocol::{ConfigReply, Executed, FoundConfig, Hello, Request};
use vm_autoscale_proxmox::{ClusterName, Digest, Identity, NodeName};

use super::*;
use crate::control::Board;
use crate::notify::Notifier;
use crate::view::tests::{CONFIG, care};
use crate::worker::tests::orders;
use crate::worker::{Worker, planner_config};
use crate::{AskError, BootClock, Clock, Helper, PastUse, Purpose, SqliteJournal, past_use};

const WALL: u64 = 1_800_000_000;
/// The first look.
const START: u64 = 5000;
const MIB: f64 = 1_048_576.0;

/// A cluster at one moment.
#[derive(Clone)]
pub(in crate::worker) struct Site(Arc<Mutex<State>>);

struct State {
    now: u64,
    /// Of each VM its number, cores and MiB; `U` is what was not measured.
    vms: Vec<(u32, String, String)>,
    /// When it was measured, and the config's version.
    ctime: u64,
    version: u64,
    /// Of every config.
    conf: String,
}

impl Clock for Site {
    fn now(&self) -> Moment {
        Moment(Duration::from_secs(self.0.lock().unwrap().now))
    }

    fn wall(&self) -> u64 {
        WALL + self.0.lock().unwrap().now
    }

    async fn sleep_until(&self, _: Moment) {}
}

impl Helper for Site {
    async fn hello(&self) -> Result<Hello, AskError> {
        panic!("no look says hello")
    }

    fn generation(&self) -> u64 {
        1
    }

    async fn read_cluster(&self, _: &ClusterName) -> Result<(NodeName, String), AskError> {
        let state = self.0.lock().unwrap();
        Ok(("pve1".try_into().unwrap(), state.text()))
    }

    async fn read_configs(
        &self,
        request: &Request,
        _: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        let Request::ReadConfigs { vmids, .. } = request else { panic!("{request:?}") };
        let text = self.0.lock().unwrap().conf.clone();
        let found = |vmid: &VmId| {
            let digest = Digest::from_bytes([1; 20]);
            ConfigReply { vmid: *vmid, found: Some(FoundConfig { digest, text: text.clone() }) }
        };
        Ok(vmids.iter().map(found).collect())
    }

    async fn read_pools(&self, _: &ClusterName, _: &NodeName) -> Result<String, AskError> {
        panic!("no pools are asked for")
    }

    async fn execute(&self, _: &Request) -> Result<Executed, AskError> {
        panic!("nothing is changed")
    }
}

impl State {
    fn text(&self) -> String {
        let Self { ctime, version, .. } = self;
        let entry = |(vmid, ..): &(u32, String, String)| {
            format!(r#""{vmid}": {{"node": "pve1", "type": "qemu", "version": {version}}}"#)
        };
        let ids: Vec<String> = self.vms.iter().map(entry).collect();
        let vmlist = format!("/etc/pve/.vmlist:{{\"ids\": {{{}}}}}\n", ids.join(", "));
        let line = |(vmid, share, used): &(u32, String, String)| {
            let memory = 2048.0 * MIB;
            format!(
                "/etc/pve/.rrd:pve2.3-vm/{vmid}:{ctime}:x:running:0:{ctime}:2:{share}:{memory}:{used}:0:0:1:2:3:4\n"
            )
        };
        let rrd: String = self.vms.iter().map(line).collect();
        format!(
            "/etc/pve/.version:{{\"starttime\": 1}}\n\
             /etc/pve/.members:{{\"nodename\": \"pve1\", \"cluster\": {{\"quorate\": 0}}}}\n\
             {vmlist}{rrd}{vmlist}{rrd}"
        )
    }
}

pub(in crate::worker) struct Daemon {
    site: Site,
    worker: Worker<Site, Site, SqliteJournal>,
    pub(in crate::worker) memory: Memory,
    path: PathBuf,
}

impl Daemon {
    fn start(path: PathBuf, site: Site) -> Self {
        let file = JournalFile { path: path.clone(), ..JournalFile::default() };
        let journal = SqliteJournal::new(&file, &BootClock::over(|| Duration::from_secs(1000)));
        let care = care(CONFIG);
        let worker = Worker {
            cares: orders(care.clone()),
            care,
            clock: site.clone(),
            helper: site.clone(),
            journal,
            board: Board::default(),
            notifier: Notifier::default(),
            stop: watch::channel(false).1,
        };
        let memory = Memory::new(planner_config(worker.care.roster.config()), 1);
        Self { site, worker, memory, path }
    }

    /// Killed, and started anew.
    pub(in crate::worker) fn killed(self) -> Self {
        let Self { site, worker, memory, path } = self;
        drop((worker, memory));
        Self::start(path, site)
    }

    /// One look after ten seconds.
    pub(in crate::worker) async fn look(&mut self, vms: &[(u32, f64, f64)]) {
        {
            let mut state = self.site.0.lock().unwrap();
            (state.now, state.ctime) = (state.now + 10, state.now + 10);
            let as_text = |(vmid, cores, mib): &(u32, f64, f64)| {
                let text = |value: f64| {
                    if value.is_nan() { "U".to_owned() } else { value.to_string() }
                };
                (*vmid, text(cores / 2.0), text(mib * MIB))
            };
            state.vms = vms.iter().map(as_text).collect();
        }
        self.again().await;
    }

    /// The same look once more.
    async fn again(&mut self) {
        let (done, mut finished) = mpsc::unbounded_channel();
        let begun = self.site.now();
        self.worker.cycle(&mut self.memory, begun, &done).await;
        assert_eq!(self.memory.journal, None);
        drop(done);
        while let Some(end) = finished.recv().await {
            self.worker.note(&mut self.memory, end);
        }
    }

    /// Told to stop.
    pub(in crate::worker) async fn stop(&mut self) {
        let (_done, mut finished) = mpsc::unbounded_channel();
        self.worker.drain(&mut self.memory, &mut finished).await;
    }

    pub(in crate::worker) fn config(&mut self, conf: &str) {
        let mut state = self.site.0.lock().unwrap();
        state.version += 1;
        conf.clone_into(&mut state.conf);
    }

    fn past(&self, vmid: u32) -> Option<PastUse> {
        let mut all = past_use(&self.path, vmid.try_into().unwrap(), 0).unwrap();
        assert!(all.len() <= 1);
        all.pop()
    }

    /// Of each block its beginning, samples, mean and most of the cores in thousandths.
    fn cores(&self, vmid: u32) -> Vec<(u64, u32, u32, u32)> {
        let blocks = self.past(vmid).map(|past| past.blocks).unwrap_or_default();
        let told = |block: &crate::Block| {
            let cpu = block.used.cpu.unwrap();
            (block.begin() - WALL, cpu.samples, cpu.mean, cpu.most)
        };
        blocks.iter().map(told).collect()
    }
}

pub(in crate::worker) fn daemon(dir: &tempfile::TempDir) -> Daemon {
    let conf = "vmgenid: a\ncores: 8\nvcpus: 2\nmemory: 2048\n".to_owned();
    let (now, vms) = (START - 10, Vec::new());
    let state = State { now, vms, ctime: 0, version: 1, conf };
    Daemon::start(dir.path().join("journal.db"), Site(Arc::new(Mutex::new(state))))
}

/// What VM 101 uses in that look: always something else.
fn load(look: u32) -> (f64, f64) {
    (f64::from(look * 37 % 180 + 1) / 100.0, f64::from(look * 91 % 1500 + 100))
}

/// Three hours, and every figure of every block is that of its samples.
#[tokio::test]
async fn what_was_used_is_in_the_journal_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = daemon(&dir);
    let (looks, mut told) = (3 * 360, Vec::new());
    for look in 0..=looks {
        let (cores, mib) = load(look);
        daemon.look(&[(101, cores, mib), (102, 0.5, 300.0), (103, 1.0, 1.0)]).await;
    }
    for block in 0..looks / 30 {
        // Of the very first sample nobody knows how old it is.
        let of = (block * 30).max(1)..(block + 1) * 30;
        let loads: Vec<(f64, f64)> = of.map(load).collect();
        let used = |part: fn(&(f64, f64)) -> f64, parts: f64, plugged| {
            let figures: Vec<f64> = loads.iter().map(part).collect();
            let mean = figures.iter().sum::<f64>() / f64::from(u32::try_from(loads.len()).unwrap());
            let most = figures.iter().copied().fold(0.0, f64::max);
            let (samples, saturated) = (u32::try_from(loads.len()).unwrap(), false);
            Used {
                samples,
                mean: whole(mean * parts),
                most: whole(most * parts),
                plugged,
                saturated,
            }
        };
        let cpu = Some(used(|load| load.0, 1000.0, 2));
        let memory = Some(used(|load| load.1, 1.0, 2048));
        let end = WALL + START + 300 * u64::from(block + 1);
        let used = VmUse { vmid: 101.try_into().unwrap(), who: who_is("a"), cpu, memory };
        told.push(crate::Block { end, seconds: 300, used });
    }
    assert_eq!(daemon.past(101).unwrap().blocks, told);
    assert_eq!(daemon.past(102).unwrap().blocks.len(), told.len());
    assert_eq!(daemon.past(103), None, "it is not looked after");
}

fn who_is(generation: &str) -> u32 {
    who(Some(&Identity::Generation(generation.to_owned())))
}

/// Killed it loses the block that it was in, told to stop it loses nothing.
#[tokio::test]
async fn a_restart_loses_at_most_one_block() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = daemon(&dir);
    for _ in 0..45 {
        daemon.look(&[(101, 0.5, 500.0)]).await;
    }
    let mut daemon = daemon.killed();
    for _ in 0..45 {
        daemon.look(&[(101, 1.0, 500.0)]).await;
    }
    daemon.stop().await;
    let begin = START + 450;
    assert_eq!(
        daemon.cores(101),
        [(START, 29, 500, 500), (begin, 29, 1000, 1000), (begin + 300, 15, 1000, 1000)]
    );
}

/// A machine that slept: the time in between belongs to no block.
#[tokio::test]
async fn a_gap_is_in_no_block() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = daemon(&dir);
    for sleep in [0, 7200] {
        daemon.site.0.lock().unwrap().now += sleep;
        for _ in 0..16 {
            daemon.look(&[(101, 0.5, 500.0)]).await;
        }
    }
    daemon.stop().await;
    let begin = START + 16 * 10 + 7200;
    let told = daemon.past(101).unwrap().blocks;
    assert_eq!(told.iter().map(|block| block.seconds).collect::<Vec<_>>(), [150, 150]);
    assert_eq!(daemon.cores(101), [(START, 15, 500, 500), (begin, 16, 500, 500)]);
}

/// What was measured before it was another VM is not told of the one that is there.
#[tokio::test]
async fn another_vm_begins_with_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = daemon(&dir);
    for look in 0..62 {
        if look == 50 {
            daemon.config("vmgenid: b\ncores: 8\nvcpus: 2\nmemory: 2048\n");
        }
        daemon.look(&[(101, if look < 50 { 0.5 } else { 1.0 }, 500.0)]).await;
    }
    let past = daemon.past(101).unwrap();
    assert_eq!((daemon.cores(101), past.of_others), (vec![(START + 300, 9, 1000, 1000)], 1));
    assert_eq!(past.blocks[0].used.who, who_is("b"));
}

/// Absent is not zero, and neither is a zero a measurement.
#[tokio::test]
async fn what_was_not_measured_is_not_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = daemon(&dir);
    for look in 0..61 {
        let cores = if look < 31 { [f64::NAN, 0.0, 0.25][look % 3] } else { f64::NAN };
        daemon.look(&[(101, cores, 500.0)]).await;
        daemon.again().await;
    }
    let blocks = daemon.past(101).unwrap().blocks;
    let of = |used: Option<Used>| used.map(|used| (used.samples, used.mean, used.most));
    let told: Vec<_> = blocks.iter().map(|b| (of(b.used.cpu), of(b.used.memory))).collect();
    let memory = |samples| Some((samples, 500, 500));
    assert_eq!(told, [(Some((10, 250, 250)), memory(29)), (None, memory(30))]);
}

#[tokio::test]
async fn where_all_was_used_it_is_said() {
    for (conf, cores, mib, cpu, memory) in [
        ("", 1.89, 1940.0, false, false),
        ("", 1.91, 1947.0, true, true),
        ("cpulimit: 1.5\n", 1.41, 500.0, false, false),
        ("cpulimit: 1.5\n", 1.43, 500.0, true, false),
        ("cpulimit: 3\n", 1.89, 500.0, false, false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut daemon = daemon(&dir);
        daemon.config(&format!("vmgenid: a\ncores: 8\nvcpus: 2\nmemory: 2048\n{conf}"));
        for look in 0..31 {
            // One of them is enough.
            let (cores, mib) = if look == 9 { (cores, mib) } else { (0.5, 500.0) };
            daemon.look(&[(101, cores, mib)]).await;
        }
        let used = daemon.past(101).unwrap().blocks[0].used;
        let saturated = |used: Option<Used>| used.unwrap().saturated;
        assert_eq!((saturated(used.cpu), saturated(used.memory)), (cpu, memory), "{conf}{cores}");
    }
}

/// While the journal takes nothing, an hour of it waits.
#[tokio::test]
async fn blocks_wait_for_a_journal_that_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = daemon(&dir);
    for _ in 0..32 {
        daemon.look(&[(101, 0.5, 500.0)]).await;
    }
    for block in 0..20_u64 {
        let moment = daemon.site.now().after(BLOCK * u32::try_from(block).unwrap());
        daemon.memory.tally(moment, WALL + block);
        daemon.memory.usage.vms.values_mut().for_each(|tally| {
            tally.cpu.add(Some(1.0), Some(2.0), Some(2.0));
        });
    }
    assert_eq!(daemon.memory.usage.full.len(), WAITING);
    daemon.again().await;
    assert_eq!(daemon.memory.usage.full.len(), 0);
    assert_eq!(daemon.cores(101).len(), 1 + WAITING);
}

/// Of five hundred VMs as of one.
#[tokio::test]
async fn a_look_allocates_nothing_for_its_samples() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = daemon(&dir);
    let vms: Vec<(u32, f64, f64)> = (100..200).map(|vmid| (vmid, 0.5, 500.0)).collect();
    for _ in 0..3 {
        daemon.look(&vms).await;
    }
    let (now, wall) = (daemon.site.now(), daemon.site.wall());
    for vm in daemon.memory.view.vms.values_mut() {
        vm.sample = vm.sample.map(|sample| Sample { ctime: sample.ctime + 10, ..sample });
    }
    let taken = allocation_counter::measure(|| daemon.memory.tally(now, wall));
    assert_eq!(taken.count_total, 0);
    let counted = daemon.memory.usage.vms.values().filter(|tally| tally.cpu.samples == 3);
    assert_eq!(counted.count(), 99, "103 is not looked after");
}
