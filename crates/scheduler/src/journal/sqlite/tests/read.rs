//! Read by somebody else: while the daemon runs, after it was killed, after it stopped.

use std::os::unix::fs::PermissionsExt as _;

use nix::unistd::{Uid, setfsuid};

use super::*;

fn is_known(known: &LastKnown) {
    let [cluster] = &known.clusters[..] else { panic!("{known:?}") };
    assert_eq!(cluster.status, Some(picture()));
    let wall = 1_800_000_000;
    assert_eq!((&*cluster.name, cluster.noted, cluster.seen), ("lab", Some(wall), wall));
    assert_eq!(known.recent.len(), 2);
    assert_eq!(known.pauses, [Pause { number: 1, ..pause(None) }]);
    assert_eq!(known.open, [intent(103)]);
}

/// As a user who may read the files, and may not write beside them.
fn as_viewer(place: &Place) -> Result<LastKnown, JournalError> {
    let set = |mode| fs::set_permissions(place.0.path(), fs::Permissions::from_mode(mode)).unwrap();
    for name in place.files() {
        let file = place.0.path().join(name);
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    set(0o555);
    let path = place.path();
    let known = std::thread::spawn(move || {
        // Of this thread alone. Without root it is an ordinary user anyway.
        setfsuid(Uid::from_raw(65534));
        let beside = fs::write(path.with_extension("new"), "");
        assert!(beside.is_err(), "the directory can be written");
        last_pictures(&path)
    });
    let known = known.join().unwrap();
    set(0o755);
    known
}

#[tokio::test]
async fn who_may_only_read_sees_the_last_picture() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    is_known(&last_pictures(&place.path()).unwrap());
    // As after kill -9: all files are there.
    is_known(&as_viewer(&place).unwrap());
    journal.end().await;
    assert_eq!(place.files(), ["journal.db", "journal.db.lock"]);
    is_known(&as_viewer(&place).unwrap());
    is_known(&last_pictures(&place.path()).unwrap());
    // It left nothing that would be in the daemon's way.
    drop(journal);
    let journal = place.open();
    let found = journal.recall(&lab()).await.unwrap();
    is_filled(&journal, &found);
}

/// A fleet's, and then what is left of it.
#[tokio::test]
async fn a_picture_of_many_vms_is_whole() {
    let place = Place::new();
    let journal = place.open();
    journal.recall(&lab()).await.unwrap();
    for vms in [200, 64, 1, 0, 65] {
        let vms = (101..101 + vms).map(picture_of).collect();
        let fleet = ClusterStatus { vms, ..picture() };
        journal.keep(Notes { picture: Some(fleet.clone()), ..notes(1003) }).await.unwrap();
        let known = last_pictures(&place.path()).unwrap();
        assert_eq!(known.clusters[0].status, Some(fleet));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let place = Place::new();
    let said = |place: &Place| last_pictures(&place.path()).unwrap_err().to_string();
    assert!(said(&place).contains("journal.db: No such file"), "{}", said(&place));
    fs::write(place.path(), "x".repeat(5000)).unwrap();
    assert!(said(&place).contains("not a database"), "{}", said(&place));
    fs::write(place.path(), "").unwrap();
    assert!(said(&place).contains("empty or cut off"), "{}", said(&place));
}

/// What a pause says ends by itself, also while nobody is there to note it.
#[tokio::test]
async fn a_pause_that_is_over_is_not_told() {
    let place = Place::new();
    let clock = BootClock::default();
    let journal = SqliteJournal::with(&place.file(), &clock, || 0, PLENTY);
    journal.recall(&lab()).await.unwrap();
    let over = Some(clock.now());
    journal.pause(Pause { until: over, ..pause(None) }).await.unwrap();
    let holds = Some(clock.now().after(PLENTY));
    journal.pause(Pause { until: holds, ..pause(None) }).await.unwrap();
    let pauses = last_pictures(&place.path()).unwrap().pauses;
    assert_eq!(pauses.iter().map(|pause| pause.number).collect::<Vec<_>>(), [2]);
}
