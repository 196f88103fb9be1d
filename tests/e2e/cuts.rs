//! The way to the nodes breaks again and again while `qm set` is at work, in every way that ways
//! break: nothing is made twice, and in the end everything is as the configs say.
//!
//! Lab and helper are processes, the way between them leads through proxies; the scheduler runs
//! here, by a clock that is faster than the real one, as the lab's `qm` is.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use vm_autoscale_config::{Checked, SchedulerConfig};
use vm_autoscale_proxmox::{ClusterName, NodeName};
use vm_autoscale_scheduler::{Board, HelperClient, Journal as _, MemoryJournal, work_over};
use vm_autoscale_tests::fault_proxy::FaultProxy;
use vm_autoscale_tests::scaled::ScaledClock;
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{await_helper, play, turn};

mod books;
mod drive;
mod hands;
mod judge;
mod kinds;
mod site;
mod watched;

use books::Books;
use drive::{history, keep_changing, settle};
use hands::{Cutter, Wires};
use judge::{CORES, MEMORY, wrong};
use site::Site;
use watched::Watched;

/// The scheduler's time passes so much faster.
const FACTOR: u32 = 20;
/// On each, two changes can be under way, and one that was cut off takes long.
const NODES: u32 = 16;
const VMS: u32 = 160;
/// Says how far it got; not by `eprintln!`, which the test runner would swallow.
pub(crate) fn say(what: &str) {
    std::io::stderr().write_all(format!("{what}\n").as_bytes()).unwrap();
}

/// A change whose session was lost keeps its place at its node for three minutes, for it may be at
/// work still: after so many runs the helper is started anew, which knows nothing of that.
const BATCH: u64 = 20;
/// So many runs are played in every run of the tests, a thousand where `VM_AUTOSCALE_CUTS=1000`
/// says so.
fn wanted() -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("VM_AUTOSCALE_SEED").unwrap_or(1);
    (number("VM_AUTOSCALE_CUTS").unwrap_or(60), seed)
}

fn config() -> Arc<SchedulerConfig> {
    let yaml = format!(
        "mode: full\nselect: [100-999]\nobserve_interval: 10\ncheck_interval: 10\n\
         scale_cooldown: 10\nscale_down_after_cycles: 1\nmemory_shrink: true\n\
         external_change_hold: 10\n\
         host_limits: {{max_host_cpu_percent: 100, max_host_ram_percent: 100}}\n\
         scaling_limits: {{min_cores: {}, max_cores: {}, min_ram_mb: {}, max_ram_mb: {}}}\n",
        CORES.0, CORES.1, MEMORY.0, MEMORY.1
    );
    Arc::new(Checked::new("config.yaml".as_ref(), yaml.as_bytes()).finish().unwrap())
}

/// A lab and a helper with proxies in between.
fn set(seed: u64) -> (Stage, BTreeMap<NodeName, Arc<Site>>) {
    let qm_time = 1.0 / f64::from(FACTOR);
    let mut stage = Stage::set(&Play { nodes: NODES, qm_time, ..play(VMS, "") }).unwrap();
    let lab = stage.path("lab");
    let known = std::fs::read_to_string(lab.join("known_hosts")).unwrap();
    let (mut sites, mut nodes, mut known_too) = (BTreeMap::new(), Vec::new(), known.clone());
    for (name, address) in stage.nodes() {
        let proxy = FaultProxy::start(address, seed).unwrap();
        let (real, own) = (format!("]:{} ", address.port()), proxy.address());
        let line = known.lines().find(|line| line.contains(&real)).unwrap();
        known_too += &(line.replace(&real, &format!("]:{} ", own.port())) + "\n");
        nodes.push((name.clone(), own));
        let node: NodeName = name.as_str().try_into().unwrap();
        sites.insert(node.clone(), Arc::new(Site::new(node, proxy, lab.clone())));
    }
    std::fs::write(stage.path("known_hosts"), known_too).unwrap();
    let login = format!("identity: {}", lab.join("id_ed25519").display());
    stage.write_helper_yaml(&nodes, "root", &login, &stage.path("known_hosts")).unwrap();
    let path = stage.path("helper.yaml");
    let yaml = std::fs::read_to_string(&path).unwrap();
    let rates = "per_vm: 6000, per_node: 60000, total: 60000";
    let yaml = yaml.replace("per_vm: 60, per_node: 600, total: 600", rates);
    assert!(yaml.contains(rates));
    std::fs::write(&path, yaml).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    (stage, sites)
}

async fn cut(stage: &mut Stage, wires: Arc<Wires>, runs: u64) -> Vec<String> {
    let (lab, journal) = (stage.path("lab"), MemoryJournal::default());
    let helper = Cutter(HelperClient::new(stage.path("helper.sock")), wires.clone());
    let cluster: ClusterName = "lab".try_into().unwrap();
    let clusters = [(cluster.clone(), wires.sites.keys().cloned().collect())].into();
    let ports = (ScaledClock::start(FACTOR), helper, Watched(journal.clone(), wires.clone()));
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(async move {
        work_over(ports, &config(), clusters, &Board::default(), &stopped).await;
    });
    let begun = Instant::now();
    keep_changing(&lab, &wires, runs).await;
    stage.helper.as_mut().unwrap().crash().unwrap();
    stage.start_helper().unwrap();
    await_helper(stage);
    say(&format!("{runs} runs wanted, there after {:?}", begun.elapsed()));
    let mut problems = settle(&lab, &wires).await;
    stop.send(true).unwrap();
    working.await.unwrap();
    let all = history(&lab).await;
    problems.extend(wrong(&all, &wires.books()));
    let open = journal.recall(&cluster).await.unwrap().open;
    problems.extend(open.iter().map(|open| format!("still open: {open:?}")));
    problems
}

#[test]
fn whatever_becomes_of_the_way_changes_are_reconciled() {
    let _turn = turn();
    let (runs, seed) = wanted();
    let (mut stage, sites) = set(seed);
    let within = Duration::from_millis(150);
    let wires = Arc::new(Wires::new(sites, seed, within));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    let mut problems = Vec::new();
    // Which kinds meet a change is a matter of moments: it goes on until each has met one.
    let most = 10 * runs;
    let enough = |books: &Books| books.all_runs() >= runs && books.has_all_kinds();
    while problems.is_empty() && !enough(&wires.books()) && wires.books().all_runs() < most {
        let batch = wires.books().all_runs() + BATCH.min(runs);
        wires.mended.store(false, Ordering::SeqCst);
        problems = runtime.block_on(cut(&mut stage, wires.clone(), batch));
    }
    let books = wires.books();
    say(&format!(
        "{} runs in {:?}, {} changes: {:?}; heard of them: {:?}; outcomes: {:?}",
        books.all_runs(),
        begun.elapsed(),
        books.steps.len(),
        books.runs,
        books.heard,
        books.outcomes
    ));
    let words = stage.helper.as_ref().unwrap().said();
    let words: Vec<&str> = words.lines().filter(|line| !line.contains("INFO")).collect();
    let words = &words[words.len().saturating_sub(60)..];
    assert!(problems.is_empty(), "seed {seed}: {problems:#?}\n{words:#?}");
    assert!(books.has_all_kinds(), "seed {seed}: {books:?}");
    drop(books);
    stage.strike().unwrap();
}
