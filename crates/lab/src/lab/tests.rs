//! What a node prints, read back by the crate that reads real ones.

use vm_autoscale_proxmox::{
    ClusterRead, ConfigFile, ConfigFiles, Failure, GuestKind, GuestMemory, MonitorQuery, NodeName,
    VmConfig, VmStatus, parse_balloon, parse_guest_stats, parse_guest_vcpus,
    parse_hotpluggable_cpus, parse_memory_size_summary, split_configs,
};

use super::*;
use crate::Columns;

mod cluster;

const EPOCH: u64 = 1_795_297_200;

fn options() -> Options {
    Options { epoch: Some(EPOCH), ..Options::new().unwrap() }
}

fn id(vmid: u32) -> VmId {
    VmId::try_from(vmid).unwrap()
}

fn pve1() -> NodeName {
    NodeName::try_from("pve1").unwrap()
}

async fn cluster(lab: &Lab) -> ClusterRead {
    let answer = lab.execute(&NodeCommand::ReadCluster.line()).await;
    assert_eq!((answer.exit, answer.stderr.as_str()), (2, ""), "two files are mostly absent");
    ClusterRead::parse(&answer.stdout).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_cluster_reads_back() {
    for columns in [Columns::Eight, Columns::Nine] {
        let home = "home".try_into().unwrap();
        let lab = Lab::new(&Options { columns, cluster: Some(home), ..options() }).unwrap();
        lab.tick(Duration::from_secs(10));
        let read = cluster(&lab).await;
        assert_eq!((read.vms.len(), read.nodes.len(), read.doubted), (8, 1, 0));
        assert_eq!(read.guests.iter().filter(|(_, g)| g.kind == GuestKind::Lxc).count(), 1);
        assert!(read.members.quorate && read.members.answering == pve1());
        assert_eq!(read.version.starttime, EPOCH - 86_400);
        for vm in read.vms.values() {
            assert_eq!((vm.status, vm.ctime), (VmStatus::Running, EPOCH + 10));
            assert!(vm.cpu.unwrap() > 0.0 && vm.mem.unwrap() < vm.maxmem.unwrap());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pvestatd_can_fail() {
    let lab = Lab::new(&options()).unwrap();
    let control = |control| lab.control(control).unwrap();
    control(Control::ZeroRound { node: None, memory: true });
    lab.tick(Duration::from_secs(10));
    let all =
        |read: &ClusterRead| read.vms.values().all(|vm| (vm.cpu, vm.mem) == (Some(0.0), Some(0.0)));
    assert!(all(&cluster(&lab).await));
    control(Control::LeaveOut { vmid: id(101), on: true });
    control(Control::Stop { vmid: id(102) });
    lab.tick(Duration::from_secs(20));
    let read = cluster(&lab).await;
    assert!(!all(&read));
    let ctime = |vmid| read.vms[&id(vmid)].ctime;
    assert_eq!((ctime(101), ctime(103)), (EPOCH + 10, EPOCH + 20), "its line stays as it was");
    let stopped = &read.vms[&id(102)];
    assert_eq!((stopped.status, stopped.cpu, stopped.mem), (VmStatus::NotRunning, None, None));
    control(Control::Pvestatd { node: None, running: false });
    control(Control::Start { vmid: id(102) });
    lab.tick(Duration::from_secs(30));
    assert_eq!(cluster(&lab).await, read, "frozen");
    control(Control::Pvestatd { node: None, running: true });
    lab.tick(Duration::from_secs(40));
    let read = cluster(&lab).await;
    assert_eq!(read.vms[&id(102)].cpu, Some(0.0), "met for the first time");
    lab.tick(Duration::from_secs(320));
    tokio::time::sleep(Duration::from_secs(320)).await;
    let read = cluster(&lab).await;
    assert!(!read.vms.contains_key(&id(101)) && read.guests.get(id(101)).is_some(), "too old");
    tokio::time::sleep(Duration::from_secs(320)).await;
    let answer = lab.execute(&NodeCommand::ReadCluster.line()).await;
    assert!(!answer.stdout.contains("/.rrd:"), "pmxcfs drops old lines");
}

#[tokio::test(start_paused = true)]
async fn pvestatd_comes_round() {
    let lab = Lab::new(&options()).unwrap();
    let task = tokio::spawn(lab.clone().pvestatd());
    tokio::time::sleep(Duration::from_secs(35)).await;
    assert_eq!(cluster(&lab).await.vms[&id(101)].ctime, EPOCH + 30);
    task.abort();
}

#[tokio::test(start_paused = true)]
async fn configs_read_back_with_their_digests() {
    let lab = Lab::new(&options()).unwrap();
    let files: Vec<ConfigFile> =
        [101, 999, 108, 109].map(|vmid| ConfigFile { node: pve1(), vmid: id(vmid) }).into();
    let command = NodeCommand::ReadConfigs(ConfigFiles::try_from(files.clone()).unwrap());
    let answer = lab.execute(&command.line()).await;
    assert_eq!(answer.exit, 1);
    assert_eq!(
        answer.stderr.lines().next().unwrap(),
        "/usr/bin/tail: cannot open '/etc/pve/nodes/pve1/qemu-server/999.conf' for reading: No such file or directory"
    );
    let cut = split_configs(&files, answer.stdout.as_bytes()).unwrap();
    assert_eq!(cut.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true, false]);
    for (raw, vm) in [(cut[0], 0), (cut[2], 7)] {
        let vm = &lab.vms()[vm];
        let raw = std::str::from_utf8(raw.unwrap()).unwrap();
        assert_eq!(crate::conf::Conf::new(raw.to_owned()).digest(), vm.digest);
        let config = VmConfig::parse(raw).unwrap();
        assert_eq!(config.hotplug.cpu, vm.vmid != id(108), "one is not able");
        assert!(config.numa && config.identity.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn foreign_edits_raise_the_version() {
    let lab = Lab::new(&options()).unwrap();
    let before = (cluster(&lab).await, lab.vms().remove(0));
    let edit = |key: &str, value: &str| Control::Edit {
        vmid: id(101),
        key: key.into(),
        value: Some(value.into()),
    };
    lab.control(edit("tags", "a;b")).unwrap();
    let after = (cluster(&lab).await, lab.vms().remove(0));
    let version = |read: &ClusterRead| read.guests.get(id(101)).unwrap().version;
    assert!(version(&after.0) > version(&before.0));
    assert_ne!(after.1.digest, before.1.digest);
    assert!(
        lab.control(edit("Bad key", "x")).is_err() && lab.control(edit("a", "x\ny: z")).is_err()
    );
    lab.control(Control::RestartPmxcfs { node: None }).unwrap();
    let restarted = cluster(&lab).await;
    assert!(restarted.version.starttime > after.0.version.starttime);
    assert!(version(&restarted) < version(&after.0));
    lab.control(Control::Pause { text: Some("moving racks".into()) }).unwrap();
    assert_eq!(cluster(&lab).await.pause.as_deref(), Some("moving racks"));
}

#[tokio::test(start_paused = true)]
async fn qemu_and_guest_answer() {
    let lab = Lab::new(&options()).unwrap();
    let ask = async |query| {
        let command = NodeCommand::ReadMonitor { node: pve1(), vmid: id(101), query };
        let answer = lab.execute(&command.line()).await;
        assert_eq!((answer.exit, answer.stderr.as_str()), (0, ""));
        answer.stdout
    };
    let vm = lab.vms().remove(0);
    let cpus = parse_hotpluggable_cpus(&ask(MonitorQuery::HotpluggableCpus).await).unwrap();
    assert_eq!(Some(cpus.get()), vm.qemu_vcpus);
    let memory = parse_memory_size_summary(&ask(MonitorQuery::MemorySizeSummary).await).unwrap();
    assert_eq!(Some(memory), vm.qemu_memory);
    assert_eq!(parse_balloon(&ask(MonitorQuery::Balloon).await).unwrap(), memory);
    let stats = ask(MonitorQuery::GuestStats).await;
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    let stat = |name: &str| stats["stats"][name].as_u64().unwrap();
    assert!(stat("stat-available-memory") <= stat("stat-total-memory"));
    let online = lab.execute(&NodeCommand::ReadGuestVcpus { vmid: id(101) }.line()).await;
    assert_eq!(parse_guest_vcpus(&online.stdout).unwrap().get(), vm.online_vcpus);
    let meminfo = NodeCommand::ReadGuestMeminfo { node: pve1(), vmid: id(101) }.line();
    assert!(lab.execute(&meminfo).await.stdout.contains("MemAvailable:"));
    lab.control(Control::Stop { vmid: id(101) }).unwrap();
    assert_eq!(ask(MonitorQuery::Balloon).await, "ERROR: VM 101 not running\n\n");
    let answer = lab.execute(&NodeCommand::ReadGuestVcpus { vmid: id(101) }.line()).await;
    assert_eq!(answer, Answer::fail("VM 101 is not running\n", 2));
    assert_eq!(Failure::classify(&answer.stderr), Failure::NotRunning);
}

async fn guest_stats(lab: &Lab) -> (u64, u64, u64) {
    let query = MonitorQuery::GuestStats;
    let command = NodeCommand::ReadMonitor { node: pve1(), vmid: id(101), query };
    let text = lab.execute(&command.line()).await.stdout;
    let stats: serde_json::Value = serde_json::from_str(&text).unwrap();
    let stat = |name: &str| stats["stats"][name].as_u64().unwrap();
    let times = stats["last-update"].as_u64().unwrap();
    (stat("stat-total-memory"), stat("stat-free-memory"), times)
}

#[tokio::test(start_paused = true)]
async fn without_a_balloon_driver_nothing_is_told_of_memory() {
    let lab = Lab::new(&options()).unwrap();
    let line = async || {
        lab.tick(Duration::from_secs_f64(lab.now()));
        let text = lab.execute(&NodeCommand::ReadCluster.line()).await.stdout;
        let line = text.lines().find(|line| line.contains("/.rrd:pve-vm-9.0/101:")).unwrap();
        let column = |i: usize| line.split(':').nth(i + 2).unwrap().parse::<u64>().unwrap();
        (column(8), column(15))
    };
    let (mem, memhost) = line().await;
    assert!(mem < memhost);
    let fault = |on| Control::Fault { vmid: id(101), part: crate::Part::IgnoresBalloon, on };
    lab.control(fault(true)).unwrap();
    assert_eq!(guest_stats(&lab).await, (u64::MAX, u64::MAX, 0));
    let (mem, memhost) = line().await;
    assert_eq!(mem, memhost);
    lab.control(fault(false)).unwrap();
    lab.control(Control::GuestDies { vmid: id(101) }).unwrap();
    let died = guest_stats(&lab).await;
    assert!(died.0 < u64::MAX && died.2 >= EPOCH);
    tokio::time::sleep(Duration::from_secs(60)).await;
    lab.control(Control::Load { vmid: id(101), cores: 1.0, mib: 10.0 }).unwrap();
    assert_eq!(guest_stats(&lab).await, died, "the last that it said");
    assert!(line().await.0.abs_diff(died.0 - died.1) <= 1);
}

/// Page cache counts as used by Proxmox's figure, and is available all the same.
#[tokio::test(start_paused = true)]
async fn a_guest_full_of_page_cache_has_it_available() {
    let lab = Lab::new(&options()).unwrap();
    lab.control(Control::Load { vmid: id(101), cores: 0.1, mib: 300.0 }).unwrap();
    lab.control(Control::PageCache { vmid: id(101), mib: 1e6 }).unwrap();
    let stats = guest_memory(&lab).await;
    let total = stats.total.unwrap();
    assert!(stats.free.unwrap() <= total / 49, "{stats:?}");
    assert!(stats.available.unwrap().abs_diff(total - 300) <= 1, "{stats:?}");
}

/// What it swapped is counted from its start, round by round.
#[tokio::test(start_paused = true)]
async fn a_guest_that_is_short_swaps_more_and_more() {
    let lab = Lab::new(&options()).unwrap();
    let wants = async |mib| {
        lab.control(Control::Load { vmid: id(101), cores: 0.1, mib }).unwrap();
        lab.tick(Duration::from_secs_f64(lab.now()));
        tokio::time::sleep(Duration::from_secs(10)).await;
        let stats = guest_memory(&lab).await;
        (stats.swapped.unwrap(), stats.major_faults.unwrap(), stats.available.unwrap())
    };
    let total = f64::from(guest_memory(&lab).await.total.unwrap());
    assert_eq!(wants(0.5 * total).await.0, 0);
    let (once, twice) = (wants(total + 100.0).await, wants(total + 100.0).await);
    assert!(once.0 > 200 << 20 && twice.0 >= 2 * once.0 && twice.1 >= 2 * once.1, "{once:?}");
    assert!(twice.2 <= 1 + guest_memory(&lab).await.total.unwrap() / 49, "{twice:?}");
    assert_eq!(wants(0.5 * total).await.0, twice.0, "it never falls");
}

async fn guest_memory(lab: &Lab) -> GuestMemory {
    let query = MonitorQuery::GuestStats;
    let command = NodeCommand::ReadMonitor { node: pve1(), vmid: id(101), query };
    parse_guest_stats(&lab.execute(&command.line()).await.stdout).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_agent_can_be_silent() {
    let lab = Lab::new(&options()).unwrap();
    let part = crate::Part::AgentSilent;
    lab.control(Control::Fault { vmid: id(101), part, on: true }).unwrap();
    let meminfo = NodeCommand::ReadGuestMeminfo { node: pve1(), vmid: id(101) };
    for command in [meminfo, NodeCommand::ReadGuestVcpus { vmid: id(101) }] {
        let start = lab.now();
        let answer = lab.execute(&command.line()).await;
        assert_eq!(answer, Answer::fail("QEMU guest agent is not running\n", 255));
        assert!(lab.now() - start > 3.5, "it is given three seconds");
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_the_config_tells() {
    let lab = Lab::new(&Options { host_cpus: Some(6), ..options() }).unwrap();
    let edit = |key: &str, value: Option<&str>| {
        let (key, value) = (key.into(), value.map(str::to_owned));
        lab.control(Control::Edit { vmid: id(101), key, value }).unwrap();
    };
    edit("balloon", Some("0"));
    edit("vcpus", None);
    edit("cores", Some("4"));
    lab.control(Control::Stop { vmid: id(101) }).unwrap();
    lab.control(Control::Start { vmid: id(101) }).unwrap();
    edit("sockets", Some("2"));
    edit("memory", Some("512"));
    lab.tick(Duration::from_secs(10));
    let vm = cluster(&lab).await.vms[&id(101)].clone();
    assert_eq!((vm.maxcpu, vm.maxmem), (Some(6.0), Some(536_870_912.0)), "{vm:?}");
}

#[tokio::test(start_paused = true)]
async fn resources_and_pools() {
    let lab = Lab::new(&options()).unwrap();
    let answer = lab.execute(&NodeCommand::ReadResources.line()).await;
    let all: Vec<serde_json::Value> = serde_json::from_str(&answer.stdout).unwrap();
    let kinds = |kind: &str| all.iter().filter(|item| item["type"] == kind).count();
    assert_eq!((kinds("qemu"), kinds("lxc"), kinds("node")), (8, 1, 1));
    assert!(all[0]["cpu"].as_f64().unwrap() > 0.0);
    let pools = lab.execute(&NodeCommand::ReadPools.line()).await.stdout;
    assert!(pools.starts_with("/etc/pve/.version:\"starttime\": "), "{pools}");
    assert!(pools.contains("\n/etc/pve/user.cfg:pool:production::101,102,103,104::\n"), "{pools}");
    // As on a real node, lines that only happen to hold the word are printed too.
    assert!(pools.contains(":Vanderpool:") && !pools.contains("root@pam"), "{pools}");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_is_the_same_lab() {
    let run = async |seed| {
        let lab = Lab::new(&Options { seed, speed: 600.0, ..options() }).unwrap();
        let mut all = String::new();
        for round in 1..20 {
            lab.tick(Duration::from_secs(round * 10));
            all += &lab.execute(&NodeCommand::ReadCluster.line()).await.stdout;
        }
        all
    };
    assert_eq!(run(1).await, run(1).await);
    assert_ne!(run(1).await, run(2).await);
}

#[tokio::test(start_paused = true)]
async fn use_stays_within_what_is_there() {
    let lab = Lab::new(&options()).unwrap();
    let load = |mib| Control::Load { vmid: id(101), cores: 50.0, mib };
    lab.control(load(1e6)).unwrap();
    lab.tick(Duration::from_secs(10));
    let vm = cluster(&lab).await.vms[&id(101)].clone();
    assert!((0.9..=1.0).contains(&vm.cpu.unwrap()), "{vm:?}");
    assert!((0.85..0.99).contains(&(vm.mem.unwrap() / vm.maxmem.unwrap())), "{vm:?}");
    let digest = &lab.vms()[0].digest;
    let half = format!("/usr/sbin/qm set 101 --cpulimit 0.5 --digest {digest}");
    assert_eq!(lab.execute(&half).await.exit, 0);
    lab.tick(Duration::from_secs(20));
    let vm = cluster(&lab).await.vms[&id(101)].clone();
    assert!((vm.cpu.unwrap() * vm.maxcpu.unwrap() - 0.5).abs() < 1e-6, "{vm:?}");
}

#[tokio::test(start_paused = true)]
async fn the_history_tells_everything() {
    let lab = Lab::new(&options()).unwrap();
    let before = lab.vms()[0].digest.clone();
    let line = format!("/usr/sbin/qm set 101 --cpulimit 1 --digest {before}");
    lab.execute(&line).await;
    lab.execute("x").await;
    let [change, refused] = &lab.history(0)[..] else { panic!() };
    assert_eq!(
        (change.kind.as_str(), change.vmid, &change.line),
        ("SetCpuLimit", Some(id(101)), &line)
    );
    assert_eq!(change.before, Some(before));
    assert_eq!(change.after.as_ref(), Some(&lab.vms()[0].digest));
    assert!(change.end - change.start > 0.5 && change.before != change.after);
    assert_eq!((refused.kind.as_str(), refused.exit, refused.vmid), ("Refused", 127, None));
    assert_eq!(lab.stats().commands["SetCpuLimit"], 1);
}

#[test]
fn controls_are_json() {
    for (json, control) in [
        (
            r#"{"lock":{"vmid":101,"lock":"backup"}}"#,
            Control::Lock { vmid: id(101), lock: Some("backup".into()) },
        ),
        (
            r#"{"fault":{"vmid":101,"part":"keeps-dimms","on":true}}"#,
            Control::Fault { vmid: id(101), part: crate::Part::KeepsDimms, on: true },
        ),
        (r#"{"tear":{"on":true}}"#, Control::Tear { on: true }),
        (r#"{"quorum":{"lost":true}}"#, Control::Quorum { lost: true }),
    ] {
        assert_eq!(serde_json::from_str::<Control>(json).unwrap(), control);
        assert_eq!(serde_json::to_string(&control).unwrap(), json);
    }
    assert!(serde_json::from_str::<Control>(r#"{"stop":{"vmid":99}}"#).is_err());
}

#[tokio::test]
async fn a_served_lab_answers_on_its_socket() {
    use crate::{Reply, Request, ask, serve};
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("lab");
    let served = serve(&path, &options(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let read = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
    let (node, address) = served.addresses().remove(0);
    assert_eq!(read("addresses"), format!("{node} {address}\n"));
    assert!(
        read("known_hosts")
            .starts_with(&format!("[127.0.0.1]:{} ssh-ed25519 AAAA", address.port()))
    );
    assert!(read("id_ed25519").starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
    let lock = Control::Lock { vmid: id(101), lock: None };
    assert_eq!(ask(&path, &Request::Control(lock)).await.unwrap(), Reply::Done);
    let line = NodeCommand::ReadPools.line();
    let Reply::Answer(answer) = ask(&path, &Request::Exec { line, node: None }).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(answer.exit, 0);
    assert_eq!(ask(&path, &Request::Stats).await.unwrap(), Reply::Stats(served.lab().stats()));
    let missing = Control::Stop { vmid: id(999) };
    assert!(matches!(ask(&path, &Request::Control(missing)).await.unwrap(), Reply::Error(_)));
    drop(served);
    assert!(!path.join("addresses").exists() && ask(&path, &Request::Vms).await.is_err());
}
