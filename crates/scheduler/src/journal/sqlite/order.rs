//! Orders of people: what was told not to be taken takes no effect any more, however late the disk
//! answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::disk::Shared;
use super::fault::Fault;
use super::memory::Memory;
use super::{JournalError, SqliteJournal};

enum Fate<T> {
    Due,
    Done(T),
    Abandoned,
}

/// What becomes of an order; who waits for it and who does it agree on it.
struct Answer<T>(Arc<Mutex<Fate<T>>>);

impl<T> Answer<T> {
    fn fate(&self) -> MutexGuard<'_, Fate<T>> {
        // What is in it is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_abandoned(&self) -> bool {
        matches!(*self.fate(), Fate::Abandoned)
    }

    /// It is in the file: it takes effect, or is taken back from there.
    fn written(&self, shared: &Shared, done: T, apply: impl FnOnce(&mut Memory, &T)) {
        let mut fate = self.fate();
        if matches!(*fate, Fate::Abandoned) {
            shared.memory().stale = true;
            return;
        }
        apply(&mut shared.memory(), &done);
        *fate = Fate::Done(done);
    }

    /// What came of it; from now on nothing does.
    fn end(&self) -> Option<T> {
        match std::mem::replace(&mut *self.fate(), Fate::Abandoned) {
            Fate::Done(done) => Some(done),
            Fate::Due | Fate::Abandoned => None,
        }
    }
}

impl SqliteJournal {
    /// Writes it, and then has it take effect.
    pub(super) async fn order<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
        apply: impl FnOnce(&mut Memory, &T) + Send + 'static,
    ) -> Result<T, JournalError> {
        let answer = Answer(Arc::new(Mutex::new(Fate::Due)));
        let (to, shared) = (Answer(answer.0.clone()), self.shared.clone());
        let written = self.desk.run(move |connection, _| {
            let transaction = connection.transaction()?;
            let done = write(&transaction)?;
            if !to.is_abandoned() {
                transaction.commit()?;
                to.written(&shared, done, apply);
            }
            Ok(())
        });
        let written = written.await;
        answer.end().ok_or_else(|| {
            let given_up = || Fault::failed("it came too late");
            self.takes_nothing(&written.err().unwrap_or_else(given_up))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Place, at, fill, lab, pause};
    use super::super::write;
    use super::*;
    use crate::{BootClock, Clock as _, Journal as _, Pause};
    use std::time::Duration;

    type Write = fn(&Connection) -> Result<(), Fault>;

    /// The disk answers when it was told already that it does not.
    #[tokio::test]
    async fn what_was_not_taken_takes_no_effect_later() {
        let place = Place::new();
        fill(&place.open()).await;
        let (clock, patience) = (BootClock::default(), Duration::from_millis(500));
        let journal = SqliteJournal::with(&place.file(), &clock, || 0, patience);
        while journal.recall(&lab()).await.is_err() {}
        let other = rusqlite::Connection::open(place.path()).unwrap();
        for pausing in [true, false] {
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            if pausing {
                journal.pause(pause(None)).await.unwrap_err();
            } else {
                journal.resume(vec![1], None).await.unwrap_err();
            }
            other.execute_batch("ROLLBACK").unwrap();
            while journal.recall(&lab()).await.is_err() {}
            let held = |journal: &SqliteJournal| -> Vec<u64> {
                journal.pauses(clock.now()).iter().map(|pause| pause.number).collect()
            };
            assert_eq!(held(&journal), [1], "{pausing}");
        }
        drop(journal);
        let journal = place.open();
        journal.begin().await;
        assert_eq!(journal.pauses(at(0)), [Pause { number: 1, ..pause(None) }]);
    }

    /// It hung in the commit itself.
    #[tokio::test]
    async fn what_is_in_the_file_all_the_same_is_taken_back() {
        let place = Place::new();
        let journal = place.open();
        fill(&journal).await;
        let orders: [Write; 2] = [
            |to| write::resume(to, 1, (at(5), 0), None),
            |to| write::pause(to, at(5), &Pause { number: 7, ..pause(None) }),
        ];
        for order in orders {
            let answer = Answer(Arc::new(Mutex::new(Fate::Due)));
            assert_eq!(answer.end(), None);
            let shared = journal.shared.clone();
            let late = journal.desk.run(move |connection, _| {
                order(connection)?;
                answer.written(&shared, (), |memory, ()| memory.pauses.clear());
                Ok(())
            });
            late.await.unwrap();
            assert_eq!(journal.pauses(at(0)).len(), 1);
            journal.begin().await;
        }
        drop(journal);
        let journal = place.open();
        journal.begin().await;
        assert_eq!(journal.pauses(at(0)), [Pause { number: 1, ..pause(None) }]);
    }
}
