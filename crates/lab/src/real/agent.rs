//! The guest's end of its second serial line (`guest/init`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;
use vm_autoscale_proxmox::VmId;

use super::error::Error;
use super::lines::Lines;

/// Software emulation makes a busy guest slow.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so much silence, an empty line is sent, for which the guest does nothing: the emulated
/// serial line can forget to tell it of the last few characters until more come.
const NUDGE: Duration = Duration::from_millis(300);
/// Some sixty lines is what the longest answer has.
const MOST_LINES: usize = 1000;

/// Asks one thing after the other.
#[derive(Debug)]
pub(super) struct Agent {
    vmid: VmId,
    dir: PathBuf,
    session: Mutex<Session>,
}

#[derive(Debug, Default)]
struct Session {
    lines: Option<Lines>,
    /// The number of the last request. Whatever answers another one is skipped.
    number: u64,
}

impl Agent {
    pub(super) fn new(vmid: VmId, dir: &Path) -> Self {
        Self { vmid, dir: dir.to_owned(), session: Mutex::default() }
    }

    /// The lines that the guest answers.
    pub(super) async fn ask(&self, request: &str) -> Result<Vec<String>, Error> {
        self.ask_for(request, PATIENCE).await
    }

    pub(super) async fn ask_for(
        &self,
        request: &str,
        patience: Duration,
    ) -> Result<Vec<String>, Error> {
        let mut session = self.session.lock().await;
        let failed = |why: String| Error::Guest {
            vmid: self.vmid,
            request: request.to_owned(),
            why: format!("{why}; see {}/{}.console", self.dir.display(), self.vmid),
        };
        if session.lines.is_none() {
            let name = format!("{}.serial1", self.vmid);
            let lines = Lines::connect(&self.dir, &name).await;
            session.lines = Some(lines.map_err(|e| failed(e.to_string()))?);
        }
        match timeout(patience, session.ask(request)).await {
            Ok(Ok(Some(answer))) => Ok(answer),
            Ok(Ok(None)) => Err(failed("it says that it failed".into())),
            Ok(Err(e)) => {
                session.lines = None;
                Err(failed(e.to_string()))
            }
            Err(_) => Err(failed(format!("nothing came within {} s", patience.as_secs_f32()))),
        }
    }
}

impl Session {
    /// `None` is a failure that the guest itself tells.
    async fn ask(&mut self, request: &str) -> std::io::Result<Option<Vec<String>>> {
        self.number += 1;
        let number = self.number;
        let lines = self.lines.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        // The first line end closes what an earlier request may have left half-sent.
        lines.send(&format!("\n{number} {request}\n")).await?;
        let (text, done, failed) =
            (format!("={number} "), format!(".{number}"), format!("!{number}"));
        let mut answer = Vec::new();
        loop {
            let Ok(line) = timeout(NUDGE, lines.next()).await else {
                lines.send("\n").await?;
                continue;
            };
            let line = line?;
            match line.strip_prefix(&text) {
                Some(line) if answer.len() < MOST_LINES => answer.push(line.to_owned()),
                None if line == done => return Ok(Some(answer)),
                None if line == failed => return Ok(None),
                _ => {}
            }
        }
    }
}
