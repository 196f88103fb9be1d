//! The bounds: the oldest goes first, and never what still holds something back.

use super::*;

const MIB: u64 = 1024 * 1024;

fn bytes(place: &Place) -> u64 {
    let files = ["journal.db", "journal.db-wal"].map(|name| place.0.path().join(name));
    files.iter().filter_map(|file| fs::metadata(file).ok()).map(|file| file.len()).sum()
}

fn count(place: &Place, what: &str) -> usize {
    query(&place.path(), &format!("SELECT CAST(count(*) AS TEXT) FROM {what}"))[0].parse().unwrap()
}

/// As a process does whose machine runs for 1,000 s.
fn open(file: &JournalFile) -> SqliteJournal {
    SqliteJournal::with(file, &BootClock::over(|| Duration::from_secs(1000)), || 0, PLENTY)
}

#[tokio::test]
async fn so_many_decisions_take_no_more_room_than_the_file_may() {
    let place = Place::new();
    let journal = open(&JournalFile { max_size_mb: 8, ..place.file() });
    fill(&journal).await;
    let (text, mut most) = ("a reason as long as they are: ".repeat(4), 0);
    for cycle in 0..100_u64 {
        let decided = |at| decided(101, &format!("{} {text}", cycle * 1000 + at));
        let decisions = (0..1000).map(decided).collect();
        journal.keep(Notes { decisions, ..notes(1004 + cycle) }).await.unwrap();
        most = most.max(bytes(&place));
    }
    assert!((5 * MIB..=8 * MIB).contains(&most), "{most} bytes");
    drop(journal);
    let kept = count(&place, "decisions");
    assert!((10_000..60_000).contains(&kept), "{kept} decisions");
    let oldest = query(&place.path(), "SELECT text FROM decisions ORDER BY id LIMIT 1");
    let first: usize = oldest[0].split(' ').next().unwrap().parse().unwrap();
    assert_eq!(first + kept, 100_000, "not the oldest went");
    assert_eq!(count(&place, "outcomes"), 0);
    let journal = place.open();
    let found = journal.recall(&lab()).await.unwrap();
    assert_eq!((found.open.len(), found.vms.len(), journal.pauses(at(0)).len()), (1, 2, 1));
}

/// As where many VMs change at once: the -wal takes more than is kept free for it.
#[tokio::test]
async fn what_one_cycle_writes_is_room_that_the_file_leaves() {
    let place = Place::new();
    let journal = open(&JournalFile { max_size_mb: 8, ..place.file() });
    fill(&journal).await;
    let (text, mut most) = ("a reason as long as they are: ".repeat(4), 0);
    for cycle in 0..30 {
        let vms = (101..4101).map(|number| (vmid(number), Some(record(cycle)))).collect();
        let decisions = vec![decided(101, &text); 2000];
        let notes = Notes { decisions, vms, ..notes(1004 + u64::from(cycle)) };
        journal.keep(notes).await.unwrap();
        most = most.max(bytes(&place));
    }
    let wal = fs::metadata(place.0.path().join("journal.db-wal")).unwrap().len();
    assert!(wal > 2 * MIB, "{wal} bytes");
    assert!((6 * MIB..=8 * MIB).contains(&most), "{most} bytes");
    assert!(count(&place, "decisions") > 2000);
}

/// `"journal.max_size_mb"`: it is made smaller where it may take less from now on.
#[tokio::test]
async fn a_smaller_bound_makes_the_file_smaller() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let text = "many words ".repeat(100);
    let decisions = vec![decided(101, &text); 12_000];
    journal.keep(Notes { decisions, ..notes(1004) }).await.unwrap();
    drop(journal);
    assert!(bytes(&place) > 12 * MIB, "{} bytes", bytes(&place));
    let journal = open(&JournalFile { max_size_mb: 8, ..place.file() });
    journal.recall(&lab()).await.unwrap();
    journal.keep(notes(1005)).await.unwrap();
    drop(journal);
    assert!(bytes(&place) <= 8 * MIB, "{} bytes", bytes(&place));
}

/// `"journal.keep_days"`.
#[tokio::test]
async fn what_is_older_than_the_days_goes_at_most_hourly() {
    const DAY: u64 = 24 * 3600;
    let place = Place::new();
    let journal = open(&JournalFile { keep_days: 2, ..place.file() });
    fill(&journal).await;
    journal.pause(pause(Some(1500))).await.unwrap();
    let left = || (count(&place, "decisions"), count(&place, "outcomes"), count(&place, "pauses"));
    let keep = async |now| journal.keep(notes(now)).await.unwrap();
    keep(2000).await;
    assert_eq!(left(), (2, 2, 2));
    keep(1000 + 2 * DAY).await;
    assert_eq!(left(), (2, 2, 2));
    // A part of an hour later it is too old, but nobody looks yet.
    keep(1000 + 2 * DAY + 3599).await;
    assert_eq!(left(), (2, 2, 2));
    keep(1000 + 2 * DAY + 3600).await;
    assert_eq!(left(), (0, 0, 1));
    drop(journal);
    let journal = place.open();
    let found = journal.recall(&lab()).await.unwrap();
    assert_eq!((found.open.len(), found.vms.len(), journal.pauses(at(0)).len()), (1, 2, 1));
}

/// Notes with what VMs used in five minutes up to then, so many bytes of it.
fn used(now: u64, bytes: usize) -> Notes {
    Notes { samples: vec![samples(now, vec![1; bytes])], ..notes(now) }
}

/// `"journal.keep_samples_days"`.
#[tokio::test]
async fn what_vms_used_is_kept_for_days_of_its_own() {
    const DAY: u64 = 24 * 3600;
    let place = Place::new();
    let journal = open(&JournalFile { keep_days: 10, keep_samples_days: 2, ..place.file() });
    fill(&journal).await;
    for now in [2000, 3000] {
        journal.keep(used(now, 10)).await.unwrap();
    }
    let left = || (count(&place, "samples"), count(&place, "decisions"));
    assert_eq!(left(), (3, 2));
    for (now, samples) in [(2000 + 2 * DAY, 2), (3000 + 2 * DAY, 2), (2 * DAY + 7000, 0)] {
        journal.keep(notes(now)).await.unwrap();
        assert_eq!(left(), (samples, 2), "{now}");
    }
}

/// As a fleet makes them: changes of long ago stay while room for them can be had.
#[tokio::test]
async fn what_vms_used_goes_before_what_was_decided() {
    let place = Place::new();
    let journal = open(&JournalFile { max_size_mb: 8, ..place.file() });
    fill(&journal).await;
    let mut most = 0;
    for now in (2000..82_000).step_by(300) {
        journal.keep(used(now, 80_000)).await.unwrap();
        most = most.max(bytes(&place));
    }
    assert!((5 * MIB..=8 * MIB).contains(&most), "{most} bytes");
    drop(journal);
    let kept = count(&place, "samples");
    assert!((40..80).contains(&kept), "{kept} rows");
    assert_eq!((count(&place, "decisions"), count(&place, "outcomes")), (2, 2));
    let last = query(&place.path(), "SELECT CAST(max(moment) AS TEXT) FROM samples");
    let first = query(&place.path(), "SELECT CAST(min(moment) AS TEXT) FROM samples");
    let [first, last]: [usize; 2] = [&first, &last].map(|row| row[0].parse().unwrap());
    assert_eq!(last - first, (kept - 1) * 300_000, "not the oldest went");
}
