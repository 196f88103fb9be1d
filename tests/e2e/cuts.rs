//! The way to the nodes breaks again and again while `qm set` is at work, in every way that ways
//! break: nothing is made twice, and in the end everything is as the configs say.
//!
//! Lab and helper are processes, the way between them leads through proxies; the scheduler runs
//! here, by a clock that is faster than the real one, as the lab's `qm` is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;
use vm_autoscale_config::{Checked, SchedulerConfig};
use vm_autoscale_lab::{Control, Entry, Reply, Request, VmInfo, ask};
use vm_autoscale_proxmox::{ClusterName, NodeName};
use vm_autoscale_scheduler::{Board, HelperClient, Journal as _, MemoryJournal, work_over};
use vm_autoscale_tests::fault_proxy::FaultProxy;
use vm_autoscale_tests::scaled::ScaledClock;
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{await_helper, play, turn};

mod books;
mod hands;
mod judge;
mod kinds;

use hands::{Cutter, Watched, Wires};
use judge::{CORES, MEMORY, unsettled, wrong};
use kinds::{KINDS, Site};

/// The scheduler's time passes so much faster.
const FACTOR: u32 = 15;
const NODES: u32 = 6;
const VMS: u32 = 90;
/// Between two looks the loads turn round.
const TURN: Duration = Duration::from_secs(6);
/// For everything to be settled when the way is mended.
const SETTLING: Duration = Duration::from_secs(120);

/// Runs in CI; all thousand of them where `VM_AUTOSCALE_CUTS=1000` says so.
fn wanted() -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("VM_AUTOSCALE_SEED").unwrap_or(1);
    (number("VM_AUTOSCALE_CUTS").unwrap_or(1000), seed)
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

async fn vms(lab: &PathBuf) -> Vec<VmInfo> {
    let Reply::Vms(vms) = ask(lab, &Request::Vms).await.unwrap() else { panic!("no VMs") };
    vms
}

async fn load(lab: &PathBuf, vm: &VmInfo, cores: f64, mib: f64) {
    let control = Control::Load { vmid: vm.vmid, cores, mib };
    assert_eq!(ask(lab, &Request::Control(control)).await.unwrap(), Reply::Done);
}

async fn history(lab: &PathBuf) -> Vec<Entry> {
    let mut all = Vec::new();
    loop {
        let Reply::History(more) = ask(lab, &Request::History(all.len())).await.unwrap() else {
            panic!("no history")
        };
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// Half of the VMs have much to do, the other half nothing, and then the other way round, until
/// there were enough runs.
async fn keep_changing(lab: &PathBuf, wires: &Wires, runs: u64) {
    let vms = vms(lab).await;
    let late = Instant::now() + Duration::from_secs(1200);
    for turn in 0.. {
        for (index, vm) in vms.iter().enumerate() {
            let (cores, mib) = if (index + turn) % 2 == 0 { (64.0, 1e5) } else { (0.05, 100.0) };
            load(lab, vm, cores, mib).await;
        }
        let until = Instant::now() + TURN;
        while Instant::now() < until {
            sleep(Duration::from_millis(100)).await;
            if wires.books().all_runs() >= runs {
                return;
            }
            assert!(Instant::now() < late, "too few runs: {:?}", wires.books());
        }
    }
}

/// With loads that nobody wants to change anything for, all comes to rest.
async fn settle(lab: &PathBuf, wires: &Wires) -> Vec<String> {
    wires.mended.store(true, Ordering::SeqCst);
    for vm in vms(lab).await {
        let (vcpus, memory) = (vm.qemu_vcpus.unwrap(), vm.qemu_memory.unwrap());
        load(lab, &vm, 0.5 * f64::from(vcpus), 0.5 * f64::from(memory)).await;
    }
    let until = Instant::now() + SETTLING;
    loop {
        sleep(Duration::from_millis(500)).await;
        let wrong = unsettled(&vms(lab).await);
        let idle = wires.books().is_idle();
        if (wrong.is_empty() && idle) || Instant::now() > until {
            return wrong;
        }
    }
}

async fn cut(stage: &Stage, wires: Arc<Wires>, runs: u64) -> Vec<String> {
    let (lab, journal) = (stage.path("lab"), MemoryJournal::default());
    let helper = Cutter(HelperClient::new(stage.path("helper.sock")), wires.clone());
    let cluster: ClusterName = "lab".try_into().unwrap();
    let clusters = [(cluster.clone(), wires.sites.keys().cloned().collect())].into();
    let ports = (ScaledClock::start(FACTOR), helper, Watched(journal.clone(), wires.clone()));
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(async move {
        work_over(ports, &config(), clusters, &Board::default(), &stopped).await;
    });
    keep_changing(&lab, &wires, runs).await;
    let mut problems = settle(&lab, &wires).await;
    stop.send(true).unwrap();
    working.await.unwrap();
    problems.extend(wrong(&history(&lab).await, &wires.books()));
    let open = journal.recall(&cluster).await.unwrap().open;
    problems.extend(open.iter().map(|open| format!("still open: {open:?}")));
    problems
}

#[test]
fn whatever_becomes_of_the_way_changes_are_reconciled() {
    let _turn = turn();
    let (runs, seed) = wanted();
    let (stage, sites) = set(seed);
    let within = Duration::from_millis(150);
    let wires = Arc::new(Wires::new(sites, seed, within));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    let problems = runtime.block_on(cut(&stage, wires.clone(), runs));
    let books = wires.books();
    println!(
        "{} runs in {:?}, {} changes: {:?}; heard of them: {:?}; outcomes: {:?}",
        books.all_runs(),
        begun.elapsed(),
        books.steps.len(),
        books.runs,
        books.heard,
        books.outcomes
    );
    let words = stage.last_words();
    assert!(problems.is_empty(), "seed {seed}: {problems:#?}\n{words}");
    assert!(KINDS.iter().all(|kind| books.runs.contains_key(kind)), "seed {seed}: {books:?}");
    drop(books);
    stage.strike().unwrap();
}
