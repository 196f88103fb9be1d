use super::*;
use crate::view::tests::{CONFIG, care};
use crate::worker::planner_config;

fn home() -> ClusterName {
    ClusterName::try_from("home").unwrap()
}

/// A worker that answers so many questions, and is gone then.
async fn worker(board: Board, questions: usize) {
    let care = care(CONFIG);
    let mut asked = board.listen(&home());
    let mut memory = Memory::new(planner_config(care.roster.config()), 0);
    for _ in 0..questions {
        let Some(question) = asked.recv().await else { return };
        let now = Moment(Duration::from_secs(7));
        question(&mut Inside { care: &care, memory: &mut memory, now, wall: 9 });
    }
}

#[tokio::test]
async fn a_worker_says_what_it_knows_and_is_told_something() {
    let board = Board::default();
    let nobody = board.ask(&home(), |inside| inside.wall).await;
    assert_eq!(nobody, Err(NotAnswered::NoWorker(home())));
    let (working, asking) = (worker(board.clone(), 2), async {
        board.ask(&home(), |inside| inside.memory.looks = 3).await.unwrap();
        board.ask(&home(), |inside| (inside.now.0.as_secs(), inside.memory.looks)).await
    });
    assert_eq!(tokio::join!(working, asking).1, Ok((7, 3)));
    // It ended, and took no question with it.
    let gone = board.ask(&home(), |inside| inside.wall).await;
    assert_eq!(gone, Err(NotAnswered::NoWorker(home())));
}

/// Nobody is told a lie later, and an order that nobody waits for is not carried out.
#[tokio::test]
async fn a_worker_that_is_busy_is_not_waited_for() {
    let board = Board::default();
    let mut asked = board.listen(&home());
    let patience = Duration::from_millis(20);
    let late = board.ask_for(patience, &home(), |inside| inside.memory.looks = 1).await;
    assert_eq!(late, Err(NotAnswered::Busy(home())));
    let care = care(CONFIG);
    let mut memory = Memory::new(planner_config(care.roster.config()), 0);
    let now = Moment(Duration::ZERO);
    let question = asked.recv().await.unwrap();
    question(&mut Inside { care: &care, memory: &mut memory, now, wall: 0 });
    assert_eq!(memory.looks, 0);
}
