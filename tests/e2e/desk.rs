//! What a new user tries on the demo's cluster: every command that it names answers there, in lines
//! that fit a terminal, and as JSON.

use std::time::Duration;

use vm_autoscale_tests::demo::{TRY, usual};
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

const WIDTH: usize = 100;

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
fn every_command_that_the_demo_names_answers_in_lines_that_fit() {
    let stage = usual().unwrap();
    stage.until(Duration::from_secs(60), |status| status.counts.verified >= 3).unwrap();
    for (tried, _) in TRY {
        let mut line: Vec<&str> = tried.split(' ').collect();
        if line[0] == "top" {
            line.push("--once");
        }
        let said = ask(&stage, &line);
        let long: Vec<&str> = said.lines().filter(|line| line.chars().count() > WIDTH).collect();
        assert!(long.is_empty() && !said.trim().is_empty(), "{tried}: {long:#?}\n{said}");
        let json = ask(&stage, &[&line[..], &["--output-format", "json"]].concat());
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(value.is_object() || value.is_array(), "{tried}: {json}");
    }
    stage.strike().unwrap();
}
