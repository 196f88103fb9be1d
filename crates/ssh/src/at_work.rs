//! VMs on which a command of ours is at work, as far as is known.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use vm_autoscale_node::VmId;

/// Those of a node.
pub(crate) type Busy = Rc<RefCell<BTreeSet<VmId>>>;

/// One of them, for as long as it lives.
pub(crate) struct AtWork(Busy, VmId);

impl AtWork {
    pub(crate) fn on(busy: &Busy, vmid: VmId) -> Self {
        busy.borrow_mut().insert(vmid);
        Self(busy.clone(), vmid)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.borrow_mut().remove(&self.1);
    }
}
