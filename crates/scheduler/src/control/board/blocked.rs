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
        for (name, status) in &clusters {
            for vm in &status.vms {
                // Mostly both for the same reason.
                let why = match vm.blocked {
                    [true, _] => &vm.cpu,
                    [_, true] => &vm.memory_decision,
                    _ => continue,
                };
                lines.push(format!("VM {} of {name}: {why}", vm.vmid));
            }
        }
        lines
    }
}
