//! `vm-autoscale explain` as it is typed.

use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use vm_autoscale_tests::programs::{command, directory, pause};
use vm_autoscale_tests::stage::Stage;

use crate::{load, play, turn};

const TIME: Duration = Duration::from_secs(30);

fn say(stage: &Stage, arguments: &[&str]) -> (Option<i32>, String) {
    let mut program = command(directory().unwrap().join("vm-autoscale"));
    let config = stage.path("config.yaml");
    let Output { status, stdout, stderr } =
        program.args(arguments).arg("--config").arg(config).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// What the helper's rule refuses is told by the rule, with the places that set the rest; and what
/// was noted is told where no daemon runs.
#[test]
fn a_rule_of_the_helper_is_told_with_its_line() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "mode: full\n")).unwrap();
    let path = stage.path("helper.yaml");
    let yaml = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, yaml.replace("max_vcpus: 64", "max_vcpus: 1")).unwrap();
    load(&stage, 101, 64.0, 700.0);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let refused = stage.until(TIME, |status| {
        status.recent.iter().any(|event| event.vmid.get() == 101 && event.text.contains("refused"))
    });
    refused.unwrap();
    // While it is asked for again, its config is read anew.
    let told = || {
        let (exit, text) = say(&stage, &["explain", "101"]);
        assert_eq!(exit, Some(0), "{text}");
        Some(text).filter(|text| !text.contains("its config is not known"))
    };
    let told = std::iter::repeat_with(|| {
        pause(Duration::from_millis(100));
        told()
    });
    let text = told.take(100).flatten().next().expect("the helper's rule is never told");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains("`max_vcpus`") && text.contains("helper.yaml"), "{text}");
    assert!(text.contains("% of ") && text.contains("asks for vcpus "), "{text}");
    assert!(text.contains("mode full: ") && text.contains("config.yaml:"), "{text}");
    let (_, json) = say(&stage, &["explain", "101", "--output-format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["vms"][0]["looked_after"], true, "{json}");
    assert!(json["vms"][0]["places"]["mode"].as_str().unwrap().contains("config.yaml:"), "{json}");

    stage.scheduler.as_mut().unwrap().stop().unwrap();
    let (exit, text) = say(&stage, &["explain", "101"]);
    assert_eq!(exit, Some(1), "{text}");
    assert!(text.contains("the daemon does not answer") && text.contains("VM 101 "), "{text}");
}
