//! Who may be connected: nobody takes all the places, and root finds one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections at a time.
pub(super) const ALL: usize = 16;
/// So many of them are for root alone.
pub(super) const OF_ROOT: usize = 2;
/// What one user has at most, but for root.
pub(super) const OF_ONE: usize = 4;

/// How many connections each user has.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<Mutex<BTreeMap<u32, usize>>>);

/// It is free again when it is dropped.
pub(super) struct Place {
    places: Places,
    uid: u32,
}

impl Places {
    /// Nothing where there is none for this user.
    pub(super) fn take(&self, uid: u32) -> Option<Place> {
        let mut taken = self.taken();
        let all: usize = taken.values().sum();
        let of_root = taken.get(&0).copied().unwrap_or_default();
        let own = taken.entry(uid).or_default();
        let may = if uid == 0 {
            all < ALL
        } else {
            all < ALL && all.saturating_sub(of_root) < ALL - OF_ROOT && *own < OF_ONE
        };
        may.then(|| {
            *own += 1;
            Place { places: self.clone(), uid }
        })
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<u32, usize>> {
        // What is in it is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.uid) {
            *own = own.saturating_sub(1);
        }
        // Users come and go.
        taken.retain(|_, own| *own > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_has_four_and_root_finds_a_place() {
        let places = Places::default();
        let mut held: Vec<Place> = (0..9).filter_map(|_| places.take(1000)).collect();
        assert_eq!(held.len(), OF_ONE);
        held.extend((1001..1100).filter_map(|uid| places.take(uid)));
        assert_eq!(held.len(), ALL - OF_ROOT);
        let root: Vec<Place> = (0..9).filter_map(|_| places.take(0)).collect();
        assert_eq!(root.len(), OF_ROOT);
        // One that ends makes room, and nobody is remembered.
        held.remove(0);
        assert!(places.take(1000).is_some());
        drop((held, root));
        assert_eq!(places.taken().len(), 0);
    }

    /// Also while root has many: no more than there are.
    #[test]
    fn there_are_no_more_than_all() {
        let places = Places::default();
        let root: Vec<Place> = (0..20).filter_map(|_| places.take(0)).collect();
        assert_eq!((root.len(), places.take(1000).is_none()), (ALL, true));
    }
}
