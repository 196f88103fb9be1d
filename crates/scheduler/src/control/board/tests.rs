use super::*;
use crate::MemoryJournal;

fn cluster(name: &str) -> ClusterStatus {
    let status = serde_json::json!({
        "name": name, "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
        "nodes": [], "vms": [],
    });
    serde_json::from_value(status).unwrap()
}

/// As if a look had begun so long ago.
fn begin(board: &Board, name: &str, ago: Duration) {
    let since = Instant::now().checked_sub(ago).unwrap();
    board.state().looking.insert(name.try_into().unwrap(), since);
}

#[test]
fn a_look_that_does_not_end_is_told_before_its_deadline() {
    let board = Board::default();
    let ills = || board.report(&MemoryJournal::default()).ills();
    board.post(cluster("a").into());
    board.begin(&"a".try_into().unwrap());
    begin(&board, "b", Duration::from_secs(1));
    assert_eq!(ills(), Vec::<String>::new());
    begin(&board, "a", OVERDUE);
    // One that was never seen is told, too.
    begin(&board, "b", OVERDUE);
    let told = ills();
    assert_eq!(told.len(), 2, "{told:?}");
    for name in ["cluster a: ", "cluster b: "] {
        let one = told.iter().find(|ill| ill.starts_with(name)).unwrap();
        assert!(one.contains("the look that began 8 s ago has no answer yet"), "{one}");
    }
    board.post(cluster("a").into());
    board.post(cluster("b").into());
    assert_eq!(ills(), Vec::<String>::new());
}

/// What is wrong with the daemon as a whole is told until it is over.
#[test]
fn a_helper_that_was_not_met_and_a_reload_that_failed_are_ills() {
    let (board, journal) = (Board::default(), MemoryJournal::default());
    board.helper(Some("the helper was not met yet: no such file"));
    assert_eq!(board.report(&journal).ills(), ["the helper was not met yet: no such file"]);
    board.helper(None);
    board.reloaded(Reload { at: 1, ok: false, problem: None, at_next_start: vec![] });
    assert_eq!(board.report(&journal).ills().len(), 1);
    board.reloaded(Reload { at: 2, ok: true, problem: None, at_next_start: vec![] });
    assert_eq!(board.report(&journal).ills(), Vec::<String>::new());
}
