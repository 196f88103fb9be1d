//! What install did on this machine, for the next installation and for the end of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use vm_autoscale_config::{Access, read_checked};

use crate::import::shown;
use crate::paths;
use crate::root::Root;

/// So many contents of a file are known again.
const CONTENTS: usize = 16;

/// The file. It is written before anything is made, so that what a killed run made is known, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// The release that was installed to the end last.
    pub(crate) version: String,
    /// Whether the units were once set to start at boot: it is not done again over who undid it.
    pub(crate) enabled: bool,
    /// Users that were not there before.
    pub(crate) users: BTreeSet<String>,
    /// Groups that were not there before.
    pub(crate) groups: BTreeSet<String>,
    /// Directories that were not there before.
    pub(crate) directories: BTreeSet<String>,
    /// Our own files as they were put there, each by its SHA-256; `check` compares them.
    pub(crate) installed: BTreeMap<String, String>,
    /// The administrator's files.
    pub(crate) files: BTreeMap<String, Known>,
}

/// What is known of one of the administrator's files, each by its SHA-256.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Known {
    /// What was written there: one that still has such a content was not edited.
    contents: Vec<String>,
    /// What need not be laid beside it: it is there, or was laid beside it once.
    offered: Vec<String>,
}

impl Known {
    pub(crate) fn is_ours(&self, sha: &str) -> bool {
        self.contents.iter().any(|it| it == sha)
    }

    pub(crate) fn was_offered(&self, sha: &str) -> bool {
        self.offered.iter().any(|it| it == sha)
    }

    pub(crate) fn wrote(&mut self, sha: &str) {
        note(&mut self.contents, sha);
    }

    pub(crate) fn offered(&mut self, sha: &str) {
        note(&mut self.offered, sha);
    }
}

fn note(list: &mut Vec<String>, sha: &str) {
    if !list.iter().any(|it| it == sha) {
        list.push(sha.to_owned());
        let many = list.len().saturating_sub(CONTENTS);
        list.drain(..many);
    }
}

impl Record {
    /// The one of before, or an empty one; where there is one that cannot be used, why.
    pub(crate) fn read(root: &Root) -> (Self, Option<String>) {
        let path = root.at(paths::RECORD);
        let why = match read_checked(&path, Access::Private) {
            Ok(text) => match serde_json::from_str(&text) {
                Ok(record) => return (record, None),
                Err(error) => format!("{}: {error}", shown(&path)),
            },
            Err(error) if error.is_missing() => return (Self::default(), None),
            Err(error) => error.problem(),
        };
        let treated =
            "; it is treated as empty: whatever differs from this release counts as yours";
        (Self::default(), Some(why + treated))
    }

    /// As it is written.
    pub(crate) fn text(&self) -> String {
        // A struct of texts and lists of them always is JSON.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_known_again_and_their_number_is_bounded() {
        let mut known = Known::default();
        for n in 0..40 {
            known.wrote(&format!("{n}"));
            known.wrote(&format!("{n}"));
        }
        assert!(known.is_ours("39") && known.is_ours("24") && !known.is_ours("23"));
        assert!(!known.was_offered("39"));
    }

    #[test]
    fn one_that_cannot_be_used_is_said_and_is_empty() {
        use std::os::unix::fs::PermissionsExt as _;
        let image = tempfile::tempdir().unwrap();
        let root = Root::new(Some(image.path())).unwrap();
        assert_eq!(Record::read(&root), (Record::default(), None));
        let path = root.at(paths::RECORD);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let record = Record { version: "1.2.3".to_owned(), ..Record::default() };
        let whole = record.text();
        for (text, mode, good) in [
            (whole.as_str(), 0o600, true),
            (whole.as_str(), 0o666, false),
            (whole.get(..20).unwrap(), 0o600, false),
            ("[]", 0o600, false),
            ("{\"version\": 3}", 0o600, false),
        ] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let (read, why) = Record::read(&root);
            assert_eq!(read == record, good, "{why:?}");
            assert_eq!(why.is_none(), good);
            assert!(good || read == Record::default());
        }
    }
}
