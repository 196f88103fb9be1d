use vm_autoscale_scheduler::past::Past;

use super::*;

/// A day that ended at 100,000 s, and what was used and changed in it.
fn day(columns: &Value, events: &[Value]) -> Trail {
    let vm = json!({
        "vmid": 101, "name": "web", "columns": columns, "events": events, "decisions": [],
        "of_others": false,
    });
    let cluster = json!({"name": "home", "vms": [vm], "unreadable": 0});
    let past =
        json!({"since": 13_600, "until": 100_000, "clusters": [cluster], "truncated": false});
    let past: Past = serde_json::from_value(past).unwrap();
    Trail::of(&past, &past.clusters[0].vms[0])
}

fn event(at: u64, step: &Value, verified: bool) -> Value {
    json!({
        "number": at, "at": at, "step": step, "kind": "x", "verified": verified,
        "reverted": false, "reason": "x", "text": format!("at {at}\n\u{1b}"), "took_s": null,
    })
}

#[test]
fn changes_are_marked_in_the_hour_that_they_ended_in() {
    let used = |mean: f64| json!({"mean": mean, "most": 100.0, "plugged": 4, "saturated": true});
    let columns = json!([{"cpu": used(10.0), "memory": used(90.0)}, {"cpu": used(30.0)}, {}]);
    let step = |resource: &str, from, to| json!({"resource": resource, "from": from, "to": to});
    let (up, down) = (step("cpu", 2, 3), step("memory", 2048, 1536));
    let trail = day(
        &columns,
        &[
            event(13_600 + 3 * 3600, &up, true),
            event(13_600 + 4 * 3600 - 1, &down, true),
            event(13_600 + 5 * 3600, &down, true),
            // What did not come about is no mark.
            event(13_600 + 6 * 3600, &up, false),
            event(99_999, &up, true),
            event(100_001, &up, true),
        ],
    );
    assert_eq!(trail.line(), "█▃·◆·▼·················▲");
    assert_eq!((trail.cpu[3].mark(), trail.memory[3].mark()), (Some('▲'), Some('▼')));
    let newest: Vec<&str> = trail.changes.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(
        newest[..2],
        ["vcpus 2 -> 3 at 100001 ", "vcpus 2 -> 3 at 99999 "],
        "newest first, in one line"
    );
    assert_eq!(trail.changes.len(), 6);
    assert_eq!(day(&json!([]), &[]), Trail::default());
}
