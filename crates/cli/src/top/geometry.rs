//! How the screen is divided, however small it is.

use super::model::Face;

/// So many rows each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// What is not well, and the nodes.
    pub(crate) head: u16,
    /// What the columns are.
    pub(crate) title: u16,
    /// The VMs.
    pub(crate) rows: u16,
    /// What is decided on the VM that is marked, in full.
    pub(crate) said: u16,
    /// What the keys do.
    pub(crate) keys: u16,
}

impl Geometry {
    /// Of a screen with so many rows, for a head of so many lines.
    pub(crate) fn of(face: Face, height: u16, head: usize) -> Self {
        let paper = face == Face::Paper;
        let with =
            |least: u16, on_paper: bool| u16::from(if paper { on_paper } else { height >= least });
        let (title, said, keys) = (with(4, true), with(10, false), with(3, false));
        // The VMs are what it is for: two thirds are theirs.
        let most = if paper { height } else { (height / 3).max(1) };
        let head = u16::try_from(head).unwrap_or(u16::MAX).min(most).min(height);
        let rows = height.saturating_sub(head + title + said + keys);
        Self { head, title, rows, said, keys }
    }
}
