//! What the helper holds once it serves, seen from outside. What that keeps it from is tried in
//! `crates/sandbox/tests/limits.rs`.

use std::time::Duration;

use vm_autoscale_protocol::Sandbox;
use vm_autoscale_scheduler::{Helper as _, HelperClient};
use vm_autoscale_tests::programs::{command, pause};
use vm_autoscale_tests::stage::Stage;

use crate::{await_helper, play, read_cluster, skip, turn, wall};

/// A stage whose helper has answered, and so is in its sandbox.
fn served() -> Stage {
    let mut stage = Stage::set(&play(2, "")).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    read_cluster(&stage).unwrap();
    stage
}

fn proc(pid: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap()
}

/// What it says of itself.
fn told(stage: &Stage) -> Sandbox {
    let client = HelperClient::new(stage.path("helper.sock"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client.hello()).unwrap().sandbox
}

#[test]
fn it_holds_no_capability_and_makes_listed_calls_only() {
    let _turn = turn();
    let stage = served();
    let status = proc(stage.helper.as_ref().unwrap().pid(), "status");
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap().trim().to_owned()
    };
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(field(set), "0000000000000000", "{set}");
    }
    assert_eq!((field("NoNewPrivs"), field("Seccomp")), ("1".to_owned(), "2".to_owned()));
    assert_eq!(field("Threads"), "1");
    let told = told(&stage);
    assert!(told.seccomp);
    assert_eq!(told.bounding_set_empty, field("CapBnd") == "0000000000000000");
    assert_eq!(told.bounding_set_empty, nix::unistd::Uid::effective().is_root());
    // The same to those who ask what they have before them, and in the log.
    let info = wall::say(&stage, b"{\"method\":\"org.varlink.service.GetInfo\"}\0{}\0");
    assert!(info.contains(&format!("vm-autoscale-helper ({told})")), "{info}");
    let said = stage.helper.as_ref().unwrap().said();
    assert!(said.contains(&format!("sandbox: {told}")), "{said}");
    if told.landlock == 0 {
        skip("no Landlock here: that the helper says so is all that was tested");
    }
    stage.strike().unwrap();
}

/// No key goes into a core file or to a process of the same user that looks into its memory. That
/// none goes to swap is the unit's part.
#[test]
fn its_memory_is_its_own() {
    let _turn = turn();
    let stage = served();
    let helper = stage.helper.as_ref().unwrap().pid();
    let limits = proc(helper, "limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().rev().nth(2), Some("0"), "{core}");
    assert_eq!(core.split_whitespace().rev().nth(1), Some("0"), "{core}");
    let mut other = peer("sleep", &["60"]).spawn().unwrap();
    // Until then it has the test's own capabilities, and is another program.
    while proc(other.id(), "comm") != "sleep\n" {
        assert!(other.try_wait().unwrap().is_none(), "it does not start");
        pause(Duration::from_millis(20));
    }
    let looks_into = |pid: u32| {
        let output = peer("cat", &[&format!("/proc/{pid}/environ")]).output();
        output.unwrap().status.success()
    };
    assert!(looks_into(other.id()), "the test itself shows nothing");
    assert!(!looks_into(helper));
    other.kill().unwrap();
    other.wait().unwrap();
    stage.strike().unwrap();
}

/// A program of the same user, with no more capabilities than the helper.
fn peer(program: &str, arguments: &[&str]) -> std::process::Command {
    let mut peer = command(if nix::unistd::Uid::effective().is_root() { "setpriv" } else { "env" });
    if nix::unistd::Uid::effective().is_root() {
        peer.args(["--bounding-set=-all", "--inh-caps=-all"]);
    }
    peer.arg(program).args(arguments);
    peer
}
