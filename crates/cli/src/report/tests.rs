//! Reports of made-up journals.

use base64::Engine as _;
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::{Block, Ended, Ledger as _, Moved, Stands, Used, VmUse};

use super::*;

const DAY: u64 = 86_400;
const SINCE: u64 = 1_800_000_000;

fn home() -> ClusterName {
    "home".try_into().unwrap()
}

fn vmid(number: u32) -> VmId {
    number.try_into().unwrap()
}

fn step(from: u32, to: u32) -> Move {
    serde_json::from_value(json!({"resource": "cpu", "from": from, "to": to})).unwrap()
}

fn used(mean: u32, plugged: u32, saturated: bool) -> Used {
    Used { samples: 30, mean, most: mean + mean / 4, plugged, saturated }
}

/// A block of an hour that ends so long after the begin.
pub(crate) fn block(number: u32, end: u64, cores: u32, mib: u32) -> Block {
    let cpu = Some(used(cores * 250, cores, end.is_multiple_of(5 * 3600)));
    let memory = Some(used(mib / 2, mib, false));
    let used = VmUse { vmid: vmid(number), who: 1, cpu, memory };
    Block { end: SINCE + end, seconds: 3600, used }
}

pub(crate) fn ended(number: u32, after: u64, (from, to): (u32, u32), text: &str) -> Ended {
    let verified = text == "verified";
    let kind = if verified { "verified" } else { "failed" }.to_owned();
    let (vmid, step, text) = (vmid(number), step(from, to), text.to_owned());
    Ended { at: SINCE + after, vmid, step, kind, verified, text }
}

pub(crate) fn stands(number: u32, after: u64, resource: Resource, kind: &str) -> Stands {
    let text = format!("{kind}: why");
    Stands { at: SINCE + after, vmid: vmid(number), resource, kind: kind.to_owned(), text }
}

/// What a daemon says of VMs: numbers and names.
pub(crate) fn status(vms: &[(u32, String)]) -> StatusReport {
    let vm = |(vmid, name): &(u32, String)| {
        json!({
            "vmid": vmid, "name": name, "node": "pve1", "mode": "full", "vcpus": 4, "memory": 4096,
            "cpu_used": null, "memory_used": null, "cpu": "", "memory_decision": "",
        })
    };
    let cluster = json!({
        "name": "home", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
        "nodes": [], "vms": vms.iter().map(vm).collect::<Vec<_>>(),
    });
    let clusters = vec![serde_json::from_value(cluster).unwrap()];
    StatusReport { clusters, ..StatusReport::default() }
}

fn grid(days: u64) -> Grid {
    Grid { since: SINCE, until: SINCE + days * DAY }
}

/// A VM that had 4 vCPUs, was taken one after a day, and whose figures miss a day after that.
fn one(name: &str, failure: &str) -> Report {
    let first = Moved {
        cluster: home(),
        node: "pve1".try_into().unwrap(),
        vmid: vmid(101),
        first: step(4, 3),
        last: step(4, 3),
        at: SINCE + DAY,
        identity: None,
    };
    let status = status(&[(101, name.to_owned())]);
    let befores = Befores::new(&[first], &status);
    let mut gathered = Gathered::new(grid(4), befores, vec![]);
    gathered.changed(&home(), ended(101, DAY, (4, 3), "verified"));
    gathered.changed(&home(), ended(101, 3 * DAY, (3, 2), failure));
    gathered.decided(&home(), stands(101, 0, Resource::Memory, "within"));
    gathered.decided(&home(), stands(101, DAY - 7200, Resource::Memory, "at-maximum"));
    gathered.decided(&home(), stands(101, DAY, Resource::Memory, "within"));
    for hour in (1..=96).filter(|hour| !(49..=72).contains(hour)) {
        let cores = if hour <= 24 { 4 } else { 3 };
        gathered.used(&home(), &block(101, hour * 3600, cores, 4096));
    }
    made(gathered, &status, grid(4), SINCE + 4 * DAY)
}

fn near(value: f64, wanted: f64) {
    assert!((value - wanted).abs() < 1e-6, "{value} in place of {wanted}");
}

#[test]
fn sums_are_of_what_was_measured_and_against_the_size_of_before() {
    let report = one("web", "failed: no");
    let cluster = &report.clusters[0];
    near(cluster.cpu.allocated, 24.0 * 4.0 + 48.0 * 3.0);
    near(cluster.cpu.used, cluster.cpu.allocated / 4.0);
    // The block that ended with the change is compared, too; it had all 4.
    near(cluster.cpu.given_back, 48.0);
    near(cluster.cpu.added, 0.0);
    near(cluster.memory.allocated, 72.0 * 4.0);
    near(cluster.memory.given_back, 0.0);
    // Two hours at the maximum.
    near(cluster.memory.short, 2.0);
    near(cluster.refused[0].hours, 2.0);
    assert_eq!((cluster.refused[0].kind, cluster.refused[0].vms), ("at-maximum", 1));
    // Every fifth hour, but for those of the gap.
    near(cluster.cpu.short, 14.0);
    near(cluster.known_share, 0.75);
    assert_eq!(cluster.changes.iter().map(|count| count.changes).sum::<usize>(), 2);
    assert_eq!((cluster.failures.len(), cluster.failures[0].text.as_str()), (1, "failed: no"));
    let vm = &cluster.vms[0];
    assert_eq!((vm.cpu.before, vm.cpu.now, vm.changes, vm.failed), (Some(4.0), Some(3.0), 2, 1));
}

#[test]
fn who_had_the_number_before_is_left_out_and_told() {
    let mut gathered = Gathered::new(grid(4), Befores::default(), vec![]);
    let mut other = block(101, 3600, 8, 4096);
    other.used.who = 9;
    gathered.used(&home(), &other);
    gathered.used(&home(), &block(101, 7200, 2, 4096));
    gathered.used(&home(), &block(102, 7200, 2, 4096));
    let report = made(gathered, &StatusReport::default(), grid(4), SINCE + DAY);
    near(report.clusters[0].cpu.allocated, 4.0);
    assert!(report.notes.iter().any(|note| note.starts_with("1 VM numbers had")), "{report:?}");
}

#[test]
fn only_named_vms_are_told_of() {
    let mut gathered = Gathered::new(grid(4), Befores::default(), vec![vmid(102)]);
    gathered.used(&home(), &block(101, 3600, 2, 4096));
    gathered.used(&home(), &block(102, 3600, 2, 4096));
    let report = made(gathered, &StatusReport::default(), grid(4), SINCE + DAY);
    let numbers: Vec<u32> = report.clusters[0].vms.iter().map(|vm| vm.vmid.get()).collect();
    assert_eq!(numbers, [102]);
}

#[test]
fn text_fits_and_says_what_matters() {
    let text = text::text(&one(&"long-name-".repeat(6), "failed: no"), 100);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for said in [
        "cluster home: 1 VM measured; figures are there of 75 % of the time",
        "  vCPU-hours           240           60   25 %           48            0   14 h in 1 VM",
        "  2 changes: 1 failed, 1 verified",
        "       2 h  wants more, and has the most that is allowed: 1 VM, 1 time",
        "101 long-name-long-n           3 (4)",
        "VM 101 long-name-",
        "vcpus 3 -> 2 failed: no",
        "note: a time without figures is a gap, and is in no sum",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
}

/// What is between two tags or in an attribute cannot become a tag or leave the attribute.
fn marks(page: &str) -> Vec<usize> {
    ['<', '>', '"'].iter().map(|&mark| page.matches(mark).count()).collect()
}

#[test]
fn a_guest_named_as_a_script_is_data() {
    let plain = marks(&page::page(&one("x", "failed: x")));
    let evil = "<script>alert(1)</script>\" onload=\"x";
    let page = page::page(&one(evil, evil));
    assert_eq!(marks(&page), plain);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload"), "{page}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_of_a_guest_makes_a_mark(name in any::<String>(), failure in any::<String>()) {
        let plain = marks(&page::page(&one("x", "failed: x")));
        let page = page::page(&one(&name, &format!("failed: {failure}")));
        prop_assert_eq!(marks(&page), plain);
    }
}

#[test]
fn the_policy_lets_only_the_pages_own_style_in() {
    let page = page::page(&one("x", "failed: x"));
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(style));
    let policy = format!(
        "content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\""
    );
    assert!(page.contains(&policy), "{policy}");
    for foreign in ["http:", "https:", "url(", "@import", "<script", "<link", " style=", " src="] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn a_gap_in_the_figures_is_a_gap_in_the_chart() {
    let page = page::page(&one("x", "failed: x"));
    // The first one is the legend's.
    let given = page.split("class=\"given\" d=\"").nth(2).unwrap().split('"').next().unwrap();
    assert_eq!(given.matches('M').count(), 2, "{given}");
    // The gap is the third of four days.
    assert!(given.contains("H300M450 "), "{given}");
    // Of one that is not closed the next would be a part, and is not drawn.
    for (begin, end) in [("<svg", "</svg>"), ("<path", "</path>"), ("<desc", "</desc>")] {
        assert_eq!(page.matches(begin).count(), page.matches(end).count(), "{begin}");
    }
    let told = page.matches("role=\"img\"").count();
    assert_eq!((told, page.matches("<desc ").count(), page.matches("<title ").count()), (4, 4, 4));
    assert!(page.contains("no figures"), "the table says so");
}

#[test]
fn five_thousand_vms_make_a_page_under_five_megabytes() {
    let name = |number| format!("{number}-{}", "n".repeat(56));
    let vms: Vec<(u32, String)> = (100_000..105_000).map(|n| (n, name(n))).collect();
    let mut gathered = Gathered::new(grid(7), Befores::default(), vec![]);
    for (number, _) in &vms {
        for change in 1..=20 {
            let text = if change % 5 == 0 { &*"failed: why".repeat(20) } else { "verified" };
            gathered.changed(&home(), ended(*number, change * 8000, (4, 5), text));
        }
    }
    for hour in (4..=168).step_by(4) {
        for (number, _) in &vms {
            let one = block(*number, hour * 3600, 2 + number % 7, 4096);
            gathered.used(&home(), &Block { seconds: 4 * 3600, ..one });
        }
    }
    let report = made(gathered, &status(&vms), grid(7), SINCE + 7 * DAY);
    let page = page::page(&report);
    assert!(page.len() < 5_000_000, "{}", page.len());
    assert!(page.len() > 1_000_000, "there is less than was put in: {}", page.len());
    assert!(vms.iter().all(|(_, name)| page.contains(name)));
    assert_eq!(page.matches("<article>").count(), 24);
}
