//! Which programs work together: after an upgrade one of before may still run.

use std::path::Path;

use serde::{Deserialize, Serialize};
use vm_autoscale_protocol::PROTOCOL;

use super::client::call;
use super::{Board, GET_VERSION};
use crate::{Error, schema_written};

/// What a program says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramVersion {
    /// The release.
    pub version: String,
    /// The commit that it was built of, where whoever built it said so.
    #[serde(default)]
    pub commit: Option<String>,
    /// The protocol that it speaks with the helper.
    pub protocol: u32,
    /// The version of the journal that it writes.
    pub journal: i64,
    /// The version of the helper that it works with; nothing where none answers.
    #[serde(default)]
    pub helper: Option<String>,
}

impl ProgramVersion {
    /// Of this program, which asks no helper.
    #[must_use]
    pub fn own() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            // By the environment of the build alone: the same commit makes the same bytes.
            commit: option_env!("VM_AUTOSCALE_COMMIT").map(str::to_owned),
            protocol: PROTOCOL,
            journal: schema_written(),
            helper: None,
        }
    }

    pub(super) fn of_daemon(board: &Board) -> Self {
        Self { helper: board.helper_version(), ..Self::own() }
    }

    /// Whether it is the same program as that one, whatever helper it works with.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let of = |it: &Self| Self { helper: None, ..it.clone() };
        of(self) == of(other)
    }
}

/// Asks a running daemon what it is.
///
/// # Errors
/// There is none, it does not answer, or it is of before this could be asked.
pub async fn fetch_version(path: &Path) -> Result<ProgramVersion, Error> {
    call(path, GET_VERSION, None::<()>).await
}
