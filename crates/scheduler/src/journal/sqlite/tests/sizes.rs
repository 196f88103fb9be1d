//! The way back to what VMs had before our changes.

use super::*;

/// Notes changes of VM 101, each with who it was.
async fn changed(journal: &SqliteJournal, steps: &[(u32, u32, &str, Outcome)]) {
    journal.recall(&lab()).await.unwrap();
    for (n, (from, to, who, outcome)) in (1..).zip(steps) {
        let mib = |mib: u32| MemoryMib::try_from(mib).unwrap();
        let step = Move::Memory { from: mib(*from), to: mib(*to) };
        let identity = Some(Identity::Generation((*who).to_owned()));
        let intent = Intent { step, identity, ..intent(101) };
        let id = journal.intend(at(1000 + n), &intent).await.unwrap();
        let settled = Settled { outcome: outcome.clone(), ..applied() };
        journal.settle(at(1000 + n), id, &intent, &settled).await;
        journal.keep(Notes { ended: vec![id], ..notes(1000 + n) }).await.unwrap();
    }
}

async fn first_of(steps: &[(u32, u32, &str, Outcome)]) -> Option<(Move, Move)> {
    let place = Place::new();
    let journal = place.open();
    changed(&journal, steps).await;
    journal.end().await;
    let moved = moved(&place.path()).unwrap();
    assert!(moved.len() < 2, "{moved:?}");
    moved.first().map(|moved| (moved.first, moved.last))
}

#[tokio::test]
async fn the_way_back_leads_to_before_our_first_change() {
    let good = || Outcome::Applied;
    let from = |found: Option<(Move, Move)>| match found {
        Some((Move::Memory { from, .. }, Move::Memory { to, .. })) => Some((from.get(), to.get())),
        _ => None,
    };
    let of =
        |steps: Vec<(u32, u32, &'static str, Outcome)>| async move { from(first_of(&steps).await) };
    assert_eq!(of(vec![(2048, 4096, "a", good())]).await, Some((2048, 4096)));
    let twice = vec![(2048, 4096, "a", good()), (4096, 6144, "a", good())];
    assert_eq!(of(twice).await, Some((2048, 6144)));
    // Back where it was, there is nothing to do.
    assert_eq!(of(vec![(2048, 4096, "a", good()), (4096, 2048, "a", good())]).await, None);
    // Somebody else gave it 8192 in between: that is what it had before us.
    let theirs = vec![(2048, 4096, "a", good()), (8192, 9216, "a", good())];
    assert_eq!(of(theirs).await, Some((8192, 9216)));
    // Another VM has the number now.
    let another = vec![(2048, 4096, "a", good()), (4096, 5120, "b", good())];
    assert_eq!(of(another).await, Some((4096, 5120)));
    // It went half of the way, and went on from there.
    let half = Outcome::AppliedInPart(3072, None);
    let halves = vec![(2048, 4096, "a", half), (3072, 4096, "a", good())];
    assert_eq!(of(halves).await, Some((2048, 4096)));
    assert_eq!(of(vec![(2048, 4096, "a", Outcome::Unknown)]).await, Some((2048, 4096)));
    // What was not written is no change.
    let refused = Outcome::Refused("a rule".to_owned());
    assert_eq!(of(vec![(2048, 4096, "a", refused)]).await, None);
}
