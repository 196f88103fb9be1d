//! What can be wrong with a file of ours. All of these blame the configuration.

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::{Problem, Report};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("{path}: {source}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Who may read or write a file is not what its content needs.
    #[error("{path}: {problem}\n  help: {help}", path = .path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// The command that mends it.
        help: String,
    },
    /// A file is longer than any of its kind.
    #[error("{path}: longer than {limit} bytes", path = .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// What a file says cannot be used: everything that is wrong, each with its place.
    #[error("the configuration is invalid\n{0}")]
    Invalid(Report),
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Self::Invalid(report)
    }
}

impl Error {
    /// Whether the file is missing, which has an exit code of its own.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == ErrorKind::NotFound)
    }

    /// The same as problems of a report.
    #[must_use]
    pub fn into_report(self) -> Report {
        let mut report = Report::default();
        match self {
            Self::Invalid(report) => return report,
            Self::Io { path, source } => {
                let is_missing = source.kind() == ErrorKind::NotFound;
                let help = if is_missing {
                    "name the file, or make it: the examples are in etc/"
                } else {
                    "see who may read it: namei -l FILE"
                };
                let problem = Problem::of_file(&path, source.to_string()).help(help);
                report.push(Problem { is_missing, ..problem });
            }
            Self::Access { path, problem, help } => {
                report.push(Problem::of_file(&path, problem).help(help));
            }
            Self::TooLong { path, limit } => {
                let problem = format!("longer than {limit} bytes");
                report.push(Problem::of_file(&path, problem).rule("no file of ours is so long"));
            }
        }
        report
    }
}
