//! Which VMs are kept from being looked after.

use super::Board;
use crate::notify::Blocked;

impl Board {
    /// Whoever sums up asks for it now and then: a line for each.
    pub(crate) fn blocked(&self) -> Blocked {
        let board = self.clone();
        Blocked::new(move || board.blocked_lines())
    }

    fn blocked_lines(&self) -> Vec<String> {
        let (clusters, _) = self.seen();
        let mut lines = Vec::new();
        for (name, seen) in &clusters {
            let blocked = seen.vms.iter().filter_map(|vm| Some((vm.vmid(), vm.blocked()?)));
            lines.extend(blocked.map(|(vmid, why)| format!("VM {vmid} of {name}: {why}")));
        }
        lines
    }
}
