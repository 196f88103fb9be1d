//! Where the workers post what they see, and the daemon what it runs with.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use vm_autoscale_config::{Clusters, SchedulerConfig};
use vm_autoscale_protocol::NodeHealth;
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::{Question, RunningConfig};
use crate::claims::{Care, Claims};
use crate::daemon::Beat;
use crate::metrics::Tally;
use crate::notify::Tallies;
use crate::status::Seen;
use crate::{ClusterStatus, Journal, LastChange, Reload, StatusReport};

mod blocked;

/// A look that takes longer than this is told of before it ends.
const OVERDUE: Duration = Duration::from_secs(8);

type Posted = BTreeMap<ClusterName, Arc<Seen>>;

/// What is known, for whoever asks.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    tally: Mutex<Tally>,
    beat: OnceLock<Beat>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    clusters: Posted,
    /// Since when a cluster is looked at, where that has not ended.
    looking: BTreeMap<ClusterName, Instant>,
    watched: Option<Arc<Watched>>,
    running: Option<Arc<RunningConfig>>,
    reload: Option<Reload>,
    helper: Option<String>,
    helper_version: Option<String>,
    ways: Vec<NodeHealth>,
    tallies: Option<Arc<Tallies>>,
    /// Where each worker is asked.
    pub(super) asked: BTreeMap<ClusterName, mpsc::Sender<Question>>,
}

/// What notes are made of.
#[derive(Debug)]
struct Watched {
    config: Arc<SchedulerConfig>,
    clusters: Clusters,
    claims: Claims,
}

impl Board {
    /// From now on reports have notes on what the file says of VMs that are not there.
    pub(crate) fn watch(&self, config: Arc<SchedulerConfig>, clusters: Clusters, all: &[Care]) {
        let Some(claims) = all.first().map(|care| care.claims.clone()) else { return };
        self.state().watched = Some(Arc::new(Watched { config, clusters, claims }));
    }

    /// From now on completed cycles are passed on, too. Once.
    pub(crate) fn beat(&self, beat: Beat) {
        // There is one in a daemon's life.
        let _ = self.0.beat.set(beat);
    }

    /// A look begins.
    pub(crate) fn begin(&self, cluster: &ClusterName) {
        self.state().looking.insert(cluster.clone(), Instant::now());
    }

    /// A cycle is complete.
    pub(crate) fn post(&self, seen: Seen) {
        let (cluster, seen) = (seen.cluster.name.clone(), Arc::new(seen));
        {
            let mut state = self.state();
            state.looking.remove(&cluster);
            state.clusters.insert(cluster.clone(), seen.clone());
        }
        let seconds = Duration::from_millis(seen.cluster.look_ms).as_secs_f64();
        self.count(|tally| tally.cycle(&cluster, seconds));
        if let Some(beat) = self.0.beat.get() {
            beat.completed(&seen);
        }
    }

    /// A change has ended: nobody waits for the next look to hear of it.
    pub(crate) fn changed(&self, cluster: &ClusterName, vmid: VmId, last: &LastChange) {
        let mut state = self.state();
        let Some(seen) = state.clusters.get_mut(cluster) else { return };
        let vms = &mut Arc::make_mut(seen).vms;
        if let Some(vm) = vms.iter_mut().find(|vm| vm.vmid() == vmid) {
            vm.changed = Some(last.clone());
        }
    }

    /// The configuration that the daemon runs with.
    pub(crate) fn run_with(&self, running: RunningConfig) {
        self.state().running = Some(Arc::new(running));
    }

    pub(super) fn running(&self) -> Option<Arc<RunningConfig>> {
        self.state().running.clone()
    }

    /// What became of the last reload.
    pub(crate) fn reloaded(&self, reload: Reload) {
        self.state().reload = Some(reload);
    }

    /// Why there is no helper to work with yet.
    pub(crate) fn helper(&self, problem: Option<&str>) {
        self.state().helper = problem.map(str::to_owned);
    }

    /// The clusters and nodes of helper.yaml, once the helper was met.
    pub(super) fn hosts(&self) -> Clusters {
        self.state().watched.as_ref().map(|watched| watched.clusters.clone()).unwrap_or_default()
    }

    /// The version of the helper that answers; nothing where none does.
    pub(crate) fn helper_is(&self, version: Option<String>) {
        self.state().helper_version = version;
    }

    pub(super) fn helper_version(&self) -> Option<String> {
        self.state().helper_version.clone()
    }

    /// How the ways to the nodes are; none where that is not known.
    pub(crate) fn ways(&self, ways: Vec<NodeHealth>) {
        self.state().ways = ways;
    }

    /// How the ways to a cluster's nodes are, as far as that is known.
    pub(crate) fn ways_of(&self, cluster: &ClusterName) -> Vec<NodeHealth> {
        self.state().ways.iter().filter(|way| way.cluster == *cluster).cloned().collect()
    }

    /// Where it stands what became of messages.
    pub(crate) fn tells(&self, tallies: Arc<Tallies>) {
        self.state().tallies = Some(tallies);
    }

    /// Counts something.
    pub(crate) fn count(&self, add: impl FnOnce(&mut Tally)) {
        // What is in it is whole after every statement.
        add(&mut self.0.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What was counted so far.
    pub(crate) fn tally(&self) -> Tally {
        self.0.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was seen last.
    pub(crate) fn posted(&self) -> Vec<ClusterStatus> {
        let (clusters, _) = self.seen();
        clusters.values().map(|seen| seen.status()).collect()
    }

    /// Whether nothing may be changed at all.
    pub(crate) fn is_dry(&self) -> bool {
        self.running().is_some_and(|running| running.config.dry_run)
    }

    /// All that was seen last.
    pub fn report<J: Journal>(&self, journal: &J) -> StatusReport {
        self.report_of(journal, Seen::status)
    }

    /// The same without the VMs, of which there may be thousands.
    pub(crate) fn report_without_vms<J: Journal>(&self, journal: &J) -> StatusReport {
        self.report_of(journal, |seen| seen.cluster.clone())
    }

    fn report_of<J: Journal>(
        &self,
        journal: &J,
        shown: fn(&Seen) -> ClusterStatus,
    ) -> StatusReport {
        let (clusters, looking) = self.seen();
        let (watched, reload, helper, ways, tallies) = {
            let state = self.state();
            let (watched, reload) = (state.watched.clone(), state.reload.clone());
            let (helper, ways) = (state.helper.clone(), state.ways.clone());
            (watched, reload, helper, ways, state.tallies.clone())
        };
        // All this takes its time, and no worker is to wait for it.
        let notes = watched.as_ref().map(|w| w.claims.notes(&w.config, &w.clusters));
        let unseen = looking.iter().filter(|(name, _)| !clusters.contains_key(name));
        let unseen = unseen.map(|(name, time)| format!("cluster {name}: {}", late(*time)));
        let late = |name: &ClusterName| looking.get(name).map(|time| late(*time));
        let told = |(name, seen): (&ClusterName, &Arc<Seen>)| {
            let mut status = shown(seen);
            status.problem = status.problem.or_else(|| late(name));
            status
        };
        StatusReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            clusters: clusters.iter().map(told).collect(),
            notes: notes.unwrap_or_default(),
            hosts: watched.map(|watched| watched.clusters.clone()).unwrap_or_default(),
            counts: journal.counts(),
            recent: journal.recent(),
            reload,
            ways,
            channels: tallies.map(|tallies| tallies.report()).unwrap_or_default(),
            problems: journal.notes().into_iter().chain(helper).chain(unseen).collect(),
            ..StatusReport::default()
        }
    }

    /// What was posted, and which looks take too long.
    fn seen(&self) -> (Posted, BTreeMap<ClusterName, Duration>) {
        let state = self.state();
        let looking = state.looking.iter().map(|(name, since)| (name.clone(), since.elapsed()));
        (state.clusters.clone(), looking.filter(|(_, time)| *time >= OVERDUE).collect())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // What is in it is whole after every statement.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is older than a look that does not end is not told as if it were new.
fn late(time: Duration) -> String {
    let seconds = time.as_secs();
    format!(
        "the look that began {seconds} s ago has no answer yet: does the helper run? systemctl status vm-autoscale-helper"
    )
}

#[cfg(test)]
mod tests;
