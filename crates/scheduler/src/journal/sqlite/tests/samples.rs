//! What VMs used: written, read by whoever may read the file, and not believed where it is torn.

use super::*;

const WALL: u64 = 1_800_000_000;

fn past(place: &Place, number: u32, since: u64) -> Vec<PastUse> {
    past_use(&place.path(), vmid(number), WALL + since).unwrap()
}

/// What VM 101 used on average in each block.
fn means(past: &PastUse) -> Vec<u32> {
    past.blocks.iter().map(|block| block.used.cpu.unwrap().mean).collect()
}

async fn journal_of(place: &Place, blocks: &[(u64, u32, u32)]) -> SqliteJournal {
    let journal = place.open();
    journal.recall(&lab()).await.unwrap();
    for (now, who, mean) in blocks {
        let samples = vec![samples(*now, used_by(*who, *mean))];
        journal.keep(Notes { samples, ..notes(*now) }).await.unwrap();
    }
    journal
}

#[tokio::test]
async fn what_a_vm_used_is_read_while_the_daemon_runs_and_after() {
    let place = Place::new();
    let journal = journal_of(&place, &[(300, 7, 100), (600, 7, 200), (900, 7, 300)]).await;
    for _ in 0..2 {
        let [all] = &past(&place, 101, 0)[..] else { panic!() };
        assert_eq!((means(all), all.of_others, all.unreadable), (vec![100, 200, 300], 0, 0));
        let first = all.blocks[0];
        assert_eq!((first.begin(), first.end, first.used.who), (WALL, WALL + 300, 7));
        assert_eq!(means(&past(&place, 101, 600)[0]), [200, 300]);
        assert_eq!(past(&place, 102, 0)[0].blocks[0].used.cpu, None);
        assert_eq!(past(&place, 103, 0), []);
        assert_eq!(past(&place, 101, 901), []);
        journal.end().await;
    }
    let none = past_use(&place.0.path().join("none.db"), vmid(101), 0).unwrap_err().to_string();
    assert!(none.contains("No such file"), "{none}");
}

/// What could not be written in time is written again, and may have been written all the same.
#[tokio::test]
async fn a_block_is_there_once() {
    let place = Place::new();
    let journal = journal_of(&place, &[(300, 7, 100), (600, 7, 200), (300, 7, 100)]).await;
    assert_eq!(means(&past(&place, 101, 0)[0]), [100, 200]);
    drop(journal);
}

#[tokio::test]
async fn another_vm_of_that_number_inherits_nothing() {
    let blocks = [
        (300, 7, 100),
        (600, 0, 150),
        (900, 8, 200),
        (1200, 0, 250),
        (1500, 9, 300),
        (1800, 0, 350),
    ];
    for (until, kept) in [(2, &[100, 150][..]), (3, &[200]), (4, &[200, 250]), (6, &[300, 350])] {
        let place = Place::new();
        drop(journal_of(&place, &blocks[..until]).await);
        let all = &past(&place, 101, 0)[0];
        assert_eq!((means(all), all.of_others), (kept.to_vec(), until - kept.len()), "{until}");
    }
}

#[tokio::test]
async fn what_was_done_to_it_meanwhile_is_told_beside() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let blocks = |now, who| vec![samples(now, used_by(who, 100))];
    // In a block that began after the change.
    journal.keep(Notes { samples: blocks(1400, 7), ..notes(1400) }).await.unwrap();
    let [all] = &past(&place, 101, 0)[..] else { panic!() };
    assert_eq!((all.blocks.len(), all.changes.len()), (2, 0), "the wall says {WALL} of them");
    let id = journal.intend(at(1500), &intent(101)).await.unwrap();
    drop(journal);
    let journal = SqliteJournal::with(
        &place.file(),
        &BootClock::over(|| Duration::from_secs(1500)),
        || WALL + 1600,
        PLENTY,
    );
    journal.recall(&lab()).await.unwrap();
    journal.settle(at(1510), id, &intent(101), &applied()).await;
    let [all] = &past(&place, 101, 0)[..] else { panic!() };
    let [change] = &all.changes[..] else { panic!("{:?}", all.changes) };
    assert_eq!((change.at, change.step, change.vmid), (WALL + 1600, intent(101).step, vmid(101)));
    // Not what was done to the VM that had the number before.
    journal.keep(Notes { samples: blocks(2500, 8), ..notes(2500) }).await.unwrap();
    let [all] = &past(&place, 101, 0)[..] else { panic!() };
    assert_eq!((all.blocks.len(), all.of_others, all.changes.len()), (1, 2, 0));
}

/// Each row by itself: neither the others nor the rest of the file suffer from it.
#[tokio::test]
async fn a_row_that_cannot_be_believed_is_left_out() {
    for change in [
        "body = substr(body, 1, 9)",
        "body = x'01'",
        "body = 'text'",
        "body = zeroblob(100)",
        "body = x''",
        "wall = wall + 86400",
        "wall = 'soon'",
        "seconds = -1",
        "sum = 0",
        "moment = moment + 1",
    ] {
        let place = Place::new();
        let journal = journal_of(&place, &[(300, 7, 100), (600, 7, 200), (900, 7, 300)]).await;
        journal.end().await;
        let connection = rusqlite::Connection::open(place.path()).unwrap();
        let row = format!("UPDATE samples SET {change} WHERE moment = 600000");
        assert_eq!(connection.execute(&row, []).unwrap(), 1);
        drop(connection);
        let [all] = &past(&place, 101, 0)[..] else { panic!() };
        assert_eq!((means(all), all.unreadable), (vec![100, 300], 1), "{change}");
        let journal = place.open();
        assert_eq!(journal.recall(&lab()).await.unwrap().last, Some(at(900)), "{change}");
        assert_eq!(journal.notes(), [""; 0], "{change}");
    }
}

/// The sum is right and the bytes are not: of a version that is not known, or made up.
#[tokio::test]
async fn a_body_of_another_kind_is_left_out() {
    let place = Place::new();
    let journal = journal_of(&place, &[(300, 7, 100)]).await;
    for (now, body) in [(600, vec![2, 1, 1]), (900, vec![]), (1200, vec![1, 0xff])] {
        journal.keep(Notes { samples: vec![samples(now, body)], ..notes(now) }).await.unwrap();
    }
    let [all] = &past(&place, 101, 0)[..] else { panic!() };
    assert_eq!((means(all), all.unreadable), (vec![100], 3));
}
