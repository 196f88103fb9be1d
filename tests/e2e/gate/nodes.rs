//! `vm-autoscale nodes`: who has a gate.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::*;

/// Its exit code and what it prints.
fn nodes(stage: &Stage, more: &[&str]) -> (i32, String) {
    let config = stage.path("config.yaml");
    let mut nodes = command(directory().unwrap().join("vm-autoscale"));
    let output = nodes.args(["nodes", "--config"]).arg(config).args(more).output().unwrap();
    let (exit, out, told) = ended(&output);
    assert_eq!(told, "", "{out}");
    (exit, out)
}

/// What it says of the gates, by their order in `helper.yaml`.
fn gates(stage: &Stage) -> (i32, Vec<Value>) {
    let (exit, out) = nodes(stage, &["--output-format", "json"]);
    let probe: Value = serde_json::from_str(&out).unwrap();
    (exit, probe["nodes"].as_array().unwrap().iter().map(|node| node["gate"].clone()).collect())
}

#[test]
fn a_gate_that_guards_the_key_and_one_that_does_not_are_told() {
    let _turn = turn();
    let version = env!("CARGO_PKG_VERSION");
    for (options, state, words) in [
        (GATE, "forced", format!("forced {version}")),
        ("restrict", "installed", "not forced".to_owned()),
    ] {
        let Some(mut node) = node(options, &[("PermitRootLogin", "prohibit-password")]) else {
            return;
        };
        node.stage.start_helper().unwrap();
        await_helper(&node.stage);
        assert_eq!(gates(&node.stage), (0, vec![json!({"state": state, "version": version})]));
        let (exit, table) = nodes(&node.stage, &[]);
        assert!(exit == 0 && table.lines().nth(1).unwrap().ends_with(&words), "{table}");
        assert_eq!(table.contains("authorized_keys"), state != "forced", "{table}");
        // For the clocks; who asked for the gate itself started nothing.
        let read = |line: &str| line.starts_with("/usr/bin/grep -a -s -H . /etc/pve/.version ");
        let ran = node.noted("ran");
        assert!(ran.lines().count() == 2 && ran.lines().all(read), "{ran}");
        node.stage.strike().unwrap();
    }
}

#[test]
fn a_node_without_one_is_told_and_so_is_one_that_does_not_answer() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let mut all = stage.nodes();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let login = format!("identity: {}", stage.path("lab").join("id_ed25519").display());
    let write = |stage: &Stage, all: &[(String, SocketAddr)]| {
        let pins = stage.path("lab").join("known_hosts");
        stage.write_helper_yaml(all, "root", &login, &pins).unwrap();
    };
    stage.start_helper().unwrap();
    await_helper(&stage);
    assert_eq!(gates(&stage), (0, vec![json!({"state": "none"})]));
    stage.helper.as_mut().unwrap().stop().unwrap();
    all.push(("pve2".to_owned(), nobody));
    write(&stage, &all);
    stage.start_helper().unwrap();
    await_helper(&stage);
    assert_eq!(gates(&stage), (1, vec![json!({"state": "none"}), Value::Null]));
    let (exit, table) = nodes(&stage, &[]);
    assert!(exit == 1 && table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let row = table.lines().nth(2).unwrap();
    assert!(row.contains("pve2") && row.contains("unreachable") && row.ends_with('?'), "{table}");
    let asked = stage.ask_lab(&Request::History(0)).unwrap();
    let Reply::History(entries) = asked else { panic!("no history") };
    let (gates, others): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| entry.kind == "ReadGate");
    assert!(!gates.is_empty() && gates.iter().all(|entry| entry.exit == 127), "{gates:?}");
    assert!(others.iter().all(|entry| entry.kind == "ReadCluster"), "{others:?}");
    stage.strike().unwrap();
}
