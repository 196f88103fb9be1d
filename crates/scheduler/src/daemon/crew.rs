//! One worker a cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument as _;
use vm_autoscale_config::{Clusters, SchedulerConfig};
use vm_autoscale_proxmox::ClusterName;

use crate::claims::Care;
use crate::control::Board;
use crate::notify::Notifier;
use crate::worker::{Order, Worker};
use crate::{Clock, Helper, Journal};

/// Where a configuration that was read anew is sent to.
pub(super) type Cares = BTreeMap<ClusterName, watch::Sender<Order>>;

/// Workers that have not begun.
pub(super) struct Crew<C, H, J> {
    workers: Vec<Worker<C, H, J>>,
    cares: Cares,
}

impl<C: Clock, H: Helper, J: Journal> Crew<C, H, J> {
    pub(super) fn new(
        (clock, helper, journal): (C, H, J),
        config: &Arc<SchedulerConfig>,
        clusters: Clusters,
        board: &Board,
        notifier: &Notifier,
        stop: &watch::Receiver<bool>,
    ) -> Self {
        let all = Care::of_all(config, &clusters);
        board.watch(config.clone(), clusters, &all);
        let (mut workers, mut cares) = (Vec::new(), Cares::new());
        for care in all {
            let order = Order { care: care.clone(), notifier: notifier.clone() };
            let (sender, receiver) = watch::channel(order);
            cares.insert(care.cluster.clone(), sender);
            workers.push(Worker {
                care,
                cares: receiver,
                clock: clock.clone(),
                helper: helper.clone(),
                journal: journal.clone(),
                board: board.clone(),
                notifier: notifier.clone(),
                stop: stop.clone(),
            });
        }
        Self { workers, cares }
    }

    /// They work until they are told to stop.
    pub(super) fn begin(self) -> (JoinSet<()>, Cares) {
        let mut workers = JoinSet::new();
        for worker in self.workers {
            // Of the level that is never switched off: its field belongs to each line of a cluster.
            let span = tracing::error_span!("cluster", cluster = %worker.care.cluster);
            workers.spawn(worker.run().instrument(span));
        }
        (workers, self.cares)
    }
}

/// Lets the daemon's workers work over any clock, helper and journal until `stop` turns true, and
/// what is under way then is read back. What they see is on the board.
pub async fn work_over<C: Clock, H: Helper, J: Journal>(
    ports: (C, H, J),
    config: &Arc<SchedulerConfig>,
    clusters: Clusters,
    board: &Board,
    stop: &watch::Receiver<bool>,
) {
    let (_same, configs) = watch::channel(config.clone());
    work_by(ports, configs, clusters, board, stop).await;
}

/// The same by whatever configuration was sent last, as after a reload.
pub async fn work_by<C: Clock, H: Helper, J: Journal>(
    ports: (C, H, J),
    mut configs: watch::Receiver<Arc<SchedulerConfig>>,
    clusters: Clusters,
    board: &Board,
    stop: &watch::Receiver<bool>,
) {
    let (config, notifier) = (configs.borrow_and_update().clone(), Notifier::default());
    let crew = Crew::new(ports, &config, clusters.clone(), board, &notifier, stop);
    let (mut workers, cares) = crew.begin();
    loop {
        tokio::select! {
            ended = workers.join_next() => if ended.is_none() { return },
            Ok(()) = configs.changed() => {
                let config = configs.borrow_and_update().clone();
                hand_on(&cares, &config, &clusters, (board, &notifier));
            }
        }
    }
}

/// From the next cycle of each worker on this configuration holds.
pub(super) fn hand_on(
    cares: &Cares,
    config: &Arc<SchedulerConfig>,
    clusters: &Clusters,
    (board, notifier): (&Board, &Notifier),
) {
    let all = Care::of_all(config, clusters);
    board.watch(config.clone(), clusters.clone(), &all);
    for care in all {
        if let Some(worker) = cares.get(&care.cluster) {
            worker.send_replace(Order { care, notifier: notifier.clone() });
        }
    }
}
