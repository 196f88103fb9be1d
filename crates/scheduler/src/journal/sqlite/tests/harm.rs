//! Files that are not what was written: never a panic, never taken for a journal in which nothing
//! happened.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// The one file of a process that stopped in order.
async fn good() -> Vec<u8> {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    journal.end().await;
    fs::read(place.path()).unwrap()
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// All of it.
    All,
    /// Moved aside; nothing acts before one cooldown.
    Aside,
    /// Not ours by what it says: nothing acts.
    Refused,
}

/// What a start makes of such a file.
async fn start(bytes: &[u8]) -> Found {
    let place = Place::new();
    fs::write(place.path(), bytes).unwrap();
    let journal = place.open();
    let found = match journal.recall(&lab()).await {
        Ok(found) if found == Recalled::default() => {
            let aside = place.0.path().join("journal.db.corrupt-1800000000");
            assert_eq!(fs::read(aside).unwrap().len(), bytes.len());
            assert_eq!(journal.notes().len(), 1);
            assert_eq!(journal.pauses(at(0)), []);
            Found::Aside
        }
        Ok(found) => {
            is_filled(&journal, &found);
            assert_eq!(journal.notes(), [""; 0]);
            Found::All
        }
        Err(error) => {
            assert!(fs::read(place.path()).unwrap() == bytes, "{error}");
            return Found::Refused;
        }
    };
    // Whatever it was, it works now.
    journal.intend(at(2000), &intent(109)).await.unwrap();
    found
}

#[tokio::test]
async fn a_file_that_ends_early_is_moved_aside() {
    let good = good().await;
    assert_eq!(start(&good).await, Found::All);
    let lengths = (0..good.len()).step_by(1021).chain([1, 15, 16, 99, 100, 511, 512, 4096, 8192]);
    for length in lengths {
        let found = start(&good[..length]).await;
        assert_eq!(found, Found::Aside, "{length} of {}", good.len());
    }
}

#[tokio::test]
async fn garbage_is_moved_aside() {
    for bytes in [b"x".repeat(5000), b"SQLite format 3\0".repeat(1000), vec![0; 5000]] {
        assert_eq!(start(&bytes).await, Found::Aside);
    }
}

/// A disk or a memory chip turned a bit over.
#[tokio::test]
async fn a_file_with_another_bit_is_whole_or_moved_aside() {
    let good = good().await;
    let mut found = std::collections::BTreeMap::<_, usize>::new();
    // All of the header, and some of the rest.
    let places = (0..100).chain((100..good.len()).step_by(211));
    for place in places {
        let mut bytes = good.clone();
        bytes[place] ^= 1 << (place % 8);
        *found.entry(start(&bytes).await).or_default() += 1;
    }
    assert!(found[&Found::Aside] > 30 && found[&Found::Refused] <= 12, "{found:?}");
}

/// `SQLite` itself takes any value for a good one.
#[tokio::test]
async fn a_row_that_says_something_else_is_not_believed() {
    let good = good().await;
    for change in [
        "clock SET last = last + 1000000",
        "clusters SET last = 7",
        "vms SET record = replace(record, '900000', '100000')",
        "intents SET vmid = 104",
        "pauses SET body = replace(body, '@tag-web', '@tag-wex')",
    ] {
        let place = Place::new();
        fs::write(place.path(), &good).unwrap();
        let connection = rusqlite::Connection::open(place.path()).unwrap();
        connection.execute(&format!("UPDATE {change}"), []).unwrap();
        drop(connection);
        assert_eq!(start(&fs::read(place.path()).unwrap()).await, Found::Aside, "{change}");
    }
}

/// A -wal that ends early or has another bit: what is before is whole.
#[tokio::test]
async fn a_torn_wal_loses_its_end_only() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    journal.end().await;
    let file = fs::read(place.path()).unwrap();
    journal.intend(at(1010), &intent(104)).await.unwrap();
    let whole = fs::read(place.0.path().join("journal.db-wal")).unwrap();
    for at in (0..whole.len()).step_by(661) {
        let mut bit = whole.clone();
        bit[at] ^= 4;
        for wal in [&whole[..at], &bit] {
            let other = Place::new();
            fs::write(other.path(), &file).unwrap();
            fs::write(other.0.path().join("journal.db-wal"), wal).unwrap();
            let journal = other.open();
            let mut found = journal.recall(&lab()).await.unwrap();
            found.open.retain(|(_, _, open)| *open != intent(104));
            is_filled(&journal, &found);
        }
    }
}

#[tokio::test]
async fn a_wal_without_its_file_is_moved_aside() {
    let place = Place::new();
    fs::write(place.0.path().join("journal.db-wal"), "something").unwrap();
    let journal = place.open();
    assert_eq!(journal.recall(&lab()).await.unwrap(), Recalled::default());
    assert!(place.files().contains(&"journal.db.corrupt-1800000000-wal".to_owned()));
}

/// Found out while the daemon runs: what holds is in memory, and goes into the new file.
#[tokio::test]
async fn a_file_that_becomes_unreadable_loses_history_only() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let spoil = journal.desk.run(|_, _| Err::<(), _>(Fault::unreadable("malformed")));
    spoil.await.unwrap_err();
    journal.keep(notes(1003)).await.unwrap();
    assert_eq!(journal.notes().len(), 1);
    drop(journal);
    let journal = place.open();
    let found = journal.recall(&lab()).await.unwrap();
    assert_eq!((found.last, found.vms.len()), (Some(at(1003)), 2));
    assert_eq!(found.open, [(3, at(1002), intent(103))]);
    assert_eq!((journal.pauses(at(0)).len(), journal.recent().len()), (1, 0));
}

/// A disk that spoils every file does not fill up with them.
#[tokio::test]
async fn not_more_than_a_few_are_kept() {
    static WALL: AtomicU64 = AtomicU64::new(0);
    let place = Place::new();
    for number in 0..9 {
        fs::write(place.path(), "garbage").unwrap();
        let clock = BootClock::default();
        let wall = || WALL.fetch_add(1, Ordering::SeqCst);
        let journal = SqliteJournal::with(&place.file(), &clock, wall, PLENTY);
        assert_eq!(journal.recall(&lab()).await.is_ok(), number < 5, "{number}");
    }
    assert_eq!(place.files().iter().filter(|name| name.contains("corrupt")).count(), 5);
}

#[tokio::test]
async fn another_programs_database_is_not_touched() {
    let place = Place::new();
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other.execute_batch("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)").unwrap();
    drop(other);
    let bytes = fs::read(place.path()).unwrap();
    assert_eq!(start(&bytes).await, Found::Refused);
}
