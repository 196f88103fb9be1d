//! A cluster's text on its way to the asker, in pieces, so that no whole copy of it is ever held.

use vm_autoscale_node::{ANCHOR, NodeName};
use vm_autoscale_protocol::{ClusterPiece, PIECE};

/// No line is nearly as long, in bytes.
const MAX_LINE: usize = 1024 * 1024;

/// What came and is not passed on yet.
pub(crate) struct Pieces {
    node: NodeName,
    held: Vec<u8>,
    /// Behind the last line end in `held`, where no character is cut in two.
    cut: usize,
    /// Whether pmxcfs was heard. Without it grep finds no file, and says so by the same exit code
    /// as where a single one is missing.
    spoke: bool,
}

/// A line that does not end, or a text that is not pmxcfs's.
pub(crate) struct Endless;

impl Pieces {
    pub(crate) fn new(node: NodeName) -> Self {
        Self { node, held: Vec::with_capacity(PIECE), cut: 0, spoke: false }
    }

    /// Takes what came; a piece when there is enough for one.
    pub(crate) fn take(&mut self, data: &[u8]) -> Result<Option<ClusterPiece>, Endless> {
        let begun = self.cut;
        if let Some(end) = data.iter().rposition(|&byte| byte == b'\n') {
            self.cut = self.held.len() + end + 1;
        }
        self.held.extend_from_slice(data);
        if !self.spoke {
            // The line that had begun, and those that begin in what came: each is looked at once.
            let begun = self.held.get(begun..).unwrap_or_default();
            let mut lines = data.split(|&byte| byte == b'\n').skip(1).chain([begun]);
            self.spoke = lines.any(|line| line.starts_with(ANCHOR.as_bytes()));
        }
        if self.spoke && self.held.len() >= PIECE && self.cut > 0 {
            let rest = self.held.split_off(self.cut);
            let whole = std::mem::replace(&mut self.held, rest);
            self.cut = 0;
            return Ok(Some(self.piece(&whole)));
        }
        if self.held.len() > MAX_LINE { Err(Endless) } else { Ok(None) }
    }

    /// The rest; nothing when pmxcfs was not heard at all.
    pub(crate) fn rest(self) -> Option<ClusterPiece> {
        self.spoke.then(|| self.piece(&self.held))
    }

    fn piece(&self, bytes: &[u8]) -> ClusterPiece {
        ClusterPiece { node: self.node.clone(), piece: String::from_utf8_lossy(bytes).into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str, size: usize) -> Option<Vec<String>> {
        let mut pieces = Pieces::new("pve1".try_into().unwrap());
        let mut out = Vec::new();
        for data in text.as_bytes().chunks(size) {
            out.extend(pieces.take(data).ok()?.map(|piece| piece.piece));
        }
        out.push(pieces.rest()?.piece);
        Some(out)
    }

    #[test]
    fn pieces_make_the_whole_and_cut_no_character() {
        let line = "/etc/pve/.rrd:pve2.3-vm/101:500:Grün:running\n";
        let text = format!("noise\n/etc/pve/.version:{{\n{}", line.repeat(8000));
        for size in [1, 7, 1000, 1001, 70_000] {
            let pieces = through(&text, size).unwrap();
            assert_eq!(pieces.concat(), text, "{size}");
            assert!(pieces.len() > 3 && pieces.iter().all(|piece| piece.len() < PIECE + size));
        }
    }

    /// Looked at anew with each message, this would take hours.
    #[test]
    fn what_was_looked_at_is_not_looked_at_again() {
        let noise = "noise\n".repeat(MAX_LINE / 6 - 10);
        let text = format!("{noise}/etc/pve/.version:{{\n");
        assert_eq!(through(&text, 1).unwrap().concat(), text);
        assert_eq!(through(&noise, 1), None);
        assert_eq!(through(&"x".repeat(MAX_LINE), 1), None);
    }

    #[test]
    fn without_pmxcfs_there_is_no_answer() {
        assert_eq!(through("", 10), None);
        assert_eq!(through("/etc/pve/.rrd:x\n", 10), None);
        assert_eq!(through("x/etc/pve/.version:{\n", 10), None);
        assert_eq!(through("/etc/pve/.version\n:{\n", 1), None);
        assert_eq!(through(&"x".repeat(2 * MAX_LINE), 1000), None);
    }
}
