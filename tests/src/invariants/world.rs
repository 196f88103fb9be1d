//! What stood in the way of changes, and since when: by the controls that the lab was given.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use vm_autoscale_lab::{Control, Entry, VmInfo};
use vm_autoscale_proxmox::{NodeName, VmId};

use super::timeline::{Timeline, prune};

/// Of what something holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Cluster,
    Node(NodeName),
    Vm(VmId),
}

/// Cores and MiB that a guest's programs want, where that is fixed.
pub(super) type Load = Option<(f64, f64)>;

#[derive(Debug)]
pub(super) struct World {
    nodes: usize,
    down: BTreeSet<NodeName>,
    cut: bool,
    holds: BTreeMap<(Of, Hold), Timeline<bool>>,
    loads: BTreeMap<VmId, Timeline<Load>>,
    /// What others left in `[PENDING]` since the VM's last start.
    foreign: BTreeSet<(VmId, String)>,
    /// When a number became another VM's.
    renewed: BTreeMap<VmId, f64>,
    looks: VecDeque<(f64, f64)>,
}

/// Why something may not be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    Locked,
    Template,
    Pending,
    Stopped,
    HaMoves,
    Paused,
    NoQuorum,
    NodeDown,
    /// pvestatd tells nothing new of it.
    Unmeasured,
}

impl World {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            nodes,
            down: BTreeSet::new(),
            cut: false,
            holds: BTreeMap::new(),
            loads: BTreeMap::new(),
            foreign: BTreeSet::new(),
            renewed: BTreeMap::new(),
            looks: VecDeque::new(),
        }
    }

    /// Takes a line; the VM whose number became another one's by it.
    pub(super) fn take(&mut self, entry: &Entry) -> Option<VmId> {
        match (entry.kind.as_str(), entry.vmid) {
            ("Control", _) => {
                if let Ok(control) = serde_json::from_str(&entry.line) {
                    self.control(entry.end, control);
                }
            }
            ("Task", Some(vmid)) if entry.exit == 0 => {
                self.set(entry.end, Of::Vm(vmid), Hold::Locked, entry.line.ends_with(": lock"));
            }
            _ => {}
        }
        entry.vmid.filter(|vmid| self.renewed.get(vmid) == Some(&entry.end))
    }

    pub(super) fn look(&mut self, entry: &Entry) {
        self.looks.push_back((entry.start, entry.end));
        prune(&mut self.looks, entry.end, |(_, end)| *end);
    }

    fn set(&mut self, at: f64, of: Of, hold: Hold, on: bool) {
        self.holds.entry((of, hold)).or_default().set(at, on);
    }

    fn control(&mut self, at: f64, control: Control) {
        match control {
            Control::Lock { vmid, lock } => {
                self.set(at, Of::Vm(vmid), Hold::Locked, lock.is_some());
            }
            Control::Edit { vmid, key, value } if key == "lock" => {
                self.set(at, Of::Vm(vmid), Hold::Locked, value.is_some());
            }
            Control::Edit { vmid, key, value } if key == "template" => {
                self.set(at, Of::Vm(vmid), Hold::Template, value.as_deref() == Some("1"));
            }
            Control::Pending { vmid, key, .. } => {
                self.set(at, Of::Vm(vmid), Hold::Pending, true);
                self.foreign.insert((vmid, key));
            }
            Control::Ha { vmid, state, .. } => {
                let moves = state.is_some_and(|state| !["started", "ignored"].contains(&&*state));
                self.set(at, Of::Vm(vmid), Hold::HaMoves, moves);
            }
            Control::LeaveOut { vmid, on } => self.set(at, Of::Vm(vmid), Hold::Unmeasured, on),
            Control::Load { vmid, cores, mib } => {
                self.loads.entry(vmid).or_default().set(at, Some((cores, mib)));
            }
            Control::FreeLoad { vmid } | Control::GuestDies { vmid } => {
                self.loads.entry(vmid).or_default().set(at, None);
            }
            Control::Pause { text } => {
                self.set(at, Of::Cluster, Hold::Paused, text.is_some_and(|text| !text.is_empty()));
            }
            other => self.lives(at, other),
        }
    }

    /// VMs and nodes that come and go.
    fn lives(&mut self, at: f64, control: Control) {
        match control {
            Control::Stop { vmid } => self.set(at, Of::Vm(vmid), Hold::Stopped, true),
            Control::Start { vmid } => self.starts(at, vmid),
            Control::Recreate { vmid } => {
                self.starts(at, vmid);
                self.renewed(at, vmid);
            }
            Control::Destroy { vmid } | Control::Create { vmid, .. } => {
                self.set(at, Of::Vm(vmid), Hold::Stopped, true);
                self.renewed(at, vmid);
            }
            Control::Pvestatd { node: Some(node), running } => {
                self.set(at, Of::Node(node), Hold::Unmeasured, !running);
            }
            Control::Pvestatd { node: None, running } => {
                self.set(at, Of::Cluster, Hold::Unmeasured, !running);
                // Of those that were told of by name, what was told last holds.
                for ((of, hold), timeline) in &mut self.holds {
                    if *hold == Hold::Unmeasured && matches!(of, Of::Node(_)) {
                        timeline.set(at, !running);
                    }
                }
            }
            Control::Quorum { lost } => {
                self.cut = lost;
                self.quorum(at);
            }
            Control::NodeDown { node } => {
                self.set(at, Of::Node(node.clone()), Hold::NodeDown, true);
                self.down.insert(node);
                self.quorum(at);
            }
            Control::NodeUp { node } => {
                self.down.remove(&node);
                self.set(at, Of::Node(node), Hold::NodeDown, false);
                self.quorum(at);
                // Its VMs start with all that waited; which ones they are is not told.
                for ((_, hold), timeline) in &mut self.holds {
                    if *hold == Hold::Pending {
                        timeline.set(at, false);
                    }
                }
            }
            _ => {}
        }
    }

    fn quorum(&mut self, at: f64) {
        let few = self.nodes > 1 && 2 * (self.nodes - self.down.len()) <= self.nodes;
        self.set(at, Of::Cluster, Hold::NoQuorum, self.cut && self.nodes > 1 || few);
    }

    fn starts(&mut self, at: f64, vmid: VmId) {
        self.set(at, Of::Vm(vmid), Hold::Stopped, false);
        self.set(at, Of::Vm(vmid), Hold::Pending, false);
        self.foreign.retain(|(other, _)| *other != vmid);
    }

    /// Nothing that was fixed for a number holds for the next VM of it.
    fn renewed(&mut self, at: f64, vmid: VmId) {
        self.renewed.insert(vmid, at);
        self.loads.remove(&vmid);
        for hold in [Hold::Locked, Hold::Template, Hold::Pending, Hold::HaMoves, Hold::Unmeasured] {
            if self.holds.contains_key(&(Of::Vm(vmid), hold)) {
                self.set(at, Of::Vm(vmid), hold, false);
            }
        }
    }

    /// Whether others may have left that key in the VM's `[PENDING]`.
    pub(super) fn is_foreign(&self, vmid: VmId, key: &str) -> bool {
        self.foreign.contains(&(vmid, key.to_owned()))
    }

    /// Since when the number has been this VM's, as far as anything happened to it.
    pub(super) fn since(&self, vmid: VmId) -> f64 {
        self.renewed.get(&vmid).copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// What the VM's programs wanted at that moment, and since when.
    pub(super) fn load(&self, vmid: VmId, at: f64) -> Option<(f64, (f64, f64))> {
        let (since, load) = self.loads.get(&vmid)?.at(at)?;
        load.map(|load| (since, load))
    }

    /// All that stood in the VM's way at that moment, each with its beginning.
    pub(super) fn all(&self, vmid: VmId, node: Option<&NodeName>, at: f64) -> Vec<(Hold, f64)> {
        let named = node.is_some_and(|node| {
            self.holds.contains_key(&(Of::Node(node.clone()), Hold::Unmeasured))
        });
        let concerns = |of: &Of, hold: Hold| match of {
            Of::Cluster => hold != Hold::Unmeasured || !named,
            Of::Node(name) => Some(name) == node,
            Of::Vm(number) => *number == vmid,
        };
        let held = self.holds.iter().filter(|((of, hold), _)| concerns(of, *hold));
        let held = held.filter_map(|((_, hold), timeline)| {
            let (since, on) = timeline.at(at)?;
            on.then_some((*hold, since))
        });
        held.collect()
    }

    /// Whether nobody could write to the VM, or was to.
    pub(super) fn stands(&self, vm: &VmInfo, at: f64) -> Option<Hold> {
        let all = self.all(vm.vmid, Some(&vm.node), at);
        all.into_iter().map(|(hold, _)| hold).find(|hold| *hold != Hold::Stopped)
    }

    /// Whether a look ended in that time.
    pub(super) fn looked(&self, from: f64, to: f64) -> bool {
        self.looks.iter().any(|(_, end)| (from..=to).contains(end))
    }

    /// Whether what happened then was seen twice before `late` seconds ahead of that moment.
    pub(super) fn was_seen(&self, happened: f64, by: f64, late: f64) -> bool {
        let seen = self.looks.iter().filter(|(start, _)| *start >= happened);
        seen.filter(|(_, end)| *end <= by - late).count() >= 2
    }
}
