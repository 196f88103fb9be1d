//! A real sshd that does not run any more, and is there all the same.

use nix::sys::signal::Signal::{SIGCONT, SIGSTOP};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use vm_autoscale_tests::programs::Program;

use super::*;
use crate::{openssh, skip};

/// Two cycles of the usual 10 s.
const SOON: Duration = Duration::from_secs(20);

/// A stopped sshd: its port takes connections, by the kernel's hand, and nobody speaks. Another node
/// answers within a cycle, and `status` says so within two.
#[test]
fn a_stopped_sshd_is_passed_over() {
    if !std::path::Path::new(openssh::SSHD).exists() {
        return skip("no /usr/sbin/sshd: a stopped one was not tested");
    }
    let _turn = turn();
    let mut stage = Stage::set(&Play { nodes: 2, ..play(4, "") }).unwrap();
    let sshd = openssh::start_sshd(&stage);
    let begun = Instant::now();
    while !sshd.said().contains("Server listening") {
        assert!(begun.elapsed() < TIME, "{}", sshd.said());
        pause(Duration::from_millis(20));
    }
    // The real one is pve1, the lab's own pve2.
    let yaml = std::fs::read_to_string(stage.path("helper.yaml")).unwrap();
    let (_, address) = stage.nodes().remove(1);
    let second =
        format!("}}, {{name: pve2, address: {}, port: {}}}]\n", address.ip(), address.port());
    let yaml = yaml.replacen("}]\n", &second, 1);
    std::fs::write(stage.path("helper.yaml"), yaml).unwrap();
    let pins = ["known_hosts", "lab/known_hosts"]
        .map(|name| std::fs::read_to_string(stage.path(name)).unwrap());
    std::fs::write(stage.path("known_hosts"), pins.concat()).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| !status.clusters.is_empty()).unwrap();
    let troubled = Troubled { stage, proxies: vec![] };
    assert_eq!(troubled.answered_by(), "pve1");
    let family = family(&sshd);
    assert!(family.len() > 1, "no process of the session: {family:?}");
    signal_all(&family, SIGSTOP);
    let begun = Instant::now();
    assert_eq!(troubled.answered_by(), "pve2");
    assert!(begun.elapsed() < CYCLE, "{:?}", begun.elapsed());
    assert_eq!(troubled.health("pve1").state, NodeState::Unreachable);
    let told = |status: &vm_autoscale_scheduler::StatusReport| {
        let said = "node pve1 of cluster lab: unreachable for ";
        status.ills().iter().any(|ill| ill.starts_with(said))
    };
    troubled.stage.until(SOON, told).unwrap();
    signal_all(&family, SIGCONT);
    troubled.stage.strike().unwrap();
}

/// A program and all that it started.
fn family(program: &Program) -> Vec<i32> {
    let mut all = vec![i32::try_from(program.pid()).unwrap()];
    let mut next = 0;
    while let Some(parent) = all.get(next) {
        let children = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        all.extend(children.split_whitespace().map(|pid| pid.parse::<i32>().unwrap()));
        next += 1;
    }
    all
}

fn signal_all(family: &[i32], signal: Signal) {
    for pid in family {
        kill(Pid::from_raw(*pid), signal).unwrap();
    }
}
