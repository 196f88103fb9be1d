//! What is wrong with a file, where, and by which rule.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::render::{self, Snippet};
use crate::source::Source;

/// So many problems are printed; of the others only the number.
pub(crate) const SHOWN: usize = 100;

/// Whether a file can be used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, and should not stay so.
    Warning,
}

/// One problem. Nothing in it is a secret: what may be one was left out where it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The file as it was named.
    pub file: PathBuf,
    /// From 1; 0 where the problem is the whole file's.
    pub line: usize,
    /// In characters, from 1; 0 where the problem is the whole file's.
    pub column: usize,
    /// The key, such as `clusters[0].nodes[1].address`; empty for the whole file.
    pub path: String,
    /// What is there, or is not.
    pub problem: String,
    /// What should be.
    pub rule: Option<String>,
    /// What to do.
    pub suggestion: Option<String>,
    /// Whether the file is not there at all, which has an exit code of its own.
    #[serde(skip)]
    pub(crate) is_missing: bool,
    /// Characters that are meant, for the carets.
    #[serde(skip)]
    pub(crate) width: usize,
    #[serde(skip)]
    pub(crate) snippet: Option<Snippet>,
}

impl Problem {
    /// A problem of a whole file.
    #[must_use]
    pub fn of_file(file: &Path, problem: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            line: 0,
            column: 0,
            path: String::new(),
            problem: problem.into(),
            rule: None,
            suggestion: None,
            is_missing: false,
            width: 0,
            snippet: None,
        }
    }

    /// The same with what should be.
    #[must_use]
    pub fn rule(self, rule: impl Into<String>) -> Self {
        Self { rule: Some(rule.into()), ..self }
    }

    /// The same with what to do.
    #[must_use]
    pub fn help(self, suggestion: impl Into<String>) -> Self {
        Self { suggestion: Some(suggestion.into()), ..self }
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }
}

/// All that is wrong, in the order of files and lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    problems: Vec<Problem>,
    /// How many there are beside those.
    more: usize,
}

impl Report {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// All of them; those of one file stand together.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// As all programs exit after a check: 3 where something is invalid, 66 where nothing but a
    /// file is missing, 4 for warnings where those count, else 0.
    #[must_use]
    pub fn exit_code(&self, strict: bool) -> u8 {
        let errors = || self.problems.iter().filter(|p| p.severity == Severity::Error);
        match errors().next() {
            Some(_) if errors().all(|problem| problem.is_missing) => 66,
            Some(_) => 3,
            None if strict && !self.problems.is_empty() => 4,
            None => 0,
        }
    }

    /// Takes those of another report behind its own.
    pub fn append(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.more += other.more;
    }

    /// As it is printed, with colours for a terminal or without.
    #[must_use]
    pub fn render(&self, colours: bool) -> String {
        let shown =
            self.problems.iter().take(SHOWN).map(|problem| render::problem(problem, colours));
        let mut text = shown.collect::<Vec<_>>().join("\n");
        if let more @ 1.. = self.more + self.problems.len().saturating_sub(SHOWN) {
            text = format!("{text}\nand {more} more\n");
        }
        text
    }

    /// Prints it on standard error, with colours on a terminal. Where that is gone, nobody is told:
    /// the exit code still says it.
    pub fn tell(&self) {
        let mut stderr = std::io::stderr();
        let text = self.render(stderr.is_terminal());
        let _ = stderr.write_all(text.as_bytes());
    }

    /// All of them as one JSON list.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Only a map whose keys are no text could fail.
        serde_json::to_string(&self.problems).unwrap_or_else(|_| "[]".to_owned())
    }

    /// Brings those of the files into the order of the files and places, and gives those that will
    /// be printed their lines. Each comes with its file's place in the list.
    pub(crate) fn of(
        sources: &[&Source],
        mut problems: Vec<(usize, Problem)>,
        more: usize,
    ) -> Self {
        problems.sort_by_key(|(at, problem)| (*at, problem.line, problem.column));
        for (at, problem) in problems.iter_mut().take(SHOWN) {
            if let Some(source) = sources.get(*at) {
                source.illustrate(problem);
            }
        }
        Self { problems: problems.into_iter().map(|(_, problem)| problem).collect(), more }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}
