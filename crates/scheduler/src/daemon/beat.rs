//! The watchdog's food: a round in which every cluster's worker completed a cycle.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use vm_autoscale_proxmox::ClusterName;

use super::manager::Manager;
use crate::ClusterStatus;
use crate::status::Seen;

/// Characters of the line in `systemctl status`.
const WIDTH: usize = 160;

/// Hears of every completed cycle. One that ended with a problem is complete: what hinders it, a
/// new process would meet, too. One that hangs is not.
pub(crate) struct Beat {
    manager: Manager,
    /// How many changes were verified so far.
    changes: Box<dyn Fn() -> u64 + Send + Sync>,
    rounds: Mutex<Rounds>,
}

#[derive(Default)]
struct Rounds {
    clusters: BTreeMap<ClusterName, Cycle>,
    said: String,
}

/// What the last cycle of a cluster was like.
#[derive(Default)]
struct Cycle {
    /// Whether it came since the last pet.
    done: bool,
    vms: usize,
    problem: Option<String>,
}

impl Beat {
    pub(super) fn new<'c>(
        manager: Manager,
        clusters: impl Iterator<Item = &'c ClusterName>,
        changes: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        let clusters = clusters.map(|name| (name.clone(), Cycle::default())).collect();
        let rounds = Mutex::new(Rounds { clusters, said: String::new() });
        Self { manager, changes: Box::new(changes), rounds }
    }

    /// A cluster's cycle is complete.
    pub(crate) fn completed(&self, seen: &Seen) {
        let changes = (self.changes)();
        let (alive, line) = {
            // What is in it is whole after every statement.
            let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
            (rounds.complete(&seen.cluster, seen.vms.len()), rounds.line(changes))
        };
        if let Some(line) = line {
            self.manager.status(line);
        }
        if alive {
            self.manager.alive();
        }
    }
}

impl Rounds {
    /// Whether every cluster had one since this was true the last time.
    fn complete(&mut self, status: &ClusterStatus, vms: usize) -> bool {
        let problem = status.problem.clone();
        self.clusters.insert(status.name.clone(), Cycle { done: true, vms, problem });
        let all = self.clusters.values().all(|seen| seen.done);
        if all {
            self.clusters.values_mut().for_each(|seen| seen.done = false);
        }
        all
    }

    /// How it goes, where that is another line than before.
    fn line(&mut self, changes: u64) -> Option<String> {
        let ill = |(name, seen): (&ClusterName, &Cycle)| {
            let problem = seen.problem.as_ref()?.lines().next()?;
            Some(format!("cluster {name}: {problem}"))
        };
        let mut ills = self.clusters.iter().filter_map(ill);
        let line = if let Some(first) = ills.next() {
            let more = ills.count();
            if more > 0 { format!("{first} (and {more} more)") } else { first }
        } else {
            let vms: usize = self.clusters.values().map(|seen| seen.vms).sum();
            let clusters = self.clusters.len();
            let plural = |n: usize| if n == 1 { "" } else { "s" };
            format!(
                "{vms} VM{} in {clusters} cluster{}, {changes} changes, all well",
                plural(vms),
                plural(clusters)
            )
        };
        let line: String = line.chars().filter(|c| !c.is_control()).take(WIDTH).collect();
        (line != self.said).then(|| {
            self.said.clone_from(&line);
            line
        })
    }
}

impl fmt::Debug for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beat").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(name: &str, problem: Option<&str>) -> ClusterStatus {
        let status = serde_json::json!({
            "name": name, "answered_by": null, "problem": problem, "looks": 1, "look_ms": 1,
            "nodes": [], "vms": [],
        });
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn one_that_hangs_lets_the_watchdog_starve_and_one_with_a_problem_does_not() {
        let mut rounds = Rounds::default();
        for name in ["a", "b"] {
            rounds.clusters.insert(name.try_into().unwrap(), Cycle::default());
        }
        let (a, b, ill) = (status("a", None), status("b", None), status("b", Some("no answer")));
        assert!(!rounds.complete(&a, 0) && !rounds.complete(&a, 0) && rounds.complete(&b, 0));
        // The round is new: `a` counts once in it, however often it comes.
        assert!(!rounds.complete(&b, 0) && rounds.complete(&a, 0));
        assert!(!rounds.complete(&a, 0) && rounds.complete(&ill, 0));
        assert!((0..100).all(|_| !rounds.complete(&a, 0)), "b hangs");
    }

    #[test]
    fn the_line_says_what_is_wrong_once() {
        let mut rounds = Rounds::default();
        rounds.complete(&status("a", None), 0);
        assert_eq!(rounds.line(3).as_deref(), Some("0 VMs in 1 cluster, 3 changes, all well"));
        assert_eq!(rounds.line(3), None);
        rounds.complete(&status("b", Some("no answer\n  help: x")), 0);
        assert_eq!(rounds.line(3).as_deref(), Some("cluster b: no answer"));
        rounds.complete(&status("c", Some(&"x".repeat(1000))), 0);
        assert!(rounds.line(3).unwrap().contains("(and 1 more)"));
    }
}
