//! Every line that was executed, in the order of their ends.

use serde::{Deserialize, Serialize};
use vm_autoscale_proxmox::{Digest, NodeName, VmId};

/// The most entries that are kept.
const MOST: usize = 200_000;
/// The most characters of a line that are kept.
const LINE: usize = 512;

/// One executed line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The node that executed it; for a control, none.
    pub node: Option<NodeName>,
    /// When it came, in seconds since the lab's start.
    pub start: f64,
    /// When it was answered, in seconds since the lab's start.
    pub end: f64,
    /// Its first 512 characters.
    pub line: String,
    /// The command's name (`SetVcpus`), `Refused`, `Control` for what was done to the lab (its
    /// JSON is the line), or `Task` for what a backup or a migration then wrote.
    pub kind: String,
    /// The exit code; 255 where it was cut off.
    pub exit: u8,
    /// Its node died meanwhile, or its caller went away: it did what it had done by then, and
    /// nobody was answered.
    #[serde(default)]
    pub cut_off: bool,
    /// For a change, a control and a task: the VM, where it is about one.
    pub vmid: Option<VmId>,
    /// With a VM: its config's digest when it came; for a change, when it had the VM's lock.
    pub before: Option<Digest>,
    /// With a VM: its config's digest when it was done, before anybody else could write.
    pub after: Option<Digest>,
    /// For a reading of configs: those that it found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub showed: Vec<Shown>,
}

/// A config as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Whose.
    pub vmid: VmId,
    /// Its digest.
    pub digest: Digest,
    /// The raw .conf file.
    pub conf: String,
}

#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) entries: Vec<Entry>,
    /// Entries beyond what is kept.
    pub(crate) dropped: u64,
}

impl History {
    pub(crate) fn push(&mut self, mut entry: Entry) {
        if self.entries.len() >= MOST {
            self.dropped += 1;
            return;
        }
        if let Some((cut, _)) = entry.line.char_indices().nth(LINE) {
            entry.line.truncate(cut);
        }
        self.entries.push(entry);
    }
}
