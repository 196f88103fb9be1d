//! A read-back whose answer ends too early, and says all the same that it ended well.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use vm_autoscale_config::Checked;
use vm_autoscale_lab::{Control, Lab, Options, Part, VmInfo};
use vm_autoscale_proxmox::{ClusterName, NodeCommand};
use vm_autoscale_scheduler::{Board, Journal as _, MemoryJournal, work_over};
use vm_autoscale_tests::near::{Fate, Near, TokioClock};

/// A VM that has too many vCPUs, and whose guest lets go of none.
fn stubborn(lab: &Lab) -> VmInfo {
    let two = |vm: &VmInfo| !vm.conf.contains("cores: 2\n") && vm.conf.contains("vmgenid");
    let vm = lab.vms().into_iter().find(two).unwrap();
    lab.control(Control::Load { vmid: vm.vmid, cores: 0.1, mib: 1000.0 }).unwrap();
    lab.control(Control::Fault { vmid: vm.vmid, part: Part::KeepsCpus, on: true }).unwrap();
    vm
}

/// What is left when the first read-back of a change ends before that word of the config.
async fn left(before: &str) -> String {
    let lab = Lab::new(&Options { epoch: Some(1_700_000_000), ..Options::new().unwrap() }).unwrap();
    tokio::spawn(lab.clone().pvestatd());
    let VmInfo { vmid, node, conf, .. } = stubborn(&lab);
    let yaml = format!(
        "mode: full\nselect: [{vmid}]\ncheck_interval: 10\nscale_cooldown: 30\nram_scaling: false\n"
    );
    let config = Arc::new(Checked::new("config.yaml".as_ref(), yaml.as_bytes()).finish().unwrap());
    let path = format!("/etc/pve/nodes/{node}/qemu-server/{vmid}.conf");
    let (begin, _) = conf.split_once(before).unwrap();
    let answer = format!("==> /etc/pve/.version <==\n{{}}\n\n==> {path} <==\n{begin}");
    let (answer, sent) = (&*answer.leak(), AtomicBool::new(false));
    let fates = move |command: &NodeCommand| match command {
        NodeCommand::SetVcpus { .. } => {
            sent.store(true, Ordering::SeqCst);
            Fate::Runs
        }
        NodeCommand::ReadConfigs(_) if sent.swap(false, Ordering::SeqCst) => Fate::Answers(answer),
        _ => Fate::Runs,
    };
    let cluster: ClusterName = "lab".try_into().unwrap();
    let helper = Near::new(lab.clone(), cluster.clone(), Arc::new(fates));
    let clusters = [(cluster, lab.nodes().into_iter().collect())].into();
    let (clock, journal) = (TokioClock::start(), MemoryJournal::default());
    let ports = (clock, helper, journal.clone());
    tokio::spawn(async move {
        let (_stop, stopped) = watch::channel(false);
        work_over(ports, &config, clusters, &Board::default(), &stopped).await;
    });
    while journal.recent().is_empty() {
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(1800)).await;
    let vm = lab.vms().into_iter().find(|vm| vm.vmid == vmid).unwrap();
    let waits = vm.conf.split_once("[PENDING]").map(|(_, waits)| waits.to_owned());
    waits.map_or(String::new(), |waits| format!("{before}: {waits}{:?}", journal.recent()))
}

#[tokio::test(start_paused = true)]
async fn nothing_stays_pending_where_a_read_back_ends_too_early() {
    for before in ["#lab", "cores", "memory", "vcpus", "vmgenid"] {
        assert_eq!(left(before).await, "");
    }
}
