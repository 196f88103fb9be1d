//! The status of a daemon that does not run, by its journal.

use std::path::Path;

use crate::{
    ClusterStatus, Intent, JournalError, LastKnown, PauseStatus, Source, StatusReport,
    last_pictures, wall,
};

/// What the daemon noted last. Nothing of it is of now but the pauses.
///
/// # Errors
/// There is no journal, it may not be read, or it cannot be believed.
pub fn remembered(path: &Path) -> Result<StatusReport, JournalError> {
    Ok(told(last_pictures(path)?, wall()))
}

/// `wall` in seconds since 1970.
fn told(known: LastKnown, wall: u64) -> StatusReport {
    let LastKnown { clusters, recent, now, pauses, open } = known;
    let noted_at = clusters.iter().filter_map(|cluster| cluster.noted).max();
    let unsure = |intent: &Intent| {
        format!(
            "what became of VM {}: {} on {} is not known: the daemon's next start reads it, and does not make it again",
            intent.vmid, intent.step, intent.node
        )
    };
    let unseen = clusters.iter().filter(|cluster| cluster.status.is_none());
    let notes = unseen.map(|cluster| format!("cluster {}: nothing was noted of it", cluster.name));
    let mut notes: Vec<String> = notes.collect();
    let clusters = clusters.into_iter().filter_map(|cluster| {
        let since = wall.saturating_sub(cluster.noted?);
        Some(of_then(cluster.status?, since, &mut notes))
    });
    let clusters = clusters.collect();
    StatusReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        notes,
        recent,
        pauses: pauses.iter().map(|pause| PauseStatus::of(pause, now, wall)).collect(),
        problems: open.iter().map(unsure).collect(),
        clusters,
        source: Source::Journal,
        noted_at,
        ..StatusReport::default()
    }
}

/// A picture of `since` seconds ago: what it says is older by that, and what was wrong then need not
/// be so now.
fn of_then(mut status: ClusterStatus, since: u64, notes: &mut Vec<String>) -> ClusterStatus {
    if let Some(problem) = status.problem.take() {
        notes.push(format!("cluster {}: when noted: {problem}", status.name));
    }
    for vm in &mut status.vms {
        vm.sample_age = vm.sample_age.map(|age| age.saturating_add(since));
    }
    status
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use vm_autoscale_config::Selection;
    use vm_autoscale_planner::Moment;

    use super::*;
    use crate::{LastPicture, Pause};

    #[test]
    fn what_was_noted_is_told_as_such() {
        let status = json!({
            "name": "a", "answered_by": null, "problem": "no answer", "looks": 1, "look_ms": 1,
            "nodes": [], "vms": [{
                "vmid": 101, "name": null, "node": "pve1", "mode": "full", "vcpus": 2,
                "memory": 4096, "cpu_used": null, "memory_used": null, "cpu": "idle",
                "memory_decision": "idle", "sample_age": 4,
            }],
        });
        let picture = |name: &str, status, noted| LastPicture {
            status,
            name: name.to_owned(),
            noted,
            seen: 70,
        };
        let intent = json!({
            "cluster": "a", "node": "pve1", "vmid": 101, "identity": null, "reason": "busy",
            "step": {"resource": "cpu", "from": 2, "to": 3},
        });
        let pause = Pause {
            number: 3,
            select: Selection::of_words(["@all"]).unwrap(),
            reason: "x".to_owned(),
            uid: 0,
            at: 0,
            until: Some(Moment(Duration::from_secs(500))),
        };
        let known = LastKnown {
            clusters: vec![
                picture("a", Some(serde_json::from_value(status).unwrap()), Some(60)),
                picture("b", None, None),
            ],
            recent: vec![],
            now: Moment(Duration::from_secs(440)),
            pauses: vec![pause],
            open: vec![serde_json::from_value(intent).unwrap()],
        };
        let report = told(known, 1000);
        assert_eq!((report.source, report.noted_at), (Source::Journal, Some(60)));
        let notes = ["cluster b: nothing was noted of it", "cluster a: when noted: no answer"];
        assert_eq!(report.notes, notes);
        // Noted at 60 with a sample that was 4 s old; now it is 1000.
        assert_eq!(report.clusters[0].vms[0].sample_age, Some(944));
        assert_eq!((report.ills().len(), &report.clusters[0].problem), (1, &None));
        assert_eq!((report.pauses[0].left, report.pauses[0].until), (Some(60), Some(1060)));
        assert!(report.ills()[0].starts_with("what became of VM 101: vcpus 2 -> 3 on pve1"));
        assert_eq!(serde_json::to_value(&report).unwrap()["source"], "journal");
    }
}
