//! All programs together, as their users start them. One binary, so that little is linked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod adaptive;
mod audit;
mod audit_rules;
mod booted;
mod clocks;
mod completion;
mod config_keys;
mod crash;
mod crash_points;
mod cut_reply;
mod cuts;
mod desk;
mod doctor;
mod examples;
mod explain;
mod fault_matrix;
mod gate;
mod helper_keys;
mod host_keys;
mod import;
mod journal_down;
mod journal_faults;
mod kill_sweep;
mod levers;
mod limits;
mod logins;
mod lookout;
mod malice;
mod metrics;
mod node_trouble;
mod notices;
mod one_vm;
mod openssh;
mod orders;
mod own_kernel;
mod packages;
mod pause;
mod real_guests;
mod reload;
mod report;
mod sandbox;
mod scenarios;
mod settings;
mod setup_nodes;
mod shells;
mod top;
mod two_schedulers;
mod units;
mod versions;
mod wall;
mod watchdog;

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vm_autoscale_lab::{Control, Reply, Request, VmInfo};
use vm_autoscale_proxmox::VmId;
use vm_autoscale_scheduler::{AskError, Helper as _, HelperClient};
use vm_autoscale_tests::invariants::{Allowed, Bounds, Direction, Rates, Way};
use vm_autoscale_tests::stage::{Play, Stage};

/// One stage at a time: each is three or four processes, and there may be two cores.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A lab of steady loads and short waits.
fn play(vms: u32, config: &str) -> Play {
    Play {
        vms,
        nodes: 1,
        scenario: None,
        real: None,
        seed: 3,
        trace: None,
        interval: 1.0,
        qm_time: 0.05,
        speed: 1.0,
        config: format!(
            "select: [100-9999]\nobserve_interval: 1\ncheck_interval: 1\nscale_cooldown: 2\n\
             scale_down_after_cycles: 2\nscaling_limits: {{max_cores: 64, max_ram_mb: 131072}}\n{config}"
        ),
    }
}

/// What a stage of such a play may do. The times are those of a machine that has much else to do.
fn allowed() -> Allowed {
    Allowed {
        vms: vec![(100..=9999, Bounds { vcpus: 1..=64, memory: 1024..=131_072, way: Way::PLAIN })],
        direction: Direction::Both,
        cooldown: 2.0,
        under_way: 2,
        rates: Some(Rates { per_vm: 60, per_node: 600, total: 600 }),
        look_gap: 60.0,
        round: 1.0,
        late: 8.0,
        nodes: 1,
        needs: true,
        intents: Vec::new(),
    }
}

/// The same where a program was started anew: it counts from 0, and did not look meanwhile.
fn allowed_anew() -> Allowed {
    Allowed { rates: None, look_gap: f64::INFINITY, ..allowed() }
}

fn vmid(number: u32) -> VmId {
    number.try_into().unwrap()
}

/// The VM as it really is, by the lab.
fn truth(stage: &Stage, number: u32) -> VmInfo {
    let Reply::Vms(vms) = stage.ask_lab(&Request::Vms).unwrap() else { panic!("no VMs") };
    vms.into_iter().find(|vm| vm.vmid == vmid(number)).unwrap()
}

/// Gives a VM a steady load.
fn load(stage: &Stage, number: u32, cores: f64, mib: f64) {
    stage.control(Control::Load { vmid: vmid(number), cores, mib }).unwrap();
}

/// Waits for the helper to listen.
fn await_helper(stage: &Stage) {
    let begun = std::time::Instant::now();
    while std::os::unix::net::UnixStream::connect(stage.path("helper.sock")).is_err() {
        assert!(begun.elapsed().as_secs() < 20, "{}", stage.last_words());
        vm_autoscale_tests::programs::pause(std::time::Duration::from_millis(20));
    }
}

/// Asks the helper to look at the cluster.
fn read_cluster(stage: &Stage) -> Result<(), AskError> {
    let client = HelperClient::new(stage.path("helper.sock"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client.read_cluster(&"lab".try_into().unwrap())).map(drop)
}

/// Says loudly what was not tested; where nothing may be skipped, fails.
fn skip(what: &str) {
    // Not by `eprintln!`: the test runner would swallow it.
    std::io::stderr().write_all(format!("SKIPPED: {what}\n").as_bytes()).unwrap();
    assert!(
        std::env::var_os("VM_AUTOSCALE_NO_SKIP").is_none(),
        "nothing may be skipped here: {what}"
    );
}
