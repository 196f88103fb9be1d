//! What other programs answer.

use std::process::Command;

use serde::de::DeserializeOwned;

use crate::paths::USER;
use crate::program::{program, run};

/// A program's exit code and words.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    pub(super) exit: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Heard {
    /// Whatever it ends with. Where it cannot be run, that is what is heard.
    pub(super) fn of(name: &str, words: &[&str], seconds: u32) -> Self {
        let mut command = program(name, seconds);
        command.args(words);
        Self::from(command)
    }

    /// By the scheduler's user: the helper hears nobody else, root neither.
    pub(super) fn as_scheduler(words: &[&str], seconds: u32) -> Self {
        let mut command = program("setpriv", seconds);
        let groups = "--clear-groups";
        command.args(["--reuid", USER, "--regid", USER, groups, "--no-new-privs", "--"]);
        command.args(words);
        Self::from(command)
    }

    fn from(command: Command) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match run(command, b"") {
            Ok(output) => Self {
                exit: output.status.code(),
                out: text(&output.stdout),
                err: text(&output.stderr),
            },
            Err(error) => Self { err: first_line(&error.to_string()), ..Self::default() },
        }
    }

    pub(super) fn is_well(&self) -> bool {
        self.exit == Some(0)
    }

    /// The JSON value that it printed.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.out).ok()
    }

    /// What it complained about, in a line.
    pub(super) fn complaint(&self) -> String {
        let said = if self.err.is_empty() { &self.out } else { &self.err };
        if said.is_empty() { "it says nothing".to_owned() } else { first_line(said) }
    }
}

fn first_line(text: &str) -> String {
    const LONGEST: usize = 400;
    text.lines().next().unwrap_or_default().chars().take(LONGEST).collect()
}
