//! Where the pictures come from: asked for beside the screen, so that no key waits for an answer.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender};

use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::past::{Past, PastOrder, fetch_past, read_past};
use vm_autoscale_scheduler::{fetch_status, wall};

use super::model::{Event, Model};
use super::trail::{Key, Trail, order};
use crate::files::Places;
use crate::wait;

/// What is asked for.
#[derive(Debug)]
pub(super) enum Ask {
    /// How it is now.
    Status,
    /// The last day of these VMs.
    Past(Vec<Key>),
}

/// Whoever can be asked.
#[derive(Debug)]
pub(super) struct Feed {
    places: Places,
}

impl Feed {
    pub(super) fn new(places: Places) -> Self {
        Self { places }
    }

    /// Answers until nobody asks or listens.
    pub(super) fn serve(&self, asked: &Receiver<Ask>, tell: &SyncSender<Event>) {
        for ask in asked {
            let told = match ask {
                Ask::Status => self.status(),
                Ask::Past(keys) => Event::Trails(self.past(&keys)),
            };
            if tell.send(told).is_err() {
                return;
            }
        }
    }

    /// With the past of those that are visible.
    pub(super) fn fill(&self, mut model: Model, now: u64) -> Model {
        let wanted = model.wanted(now);
        model.update(Event::Trails(self.past(&wanted)), now);
        model
    }

    fn status(&self) -> Event {
        match wait(fetch_status(&self.places.socket)) {
            Ok(Ok(report)) => Event::Status(Box::new(report)),
            Ok(Err(error)) => Event::Lost(one_line(&error.to_string())),
            Err(error) => Event::Lost(one_line(&error.to_string())),
        }
    }

    /// Of each that was asked for; nothing where nobody could say.
    fn past(&self, keys: &[Key]) -> Vec<(Key, Option<Trail>)> {
        let mut clusters = BTreeMap::<&ClusterName, Vec<VmId>>::new();
        for (cluster, vmid) in keys {
            clusters.entry(cluster).or_default().push(*vmid);
        }
        let mut told = Vec::new();
        for (cluster, vms) in clusters {
            for vms in vms.chunks(AT_ONCE) {
                let past = self.past_of(&order(cluster, vms.to_vec(), wall()));
                told.extend(vms.iter().map(|vmid| {
                    let trail = past.as_ref().map(|past| trail_of(past, cluster, *vmid));
                    ((cluster.clone(), *vmid), trail)
                }));
            }
        }
        told
    }

    /// By the daemon, or where none answers by what it noted.
    fn past_of(&self, order: &PastOrder) -> Option<Past> {
        let asked = wait(fetch_past(&self.places.socket, order)).ok()?;
        match (asked, &self.places.journal) {
            (Ok(past), _) => Some(past),
            (Err(error), Some(journal)) if error.exit_code() == 6 => read_past(journal, order).ok(),
            (Err(_), _) => None,
        }
    }
}

/// So many VMs' pasts are asked for together.
const AT_ONCE: usize = 200;

/// Of one of whom nothing is known, an empty one.
fn trail_of(past: &Past, cluster: &ClusterName, vmid: VmId) -> Trail {
    let cluster = past.clusters.iter().find(|told| told.name == *cluster);
    let vm = cluster.and_then(|told| told.vms.iter().find(|vm| vm.vmid == vmid));
    vm.map(|vm| Trail::of(past, vm)).unwrap_or_default()
}

/// The first line: what comes after it is help for who asked by hand.
fn one_line(text: &str) -> String {
    crate::plain::harmless(text.lines().next().unwrap_or_default())
}
