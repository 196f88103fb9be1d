//! What nodes and guests wrote, as text for a terminal: it neither steers it nor forges a line.

use vm_autoscale_scheduler::{ClusterStatus, StatusReport, VmStatus};

/// Without what steers a terminal; lines stay lines.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// In one line.
pub(crate) fn one_line(text: &mut String) {
    let words: Vec<&str> = text.split(['\n', '\r']).map(str::trim).collect();
    let line = words.join(" ");
    *text = line.chars().filter(|c| !c.is_control()).collect();
}

/// Makes one line of each text that is told in one.
pub(crate) fn plain(report: &mut StatusReport) {
    let StatusReport { clusters, notes, recent, pauses, reload, problems, .. } = report;
    clusters.iter_mut().for_each(cluster);
    notes.iter_mut().chain(problems).for_each(one_line);
    for event in recent {
        one_line(&mut event.text);
    }
    for pause in pauses {
        one_line(&mut pause.select);
        one_line(&mut pause.reason);
    }
    let Some(reload) = reload else { return };
    reload.at_next_start.iter_mut().for_each(one_line);
    // All that is wrong with the files takes many lines; they belong to the first.
    reload.problem = reload.problem.take().map(|problem| problem.replace('\n', "\n  "));
}

fn cluster(cluster: &mut ClusterStatus) {
    cluster.problem.iter_mut().chain(&mut cluster.paused).for_each(one_line);
    for vm in &mut cluster.vms {
        let VmStatus { name, mode, cpu, memory_decision, last, .. } = vm;
        name.iter_mut().for_each(one_line);
        [mode, cpu, memory_decision].into_iter().for_each(one_line);
        if let Some(last) = last {
            one_line(&mut last.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::text_of;

    const EVIL: &str = "x\u{1b}[2J\u{9b}1m\nNOT WELL: forged\r\n\u{7}y";

    #[test]
    fn what_steers_a_terminal_goes_and_lines_stay() {
        assert_eq!(harmless(EVIL), "x[2J1m\nNOT WELL: forged\ny");
    }

    #[test]
    fn no_text_of_a_node_forges_a_line_or_steers_the_terminal() {
        let step = serde_json::json!({"resource": "cpu", "from": 2, "to": 3});
        let cluster = serde_json::json!({
            "name": "home", "answered_by": null, "problem": EVIL, "paused": EVIL, "looks": 1,
            "look_ms": 1, "nodes": [], "vms": [{
                "vmid": 101, "name": EVIL, "node": "pve1", "mode": "full", "vcpus": 2,
                "memory": 4096, "cpu_used": null, "memory_used": null, "cpu": EVIL,
                "memory_decision": EVIL,
                "last": {"at": 0, "step": step, "verified": true, "text": EVIL},
            }],
        });
        let event = serde_json::json!({
            "number": 1, "at": 0, "cluster": "home", "vmid": 101, "step": step,
            "verified": false, "text": EVIL,
        });
        let report = StatusReport {
            clusters: vec![serde_json::from_value(cluster).unwrap()],
            recent: vec![serde_json::from_value(event).unwrap()],
            problems: vec![EVIL.to_owned()],
            notes: vec![EVIL.to_owned()],
            ..StatusReport::default()
        };
        for single in [&[][..], &[101.try_into().unwrap()]] {
            let text = text_of(&mut report.clone(), single, 0);
            assert!(text.contains("NOT WELL: x[2J1m NOT WELL: forged  y\n"), "{text}");
            assert!(!text.contains("\nNOT WELL: forged"), "{text}");
            let steers = |c: char| c.is_control() && c != '\n';
            assert!(!text.contains(steers), "{text:?}");
            assert_eq!(text.lines().filter(|line| line.starts_with("NOT WELL")).count(), 2);
        }
    }
}
