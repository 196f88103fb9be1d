//! What a scheduler does with its journal, without a scheduler: for tests that break the disk under
//! it. `asked N` stands for a change of VM N that goes out to a node.
//!
//! `journal-script FILE ROUNDS`. It waits for a line where it says `waiting`, and it ends as if it
//! had been killed.

use std::io::{self, BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::{ExitCode, exit};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vm_autoscale_config::JournalFile;
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_scheduler::{
    BootClock, Clock as _, Decided, Intent, Journal as _, Notes, Outcome, Settled, SqliteJournal,
};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let Err(error) = play() else { return ExitCode::SUCCESS };
    say(&format!("failed: {error}"));
    ExitCode::FAILURE
}

fn play() -> Done<()> {
    let mut arguments = std::env::args().skip(1);
    let path: PathBuf = arguments.next().ok_or("no file")?.into();
    let rounds: u32 = arguments.next().ok_or("no rounds")?.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        // strace counts the calls of each thread.
        .max_blocking_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let clock = BootClock::default();
        let journal = SqliteJournal::new(&JournalFile { path, ..JournalFile::default() }, &clock);
        let script = Script { journal, clock, ended: Mutex::default() };
        script.rounds(rounds).await?;
        say("waiting");
        io::stdin().lock().read_line(&mut String::new())?;
        // The disk may break down once more on the way.
        let mut taken = false;
        for _ in 0..3 {
            script.recover().await?;
            taken = taken || script.change(900).await?;
        }
        if !taken {
            return Err("it said that it works, and takes nothing".into());
        }
        say("ended");
        // Nothing is closed.
        exit(0)
    })
}

fn say(what: &str) {
    // Who does not listen any more has ended the test.
    let _ = writeln!(io::stdout(), "{what}");
}

struct Script {
    journal: SqliteJournal,
    clock: BootClock,
    /// Intents that the next note ends.
    ended: Mutex<Vec<u64>>,
}

impl Script {
    async fn rounds(&self, rounds: u32) -> Done<()> {
        let cluster = "lab".try_into()?;
        let mut recalled = false;
        for round in 0..rounds {
            recalled |= self.journal.recall(&cluster).await.is_ok();
            let _ = self.keep(101 + round).await;
            if recalled {
                self.change(101 + round).await?;
            }
        }
        Ok(())
    }

    /// Whether it was taken.
    async fn change(&self, number: u32) -> Done<bool> {
        let intent = intent(number)?;
        match self.journal.intend(self.clock.now(), &intent).await {
            Ok(id) => {
                say(&format!("asked {number}"));
                let settled = Settled { outcome: Outcome::Applied, reverted: false, duty: false };
                self.journal.settle(self.clock.now(), id, &intent, &settled).await;
                self.ended.lock().map_err(|_| "poisoned")?.push(id);
                Ok(true)
            }
            Err(error) => {
                say(&format!("refused {number}: {error}"));
                Ok(false)
            }
        }
    }

    async fn keep(&self, number: u32) -> Done<()> {
        let vmid = number.try_into()?;
        let ended = self.ended.lock().map_err(|_| "poisoned")?.clone();
        let (kind, text) = ("hold".to_owned(), "a reason ".repeat(20));
        let decided = Decided { vmid, resource: Resource::Cpu, kind, text };
        let notes = Notes {
            cluster: "lab".try_into()?,
            now: self.clock.now(),
            decisions: vec![decided],
            vms: vec![(vmid, Some(Arc::default()))],
            ended: ended.clone(),
            picture: None,
            samples: Vec::new(),
        };
        self.journal.keep(notes).await?;
        self.ended.lock().map_err(|_| "poisoned")?.retain(|id| !ended.contains(id));
        Ok(())
    }

    /// Within a few cycles and without a restart.
    async fn recover(&self) -> Done<()> {
        let (cluster, mut why) = ("lab".try_into()?, String::new());
        for _ in 0..20 {
            let recalled = self.journal.recall(&cluster).await.map_err(Into::into);
            match if recalled.is_ok() { self.keep(900).await } else { recalled.map(drop) } {
                Ok(()) => return Ok(()),
                Err(error) => why = error.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(format!("it does not recover: {why}").into())
    }
}

fn intent(number: u32) -> Done<Intent> {
    Ok(Intent {
        cluster: "lab".try_into()?,
        node: "pve1".try_into()?,
        vmid: number.try_into()?,
        step: Move::Cpu { from: 1.try_into()?, to: 2.try_into()? },
        identity: None,
        reason: "a test".to_owned(),
    })
}
