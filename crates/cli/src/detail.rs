//! All that is known of single VMs.

use std::fmt::Write as _;

use vm_autoscale_scheduler::{ClusterStatus, Source, StatusReport, VmStatus};

use crate::pause::span;

/// A block of lines for each VM of the report. No line is cut: its end says what to do.
pub(crate) fn details(report: &StatusReport, now: u64) -> String {
    let mut text = String::new();
    for cluster in &report.clusters {
        for vm in &cluster.vms {
            detail(&mut text, cluster, vm, (report.source, now));
        }
    }
    text
}

/// The same of one VM.
pub(crate) fn detail(
    text: &mut String,
    cluster: &ClusterStatus,
    vm: &VmStatus,
    (source, now): (Source, u64),
) {
    let name = vm.name.as_deref().unwrap_or("-");
    let (vmid, node, mode) = (vm.vmid, &vm.node, &vm.mode);
    // Writing to a String cannot fail.
    let _ = write!(text, "VM {vmid} {name} on {node}, cluster {}, mode {mode}", cluster.name);
    let schedules = match vm.schedules.as_slice() {
        [] => String::new(),
        [one] => format!(", schedule {one}"),
        several => format!(", schedules {}", several.join(" ")),
    };
    let _ = writeln!(text, "{schedules}");
    let sample =
        vm.sample_age.map_or_else(|| "none yet".to_owned(), |age| format!("{} old", span(age)));
    let _ = writeln!(text, "  sample  {sample}");
    let of = (source == Source::Daemon).then_some(now);
    let [cpu_blocked, memory_blocked] = vm.blocked;
    resource(
        text,
        ("vCPUs", "", vm.vcpus, vm.vcpus_bounds, vm.cpu_used),
        (&vm.cpu, cpu_blocked, vm.cpu_since),
        of,
    );
    resource(
        text,
        ("memory", " MiB", vm.memory, vm.memory_bounds, vm.memory_used),
        (&vm.memory_decision, memory_blocked, vm.memory_since),
        of,
    );
    let last = vm.last.as_ref().map_or_else(
        || "no change of ours is known".to_owned(),
        |last| format!("{} ago: {} {}", span(now.saturating_sub(last.at)), last.step, last.text),
    );
    let _ = writeln!(text, "  last    {last}");
}

type Size<'a> = (&'a str, &'a str, Option<u32>, Option<(u32, u32)>, Option<f64>);

fn resource(
    text: &mut String,
    (what, unit, size, bounds, used): Size<'_>,
    (decision, blocked, since): (&str, bool, Option<u64>),
    now: Option<u64>,
) {
    let size = size.map_or_else(|| "?".to_owned(), |size| format!("{size}{unit}"));
    let bounds = bounds.map(|(min, max)| format!(", {min} to {max}{unit} by the file"));
    let used =
        used.map_or_else(|| ", use not known".to_owned(), |used| format!(", {used:.0} % used"));
    let _ = writeln!(text, "  {what:<7} {size}{}{used}", bounds.unwrap_or_default());
    let since = now.and_then(|now| Some(span(now.saturating_sub(since?))));
    let state = match (blocked, since) {
        _ if now.is_none() => {
            if blocked { "when noted, left alone: " } else { "when noted: " }.to_owned()
        }
        (true, Some(since)) => format!("left alone for {since}: "),
        (true, None) => "left alone: ".to_owned(),
        (false, Some(since)) => format!("so for {since}: "),
        (false, None) => String::new(),
    };
    let _ = writeln!(text, "          {state}{decision}");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_is_known_is_told() {
        let vm = json!({
            "vmid": 101, "name": "web", "node": "pve1", "mode": "full", "vcpus": 2, "memory": 4096,
            "cpu_used": 86.2, "memory_used": null, "cpu": "locked (backup)",
            "memory_decision": "53.1 % used", "schedules": ["office"],
            "vcpus_bounds": [1, 8], "sample_age": 4,
            "memory_bounds": [1024, 8192], "cpu_since": 40, "blocked": [true, false],
            "last": {"at": 70, "step": {"resource": "cpu", "from": 1, "to": 2}, "verified": true,
                     "text": "verified"},
        });
        let cluster = json!({
            "name": "home", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
            "nodes": [], "vms": [vm],
        });
        let mut report = StatusReport {
            clusters: vec![serde_json::from_value(cluster).unwrap()],
            ..StatusReport::default()
        };
        assert_eq!(
            details(&report, 100),
            "VM 101 web on pve1, cluster home, mode full, schedule office\n\
             \x20 sample  4 s old\n\
             \x20 vCPUs   2, 1 to 8 by the file, 86 % used\n\
             \x20         left alone for 60 s: locked (backup)\n\
             \x20 memory  4096 MiB, 1024 to 8192 MiB by the file, use not known\n\
             \x20         53.1 % used\n\
             \x20 last    30 s ago: vcpus 1 -> 2 verified\n"
        );
        // What was so when it was noted need not be so now.
        report.source = Source::Journal;
        let noted = details(&report, 100);
        assert!(noted.contains("  when noted, left alone: locked (backup)\n"), "{noted}");
        assert!(noted.contains("  when noted: 53.1 % used\n"), "{noted}");
    }
}
