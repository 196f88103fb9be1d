//! What holds for VMs, in memory once for all that it holds for: in most clusters few differ.

use std::collections::VecDeque;
use std::sync::Arc;

use vm_autoscale_config::Managed;
use vm_autoscale_planner::VmPolicy;

use super::vm::vm_policy;

/// So many that differ are looked through; where there are more, some are there twice.
const KNOWN: usize = 32;

/// What holds for a VM that is looked after.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// By the file.
    pub(crate) managed: Managed,
    /// What the planner makes of it.
    pub(crate) policy: VmPolicy,
}

/// The last ones that were asked for.
#[derive(Debug, Default)]
pub(super) struct Shared(VecDeque<Arc<Held>>);

impl Shared {
    pub(super) fn of(&mut self, managed: &Managed) -> Arc<Held> {
        if let Some(known) = self.0.iter().find(|known| known.managed == *managed) {
            return known.clone();
        }
        let held = Arc::new(Held { managed: *managed, policy: vm_policy(&managed.settings) });
        self.0.push_front(held.clone());
        self.0.truncate(KNOWN);
        held
    }
}
