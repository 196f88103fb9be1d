//! `report`: what it says of a lab's journal, and its page in a real browser.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use vm_autoscale_config::JournalFile;
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_scheduler::StatusReport;
use vm_autoscale_scheduler::{
    BootClock, Clock as _, Decided, Intent, Journal as _, Notes, Outcome, Samples, Settled,
    SqliteJournal, Used, VmUse,
};
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{load, play, turn, vmid};

mod browser;
use browser::Browser;

const TIME: Duration = Duration::from_secs(30);
/// What a guest may call itself.
const EVIL: &str = "<script>document.title='had'</script><img src=http://elsewhere.test/x>";
const DAY: u64 = 86_400;

fn report(config: &Path, arguments: &[&str]) -> String {
    let mut program = command(directory().unwrap().join("vm-autoscale"));
    let output =
        program.arg("report").args(arguments).arg("--config").arg(config).output().unwrap();
    let said = String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_happened_in_the_lab_is_in_the_report_and_on_its_page() {
    let _turn = turn();
    let mut stage = Stage::set(&play(3, "mode: full\n")).unwrap();
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.clusters.first().is_some_and(|c| c.vms.len() == 3)).unwrap();
    load(&stage, 101, 64.0, 2000.0);
    let grown = |status: &StatusReport| {
        status.recent.iter().any(|event| event.vmid.get() == 101 && event.verified)
    };
    let status = stage.until(TIME, |status| status.counts.verified >= 2 && grown(status)).unwrap();
    // The block that is being filled is noted at the end.
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    let (config, page) = (stage.path("config.yaml"), stage.path("page.html"));
    let file = page.display().to_string();
    let text = report(&config, &["--since", "5m", "--html", &file]);
    assert!(text.contains("\ncluster lab: 3 VMs measured;"), "{text}");
    assert!(text.contains("note: the daemon does not answer: names, nodes and modes"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let json = report(&config, &["--since", "1h", "--output-format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let vms = json["clusters"][0]["vms"].as_array().unwrap();
    let changes: u64 = vms.iter().map(|vm| vm["changes"].as_u64().unwrap()).sum();
    assert!(changes >= status.counts.verified, "{json}");
    let busy = &vms.iter().find(|vm| vm["vmid"] == 101).unwrap()["cpu"];
    assert!(busy["added"].as_f64().unwrap() > 0.0 && busy["before"].is_number(), "{busy}");
    if let Some(browser) = Browser::start("the page of a lab's journal") {
        browser.holds(&page, 3);
    }
    stage.strike().unwrap();
}

#[test]
fn a_week_of_many_vms_is_read_on_every_screen() {
    let _turn = turn();
    let place = tempfile::tempdir().unwrap();
    let (config, page) = (place.path().join("config.yaml"), place.path().join("page.html"));
    let journal = place.path().join("journal.db");
    std::fs::write(&config, format!("journal: {{path: {}}}\n", journal.display())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(a_week(&journal, 60));
    report(&config, &["--since", "7d", "--html", &page.display().to_string()]);
    let Some(browser) = Browser::start("the page of a week") else { return };
    browser.holds(&page, 24);
}

/// A week of so many VMs, with a gap of a day, in which each was changed.
async fn a_week(path: &Path, vms: u32) {
    let clock = BootClock::default();
    let file = JournalFile { path: path.to_owned(), ..JournalFile::default() };
    let journal = SqliteJournal::new(&file, &clock);
    let cluster: vm_autoscale_proxmox::ClusterName = "lab".try_into().unwrap();
    journal.recall(&cluster).await.unwrap();
    let mut ended = Vec::new();
    for number in 101..101 + vms {
        let step = json!({"resource": "cpu", "from": 4, "to": 3 + number % 3});
        let step: Move = serde_json::from_value(step).unwrap();
        let (cluster, node) = (cluster.clone(), "pve1".try_into().unwrap());
        let reason = format!("why {EVIL}");
        let intent = Intent { cluster, node, vmid: vmid(number), step, identity: None, reason };
        let id = journal.intend(clock.now(), &intent).await.unwrap();
        let bad = Outcome::NotSent(EVIL.to_owned());
        let outcome = if number % 7 == 0 { bad } else { Outcome::Applied };
        let settled = Settled { outcome, reverted: false, duty: false };
        journal.settle(clock.now(), id, &intent, &settled).await;
        ended.push(id);
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let hours = (0..168).filter(|hour| !(60..84).contains(hour));
    let samples = hours.map(|hour| Arc::new(block(&clock, now - 7 * DAY, hour, vms))).collect();
    let decided = |number| Decided {
        vmid: vmid(number),
        resource: Resource::Memory,
        kind: "at-maximum".to_owned(),
        text: EVIL.to_owned(),
    };
    let notes = Notes {
        cluster: cluster.clone(),
        now: clock.now(),
        decisions: (101..101 + vms).step_by(5).map(decided).collect(),
        vms: vec![],
        ended,
        picture: Some(serde_json::from_value(picture(vms)).unwrap()),
        samples,
    };
    journal.keep(notes).await.unwrap();
    journal.end().await;
}

/// An hour: days are busier than nights.
fn block(clock: &BootClock, begin: u64, hour: u64, vms: u32) -> Samples {
    let of_day = u32::try_from(hour % 24).unwrap();
    let busy = if (8..20).contains(&of_day) { 600 } else { 150 };
    let used = |number: u32, plugged: u32, parts: u32| {
        let mean = plugged * parts * (busy + (number * 37 + of_day * 13) % 300) / 1000;
        let most = mean + mean / 5;
        Some(Used { samples: 30, mean, most, plugged, saturated: most > plugged * parts })
    };
    let of = |number: u32| VmUse {
        vmid: vmid(number),
        who: 1,
        cpu: used(number, if hour > 100 { 3 + number % 3 } else { 4 }, 1000),
        memory: used(number, 4096 + 1024 * (number % 4), 1),
    };
    let all: Vec<VmUse> = (101..101 + vms).map(of).collect();
    // Moments only have to differ.
    let moment = vm_autoscale_planner::Moment(clock.now().0 + Duration::from_secs(hour));
    Samples::new(moment, begin + (hour + 1) * 3600, 3600, &all)
}

fn picture(vms: u32) -> Value {
    let name = |number| match number % 20 {
        1 => EVIL.to_owned(),
        2 => "a-very-long-name-without-any-end-".repeat(2),
        _ => format!("web-{number}"),
    };
    let vm = |number: u32| {
        json!({
            "vmid": number, "name": name(number), "node": "pve1", "mode": "full", "vcpus": 4,
            "memory": 4096, "cpu_used": null, "memory_used": null, "cpu": "", "memory_decision": "",
        })
    };
    json!({
        "name": "lab", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
        "nodes": [], "vms": (101..101 + vms).map(vm).collect::<Vec<_>>(),
    })
}
