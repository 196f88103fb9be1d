//! Moments go on from process to process, whatever the clocks of the machine say.

use super::*;

#[tokio::test]
async fn after_a_reboot_the_clock_goes_on() {
    let place = Place::new();
    let journal = place.open_at(|| Duration::from_secs(1000));
    fill(&journal).await;
    drop(journal);
    // The machine runs for 20 s only.
    let clock = BootClock::over(|| Duration::from_secs(20));
    let journal = SqliteJournal::with(&place.file(), &clock, || 0, PLENTY);
    assert_eq!(clock.now(), at(20));
    journal.recall(&lab()).await.unwrap();
    assert_eq!(clock.now(), at(1003));
    journal.keep(notes(1003)).await.unwrap();
    drop(journal);
    // The same boot, 5 s later.
    let clock = BootClock::over(|| Duration::from_secs(25));
    let journal = SqliteJournal::with(&place.file(), &clock, || 0, PLENTY);
    journal.begin().await;
    assert_eq!(clock.now(), at(1008));
}

/// Ten years back and forth: what holds is the same, and nothing is removed before its time.
#[tokio::test]
async fn a_wall_clock_that_jumps_does_no_harm() {
    const YEARS: u64 = 315_360_000;
    let place = Place::new();
    fill(&place.open()).await;
    let walls: [Wall; 6] = [
        || 0,
        || 1_800_000_000 - YEARS,
        || 1_800_000_000 + YEARS,
        || 1_800_000_000 - 3600,
        || 1_800_000_000 + 3600,
        || u64::MAX,
    ];
    for wall in walls {
        let clock = BootClock::over(|| Duration::from_secs(1003));
        let journal = SqliteJournal::with(&place.file(), &clock, wall, PLENTY);
        let found = journal.recall(&lab()).await.unwrap();
        is_filled(&journal, &found);
        journal.keep(notes(1003)).await.unwrap();
        assert_eq!(clock.now(), at(1003));
    }
    assert_eq!(query(&place.path(), "SELECT text FROM decisions"), ["idle", "busy"]);
}
