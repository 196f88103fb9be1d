use std::fs::{Permissions, create_dir, set_permissions, write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use vm_autoscale_policy::Rates;
use vm_autoscale_protocol::Request;

use super::*;

const NOW: Duration = Duration::from_secs(1000);

fn rates() -> Rates {
    serde_json::from_str(r#"{"per_vm": 2, "per_node": 20, "total": 60}"#).unwrap()
}

fn change() -> Request {
    let digest = "0".repeat(40);
    let target =
        serde_json::json!({"cluster": "home", "node": "pve1", "vmid": 101, "digest": digest});
    let call =
        serde_json::json!({"name": "SetVcpus", "parameters": {"target": target, "vcpus": 2}});
    serde_json::from_value(call).unwrap()
}

/// How many changes of a VM a process that starts then lets through at once.
fn room(ledger: &Ledger, now: Duration) -> usize {
    let first = ledger.read(now);
    let more = |changes: &Changes| one_more(changes, now);
    std::iter::successors(Some(first), more).skip(1).take(10).count()
}

fn one_more(changes: &Changes, now: Duration) -> Option<Changes> {
    let change = change();
    changes.with(&rates(), now, (&change, change.target().unwrap())).ok()
}

#[test]
fn the_next_process_knows_what_this_one_did() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("run");
    let ledger = Ledger::of(&directory);
    assert_eq!(std::fs::metadata(&directory).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(room(&ledger, NOW), 2);
    let changes = one_more(&Changes::default(), NOW).unwrap();
    // One that a process left which was killed.
    write(directory.join("changes.json.new"), "half").unwrap();
    ledger.write(&changes).unwrap();
    let file = std::fs::metadata(directory.join("changes.json")).unwrap();
    assert_eq!(file.mode() & 0o7777, 0o600);
    assert!(!directory.join("changes.json.new").exists());
    let next = Ledger::of(&directory);
    assert_eq!(next.read(NOW), changes);
    let room_at = |seconds| room(&next, NOW + Duration::from_secs(seconds));
    assert_eq!([room_at(0), room_at(29), room_at(30)], [1, 1, 2]);
}

#[test]
fn what_cannot_be_believed_is_no_reason_for_full_rates() {
    let place = tempfile::tempdir().unwrap();
    let ledger = Ledger::of(place.path());
    let file = place.path().join("changes.json");
    let changes = one_more(&Changes::default(), NOW).unwrap();
    ledger.write(&changes).unwrap();
    let good = std::fs::read_to_string(&file).unwrap();
    assert_eq!(room(&ledger, NOW), 1);
    for bad in ["", "{}", "{", "[1]", &good[..good.len() - 1], &good.replace("asked", "askd")] {
        write(&file, bad).unwrap();
        assert_eq!(room(&ledger, NOW), 0, "{bad}");
        assert_eq!(room(&ledger, NOW + Duration::from_secs(59)), 0, "it counts from the start");
    }
    write(&file, "x".repeat(5 * 1024 * 1024)).unwrap();
    assert_eq!(room(&ledger, NOW), 0, "one without an end");
    // Of another boot, or made up.
    write(&file, &good).unwrap();
    assert_eq!(room(&ledger, Duration::from_secs(969)), 0);
    for (path, mode) in [(&file, 0o622), (&place.path().to_owned(), 0o777)] {
        let before = std::fs::metadata(path).unwrap().permissions();
        set_permissions(path, Permissions::from_mode(mode)).unwrap();
        assert_eq!(room(&ledger, NOW), 0, "others may have written it");
        set_permissions(path, before).unwrap();
        assert_eq!(room(&ledger, NOW), 1);
    }
    let other = place.path().join("other");
    std::fs::rename(&file, &other).unwrap();
    symlink(&other, &file).unwrap();
    assert_eq!(room(&ledger, NOW), 0, "a link");
}

#[test]
fn what_cannot_be_written_is_said() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("run");
    let ledger = Ledger::of(&directory.join("deeper"));
    assert!(ledger.write(&Changes::default()).is_err(), "there is no directory");
    create_dir(&directory).unwrap();
    let ledger = Ledger::of(&directory);
    set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
    let said = ledger.write(&Changes::default()).unwrap_err().to_string();
    assert!(said.contains("others can write") && !said.contains('\n'), "{said}");
    set_permissions(&directory, Permissions::from_mode(0o700)).unwrap();
    create_dir(directory.join("changes.json.new")).unwrap();
    assert!(ledger.write(&Changes::default()).is_err());
}
