//! What `pause` and `resume` take, and what they say where no daemon runs.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

#[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
fn run(arguments: &[&str]) -> (i32, String) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale"));
    let output = program.args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

const NOWHERE: [&str; 4] = ["--reason", "x", "--control-socket", "/nowhere/control.sock"];

#[test]
fn what_names_vms_is_taken_and_the_daemon_missed() {
    for select in [
        &[][..],
        &["101", "200-299"],
        &["@tag-web,@pool-shop"],
        &["@all", "-@pool-prod", "-250"],
        &["--for", "2h", "@all", "-101"],
        &["@name-db*", "--for", "3d"],
    ] {
        let (code, said) = run(&[&["pause"], select, &NOWHERE].concat());
        assert_eq!(code, 6, "{select:?}: {said}");
        assert!(said.contains("is the daemon running? systemctl status vm-autoscale"), "{said}");
    }
    let (code, said) = run(&["resume", "--all", "--control-socket", "/nowhere/control.sock"]);
    assert_eq!(code, 6, "{said}");
}

#[test]
fn what_does_not_is_wrong_usage() {
    for (arguments, said) in [
        (&["pause", "@all"][..], "--reason <TEXT>"),
        (&["pause", "@tag-prod*", "--reason", "x"], "without a star"),
        (&["pause", "web1", "--reason", "x"], "names no VM"),
        (&["pause", "--for", "2", "--reason", "x"], "90s, 30m, 2h, 3d"),
        (&["pause", "--for", "400d", "--reason", "x"], "from 1s to 366d"),
        (&["resume"], "<NUMBER>"),
        (&["resume", "3", "--all"], "cannot be used with"),
        (&["resume", "x"], "invalid value"),
    ] {
        let (code, text) = run(arguments);
        assert!(code == 2 && text.contains(said), "{arguments:?}: {code} {text}");
    }
}

/// The examples of the help can be typed.
#[test]
fn the_help_has_examples_that_work() {
    let (code, help) = run(&["pause", "--help"]);
    assert_eq!(code, 0);
    let examples = help.lines().filter_map(|line| line.strip_prefix("  vm-autoscale "));
    let examples: Vec<&str> = examples.collect();
    assert_eq!(examples.len(), 5, "{help}");
    for example in examples {
        let (command, reason) = example.split_once(" --reason ").unwrap_or((example, "x"));
        let mut arguments: Vec<&str> = command.split(' ').collect();
        if arguments[0] == "pause" {
            arguments.extend(["--reason", reason.trim_matches('\'')]);
        }
        arguments.extend(["--control-socket", "/nowhere/control.sock"]);
        let (code, said) = run(&arguments);
        assert_eq!(code, 6, "{example}: {said}");
    }
}
