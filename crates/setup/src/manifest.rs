//! What is installed, and where: `deploy/files`, which the packages are made from, too.

use crate::error::Error;

const TEXT: &str = include_str!("../../../deploy/files");

/// One file of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shipped {
    /// Within an unpacked release.
    pub(crate) from: &'static str,
    /// On the machine, from its root.
    pub(crate) to: &'static str,
    pub(crate) mode: u32,
    pub(crate) user: &'static str,
    pub(crate) group: &'static str,
    pub(crate) kind: Kind,
}

/// Whose a file is once it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Replaced by every release.
    Ours,
    /// The administrator's: kept as soon as it was edited.
    Yours,
    /// Lies ready, for a step of the administrator's.
    Offered,
}

/// All of them, in the order of the list.
///
/// # Errors
/// The list has a line that is none: our own fault.
pub(crate) fn all() -> Result<Vec<Shipped>, Error> {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| shipped(line).ok_or_else(|| broken(line))).collect()
}

fn shipped(line: &'static str) -> Option<Shipped> {
    let mut words = line.split_whitespace();
    let (from, to) = (words.next()?, words.next()?);
    let mode = u32::from_str_radix(words.next()?, 8).ok()?;
    let (user, group) = words.next()?.split_once(':')?;
    let kind = match words.next()? {
        "ours" => Kind::Ours,
        "yours" => Kind::Yours,
        "offered" => Kind::Offered,
        _ => return None,
    };
    (words.next().is_none() && to.starts_with('/')).then_some(Shipped {
        from,
        to,
        mode,
        user,
        group,
        kind,
    })
}

fn broken(line: &str) -> Error {
    Error::failed(
        format!("a fault of this program: its list of files has the line {line:?}"),
        "please report it",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_a_file_and_each_has_its_own_place() {
        let all = all().unwrap();
        let places: BTreeSet<&str> = all.iter().map(|file| file.to).collect();
        assert!(all.len() > 15 && places.len() == all.len());
        for file in all.iter().filter(|file| file.from.starts_with("etc/")) {
            assert_eq!(file.kind == Kind::Yours, file.to.starts_with("/etc/"), "{}", file.to);
        }
        for file in all.iter().filter(|file| !file.from.starts_with("bin/")) {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../").to_owned() + file.from;
            assert!(std::path::Path::new(&path).is_file(), "{path}");
        }
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for wrong in ["a /b 0644 root:root", "a b 0644 root:root ours", "a /b 0688 root:root ours"]
        {
            assert_eq!(shipped(wrong), None, "{wrong}");
        }
    }
}
