//! What can be wrong with a file of ours. All of these blame the configuration.

use std::io::ErrorKind;

use vm_autoscale_guard::Error as File;

use crate::{Problem, Report};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read, or may not be.
    #[error(transparent)]
    File(#[from] vm_autoscale_guard::Error),
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
        matches!(self, Self::File(error) if error.is_missing())
    }

    /// The same as problems of a report.
    #[must_use]
    pub fn into_report(self) -> Report {
        let mut report = Report::default();
        match self {
            Self::Invalid(report) => return report,
            Self::File(File::Io { path, source }) => {
                let is_missing = source.kind() == ErrorKind::NotFound;
                let help = if is_missing {
                    "name the file, or make it: the examples are in etc/"
                } else {
                    "see who may read it: namei -l FILE"
                };
                let problem = Problem::of_file(&path, source.to_string()).help(help);
                report.push(Problem { is_missing, ..problem });
            }
            Self::File(File::Access { path, problem, help }) => {
                report.push(Problem::of_file(&path, problem).help(help));
            }
            Self::File(File::TooLong { path, limit }) => {
                let problem = format!("longer than {limit} bytes");
                report.push(Problem::of_file(&path, problem).rule("no file of ours is so long"));
            }
        }
        report
    }
}
