//! What the README shows is what the programs take and say.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::path::Path;

use vm_autoscale_config::{Checked, Environment, HelperConfig, SchedulerConfig};

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap()
}

/// Its pieces of `config.yaml`, and of `helper.yaml`, which say so.
fn examples(readme: &str) -> (Vec<&str>, Vec<&str>) {
    let blocks = readme.split("```yaml\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks.partition(|text| !text.starts_with("# helper.yaml\n"))
}

#[test]
fn every_piece_of_configuration_is_taken() {
    let readme = readme();
    let (schedulers, helpers) = examples(&readme);
    assert!(schedulers.len() >= 2 && !helpers.is_empty());
    for text in helpers {
        let read = Checked::<HelperConfig>::new("helper.yaml".as_ref(), text.as_bytes()).finish();
        read.unwrap_or_else(|error| unreachable!("{text}{error}"));
    }
    for text in schedulers {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.yaml");
        std::fs::write(&file, text).unwrap();
        let token = ("GOTIFY_APP_TOKEN".to_owned(), "a-token".to_owned());
        let read = SchedulerConfig::read(&file, &Environment::new([token]));
        read.unwrap_or_else(|error| unreachable!("{text}{error}"));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
fn what_holds_is_shown_as_it_says() {
    let (readme, directory) = (readme(), tempfile::tempdir().unwrap());
    std::fs::write(directory.path().join("config.yaml"), examples(&readme).0[0]).unwrap();
    let command = "vm-autoscale config show --config config.yaml --vm 101 --tags web";
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale"));
    let output =
        program.args(command.split(' ').skip(1)).current_dir(directory.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let shown = format!("```\n$ {command}\n{}```\n", String::from_utf8(output.stdout).unwrap());
    assert!(readme.contains(&shown), "{shown}");
}
