//! The lab: a cluster, its clock, and the books.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use vm_autoscale_proxmox::{NodeCommand, NodeName, VmId};

use crate::cluster::Cluster;
use crate::execution::Execution;
use crate::history::{Entry, History};
use crate::info::{Usage, VmInfo};
use crate::real::{Image, Machine};
use crate::ssh::Keys;
use crate::stats::Stats;
use crate::vm::Release;
use crate::{Answer, Control, Error, Options, command, control, qm, reality};

/// A simulated cluster. Clones are the same lab.
#[derive(Debug, Clone)]
pub struct Lab {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    cluster: Mutex<Cluster>,
    /// Each node's, in the order of the options.
    power: Vec<(NodeName, watch::Sender<Power>)>,
    history: Mutex<History>,
    stats: Mutex<Stats>,
    keys: Mutex<Keys>,
    /// What real guests boot, where they are real.
    image: OnceLock<Arc<Image>>,
    hand: tokio::sync::Mutex<()>,
    started: Instant,
    qm_time: f64,
    interval: Duration,
}

/// Whether a node is there, and how often it has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Power {
    pub(crate) up: bool,
    pub(crate) boots: u32,
}

impl Lab {
    /// Makes the cluster and measures it once. Must be called within a tokio runtime whose clock
    /// it is to keep.
    ///
    /// # Errors
    /// Options that make no sense, a broken trace, or keys that cannot be made.
    pub fn new(options: &Options) -> Result<Self, Error> {
        options.check()?;
        let system =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut cluster = Cluster::new(options, options.epoch.unwrap_or(system))?;
        cluster.round(0.0);
        let on = Power { up: true, boots: 0 };
        let power = options.nodes.iter().map(|node| (node.clone(), watch::Sender::new(on)));
        let inner = Inner {
            cluster: Mutex::new(cluster),
            power: power.collect(),
            history: Mutex::default(),
            stats: Mutex::default(),
            keys: Mutex::new(Keys::generate(options)?),
            image: OnceLock::new(),
            hand: tokio::sync::Mutex::default(),
            started: Instant::now(),
            qm_time: options.qm_time,
            interval: Duration::from_secs_f64(options.interval),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Executes a line as the shell of the first node would.
    pub async fn execute(&self, line: &str) -> Answer {
        match self.nodes().first() {
            Some(node) => self.execute_on(node, line).await,
            None => Answer::fail("no node\n", 255),
        }
    }

    /// Executes a line as that node's shell would. Where the node dies meanwhile, what it was
    /// doing ends there and then, and nobody is answered before it is back.
    pub async fn execute_on(&self, node: &NodeName, line: &str) -> Answer {
        let Some(mut power) = self.power(node) else {
            return Answer::fail(format!("there is no node {node}\n"), 255);
        };
        let was = *power.borrow();
        tokio::select! {
            answer = self.run_on(node, line), if was.up => return answer,
            _ = power.wait_for(|now| *now != was) => {}
        }
        let _ = power.wait_for(|now| now.up).await;
        Answer::fail("", 255)
    }

    async fn run_on(&self, node: &NodeName, line: &str) -> Answer {
        let Ok(command) = NodeCommand::parse(line) else {
            let answer = Answer::fail("vm-autoscale-lab: not a command of vm-autoscale\n", 127);
            self.count(|stats| stats.refused += 1);
            Execution::begin(self, Some(node), line, "Refused", None).done(answer.exit);
            return answer;
        };
        let (kind, vmid) = (command::kind(&command), command::changes(&command));
        let mut execution = Execution::begin(self, Some(node), line, kind, vmid);
        self.unfrozen(node, kind).await;
        let answer = command::run(self, node, &command, &mut execution).await;
        execution.done(answer.exit);
        self.trouble(node).spoil(answer)
    }

    /// One round of every node's pvestatd at `now` since the lab's start.
    pub fn tick(&self, now: Duration) {
        self.cluster().round(now.as_secs_f64());
    }

    /// Rounds at the interval, for as long as the task runs.
    pub async fn pvestatd(self) {
        let interval = self.inner.interval;
        let mut rounds = tokio::time::interval_at(Instant::now() + interval, interval);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            reality::observe(&self).await;
            self.tick(self.inner.started.elapsed());
        }
    }

    /// Does what a fault or a foreign hand would.
    ///
    /// # Errors
    /// It names what is not there or cannot be.
    pub fn control(&self, control: Control) -> Result<(), Error> {
        let line = serde_json::to_string(&control).map_err(|e| Error::Control(e.to_string()))?;
        reality::possible(self, &control)?;
        let execution = Execution::begin(self, None, &line, "Control", control.vmid());
        match control::run(self, control.clone()) {
            Ok(()) => execution.done(0),
            Err(error) => {
                execution.forget();
                return Err(error);
            }
        }
        reality::follow(self, control);
        Ok(())
    }

    /// Does what an administrator types on a VM's node: `qm set`, `stop`, `start` or `reboot`.
    pub async fn type_line(&self, line: &str) -> Answer {
        qm::type_line(self, line).await
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = lock(&self.inner.stats).clone();
        stats.history_dropped = lock(&self.inner.history).dropped;
        stats
    }

    /// The history from entry `since` (from 0) on.
    #[must_use]
    pub fn history(&self, since: usize) -> Vec<Entry> {
        lock(&self.inner.history).entries.get(since..).unwrap_or_default().to_vec()
    }

    /// Takes the history out of the lab, so that a long run does not fill it: what comes next is
    /// entry 0.
    #[must_use]
    pub fn take_history(&self) -> Vec<Entry> {
        std::mem::take(&mut lock(&self.inner.history).entries)
    }

    /// Every VM as it really is.
    #[must_use]
    pub fn vms(&self) -> Vec<VmInfo> {
        let now = self.now();
        let mut cluster = self.cluster();
        let t = cluster.load_time(now);
        cluster.vms.values_mut().for_each(|vm| vm.depart(now, t));
        let cluster = &cluster;
        cluster.vms.values().map(|vm| VmInfo::of(vm, cluster.running(vm), t)).collect()
    }

    /// What each running VM's guest uses.
    #[must_use]
    pub fn usage(&self) -> Vec<Usage> {
        let (now, cluster) = (self.now(), self.cluster());
        let t = cluster.load_time(now);
        cluster.vms.values().filter_map(|vm| Usage::of(vm, t)).collect()
    }

    /// Seconds since the lab's start.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.inner.started.elapsed().as_secs_f64()
    }

    /// The nodes, in the order of the options.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeName> {
        self.inner.power.iter().map(|(node, _)| node.clone()).collect()
    }

    /// When it began.
    pub(crate) fn started(&self) -> Instant {
        self.inner.started
    }

    pub(crate) fn cluster(&self) -> MutexGuard<'_, Cluster> {
        lock(&self.inner.cluster)
    }

    /// A node's power, to be watched.
    pub(crate) fn power(&self, node: &NodeName) -> Option<watch::Receiver<Power>> {
        let mut all = self.inner.power.iter();
        all.find_map(|(name, power)| (name == node).then(|| power.subscribe()))
    }

    pub(crate) fn set_power(&self, node: &NodeName, up: bool) {
        for (_, power) in self.inner.power.iter().filter(|(name, _)| name == node) {
            power.send_modify(|power| {
                power.boots += u32::from(up && !power.up);
                power.up = up;
            });
        }
    }

    pub(crate) fn image(&self) -> Option<Arc<Image>> {
        self.inner.image.get().cloned()
    }

    pub(crate) fn set_image(&self, image: Image) {
        // Set once, when the lab begins.
        let _ = self.inner.image.set(Arc::new(image));
        self.cluster().real = true;
    }

    /// Whoever has it starts and ends real VMs, nobody else.
    pub(crate) fn hand(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.hand
    }

    /// The process of a real VM.
    pub(crate) fn real(&self, vmid: VmId) -> Option<Arc<Machine>> {
        let cluster = self.cluster();
        Some(cluster.vms.get(&vmid)?.real.as_ref()?.machine.clone())
    }

    /// How quick the VM's guest is.
    pub(crate) fn release(&self, vmid: VmId) -> Release {
        self.cluster().vms.get(&vmid).map(|vm| vm.release).unwrap_or_default()
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, Keys> {
        lock(&self.inner.keys)
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Stats)) {
        count(&mut lock(&self.inner.stats));
    }

    /// The scale of recorded times.
    pub(crate) fn qm_time(&self) -> f64 {
        self.inner.qm_time
    }

    /// Recorded seconds in the lab's own.
    pub(crate) fn scaled(&self, recorded: f64) -> f64 {
        recorded * self.inner.qm_time
    }

    /// Waits as long as the recorded seconds, scaled.
    pub(crate) async fn pause(&self, recorded: f64) {
        let seconds = self.scaled(recorded);
        if seconds > 0.0 {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        }
    }

    pub(crate) fn write_down(&self, entry: Entry) {
        lock(&self.inner.history).push(entry);
    }
}

/// A panic elsewhere is shown elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
