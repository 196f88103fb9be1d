//! What a new user tries on the demo's cluster: every command that the README's list and the demo
//! name answers there, in lines that fit a terminal, and as JSON.

use std::time::Duration;

use vm_autoscale_tests::demo::{TRY, usual};
use vm_autoscale_tests::pages::root;
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::turn;

const WIDTH: usize = 100;

/// Those of the README's list, with something in the place of what it leaves open.
fn listed() -> Vec<String> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let list = readme.split("```").find(|block| block.contains("\nvm-autoscale top ")).unwrap();
    let lines = list.lines().filter_map(|line| line.strip_prefix("vm-autoscale "));
    let commands = lines.map(|line| {
        let said = line.split("  ").next().unwrap();
        // What is in brackets may be left out.
        let said: String = said.split('[').map(|part| part.rsplit(']').next().unwrap()).collect();
        let said = said.replace("TEXT", "trying").replace(" VM", " 101").replace(" ID", " 101");
        said.replace(" --config FILE", "").split_whitespace().collect::<Vec<_>>().join(" ")
    });
    commands.collect()
}

/// What it says on standard output.
fn ask(stage: &Stage, line: &[&str]) -> String {
    let mut asked = command(directory().unwrap().join("vm-autoscale"));
    asked.arg("--config").arg(stage.path("config.yaml")).args(line).env_remove("COLUMNS");
    let answer = asked.output().unwrap();
    let said = String::from_utf8(answer.stdout).unwrap();
    let wrong = String::from_utf8_lossy(&answer.stderr).into_owned();
    // 1 says that something is not well: in the demo a node dies.
    assert!(matches!(answer.status.code(), Some(0 | 1)), "{line:?}: {said}{wrong}");
    said
}

#[test]
fn every_command_that_is_named_answers_in_lines_that_fit() {
    let _turn = turn();
    let stage = usual().unwrap();
    stage.until(Duration::from_secs(60), |status| status.counts.verified >= 3).unwrap();
    let listed = listed();
    assert!(listed.len() >= 19, "{listed:#?}");
    let tried = TRY.iter().map(|(command, _)| (*command).to_owned());
    for tried in listed.into_iter().chain(tried) {
        // It takes five minutes of figures: a test of its own has a journal with them.
        if tried.starts_with("bundle ") {
            continue;
        }
        let mut line: Vec<&str> = tried.split(' ').collect();
        if line[0] == "top" {
            line.push("--once");
        }
        let said = ask(&stage, &line);
        let long: Vec<&str> = said.lines().filter(|line| line.chars().count() > WIDTH).collect();
        // Values and their places are told whole, however long they are.
        let is_whole = line[0] == "config";
        assert!(is_whole || long.is_empty(), "{tried}: {long:#?}\n{said}");
        let json = ask(&stage, &[&line[..], &["--output-format", "json"]].concat());
        let value: serde_json::Value = serde_json::from_str(&json)
            .unwrap_or_else(|error| unreachable!("{tried}: {error} in {json}"));
        assert!(value.is_object() || value.is_array(), "{tried}: {json}");
    }
    stage.strike().unwrap();
}
