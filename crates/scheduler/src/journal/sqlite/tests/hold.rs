//! No journal, no changes; and it works again without a restart.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::sync::mpsc;

use super::*;

/// The journal's directory as if its disk had gone; back when this is dropped.
struct Gone(PathBuf, PathBuf);

impl Gone {
    fn new(place: &Place) -> Self {
        let (here, there) = (place.0.path().to_owned(), place.0.path().with_extension("gone"));
        fs::rename(&here, &there).unwrap();
        Self(here, there)
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        fs::rename(&self.1, &self.0).unwrap();
    }
}

#[tokio::test]
async fn without_a_journal_nothing_is_taken_and_then_everything_again() {
    let place = Place::new();
    let journal = place.open();
    let gone = Gone::new(&place);
    let error = journal.recall(&lab()).await.unwrap_err().to_string();
    assert!(error.contains("journal.db: ") && error.contains("No such file"), "{error}");
    assert!(journal.intend(at(1000), &intent(101)).await.is_err());
    assert!(journal.keep(notes(1000)).await.is_err());
    assert!(journal.pause(pause(None)).await.is_err());
    assert_eq!(journal.notes().len(), 1, "{:?}", journal.notes());
    drop(gone);
    fill(&journal).await;
    assert_eq!(journal.notes(), [""; 0]);
    let found = journal.recall(&lab()).await.unwrap();
    is_filled(&journal, &found);
}

#[tokio::test]
async fn an_outcome_that_cannot_be_written_is_written_first_of_all_later() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let gone = Gone::new(&place);
    journal.settle(at(1010), 3, &intent(103), &applied()).await;
    assert_eq!(journal.recent().len(), 3);
    assert!(journal.intend(at(1010), &intent(104)).await.is_err());
    let mut late = notes(1011);
    late.ended = vec![3];
    late.vms = vec![(vmid(101), None), (vmid(104), Some(record(4)))];
    assert!(journal.keep(late).await.is_err());
    assert!(journal.pause(pause(None)).await.is_err());
    drop(gone);
    // What was not to be is not there, and what could not be written then is.
    let fifth = journal.intend(at(1020), &intent(105)).await.unwrap();
    drop(journal);
    let journal = place.open();
    let found = journal.recall(&lab()).await.unwrap();
    assert_eq!(found.open, [(fifth, at(1020), intent(105))]);
    assert_eq!(found.vms.into_keys().collect::<Vec<_>>(), [vmid(102), vmid(104)]);
    assert_eq!(found.last, Some(at(1011)));
    assert_eq!(journal.recent().last().unwrap().vmid, vmid(103));
    assert_eq!(journal.pauses(at(0)).len(), 1);
}

/// A file without a name is gone with the process, and so is one that somebody else put there.
#[tokio::test]
async fn a_file_that_was_removed_or_replaced_is_written_anew() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let other = Place::new();
    other.open().begin().await;
    for replacement in [None, Some(other.path())] {
        for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            let _ = fs::remove_file(place.0.path().join(name));
        }
        if let Some(replacement) = replacement {
            fs::copy(replacement, place.path()).unwrap();
        }
        journal.keep(notes(1003)).await.unwrap();
        let copy = Place::new();
        for name in ["journal.db", "journal.db-wal"] {
            fs::copy(place.0.path().join(name), copy.0.path().join(name)).unwrap();
        }
        let next = copy.open();
        let found = next.recall(&lab()).await.unwrap();
        assert_eq!((found.last, found.vms.len()), (Some(at(1003)), 2));
        assert_eq!(found.open, [(3, at(1002), intent(103))]);
        assert_eq!(next.pauses(at(5000)).len(), 1);
    }
}

#[tokio::test]
async fn a_second_daemon_gets_nothing() {
    let place = Place::new();
    let (first, second) = (place.open(), place.open());
    fill(&first).await;
    let error = second.recall(&lab()).await.unwrap_err().to_string();
    assert!(error.contains("another process has it"), "{error}");
    first.intend(at(1010), &intent(104)).await.unwrap();
    drop(first);
    second.recall(&lab()).await.unwrap();
}

/// One job hangs: it keeps one thread, whoever comes meanwhile is sent away, and when it comes back
/// all goes on.
#[tokio::test]
async fn a_disk_that_hangs_holds_nobody_up() {
    let place = Place::new();
    let (clock, patience) = (BootClock::default(), Duration::from_secs(1));
    let journal = SqliteJournal::with(&place.file(), &clock, || 0, patience);
    fill(&journal).await;
    let (hang_up, hung) = mpsc::channel::<()>();
    let stuck = journal.desk.run(move |_, _| Ok(hung.recv().is_ok()));
    assert!(stuck.await.unwrap_err().to_string().contains("does not end"));
    // All of them together do not wait for as long as a few would, one after the other.
    let refused = tokio::time::timeout(Duration::from_secs(20), async {
        for _ in 0..100 {
            let error = journal.intend(at(1010), &intent(104)).await.unwrap_err();
            assert!(error.to_string().contains("does not end"), "{error}");
        }
    });
    refused.await.unwrap();
    journal.settle(at(1011), 3, &intent(103), &applied()).await;
    // A second later it is told in the same words: nobody takes it for something new.
    let said = journal.notes();
    tokio::time::sleep(patience).await;
    assert!(journal.intend(at(1012), &intent(104)).await.is_err());
    assert_eq!((journal.notes(), said.len()), (said, 1));
    drop(hang_up);
    let mut tries = 0;
    while let Err(error) = journal.keep(Notes { ended: vec![3], ..notes(1012) }).await {
        tries += 1;
        assert!(tries < 100, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Of those that were refused none is left.
    drop(journal);
    let found = place.open().recall(&lab()).await.unwrap();
    assert_eq!((found.open, found.last), (vec![], Some(at(1012))));
}

/// Both come at once after a time without a job: the second one finds a job that has just begun.
#[tokio::test]
async fn who_comes_after_a_quiet_time_is_not_sent_away() {
    let place = Place::new();
    let (clock, patience) = (BootClock::default(), Duration::from_millis(500));
    let journal = SqliteJournal::with(&place.file(), &clock, || 0, patience);
    while journal.recall(&lab()).await.is_err() {}
    for _ in 0..3 {
        tokio::time::sleep(patience * 2).await;
        let job = || journal.desk.run(|_, _| Ok(()));
        let (first, second, third) = tokio::join!(job(), job(), job());
        assert!(first.is_ok() && second.is_ok() && third.is_ok(), "{second:?} {third:?}");
    }
}

/// Nobody waits for an intent any more, and then it is written all the same: nothing went out for
/// it, so it is taken back.
#[tokio::test]
async fn an_intent_that_comes_too_late_is_taken_back() {
    let place = Place::new();
    fill(&place.open()).await;
    let (clock, patience) = (BootClock::default(), Duration::from_millis(500));
    let journal = SqliteJournal::with(&place.file(), &clock, || 0, patience);
    while journal.recall(&lab()).await.is_err() {}
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = journal.intend(at(1010), &intent(104)).await.unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if journal.keep(notes(1011)).await.is_ok() {
            break;
        }
    }
    let open = journal.recall(&lab()).await.unwrap().open;
    assert_eq!(open.len(), 1, "{open:?}");
    drop(journal);
    assert_eq!(place.open().recall(&lab()).await.unwrap().open.len(), 1);
}

#[tokio::test]
async fn its_files_are_as_readable_as_their_directory() {
    for (directory, file) in [(0o700, 0o600), (0o750, 0o640), (0o777, 0o640)] {
        let place = Place::new();
        fs::set_permissions(place.0.path(), fs::Permissions::from_mode(directory)).unwrap();
        let journal = place.open();
        fill(&journal).await;
        for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            let mode = fs::metadata(place.0.path().join(name)).unwrap().mode() & 0o777;
            assert_eq!(mode, file, "{name} in {directory:o}: {mode:o}");
        }
    }
}

/// Who may only read finds one file, and all in it.
#[tokio::test]
async fn after_a_stop_in_order_there_is_one_file() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    assert!(place.files().contains(&"journal.db-wal".to_owned()));
    journal.end().await;
    assert_eq!(place.files(), ["journal.db", "journal.db.lock"]);
    drop(journal);
    let journal = place.open();
    let found = journal.recall(&lab()).await.unwrap();
    is_filled(&journal, &found);
}
