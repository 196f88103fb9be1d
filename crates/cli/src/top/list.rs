//! Which VMs are on the screen, and which of them is marked.

use vm_autoscale_scheduler::{ClusterStatus, VmStatus};

use super::geometry::Geometry;
use super::head;
use super::model::Model;
use super::order::{Place, places};
use super::trail::Key;

/// A trail is asked for anew when it is so many seconds old: its columns are hours.
const TRAIL_AGE: u64 = 60;

impl Model {
    /// Sorts and filters anew: once a report, and where one of both was changed.
    pub(crate) fn arrange(&mut self) {
        self.places = places(&self.report, self.sort, self.reversed, &self.filter);
        self.found = self.places.len();
        let chosen = self.chosen.as_ref();
        let found = chosen.and_then(|chosen| self.places.iter().position(|p| self.is(*p, chosen)));
        self.cursor = found.unwrap_or(self.cursor).min(self.places.len().saturating_sub(1));
    }

    fn is(&self, place: Place, (cluster, vmid): &Key) -> bool {
        let is_it = |(c, vm): (&ClusterStatus, &VmStatus)| c.name == *cluster && vm.vmid == *vmid;
        place.of(&self.report).is_some_and(is_it)
    }

    /// The cursor goes there, as far as there are VMs.
    pub(crate) fn go(&mut self, to: usize) {
        self.cursor = to.min(self.places.len().saturating_sub(1));
        self.chosen = self.key_at(self.cursor).filter(|_| self.cursor > 0);
    }

    /// The VM that the cursor is on.
    pub(crate) fn marked(&self) -> Option<(&ClusterStatus, &VmStatus)> {
        self.places.get(self.cursor)?.of(&self.report)
    }

    pub(crate) fn key_at(&self, index: usize) -> Option<Key> {
        let (cluster, vm) = self.places.get(index)?.of(&self.report)?;
        Some((cluster.name.clone(), vm.vmid))
    }

    /// How the screen is divided.
    pub(crate) fn geometry(&self) -> Geometry {
        // The lines say how old things are; how many they are does not hang on that.
        Geometry::of(self.face, self.size.1, head::lines(self, self.seen_at).len())
    }

    /// How many VMs there is room for.
    pub(crate) fn page(&self) -> usize {
        usize::from(self.geometry().rows)
    }

    /// The cursor is on the screen, and no room is left below where VMs are above.
    pub(crate) fn scroll(&mut self) {
        let page = self.page().max(1);
        let last = self.places.len().saturating_sub(page);
        self.first = self.first.min(last).min(self.cursor);
        self.first = self.first.max((self.cursor + 1).saturating_sub(page));
    }

    /// The VMs on the screen.
    pub(crate) fn visible(&self) -> impl Iterator<Item = (usize, &ClusterStatus, &VmStatus)> {
        let places = self.places.iter().enumerate().skip(self.first).take(self.page());
        places.filter_map(|(index, place)| {
            let (cluster, vm) = place.of(&self.report)?;
            Some((index, cluster, vm))
        })
    }

    /// Whose past is to be asked for: those on the screen of whom none is known, or an old one.
    pub(crate) fn wanted(&self, now: u64) -> Vec<Key> {
        let old = |key: &Key| {
            self.trails.get(key).is_none_or(|(at, _)| now.saturating_sub(*at) >= TRAIL_AGE)
        };
        let keys = self.visible().map(|(_, cluster, vm)| (cluster.name.clone(), vm.vmid));
        keys.filter(old).collect()
    }
}
