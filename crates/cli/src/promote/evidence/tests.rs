use serde_json::json;
use vm_autoscale_planner::Resource;
use vm_autoscale_scheduler::{Ended, Stands};

use super::super::lines::lines;
use super::super::text::text;
use super::*;

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;

fn vm(number: u32, mode: &str, cpu: &str, blocked: [bool; 2]) -> VmStatus {
    let vm = json!({
        "vmid": number, "name": "web", "node": "pve1", "mode": mode, "vcpus": 4, "memory": 4096,
        "cpu_used": null, "memory_used": null, "cpu": cpu, "memory_decision": "within",
        "blocked": blocked,
    });
    serde_json::from_value(vm).unwrap()
}

fn told(days_ago: u64, minutes: u64, text: &str) -> Stands {
    let at = NOW - days_ago * DAY + minutes * 60;
    let (kind, text) = ("would: x".to_owned(), format!("would: {text} (why)"));
    Stands { at, vmid: 101.try_into().unwrap(), resource: Resource::Cpu, kind, text }
}

fn made(days_ago: u64, (from, to): (u32, u32), verified: bool) -> Ended {
    let step = json!({"resource": "cpu", "from": from, "to": to});
    Ended {
        at: NOW - days_ago * DAY,
        vmid: 101.try_into().unwrap(),
        step: serde_json::from_value(step).unwrap(),
        kind: String::new(),
        verified,
        text: "failed: no\u{1b}[2J".to_owned(),
    }
}

/// A VM with so many days of figures.
fn raw(days: u64) -> Raw {
    Raw { measured: days * DAY, seen: Some((NOW - days * DAY, NOW)), ..Raw::default() }
}

fn evidence(vm: &VmStatus, raw: &Raw) -> Evidence {
    let cluster = json!({
        "name": "home", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
        "nodes": [], "vms": [],
    });
    let grid = Grid { since: NOW - 14 * DAY, until: NOW };
    let line = ModeLine { place: Some("config.yaml:3:7".to_owned()), is_dry_run: false };
    Evidence::of(&serde_json::from_value(cluster).unwrap(), vm, (Some(raw), grid), line)
}

fn verdict(mode: &str, raw: &Raw) -> (Verdict, String) {
    let one = evidence(&vm(101, mode, "within", [false, false]), raw);
    (one.verdict, one.because.join("; "))
}

#[test]
fn the_longer_the_step_the_more_days_are_wanted() {
    for (mode, days) in [("observe", 1), ("recommend", 3), ("up-only", 7)] {
        assert_eq!(verdict(mode, &raw(days)), (Verdict::Ready, String::new()), "{mode}");
        let (short, why) = verdict(mode, &Raw { measured: days * DAY - 8640, ..raw(days) });
        assert_eq!(short, Verdict::NotEnoughKnown, "{mode}");
        assert!(why.ends_with(&format!(" of {days} days are known")), "{why}");
    }
    assert_eq!(verdict("full", &raw(9)), (Verdict::Last, String::new()));
    assert_eq!(verdict("observe", &Raw::default()).0, Verdict::NotEnoughKnown);
}

/// What the mode would not have done was done in another one.
#[test]
fn days_count_since_nothing_speaks_against_the_mode() {
    let mut known = raw(10);
    known.changes = vec![made(2, (2, 3), true)];
    let (short, why) = verdict("recommend", &known);
    assert_eq!((short, why.as_str()), (Verdict::NotEnoughKnown, "2.0 of 3 days are known"));
    // To add is what this mode does.
    assert_eq!(verdict("up-only", &known).0, Verdict::Ready);
    known.changes = vec![made(2, (3, 2), true)];
    assert_eq!(verdict("up-only", &known).0, Verdict::NotEnoughKnown);
    let mut known = raw(10);
    known.decisions = [vec![told(4, 0, "vcpus 2 -> 3")], vec![]];
    assert_eq!(verdict("recommend", &known).0, Verdict::Ready);
    assert_eq!(verdict("up-only", &known).0, Verdict::NotEnoughKnown);
}

#[test]
fn what_failed_or_went_back_or_is_left_alone_is_not_ready() {
    let mut known = raw(10);
    known.changes = (0..9).map(|day| made(day, (2, 3), day > 0)).rev().collect();
    let (not_yet, why) = verdict("up-only", &known);
    assert_eq!((not_yet, why.as_str()), (Verdict::NotYet, "1 of 9 changes failed: failed: no[2J"));
    known.changes = (0..10).map(|day| made(day, (2, 3), day > 0)).rev().collect();
    assert_eq!(verdict("up-only", &known).0, Verdict::Ready);

    let to_and_fro = |day| {
        [
            told(day, 0, "vcpus 2 -> 3"),
            told(day, 59, "vcpus 3 -> 2"),
            told(day, 300, "vcpus 2 -> 3"),
        ]
    };
    let mut known = raw(10);
    known.decisions = [[5, 4].into_iter().flat_map(to_and_fro).collect(), vec![]];
    let (not_yet, why) = verdict("recommend", &known);
    assert_eq!((not_yet, why.as_str()), (Verdict::NotYet, "2 of 6 moves went back within an hour"));

    let locked = |blocked| vm(101, "observe", "locked (backup)", blocked);
    let one = evidence(&locked([true, true]), &raw(10));
    assert_eq!(one.because, ["it is left alone: vCPUs: locked (backup); memory: within"]);
    let half = evidence(&locked([true, false]), &raw(10));
    assert_eq!((half.verdict, half.blockers.len()), (Verdict::Ready, 1));
}

#[test]
fn what_would_be_given_back_is_what_is_recommended_now() {
    let one = evidence(&vm(101, "observe", "would: vcpus 8 -> 5 (idle)", [false; 2]), &raw(2));
    assert_eq!((one.would_give_back_vcpus, one.would_give_back_mib), (3.0, 0.0));
}

#[test]
fn a_line_is_told_once_with_those_that_it_would_take_along() {
    let ready = evidence(&vm(101, "observe", "within", [false; 2]), &raw(2));
    let early = evidence(&vm(102, "observe", "within", [false; 2]), &raw(0));
    let last = evidence(&vm(103, "full", "within", [false; 2]), &raw(2));
    assert!(lines(&[evidence(&vm(102, "observe", "", [false; 2]), &raw(0))]).is_empty());
    let all = [ready, early, last];
    let changes = lines(&all);
    let said = text((&all, &changes), false, 100);
    assert_eq!(
        said,
        "     VMID NAME             MODE      NEXT       KNOWN  VERDICT\n\
         \u{20}     101 web              observe   recommend    2 d  ready\n\
         \u{20}     102 web              observe   recommend    0 d  not enough known: 0.0 of 1 days are known\n\
         \u{20}     103 web              full      -            2 d  in the last mode\n\
         To bring 1 VM further (config.yaml:3:7):\n\
         \u{20} mode: recommend\n\
         It would take along 1 VM not ready yet; what holds them back:\n\
         \u{20} virtual_machines: [{vm_id: 102, mode: observe}]\n\
         Nothing was changed. After a change: systemctl reload vm-autoscale\n"
    );
    let full = text((&all, &changes), true, 100);
    assert!(full.contains("VM 101 web, cluster home: observe -> recommend\n  verdict   ready\n"));
    assert!(full.lines().all(|line| line.chars().count() <= 100), "{full}");
}
