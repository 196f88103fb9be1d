//! Finding keys by their paths and names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::{Key, all};

/// The same in orders in which they are found: an old file may be nothing but keys.
struct Index {
    by_path: BTreeMap<&'static str, &'static Key>,
    /// Every path that has keys below it.
    sections: BTreeSet<&'static str>,
    /// Every name on a path.
    names: BTreeSet<&'static str>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let joints = |path: &'static str| path.match_indices(['.', '[']).map(|(at, _)| at);
    Index {
        by_path: all().map(|key| (key.path, key)).collect(),
        sections: all()
            .flat_map(|key| joints(key.path).filter_map(|at| key.path.get(..at)))
            .collect(),
        names: all().flat_map(|key| key.path.split(['.', '[', ']'])).collect(),
    }
});

/// The key of that path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    INDEX.by_path.get(path).copied()
}

/// `a[3].b` as `a[].b`.
pub(crate) fn general(path: &str) -> String {
    let mut parts = path.split('[');
    let mut general = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        general.push('[');
        general.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    general
}

/// Whether there are keys below that path.
pub(crate) fn is_section(path: &str) -> bool {
    INDEX.sections.contains(path)
}

/// Whether a key has that name, wherever it stands.
pub(crate) fn is_name(name: &str) -> bool {
    INDEX.names.contains(name)
}

/// The keys of a section that were most likely meant by one that is not known.
pub(crate) fn nearest(section: &str, key: &str) -> Option<&'static str> {
    const LONGEST: usize = 64;
    if key.len() > LONGEST {
        return None;
    }
    let below = all().filter_map(|known| {
        let rest = known.path.strip_prefix(section)?;
        let rest = rest.strip_prefix('.').unwrap_or(rest);
        rest.split(['.', '[']).next().filter(|name| !name.is_empty())
    });
    let key = key.to_ascii_lowercase().replace('-', "_");
    let near = below.map(|known| (strsim::osa_distance(&key, known), known));
    let allowed = (key.len() / 3).max(1);
    near.filter(|(distance, _)| *distance <= allowed).min_by_key(|(d, _)| *d).map(|(_, k)| k)
}
