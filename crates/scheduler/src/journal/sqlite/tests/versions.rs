//! A file of any earlier version is read, one of a newer version is not touched.

use super::*;

/// What each version wrote of [`fill`], as its own SQL.
const FIXTURES: &[&str] = &[include_str!("v1.sql"), include_str!("v2.sql"), include_str!("v3.sql")];

#[test]
fn every_version_has_its_file() {
    assert_eq!(i64::try_from(FIXTURES.len()).unwrap(), schema::newest());
}

#[tokio::test]
async fn a_file_of_every_earlier_version_is_read() {
    for fixture in FIXTURES {
        let place = Place::new();
        rusqlite::Connection::open(place.path()).unwrap().execute_batch(fixture).unwrap();
        let looks = || last_pictures(&place.path()).unwrap().clusters[0].status.clone().unwrap();
        let before = looks();
        let journal = place.open();
        let found = journal.recall(&lab()).await.unwrap();
        is_filled(&journal, &found);
        assert_eq!(looks(), before);
        fill_on(&journal).await;
        assert_eq!(looks(), picture());
        drop(journal);
        let used = past_use(&place.path(), vmid(101), 0).unwrap();
        assert_eq!(used[0].blocks.last().unwrap().used.who, 8);
        let versions =
            query(&place.path(), "SELECT CAST(user_version AS TEXT) FROM pragma_user_version");
        assert_eq!(versions, [schema::newest().to_string()]);
    }
}

/// All that can be written, once more.
async fn fill_on(journal: &SqliteJournal) {
    let id = journal.intend(at(1010), &intent(105)).await.unwrap();
    assert_eq!(id, 4);
    journal.settle(at(1011), id, &intent(105), &applied()).await;
    let vms = vec![(vmid(105), Some(record(5)))];
    let decisions = vec![decided(105, "new")];
    let samples = vec![samples(1012, used_by(8, 100))];
    let notes = Notes { vms, decisions, samples, picture: Some(picture()), ..notes(1012) };
    journal.keep(notes).await.unwrap();
    assert_eq!(journal.pause(pause(None)).await.unwrap().number, 2);
    journal.resume(vec![1, 2], None).await.unwrap();
    assert_eq!(journal.notes(), [""; 0]);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_not_touched() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    journal.end().await;
    drop(journal);
    let connection = rusqlite::Connection::open(place.path()).unwrap();
    connection.pragma_update(None, "user_version", schema::newest() + 1).unwrap();
    drop(connection);
    let bytes = fs::read(place.path()).unwrap();
    let journal = place.open();
    let error = journal.recall(&lab()).await.unwrap_err().to_string();
    assert!(error.contains("install the newer vm-autoscale again"), "{error}");
    assert!(journal.intend(at(1010), &intent(104)).await.is_err());
    assert!(journal.keep(notes(1010)).await.is_err());
    drop(journal);
    assert_eq!(fs::read(place.path()).unwrap(), bytes);
    assert!(!place.files().iter().any(|name| name.contains("corrupt")), "{:?}", place.files());
}

/// A start that was killed while it made the file.
#[tokio::test]
async fn a_file_that_was_half_made_is_made_again() {
    let place = Place::new();
    for suffix in ["", "-wal", "-shm", "-journal"] {
        fs::write(place.0.path().join(format!("journal.db.new{suffix}")), "half of it").unwrap();
    }
    let journal = place.open();
    fill(&journal).await;
    assert_eq!(journal.notes(), [""; 0]);
    assert!(!place.files().iter().any(|name| name.contains("new")), "{:?}", place.files());
}
