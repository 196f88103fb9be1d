use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::args::Command;

/// Words that would steer a terminal or a shell, wherever a daemon can say words.
const EVIL: &str = "x\u{1b}[2J\n$(reboot)`id`;'\"";

fn checkup() -> Checkup {
    let others = json!([true, true, true, true]);
    let finding = |code: &str, level: &str, set: Value| {
        let text = format!(
            "something of {code} that takes many words so that it has to be broken into two lines {EVIL}"
        );
        json!({"code": code, "level": level, "text": text, "set": set, "power_cycle": true, "advice": [EVIL]})
    };
    let all = json!([
        {"hotplug": {"cpu": true, "memory": true, "others": others}}, "numa", {"memory": 6144},
        {"no-numa-nodes": 255}, "no-balloon-target", {"cores": 8}, {"vcpus": 4}, "agent",
    ]);
    let found = [finding("D101", "fail", all), finding("D301", "warn", json!([]))];
    serde_json::from_value(json!({"unseen": [], "undecided": 0, "vms": [{
        "cluster": "home", "vmid": 999_999_999, "node": "pve1", "name": EVIL, "running": true,
        "ostype": EVIL, "findings": found, "ignored": ["D120"], "unknown": [EVIL],
    }]}))
    .unwrap()
}

#[test]
fn no_line_is_wider_than_the_terminal_and_commands_can_be_pasted() {
    let mut checkup = checkup();
    plain(&mut checkup);
    let text = text::of(&checkup, true, Some(Path::new("fix.sh")), 100);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let pasted = text.replace(" \\\n", "").replace("            ", " ");
    assert!(
        pasted
            .contains("qm set 999999999 --hotplug disk,network,usb,cloudinit,cpu,memory --numa 1"),
        "{pasted}"
    );
    assert!(text.contains("--delete \\\n") || text.contains("--delete numa0,numa1,"), "{text}");
    let sum = "VMs: 1 looked at, 1 FAIL, 1 WARN, 0 notes, 1 ignored by `doctor.ignore`.";
    assert!(text.contains(sum) && text.contains("Written: fix.sh."), "{text}");
    assert!(!text.contains('\u{1b}') && text.contains("not known: x"), "{text}");
}

#[test]
fn the_script_holds_numbers_and_our_own_words_alone() {
    let script = script::of(&checkup());
    let words = "qm set 999999999 --hotplug disk,network,usb,cloudinit,cpu,memory --numa 1 \
        --memory 6144 --cores 8 --vcpus 4 --agent 1 \
        --delete numa0,numa1,numa2,numa3,numa4,numa5,numa6,numa7,balloon";
    assert!(script.contains(&format!("  {words} || failed=1 # D101, VM 999999999\n")), "{script}");
    assert!(script.contains("  # qm reboot 999999999 # power cycle for D101\n"), "{script}");
    for word in ["$(", "`", "\u{1b}", "reboot)", "D301"] {
        assert!(!script.contains(word), "{word}: {script}");
    }
}

#[test]
fn the_script_is_its_owner_s_and_takes_no_file_s_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("fix.sh");
    script::write(&file, &checkup()).unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o700);
    std::fs::write(&file, "mine").unwrap();
    let error = script::write(&file, &checkup()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn the_exit_code_says_the_worst() {
    let mut checkup = checkup();
    assert_eq!(exit_code(&checkup, false), 1);
    checkup.vms[0].findings.remove(0);
    assert_eq!((exit_code(&checkup, false), exit_code(&checkup, true)), (0, 4));
    checkup.vms[0].findings[0].level = Level::Note;
    assert_eq!(exit_code(&checkup, true), 0);
    checkup.unseen.push("cluster home: not seen yet".to_owned());
    assert_eq!(exit_code(&checkup, false), 1);
}

/// What a daemon says is taken for options only where it is one.
#[test]
fn a_setting_that_is_none_is_no_answer() {
    for set in [json!({"memory": "1; reboot"}), json!({"cores": 0}), json!({"hookscript": "x"})] {
        let text = serde_json::to_string(&checkup()).unwrap();
        let text = text.replace("{\"memory\":6144}", &set.to_string());
        assert!(serde_json::from_str::<Checkup>(&text).is_err(), "{set}");
    }
}

#[test]
fn every_code_has_a_page_that_fits() {
    for code in DoctorCode::ALL {
        let page = codes::page(*code);
        let shown = format!("{code}  {page}");
        assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
        let first = page.lines().next().unwrap();
        assert!(first.ends_with('.') && page.ends_with('.'), "{code}");
    }
}

#[test]
fn selectors_may_begin_with_a_hyphen() {
    use clap::Parser as _;
    let line = ["vm-autoscale", "doctor", "@all", "-101", "--code", "d120"].map(Into::into);
    let args = Args::parse_from(crate::args::spelled(line.into_iter().take(4)));
    let Some(Command::Doctor(wanted)) = args.command else { panic!() };
    assert_eq!(wanted.select, ["@all", " -101"]);
}
