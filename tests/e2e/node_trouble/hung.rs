//! Commands that do not end: two changes and a read a node, and no more, whatever becomes of their
//! session.

use std::collections::BTreeMap;

use vm_autoscale_protocol::{HelperError, Request, RunningQuery, Target};
use vm_autoscale_scheduler::Purpose;

use super::*;

fn config(troubled: &Troubled, at: &str, number: u32) -> Target {
    let (cluster, node, vmid) = ("lab".try_into().unwrap(), node(at), vmid(number));
    let (owner, vmids) = (node.clone(), vec![vmid]);
    let read = Request::ReadConfigs { cluster, node: node.clone(), owner, vmids };
    let mut configs = block_on(troubled.client().read_configs(&read, Purpose::Change)).unwrap();
    let digest = configs.remove(0).found.unwrap().digest;
    Target { cluster: "lab".try_into().unwrap(), node, vmid, digest }
}

/// One more vCPU; each asker is a client of its own, so that only the helper holds them back.
fn plug(troubled: &Troubled, target: &Target) -> Request {
    let plugged = truth(&troubled.stage, target.vmid.get()).qemu_vcpus.unwrap();
    Request::SetVcpus { target: target.clone(), vcpus: (plugged + 1).try_into().unwrap() }
}

fn ask(troubled: &Troubled, request: Request) -> std::thread::JoinHandle<Result<i64, AskError>> {
    let client = troubled.client();
    std::thread::spawn(move || block_on(client.execute(&request)).map(|executed| executed.exit))
}

fn hanging(troubled: &Troubled) -> BTreeMap<String, u64> {
    troubled.stage.node_stats().unwrap().hanging
}

fn await_hanging(troubled: &Troubled, kind: &str, count: u64) {
    let begun = Instant::now();
    while hanging(troubled).get(kind) != Some(&count) {
        assert!(begun.elapsed() < TIME, "{:?} {}", hanging(troubled), troubled.stage.last_words());
        pause(Duration::from_millis(20));
    }
}

fn nothing_was_sent(answer: Result<i64, AskError>) {
    let error = answer.unwrap_err();
    assert!(matches!(error, AskError::Helper(HelperError::Unreachable { .. })), "{error}");
}

#[test]
fn hung_commands_are_capped_and_hold_up_no_other_node() {
    let _turn = turn();
    let troubled = Troubled::set(&Play { nodes: 2, ..play(12, "") });
    // VMs are dealt out in turn: the odd ones are on pve1.
    let targets = [101, 103, 105, 107, 109].map(|vm| config(&troubled, "pve1", vm));
    let elsewhere = config(&troubled, "pve2", 102);
    troubled.stage.control(Control::Hang { node: node("pve1"), on: true }).unwrap();
    let askers: Vec<_> =
        targets.iter().map(|target| ask(&troubled, plug(&troubled, target))).collect();
    let running = |query| {
        let (cluster, vmid) = ("lab".try_into().unwrap(), vmid(101));
        Request::ReadRunning { cluster, node: node("pve1"), vmid, query }
    };
    let reader = ask(&troubled, running(RunningQuery::Vcpus));
    await_hanging(&troubled, "SetVcpus", 2);
    await_hanging(&troubled, "ReadMonitor", 1);
    // The look finds no place at pve1 and is answered by the other node, which is changed, too.
    let begun = Instant::now();
    assert_eq!(troubled.answered_by(), "pve2");
    assert!(begun.elapsed() < CYCLE, "{:?}", begun.elapsed());
    assert_eq!(ask(&troubled, plug(&troubled, &elsewhere)).join().unwrap(), Ok(0));

    // Of a VM on which one hangs no other change is sent, whoever asks.
    let refused = |target: &Target| {
        let answer = ask(&troubled, plug(&troubled, target)).join().unwrap().unwrap_err();
        let refused = matches!(&answer, AskError::Helper(HelperError::Refused { .. }));
        assert_eq!(refused, answer.to_string().contains("is at work still"), "{answer}");
        refused
    };
    assert_eq!(targets.iter().filter(|target| refused(target)).count(), 2);

    // The connection breaks: whether they ended is not known, and nobody takes their places.
    troubled.proxies[0].set(Fault::Reset);
    pause(Duration::from_millis(100));
    troubled.proxies[0].set(Fault::None);
    let answers: Vec<_> = askers.into_iter().map(|asker| asker.join().unwrap()).collect();
    let unknown = |answer: &&Result<i64, AskError>| {
        matches!(answer, Err(AskError::Helper(HelperError::Unknown { .. })))
    };
    assert_eq!(answers.iter().filter(unknown).count(), 2, "{answers:?}");
    for answer in answers.into_iter().filter(|answer| !unknown(&answer)) {
        nothing_was_sent(answer);
    }
    nothing_was_sent(reader.join().unwrap());
    let again: Vec<_> =
        targets.iter().map(|target| ask(&troubled, plug(&troubled, target))).collect();
    let again_reading = ask(&troubled, running(RunningQuery::Memory));
    for asker in again {
        nothing_was_sent(asker.join().unwrap());
    }
    nothing_was_sent(again_reading.join().unwrap());
    let hung = hanging(&troubled);
    assert_eq!((hung["SetVcpus"], hung["ReadMonitor"]), (2, 1), "{hung:?}");
    troubled.stage.control(Control::Hang { node: node("pve1"), on: false }).unwrap();
    troubled.stage.strike().unwrap();
}

/// A look at a node whose pmxcfs is frozen hangs once, and then not again.
#[test]
fn a_frozen_node_is_given_one_read() {
    let _turn = turn();
    let troubled = Troubled::of(1);
    troubled.answered_by();
    troubled.stage.control(Control::Hang { node: node("pve1"), on: true }).unwrap();
    let execs = troubled.stage.node_stats().unwrap().execs;
    for _ in 0..2 {
        troubled.look().unwrap_err();
    }
    let begun = Instant::now();
    while troubled.health("pve1").state != NodeState::Hung {
        assert!(begun.elapsed() < TIME, "{:?}", troubled.health("pve1"));
        pause(Duration::from_millis(100));
    }
    assert_eq!(troubled.health("pve1").hung, 1);
    for _ in 0..20 {
        let error = troubled.look().unwrap_err().to_string();
        assert!(error.contains("earlier commands hang there"), "{error}");
    }
    let stats = troubled.stage.node_stats().unwrap();
    assert_eq!((stats.execs - execs, stats.hanging["ReadCluster"]), (1, 1));
    // It thaws, and answers again.
    troubled.stage.control(Control::Hang { node: node("pve1"), on: false }).unwrap();
    let begun = Instant::now();
    while troubled.look().is_err() {
        assert!(begun.elapsed() < TIME, "{}", troubled.stage.last_words());
        pause(Duration::from_millis(100));
    }
    assert_eq!((troubled.health("pve1").state, troubled.health("pve1").hung), (NodeState::Up, 0));
    assert_eq!(troubled.stage.node_stats().unwrap().logins, 1);
    troubled.stage.strike().unwrap();
}
