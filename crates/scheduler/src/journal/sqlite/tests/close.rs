//! An intent stays open until what follows from it is remembered.

use super::*;

/// What the next process finds open after a crash.
async fn open(place: &Place, journal: SqliteJournal) -> (SqliteJournal, Vec<u64>) {
    drop(journal);
    let journal = place.open();
    let open = journal.recall(&lab()).await.unwrap().open;
    (journal, open.into_iter().map(|(id, _, _)| id).collect())
}

fn ended(now: u64, id: u64) -> Notes {
    Notes { vms: vec![(vmid(103), Some(record(3)))], ended: vec![id], ..notes(now) }
}

#[tokio::test]
async fn a_crash_between_the_outcome_and_what_follows_loses_neither() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    journal.settle(at(1010), 3, &intent(103), &applied()).await;
    let still = journal.recall(&lab()).await.unwrap().open;
    assert_eq!(still, [(3, at(1002), intent(103))]);
    // It is known what became of it, and it is not told as if it were not.
    assert_eq!(last_pictures(&place.path()).unwrap().open, []);
    let (journal, found) = open(&place, journal).await;
    assert_eq!((found, journal.recent().len()), (vec![3], 3));
    journal.keep(ended(1011, 3)).await.unwrap();
    let (journal, found) = open(&place, journal).await;
    assert_eq!((found, journal.recent().len()), (vec![], 3));
    assert!(journal.recall(&lab()).await.unwrap().vms.contains_key(&vmid(103)));
}

#[tokio::test]
async fn a_note_that_cannot_be_written_ends_nothing_in_the_file() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    journal.settle(at(1010), 3, &intent(103), &applied()).await;
    let other = rusqlite::Connection::open(place.path()).unwrap();
    let (fail, work) = (
        "CREATE TRIGGER no BEFORE DELETE ON intents BEGIN SELECT RAISE(FAIL, 'no'); END",
        "DROP TRIGGER no",
    );
    other.execute_batch(fail).unwrap();
    journal.keep(ended(1011, 3)).await.unwrap_err();
    assert_eq!(query(&place.path(), "SELECT '' || id FROM intents"), ["3"]);
    // In one transaction: neither is there.
    assert_eq!(query(&place.path(), "SELECT '' || vmid FROM vms"), ["101", "102"]);
    let (journal, found) = open(&place, journal).await;
    assert_eq!(found, [3]);
    journal.keep(ended(1012, 3)).await.unwrap_err();
    other.execute_batch(work).unwrap();
    // What was noted in vain is written with whatever comes next.
    let fourth = journal.intend(at(1013), &intent(104)).await.unwrap();
    let (journal, found) = open(&place, journal).await;
    assert_eq!(found, [fourth]);
    assert!(journal.recall(&lab()).await.unwrap().vms.contains_key(&vmid(103)));
}

#[tokio::test]
async fn what_is_said_twice_of_a_change_is_told_once() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let failed = Settled { outcome: Outcome::Gone, ..applied() };
    journal.settle(at(1010), 3, &intent(103), &failed).await;
    assert_eq!(journal.counts().failed, 1);
    journal.settle(at(1011), 3, &intent(103), &failed).await;
    assert_eq!((journal.counts().failed, journal.recent().len()), (1, 3));
    let (journal, found) = open(&place, journal).await;
    assert_eq!(found, [3]);
    journal.settle(at(1012), 3, &intent(103), &applied()).await;
    journal.keep(ended(1013, 3)).await.unwrap();
    // Of one that is closed nothing more is told.
    journal.settle(at(1014), 3, &intent(103), &failed).await;
    let (journal, found) = open(&place, journal).await;
    assert_eq!((found, journal.recent().len()), (vec![], 3));
    assert!(journal.recent().last().unwrap().verified);
    assert_eq!(query(&place.path(), "SELECT '' || intent FROM outcomes"), ["1", "2", "3"]);
}
