//! What this process has of the machine.

use std::fmt;

use super::Tally;

/// As the kernel tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Machine {
    /// Resident memory in KiB.
    pub memory: u64,
    /// Open descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: u64,
}

impl Machine {
    /// Now; zeros where the kernel does not tell.
    #[must_use]
    pub fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let figure = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        let descriptors = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        Self { memory: figure("VmRSS"), descriptors, threads: figure("Threads") }
    }

    /// The larger of each.
    #[must_use]
    pub fn most(self, other: Self) -> Self {
        Self {
            memory: self.memory.max(other.memory),
            descriptors: self.descriptors.max(other.descriptors),
            threads: self.threads.max(other.threads),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MiB, {} descriptors", self.memory / 1024, self.descriptors)
    }
}

impl Tally {
    /// What grew since it was warm, and was to be flat.
    #[must_use]
    pub fn growth(&self) -> Vec<String> {
        let Some(warm) = self.warm else { return Vec::new() };
        let mut grew = Vec::new();
        // Allocators and the load's own waves.
        if self.most.memory > warm.memory * 5 / 4 + 16 * 1024 {
            grew.push(format!("I12: memory grew from {warm} to {}", self.most));
        }
        // Each journal reads and writes in threads of their own, which stay for a few seconds.
        if self.most.descriptors > warm.descriptors + 2 || self.most.threads > warm.threads + 8 {
            grew.push(format!("I12: from {warm:?} to {:?}", self.most));
        }
        grew
    }
}
