//! The helper's own record: one line a request, and no command on a node without one.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use vm_autoscale_lab::{Reply, Request};
use vm_autoscale_tests::programs::pause;
use vm_autoscale_tests::stage::Stage;

use crate::{allowed, load, play, turn};

/// How often each command is in there.
type Count = BTreeMap<String, usize>;

/// The lines that are requests, by the helper's log.
fn recorded(stage: &Stage) -> Vec<Value> {
    let said = stage.helper.as_ref().unwrap().said();
    let lines = said.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The history keeps so much of a line.
fn shown(line: &str) -> String {
    line.chars().take(512).collect()
}

fn by_the_helper(stage: &Stage) -> Count {
    let mut count = Count::new();
    for line in recorded(stage).iter().filter(|line| line["verdict"] != "asked") {
        let words: Vec<&str> =
            line["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        if !words.is_empty() {
            *count.entry(shown(&words.join(" "))).or_default() += 1;
        }
    }
    count
}

fn by_the_nodes(stage: &Stage) -> Count {
    let Reply::History(all) = stage.ask_lab(&Request::History(0)).unwrap() else { panic!() };
    let mut count = Count::new();
    for entry in all.iter().filter(|entry| entry.node.is_some() && entry.kind != "Task") {
        *count.entry(shown(&entry.line.replace('\'', ""))).or_default() += 1;
    }
    count
}

#[test]
fn no_command_runs_on_a_node_without_its_line() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "mode: full\n")).unwrap();
    load(&stage, 101, 64.0, 2000.0);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(Duration::from_secs(60), |status| status.counts.verified >= 2).unwrap();
    stage.scheduler.as_mut().unwrap().crash().unwrap();
    let (mut tries, mut differ) = (0, by_the_helper(&stage) != by_the_nodes(&stage));
    while differ && tries < 100 {
        pause(Duration::from_millis(100));
        (tries, differ) = (tries + 1, by_the_helper(&stage) != by_the_nodes(&stage));
    }
    assert_eq!(by_the_helper(&stage), by_the_nodes(&stage));
    let own = nix::unistd::geteuid().as_raw();
    let lines = recorded(&stage);
    assert!(lines.iter().all(|line| line["uid"] == own && line["pid"].as_i64() > Some(0)));
    let changes = lines.iter().filter(|line| line["method"] == "SetVcpus");
    // Each has a line before it and one after.
    let (asked, ended): (Vec<_>, Vec<_>) = changes.partition(|line| line["verdict"] == "asked");
    assert!(asked.len() >= 2 && asked.len() == ended.len());
    assert!(ended.iter().all(|line| line["verdict"] == "done" && line["exit"] == 0));
    stage.strike_checked(allowed()).unwrap();
}
