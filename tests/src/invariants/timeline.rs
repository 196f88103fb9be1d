//! A value as it was at each moment of the last half hour.

use std::collections::VecDeque;

/// No change takes longer, and no cooldown.
pub(super) const KEPT: f64 = 1800.0;

#[derive(Debug, Clone)]
pub(super) struct Timeline<T>(VecDeque<(f64, T)>);

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: PartialEq> Timeline<T> {
    /// It is so from then on.
    pub(super) fn set(&mut self, time: f64, value: T) {
        if self.0.back().is_none_or(|(_, last)| *last != value) {
            self.0.push_back((time, value));
        }
        // The one that held when the kept time began is needed, too.
        while self.0.get(1).is_some_and(|(at, _)| *at < time - KEPT) {
            self.0.pop_front();
        }
    }

    /// What it was at that moment, and since when.
    pub(super) fn at(&self, time: f64) -> Option<(f64, &T)> {
        let last = self.0.iter().rev().find(|(at, _)| *at <= time);
        last.map(|(at, value)| (*at, value))
    }
}

/// As many are kept, however old: a change under way may go by one that others have followed.
const LEAST: usize = 16;

/// Drops what ended before the kept time, but for the last ones.
pub(super) fn prune<T>(list: &mut VecDeque<T>, now: f64, end: impl Fn(&T) -> f64) {
    while list.len() > LEAST && list.front().is_some_and(|first| end(first) < now - KEPT) {
        list.pop_front();
    }
}
