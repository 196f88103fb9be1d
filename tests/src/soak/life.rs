//! A process that is killed says and asks nothing more; what it had asked for goes on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vm_autoscale_planner::Moment;
use vm_autoscale_protocol::{ConfigReply, Executed, Hello, Request};
use vm_autoscale_proxmox::{ClusterName, NodeName};
use vm_autoscale_scheduler::{
    AskError, Clock, Counts, Event, Helper, Intent, Journal, JournalError, Notes, Pause, Purpose,
    Recalled, Settled,
};

/// One of a process's ports, for as long as the process lives.
#[derive(Debug, Clone)]
pub(super) struct Living<P> {
    port: P,
    killed: Arc<AtomicBool>,
}

impl<P> Living<P> {
    pub(super) fn new(port: P, killed: &Arc<AtomicBool>) -> Self {
        Self { port, killed: killed.clone() }
    }

    /// What a killed process was doing ends here, with all that it held. No panic hook is told.
    fn alive(&self) -> &P {
        if self.killed.load(Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new("killed"));
        }
        &self.port
    }
}

impl<C: Clock> Clock for Living<C> {
    fn now(&self) -> Moment {
        self.port.now()
    }

    fn wall(&self) -> u64 {
        self.port.wall()
    }

    async fn sleep_until(&self, moment: Moment) {
        self.alive().sleep_until(moment).await;
    }
}

impl<H: Helper> Helper for Living<H> {
    async fn hello(&self) -> Result<Hello, AskError> {
        self.alive().hello().await
    }

    fn generation(&self) -> u64 {
        self.port.generation()
    }

    async fn read_cluster(&self, cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        self.alive().read_cluster(cluster).await
    }

    async fn read_configs(
        &self,
        request: &Request,
        purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        self.alive().read_configs(request, purpose).await
    }

    async fn read_pools(&self, cluster: &ClusterName, node: &NodeName) -> Result<String, AskError> {
        self.alive().read_pools(cluster, node).await
    }

    async fn execute(&self, request: &Request) -> Result<Executed, AskError> {
        self.alive().execute(request).await
    }

    async fn execute_unless(
        &self,
        request: &Request,
        held: impl Fn() -> Option<String> + Send + Sync,
    ) -> Result<Executed, AskError> {
        self.alive().execute_unless(request, held).await
    }
}

impl<J: Journal> Journal for Living<J> {
    async fn recall(&self, cluster: &ClusterName) -> Result<Recalled, JournalError> {
        self.alive().recall(cluster).await
    }

    async fn intend(&self, now: Moment, intent: &Intent) -> Result<u64, JournalError> {
        self.alive().intend(now, intent).await
    }

    async fn settle(&self, now: Moment, id: u64, intent: &Intent, settled: &Settled) {
        self.alive().settle(now, id, intent, settled).await;
    }

    async fn keep(&self, notes: Notes) -> Result<(), JournalError> {
        self.alive().keep(notes).await
    }

    async fn pause(&self, pause: Pause) -> Result<Pause, JournalError> {
        self.alive().pause(pause).await
    }

    async fn resume(&self, numbers: Vec<u64>, by: Option<u32>) -> Result<Vec<Pause>, JournalError> {
        self.alive().resume(numbers, by).await
    }

    fn pauses(&self, now: Moment) -> Vec<Pause> {
        self.port.pauses(now)
    }

    fn counts(&self) -> Counts {
        self.port.counts()
    }

    fn recent(&self) -> Vec<Event> {
        self.port.recent()
    }

    fn file(&self) -> Option<&Path> {
        self.port.file()
    }

    fn notes(&self) -> Vec<String> {
        self.port.notes()
    }
}
