//! The completions in the shells that they are for. That the daemon itself is asked is shown in
//! `tests/e2e/completion.rs`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use super::completions;
use super::rendered::has;
use crate::programs::command;

/// The completions, and a `vm-autoscale` that says VMIDs as the true one does.
fn set_up() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in completions::all() {
        fs::write(directory.path().join(path.rsplit('/').next().unwrap()), text).unwrap();
    }
    answer(directory.path(), r"101\tweb-1\n102\tdb.example\n210\t\n");
    directory
}

fn answer(directory: &Path, text: &str) {
    let file = directory.join("vm-autoscale");
    fs::write(&file, format!("#!/bin/sh\n[ \"$1\" = __vmids ] && printf '{text}'\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What a shell says, which may complain of nothing.
fn run(shell: &str, arguments: &[&str], directory: &Path) -> String {
    let mut shell = command(shell);
    let path = format!("{}:/usr/bin:/bin", directory.display());
    shell.args(arguments).current_dir(directory).env("PATH", path).env("HOME", directory);
    let output = shell.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{shell:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What bash offers for the last of these words, by the function that the script names to it.
fn bash(directory: &Path, words: &[&str]) -> Vec<String> {
    let code = r#"
        source "$1.bash" && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        function=$(complete -p "$1") && function=${function#* -F } && function=${function%% *}
        "$function" "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        [ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}""#;
    let arguments = [&["--norc", "-c", code, "bash"], words].concat();
    run("bash", &arguments, directory).lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_what_the_programs_take() {
    let directory = set_up();
    let offered = |line: &str| bash(directory.path(), &line.split(' ').collect::<Vec<_>>());
    assert_eq!(offered("vm-autoscale st"), ["status"]);
    assert_eq!(offered("vm-autoscale config show --ef"), ["--effective"]);
    assert_eq!(offered("vm-autoscale status --output-format "), ["text", "json"]);
    assert_eq!(offered("vm-autoscale-setup imp"), ["import"]);
    assert_eq!(offered("vm-autoscale-setup import --kn"), ["--known-hosts"]);
    let all = offered("vm-autoscale ");
    assert!(all.contains(&"--validate-only".to_owned()) && !all.contains(&"help".to_owned()));
}

/// Where VMIDs are typed.
const PLACES: [&str; 4] = ["status", "pause", "config show --vm", "replay --vm"];

#[test]
fn bash_offers_the_vms_of_the_daemon() {
    let directory = set_up();
    let offered = |line: &str| bash(directory.path(), &line.split(' ').collect::<Vec<_>>());
    for place in PLACES {
        assert_eq!(offered(&format!("vm-autoscale {place} 10")), ["101", "102"], "{place}");
    }
    assert_eq!(offered("vm-autoscale status 101 2"), ["210"]);
    assert!(offered("vm-autoscale resume 1").is_empty(), "these are no VMs");
    answer(directory.path(), "");
    assert!(offered("vm-autoscale status 10").is_empty());
}

#[test]
fn fish_offers_the_vms_with_their_names() {
    if !has("fish", "what fish offers") {
        return;
    }
    let directory = set_up();
    let offered = |line: &str| {
        let code = format!("source vm-autoscale.fish; complete -C 'vm-autoscale {line}'");
        run("fish", &["--no-config", "-c", &code], directory.path())
    };
    for place in PLACES {
        assert_eq!(offered(&format!("{place} 10")), "101\tweb-1\n102\tdb.example\n", "{place}");
    }
    assert!(offered("st").starts_with("status\t"));
    run("fish", &["--no-execute", "vm-autoscale-setup.fish"], directory.path());
}

#[test]
fn zsh_offers_the_vms_with_their_names() {
    if !has("zsh", "what zsh offers") {
        return;
    }
    let directory = set_up();
    // What belongs to a terminal has stand-ins that say what they are given.
    let code = "compdef() { print -- $* }; _describe() { print -l -- ${(P)2} }; \
                source ./vm-autoscale.zsh; _vm_autoscale_vmids";
    let said = run("zsh", &["-f", "-c", code], directory.path());
    assert_eq!(said, "_vm-autoscale vm-autoscale\n101:web-1\n102:db.example\n210:\n");
    for program in ["vm-autoscale", "vm-autoscale-setup"] {
        run("zsh", &["-n", &format!("{program}.zsh")], directory.path());
    }
}
