//! What becomes of one file.

use super::seen::{Seen, beside};
use super::wanted::{Fate, Item};
use crate::record::Known;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    InPlace,
    /// Another owner or mode.
    Give,
    /// It is written.
    Put,
    /// It was edited: the new one is written beside it.
    Beside,
    /// It was edited, and the new one lies beside it already.
    Lies,
}

/// By what is there, and what is known of it from before.
pub(crate) fn judge(item: &Item, seen: &Seen, known: Option<&Known>) -> Verdict {
    let rights = || if seen.has(&item.path, item.owned) { Verdict::InPlace } else { Verdict::Give };
    let there = seen.sha(&item.path);
    let Some((_, sha)) = &item.content else {
        // dpkg's affair; an administrator may have removed it.
        return if there.is_some() { rights() } else { Verdict::InPlace };
    };
    let Some(there) = there else { return Verdict::Put };
    let known = known.cloned().unwrap_or_default();
    let is_unedited = known.is_ours(there) || item.example.as_ref() == Some(there);
    match item.fate {
        // Who lets others read it, as they may known hosts, has decided so.
        Fate::Once => Verdict::InPlace,
        _ if there == sha => rights(),
        Fate::Ours => Verdict::Put,
        Fate::Yours if is_unedited => Verdict::Put,
        Fate::Yours if seen.sha(&beside(&item.path)) == Some(sha) => Verdict::Lies,
        Fate::Yours if known.was_offered(sha) => rights(),
        Fate::Yours => Verdict::Beside,
    }
}
