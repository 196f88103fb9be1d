//! A line that is being executed: however that ends, the books have it.

use vm_autoscale_proxmox::{Digest, NodeName, VmId};

use crate::Lab;
use crate::history::{Entry, Shown};

/// Writes itself down when it is dropped, which is also what happens when its node dies.
#[derive(Debug)]
pub(crate) struct Execution {
    lab: Lab,
    entry: Entry,
    /// `None` as long as it is under way.
    exit: Option<u8>,
    /// It has had the VM to itself; a change that has not wrote nothing.
    inside: bool,
    /// It was refused without a trace.
    forgotten: bool,
}

impl Execution {
    /// It begins; for a change or a control, with the VM that it is about.
    pub(crate) fn begin(
        lab: &Lab,
        node: Option<&NodeName>,
        line: &str,
        kind: &str,
        vmid: Option<VmId>,
    ) -> Self {
        let now = lab.now();
        let entry = Entry {
            node: node.cloned(),
            start: now,
            end: now,
            line: line.to_owned(),
            kind: kind.to_owned(),
            exit: 255,
            cut_off: true,
            vmid,
            before: vmid.and_then(|vmid| lab.cluster().digest(vmid)),
            after: None,
            showed: Vec::new(),
        };
        Self { lab: lab.clone(), entry, exit: None, inside: node.is_none(), forgotten: false }
    }

    /// What it met once it had the VM to itself.
    pub(crate) fn meets(&mut self, digest: Option<Digest>) {
        self.inside = true;
        self.entry.before = digest;
    }

    /// What it left, at a moment in which nobody else could have written.
    pub(crate) fn leaves(&mut self, digest: Option<Digest>) {
        self.entry.after = digest;
    }

    /// What a reading of configs found.
    pub(crate) fn shows(&mut self, configs: Vec<Shown>) {
        self.entry.showed = configs;
    }

    /// It is answered.
    pub(crate) fn done(mut self, exit: u8) {
        self.exit = Some(exit);
    }

    /// It was refused, so that there is nothing to write down.
    pub(crate) fn forget(mut self) {
        self.forgotten = true;
    }

    fn count(&self) {
        let Entry { kind, vmid, .. } = &self.entry;
        if ["Refused", "Control", "Task"].contains(&kind.as_str()) {
            return;
        }
        self.lab.count(|stats| {
            *stats.commands.entry(kind.clone()).or_default() += 1;
            let changed = u64::from(vmid.is_some());
            match self.exit {
                Some(0) => stats.changes_zero += changed,
                Some(_) => stats.changes_nonzero += changed,
                None => stats.changes_cut_off += changed,
            }
        });
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        if self.forgotten {
            return;
        }
        self.count();
        let mut entry = self.entry.clone();
        entry.end = self.lab.now();
        entry.exit = self.exit.unwrap_or(255);
        entry.cut_off = self.exit.is_none();
        if !self.inside {
            entry.after.clone_from(&entry.before);
        } else if entry.after.is_none() {
            entry.after = entry.vmid.and_then(|vmid| self.lab.cluster().digest(vmid));
        }
        self.lab.write_down(entry);
    }
}
