//! Several nodes: what each of them says, and what befalls them.

use super::*;

fn node(number: u32) -> NodeName {
    NodeName::try_from(format!("pve{number}").as_str()).unwrap()
}

fn three() -> Lab {
    let options = Options {
        nodes: Options::numbered(3).unwrap(),
        cluster: Some("home".try_into().unwrap()),
        vms: 6,
        ..options()
    };
    Lab::new(&options).unwrap()
}

async fn read_at(lab: &Lab, at: u32) -> ClusterRead {
    let answer = lab.execute_on(&node(at), &NodeCommand::ReadCluster.line()).await;
    ClusterRead::parse(&answer.stdout).unwrap()
}

fn set(lab: &Lab, vmid: u32, options: &str) -> String {
    let vm = lab.vms().into_iter().find(|vm| vm.vmid == id(vmid)).unwrap();
    format!("/usr/sbin/qm set {vmid} {options} --digest {}", vm.digest)
}

fn version(read: &ClusterRead, vmid: u32) -> u64 {
    read.guests.get(id(vmid)).unwrap().version
}

#[tokio::test(start_paused = true)]
async fn every_node_tells_of_all_and_counts_by_itself() {
    let lab = three();
    let (one, two) = (read_at(&lab, 1).await, read_at(&lab, 2).await);
    assert_eq!((one.vms.len(), one.nodes.len(), one.doubted), (6, 3, 0));
    assert_eq!(one.vms, two.vms);
    assert_eq!((&one.members.answering, &two.members.answering), (&node(1), &node(2)));
    assert_eq!(one.guests.get(id(102)).unwrap().node, node(2));
    let tag =
        |tag: &str| Control::Edit { vmid: id(101), key: "tags".into(), value: Some(tag.into()) };
    lab.control(tag("a")).unwrap();
    lab.control(Control::RestartPmxcfs { node: Some(node(2)) }).unwrap();
    lab.control(tag("b")).unwrap();
    let (after, restarted) = (read_at(&lab, 1).await, read_at(&lab, 2).await);
    assert!(version(&after, 101) > version(&one, 101));
    assert!(restarted.version.starttime > two.version.starttime);
    assert_ne!(version(&after, 101), version(&restarted, 101), "each counts by itself");
}

#[tokio::test(start_paused = true)]
async fn qm_knows_only_its_own_nodes_vms() {
    let lab = three();
    let answer = lab.execute_on(&node(1), &set(&lab, 102, "--vcpus 1")).await;
    let text = "Configuration file 'nodes/pve1/qemu-server/102.conf' does not exist\n";
    assert_eq!(answer, Answer::fail(text, 2));
    assert_eq!(lab.execute_on(&node(2), &set(&lab, 102, "--cpulimit 1")).await.exit, 0);
    let entry = lab.history(0).pop().unwrap();
    assert_eq!((entry.node, entry.exit), (Some(node(2)), 0));
}

#[tokio::test(start_paused = true)]
async fn a_migration_locks_vanishes_and_arrives() {
    let lab = three();
    let migrate = |to| Control::Migrate { vmid: id(101), to, seconds: 4.0, gap: 2.0 };
    lab.control(migrate(node(3))).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let answer = lab.execute_on(&node(1), &set(&lab, 101, "--vcpus 1")).await;
    assert_eq!(answer.stderr, "VM is locked (migrate)\n");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(read_at(&lab, 2).await.guests.get(id(101)).is_none(), "in no list");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let read = read_at(&lab, 2).await;
    assert_eq!(read.guests.get(id(101)).unwrap().node, node(3));
    let answer = lab.execute_on(&node(3), &set(&lab, 101, "--cpulimit 1")).await;
    assert_eq!(answer.exit, 0, "{}", answer.stderr);
    lab.tick(Duration::from_secs(10));
    assert!(read_at(&lab, 1).await.vms[&id(101)].uptime < 10, "another process");
    assert!(lab.control(migrate(node(3))).is_err(), "it is there already");
}

#[tokio::test(start_paused = true)]
async fn whoever_tells_of_a_vm_last_is_believed() {
    let lab = three();
    lab.control(Control::Pvestatd { node: Some(node(1)), running: false }).unwrap();
    let to = node(2);
    lab.control(Control::Migrate { vmid: id(101), to, seconds: 1.0, gap: 0.0 }).unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    lab.tick(Duration::from_secs(10));
    let read = read_at(&lab, 1).await;
    assert_eq!((read.vms[&id(101)].ctime, read.vms[&id(104)].ctime), (EPOCH + 10, EPOCH));
    lab.control(Control::Destroy { vmid: id(102) }).unwrap();
    lab.tick(Duration::from_secs(20));
    let text = lab.execute(&NodeCommand::ReadCluster.line()).await.stdout;
    assert_eq!(text.matches("/.rrd:pve-vm-9.0/101:").count(), 2, "once in either copy");
    assert_eq!(text.matches("/.rrd:pve-vm-9.0/102:").count(), 2, "pmxcfs keeps it for a while");
}

#[tokio::test(start_paused = true)]
async fn a_dead_node_is_silent_and_comes_back_anew() {
    let lab = three();
    let started = read_at(&lab, 3).await.version.starttime;
    let digest = lab.vms().remove(2).digest;
    // It dies in the middle of a change, and nobody is answered.
    let (dying, line) = (lab.clone(), set(&lab, 103, "--memory 1024"));
    let change = tokio::spawn(async move { dying.execute_on(&node(3), &line).await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    lab.control(Control::NodeDown { node: node(3) }).unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    lab.tick(Duration::from_secs(30));
    assert!(!change.is_finished());
    let read = read_at(&lab, 1).await;
    assert!(read.members.quorate && read.vms[&id(103)].ctime < EPOCH + 30);
    assert!(
        lab.control(Control::Migrate { vmid: id(101), to: node(3), seconds: 1.0, gap: 0.0 })
            .is_err()
    );
    lab.control(Control::NodeUp { node: node(3) }).unwrap();
    assert_ne!(change.await.unwrap().exit, 0);
    assert_ne!(lab.vms().remove(2).digest, digest, "what it had begun is still pending");
    assert!(lab.vms()[2].qemu_vcpus.is_some(), "its VMs start with it");
    assert!(read_at(&lab, 3).await.version.starttime > started);
}

#[tokio::test(start_paused = true)]
async fn what_dies_with_its_node_is_written_down() {
    let lab = three();
    let before = lab.vms().remove(2).digest;
    let (dying, line) = (lab.clone(), set(&lab, 103, "--memory 1024"));
    let change = tokio::spawn(async move { dying.execute_on(&node(3), &line).await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    lab.control(Control::NodeDown { node: node(3) }).unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!change.is_finished());
    let entries = lab.history(0);
    let entry = entries.iter().find(|entry| entry.kind == "SetMemory").unwrap();
    assert!(entry.cut_off && entry.exit != 0 && entry.end < 2.5, "{entry:?}");
    assert_eq!((entry.vmid, entry.before.as_ref()), (Some(id(103)), Some(&before)));
    assert_eq!(entry.after.as_ref(), Some(&lab.vms()[2].digest));
    let stats = lab.stats();
    let changes = (stats.changes_zero, stats.changes_nonzero, stats.changes_cut_off);
    assert_eq!((changes, stats.commands["SetMemory"]), ((0, 0, 1), 1));
}

#[tokio::test(start_paused = true)]
async fn the_digests_can_be_followed() {
    let lab = three();
    let first = lab.vms().remove(0).digest;
    let tags = Some("a".to_owned());
    lab.control(Control::Edit { vmid: id(101), key: "tags".into(), value: tags }).unwrap();
    // The second waits for the first one's file lock, and writes as soon as that is free.
    let (one, two) = (set(&lab, 101, "--vcpus 1"), set(&lab, 101, "--cpulimit 1"));
    let (at, other) = (node(1), node(1));
    tokio::join!(lab.execute_on(&at, &one), lab.execute_on(&other, &two));
    lab.control(Control::Backup { vmid: id(101), seconds: 5.0 }).unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let to = node(2);
    lab.control(Control::Migrate { vmid: id(101), to, seconds: 1.0, gap: 0.0 }).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut digest = Some(first);
    let entries = lab.history(0);
    for entry in entries.iter().filter(|entry| entry.vmid == Some(id(101))) {
        if entry.before != entry.after {
            assert_eq!(entry.before, digest, "{entry:?}");
            digest.clone_from(&entry.after);
        }
    }
    assert_eq!(digest.as_ref(), Some(&lab.vms()[0].digest));
    assert_eq!(entries.iter().filter(|entry| entry.kind == "Task").count(), 4);
}

#[tokio::test(start_paused = true)]
async fn without_a_quorum_nothing_is_written() {
    let lab = three();
    let before = lab.vms().remove(0).conf;
    let text = "unable to open file '/etc/pve/nodes/pve1/qemu-server/101.conf.tmp.";
    lab.control(Control::Quorum { lost: true }).unwrap();
    assert!(!read_at(&lab, 1).await.members.quorate);
    let answer = lab.execute(&set(&lab, 101, "--vcpus 1")).await;
    assert!(answer.exit != 0 && answer.stderr.starts_with(text), "{}", answer.stderr);
    assert!(answer.stderr.ends_with("' - Permission denied\n"));
    assert_eq!(Failure::classify(&answer.stderr), Failure::ReadOnly);
    lab.control(Control::Quorum { lost: false }).unwrap();
    // Two of three that die are the same.
    lab.control(Control::NodeDown { node: node(2) }).unwrap();
    assert!(read_at(&lab, 1).await.members.quorate);
    lab.control(Control::NodeDown { node: node(3) }).unwrap();
    assert!(!read_at(&lab, 1).await.members.quorate);
    assert_eq!(lab.vms().remove(0).conf, before);
}

#[tokio::test(start_paused = true)]
async fn every_change_raises_its_counter() {
    let lab = three();
    let counters = async || {
        let text = lab.execute(&NodeCommand::ReadCluster.line()).await.stdout;
        let number = |file: &str, key: &str| {
            let mut lines = text.lines().filter(|line| line.starts_with(file));
            let value = lines.find_map(|line| line.split_once(key)).unwrap().1;
            value.trim_start_matches([' ', ':']).trim_end_matches(',').parse::<u64>().unwrap()
        };
        let version = "/etc/pve/.version:";
        let clinfo = number(version, "\"clinfo\"");
        assert_eq!(number("/etc/pve/.members:", "\"version\""), clinfo);
        let vmlist = number(version, "\"vmlist\"");
        assert_eq!(number("/etc/pve/.vmlist:", "\"version\""), vmlist);
        [clinfo, vmlist, number(version, "\"user.cfg\"")]
    };
    let mut before = counters().await;
    for (control, raised) in [
        (Control::Pool { vmid: id(104), pool: None }, [false, false, true]),
        (Control::Destroy { vmid: id(106) }, [false, true, false]),
        (Control::NodeDown { node: node(3) }, [true, false, false]),
        (Control::NodeUp { node: node(3) }, [true, false, false]),
    ] {
        lab.control(control.clone()).unwrap();
        let after = counters().await;
        let pairs = before.iter().zip(&after);
        assert_eq!(pairs.map(|(b, a)| a > b).collect::<Vec<_>>(), raised, "{control:?}");
        before = after;
    }
    lab.control(Control::Migrate { vmid: id(101), to: node(2), seconds: 1.0, gap: 5.0 }).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let locked = counters().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(counters().await[1] > locked[1], "it has left its list");
}

#[tokio::test(start_paused = true)]
async fn nothing_begins_where_it_could_not() {
    let lab = three();
    let refusal = |control| lab.control(control).unwrap_err().to_string();
    let migrate = |vm| Control::Migrate { vmid: id(vm), to: node(2), seconds: 1.0, gap: 0.0 };
    let backup = |vm| Control::Backup { vmid: id(vm), seconds: 1.0 };
    let start = |vm| Control::Start { vmid: id(vm) };
    let edit = |vm, key: &str, value: &str| {
        let (key, value) = (key.into(), Some(value.into()));
        lab.control(Control::Edit { vmid: id(vm), key, value }).unwrap();
    };
    edit(101, "lock", "snapshot");
    lab.control(Control::Stop { vmid: id(101) }).unwrap();
    for control in [migrate(101), backup(101), start(101)] {
        assert_eq!(refusal(control), "the lab refuses: VM is locked (snapshot)");
    }
    lab.control(Control::Stop { vmid: id(104) }).unwrap();
    edit(104, "template", "1");
    assert_eq!(refusal(start(104)), "the lab refuses: you can't start a vm if it's a template");
    lab.control(Control::Stop { vmid: id(105) }).unwrap();
    edit(105, "cores", "200");
    let text = refusal(start(105));
    assert!(text.ends_with(" vcpus allowed per VM on this node"), "{text}");
    lab.control(Control::NodeDown { node: node(3) }).unwrap();
    for control in [migrate(103), backup(103), start(103), Control::Recreate { vmid: id(103) }] {
        assert_eq!(refusal(control), "the lab refuses: pve3 is down");
    }
    lab.control(Control::NodeDown { node: node(3) }).unwrap();
    lab.control(Control::NodeUp { node: node(3) }).unwrap();
    assert!(lab.vms()[2].qemu_vcpus.is_some(), "who ran is remembered");
    lab.control(Control::Quorum { lost: true }).unwrap();
    for control in [migrate(103), backup(103)] {
        assert_eq!(refusal(control), "the lab refuses: cluster not ready - no quorum?");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_ends_with_its_node_and_leaves_its_lock() {
    let lab = three();
    lab.control(Control::Backup { vmid: id(103), seconds: 5.0 }).unwrap();
    let to = node(1);
    lab.control(Control::Migrate { vmid: id(106), to, seconds: 0.5, gap: 5.0 }).unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(read_at(&lab, 1).await.guests.get(id(106)).is_none(), "on its way");
    lab.control(Control::NodeDown { node: node(3) }).unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    let vms = lab.vms();
    assert!(vms[2].conf.contains("lock: backup\n") && vms[5].conf.contains("lock: migrate\n"));
    assert_eq!(vms[5].node, node(3));
    assert_eq!(read_at(&lab, 1).await.guests.get(id(106)).unwrap().node, node(3));
}

#[tokio::test(start_paused = true)]
async fn torn_reads_are_seen_as_such() {
    let lab = three();
    lab.control(Control::Tear { on: true }).unwrap();
    let mut doubted = 0;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(900)).await;
        doubted += read_at(&lab, 1).await.doubted;
    }
    assert!(doubted > 10, "{doubted}");
    lab.control(Control::Tear { on: false }).unwrap();
    assert_eq!(read_at(&lab, 1).await.doubted, 0);
}

#[tokio::test(start_paused = true)]
async fn high_availability_and_pools_are_told() {
    let lab = three();
    let ha = |state: &str, target| Control::Ha { vmid: id(101), state: Some(state.into()), target };
    lab.control(ha("migrate", Some(node(2)))).unwrap();
    assert!(read_at(&lab, 1).await.ha_moves.get(id(101)).is_some());
    lab.control(ha("started", None)).unwrap();
    assert!(read_at(&lab, 1).await.ha_moves.get(id(101)).is_none());
    lab.control(Control::Pool { vmid: id(101), pool: Some("web".into()) }).unwrap();
    let pools = lab.execute(&NodeCommand::ReadPools.line()).await.stdout;
    assert!(pools.contains(":web::101::\n") && pools.contains(":production::102,103::\n"));
}

#[tokio::test(start_paused = true)]
async fn a_number_can_be_anothers_vm() {
    let lab = three();
    let identity = |lab: &Lab| VmConfig::parse(&lab.vms()[0].conf).unwrap().identity.unwrap();
    let before = identity(&lab);
    lab.control(Control::Recreate { vmid: id(101) }).unwrap();
    assert_ne!(identity(&lab), before);
    lab.control(Control::Destroy { vmid: id(101) }).unwrap();
    assert!(read_at(&lab, 2).await.guests.get(id(101)).is_none());
    let conf = "cores: 2\nmemory: 2048\nname: new\n".to_owned();
    let create = |node| Control::Create { vmid: id(101), node, conf: conf.clone() };
    assert!(lab.control(create(node(9))).is_err());
    lab.control(create(node(2))).unwrap();
    assert!(lab.control(create(node(2))).is_err(), "the number is taken");
    lab.control(Control::Start { vmid: id(101) }).unwrap();
    assert_eq!(lab.vms()[0].qemu_memory, Some(2048));
}

#[tokio::test(start_paused = true)]
async fn a_slow_guest_lets_go_when_nobody_waits_any_more() {
    let lab = three();
    let memory = lab.vms()[0].qemu_memory.unwrap();
    lab.control(Control::Load { vmid: id(101), cores: 0.1, mib: 100.0 }).unwrap();
    lab.control(Control::SlowGuest { vmid: id(101), cpu: 4.5, dimm: 30.0 }).unwrap();
    let answer = lab.execute(&set(&lab, 101, "--vcpus 1")).await;
    assert_eq!(answer.exit, 0, "within what qm waits: {}", answer.stderr);
    let answer = lab.execute(&set(&lab, 101, "--memory 1024")).await;
    assert!(answer.stderr.contains(": error unplug memory module"), "{}", answer.stderr);
    assert_eq!(lab.vms()[0].qemu_memory, Some(memory));
    tokio::time::sleep(Duration::from_secs(15)).await;
    let vm = lab.vms().remove(0);
    assert!(vm.qemu_memory < Some(memory), "late");
    assert!(vm.conf.contains(&format!("memory: {memory}\n")), "and the config does not know");
}

/// Clusters of one beside others: as many labs as there are, with the same numbers.
#[tokio::test(start_paused = true)]
async fn a_node_outside_any_cluster_is_one_of_its_own() {
    let lab = Lab::new(&options()).unwrap();
    let read = cluster(&lab).await;
    assert!(read.members.quorate && read.nodes.len() == 1);
    assert!(Lab::new(&Options { nodes: Options::numbered(2).unwrap(), ..options() }).is_err());
}
