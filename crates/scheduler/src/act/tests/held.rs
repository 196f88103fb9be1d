use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// An order that was answered while the intent was being written down holds for it, too; what was
/// written has its outcome.
#[tokio::test]
async fn what_is_paused_while_the_intent_is_written_down_is_not_sent() {
    let (helper, intent, journal) = (Script::default(), intent(), MemoryJournal::default());
    let asked = AtomicU32::new(0);
    let held = || {
        let before = asked.fetch_add(1, Ordering::Relaxed);
        (before > 0).then(|| "paused: moving racks".to_owned())
    };
    let ports = (&Waits::default(), &helper, &journal);
    let settled = carry_out(ports, &intent, digest(1), held).await.1;
    assert_eq!(settled.outcome, Outcome::NotSent("paused: moving racks".to_owned()));
    assert_eq!((asked.into_inner(), helper.asked()), (2, Vec::<String>::new()));
    let counts = journal.counts();
    assert_eq!((counts.asked, counts.failed), (1, 1));
    assert_eq!(journal.recent().len(), 1);
}
