//! Why the journal takes nothing.

use std::fmt;

use rusqlite::ErrorCode;

/// What is to be done differs.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file is not what was written: it is moved aside.
    Unreadable(String),
    /// No room: the file itself is good.
    Full(String),
    /// Disk, rights, another process: it is tried again.
    Failed(String),
}

impl Fault {
    pub(super) fn failed(why: &str) -> Self {
        Self::Failed(why.to_owned())
    }

    pub(super) fn unreadable(why: &str) -> Self {
        Self::Unreadable(why.to_owned())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) | Self::Full(why) | Self::Failed(why) => f.write_str(why),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        let code = error.sqlite_error_code();
        match (&error, code) {
            (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) => {
                Self::Unreadable(text)
            }
            (_, Some(ErrorCode::DiskFull)) => Self::Full(format!("{text}; make room there: df -h")),
            // Tables that our statements do not fit.
            _ if text.contains("no such table") || text.contains("no such column") => {
                Self::Unreadable(text)
            }
            // A value of another kind than was written.
            (
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..),
                None,
            ) => Self::Unreadable(text),
            _ => Self::Failed(text),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}
