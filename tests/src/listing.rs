//! All files of a machine, to see what an installation and its end leave behind.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;

use crate::machine::Machine;

/// Every file of a machine's disk by its path, with all that tells two of that path apart.
///
/// What is in memory only (`/run`, `/tmp`, `/dev` and the like) is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing(BTreeMap<String, String>);

impl Listing {
    /// What is there now, without the paths (and all below them) in `without`. A star in one
    /// stands for anything, slashes included.
    ///
    /// # Errors
    /// A file vanished meanwhile, or the machine is gone.
    pub fn of(machine: &Machine, without: &[&str]) -> io::Result<Self> {
        let skipped = without.iter().flat_map(|path| ["-path", path, "-prune", "-o"]);
        let skipped: Vec<&str> = ["find", "/", "-xdev"].into_iter().chain(skipped).collect();
        // A link's own mode says nothing, but is always the same.
        let kinds = ["-printf", r"%p\t%y %m %U:%G %l\0"];
        let sums = ["-type", "f", "-exec", "sha256sum", "--zero", "{}", "+"];
        let kinds = said(machine, &[&skipped[..], &kinds].concat())?;
        let sums = said(machine, &[&skipped[..], &sums].concat())?;
        Self::read(&kinds, &sums).ok_or_else(|| io::Error::other("find's answer is not understood"))
    }

    fn read(kinds: &str, sums: &str) -> Option<Self> {
        let mut files = BTreeMap::new();
        for line in kinds.split_terminator('\0') {
            let (path, kind) = line.split_once('\t')?;
            files.insert(path.to_owned(), kind.trim_end().to_owned());
        }
        for line in sums.split_terminator('\0') {
            let (sum, path) = line.split_once("  ")?;
            write!(files.get_mut(path)?, " {sum}").ok()?;
        }
        Some(Self(files))
    }

    /// What became of it until `later`: a line for each file that is gone (`-`), new (`+`), or
    /// both because it is another one. Empty where all is as it was.
    #[must_use]
    pub fn until(&self, later: &Self) -> String {
        let paths: BTreeSet<&String> = self.0.keys().chain(later.0.keys()).collect();
        let mut text = String::new();
        for path in paths {
            let (before, after) = (self.0.get(path), later.0.get(path));
            if before == after {
                continue;
            }
            for (sign, file) in [('-', before), ('+', after)] {
                let Some(file) = file else { continue };
                // Into a string it always succeeds.
                let _ = writeln!(text, "{sign} {path}  {file}");
            }
        }
        text
    }

    /// The paths that are in it.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn said(machine: &Machine, words: &[&str]) -> io::Result<String> {
    let output = machine.run(words)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: &str = "/\td 755 0:0 \0/a\tf 644 0:0 \0/b c\tl 777 0:0 a\0";

    fn listing(kinds: &str, sum: &str) -> Listing {
        Listing::read(kinds, &format!("{sum}  /a\0")).unwrap()
    }

    #[test]
    fn every_difference_is_a_line() {
        let before = listing(KINDS, "12");
        assert_eq!(before.paths().collect::<Vec<_>>(), ["/", "/a", "/b c"]);
        assert_eq!(before.until(&before.clone()), "");
        let other = |kinds: &str, sum: &str| before.until(&listing(kinds, sum));
        assert_eq!(other(KINDS, "34"), "- /a  f 644 0:0 12\n+ /a  f 644 0:0 34\n");
        let moded = KINDS.replace("644", "640");
        assert_eq!(other(&moded, "12"), "- /a  f 644 0:0 12\n+ /a  f 640 0:0 12\n");
        let linked = KINDS.replace("0:0 a\0", "0:0 b\0");
        assert_eq!(other(&linked, "12"), "- /b c  l 777 0:0 a\n+ /b c  l 777 0:0 b\n");
        let more = KINDS.to_owned() + "/d\td 755 5:5 \0";
        assert_eq!(other(&more, "12"), "+ /d  d 755 5:5\n");
        assert_eq!(listing(&more, "12").until(&before), "- /d  d 755 5:5\n");
    }

    #[test]
    fn an_answer_that_is_none_is_none() {
        assert_eq!(Listing::read("/a", ""), None);
        assert_eq!(Listing::read("/\td 755 0:0 \0", "12  /a\0"), None);
    }
}
