//! Which guests there are, by the answer to a look as it comes.

use serde::Deserialize;

use crate::VmList;
use crate::command::{VERSION, VMLIST};

/// The longest text of a file, in bytes: several times that of 5,000 VMs.
const MAX: usize = 2 * 1024 * 1024;

/// Keeps of an answer to [`crate::NodeCommand::ReadCluster`] what says which guests there are.
#[derive(Default)]
pub struct Listing {
    version: String,
    copies: Vec<String>,
    /// Whether the line before was one of `.vmlist`.
    inside: bool,
    /// More than a look at a cluster has.
    spoilt: bool,
}

#[derive(Deserialize)]
struct Version {
    starttime: u64,
}

impl Listing {
    /// Takes a piece of whole lines.
    pub fn take(&mut self, piece: &str) {
        for line in piece.lines() {
            let of = |path: &str| line.strip_prefix(path)?.strip_prefix(':');
            if let Some(content) = of(VERSION) {
                self.spoilt |= !add(&mut self.version, content);
            }
            let content = of(VMLIST);
            if let Some(content) = content {
                // Where `.rrd` is empty, one copy follows the other.
                if !self.inside || content == "{" {
                    self.copies.push(String::new());
                }
                // However many there are, no more is kept than two.
                self.spoilt |= self.copies.len() > 2;
                self.copies.truncate(2);
                let fits = self.copies.last_mut().is_some_and(|copy| add(copy, content));
                self.spoilt |= !fits;
            }
            self.inside = content.is_some();
        }
    }

    /// Since when the pmxcfs runs that answered, and the guests; nothing where the two copies are
    /// not the same, or not what pmxcfs writes: a read can tear.
    #[must_use]
    pub fn end(self) -> Option<(u64, VmList)> {
        if self.spoilt {
            return None;
        }
        let [first, second] = <[String; 2]>::try_from(self.copies).ok()?;
        if first != second {
            return None;
        }
        drop(second);
        let version: Version = serde_json::from_str(&self.version).ok()?;
        let list = VmList::parse(&first).ok()?;
        (!list.has_doubts()).then_some((version.starttime, list))
    }
}

/// Whether there was room for it.
fn add(text: &mut String, line: &str) -> bool {
    let fits = text.len() + line.len() < MAX;
    if fits {
        text.push_str(line);
        text.push('\n');
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    const VM: &str = r#""101": { "node": "pve1", "type": "qemu", "version": 5 }"#;

    fn answer(first: &str, between: &str, second: &str) -> String {
        let file = |content: &str| {
            let lines = ["{", "\"version\": 17,", "\"ids\": {", content, "}", "}"];
            lines.map(|line| format!("{VMLIST}:{line}\n")).concat()
        };
        let version = format!("{VERSION}:{{\n{VERSION}:\"starttime\": 1700000000\n{VERSION}:}}\n");
        format!("noise\n{version}{}{between}{}/etc/pve/.rrd:x\n", file(first), file(second))
    }

    fn end(text: &str) -> Option<(u64, Vec<u32>)> {
        let mut listing = Listing::default();
        text.split_inclusive('\n').for_each(|piece| listing.take(piece));
        let (start, list) = listing.end()?;
        Some((start, list.iter().map(|(vmid, _)| vmid.get()).collect()))
    }

    #[test]
    fn what_both_copies_say_is_believed() {
        for between in ["/etc/pve/.rrd:x\n", ""] {
            let good = answer(VM, between, VM);
            assert_eq!(end(&good), Some((1_700_000_000, vec![101])), "{between:?}");
            assert_eq!(end(&answer(VM, between, &VM.replace('5', "6"))), None);
            assert_eq!(end(&answer(VM, between, "")), None);
        }
        assert_eq!(end(&answer("", "", "")), Some((1_700_000_000, vec![])));
    }

    #[test]
    fn what_is_torn_twice_or_endless_is_not() {
        let good = answer(VM, "/etc/pve/.rrd:x\n", VM);
        for bad in [
            good.replace("}\n/etc/pve/.vmlist:}\n", "\n"),
            good.replace("starttime", "start"),
            format!("{good}{VMLIST}:{{\n"),
            answer(&format!("{VM},{VM}"), "", &format!("{VM},{VM}")),
            answer(&VM.repeat(MAX / 50), "", &VM.repeat(MAX / 50)),
            String::new(),
        ] {
            assert_eq!(end(&bad), None, "{bad:.300}");
        }
    }
}
