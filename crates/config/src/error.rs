//! What can be wrong with a file of ours. All of these blame the configuration.

use std::path::PathBuf;

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
    /// A file's text is not of its form. A value is named by its place, never repeated where it
    /// can be a secret.
    #[error("{path}{place}: {problem}", path = .path.display(), place = place(*.line, *.column))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// From 1; 0 where the parser knows none.
        line: usize,
        /// From 1; 0 where the parser knows none.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// A file's values do not go together; all that is wrong, a line each.
    #[error("{path}: {problems}", path = .path.display(), problems = .problems.join("\n  and "))]
    Meaning {
        /// The file.
        path: PathBuf,
        /// What is wrong, each with the key's path.
        problems: Vec<String>,
    },
}

fn place(line: usize, column: usize) -> String {
    if line == 0 { String::new() } else { format!(":{line}:{column}") }
}

impl Error {
    /// Whether the file is missing, which has an exit code of its own.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}
