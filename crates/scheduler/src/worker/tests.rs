use std::sync::{Arc, Mutex};

use vm_autoscale_protocol::{ConfigReply, Executed, Hello, Request};
use vm_autoscale_proxmox::{ClusterName, NodeName};

use super::*;
use crate::view::tests::{CONFIG, care, look_text};
use crate::{AskError, MemoryJournal, Purpose};

/// Time passes by reading configs only.
#[derive(Clone)]
struct Slow {
    now: Arc<Mutex<Duration>>,
    takes: Duration,
}

impl Clock for Slow {
    fn now(&self) -> Moment {
        Moment(*self.now.lock().unwrap())
    }

    async fn sleep_until(&self, moment: Moment) {
        *self.now.lock().unwrap() = moment.0;
    }
}

impl Helper for Slow {
    async fn hello(&self) -> Result<Hello, AskError> {
        panic!("no look says hello")
    }

    fn generation(&self) -> u64 {
        1
    }

    async fn read_cluster(&self, _cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        let text = look_text("pve1", 1, &[(101, "pve1", 5), (102, "pve2", 6)]);
        Ok(("pve1".try_into().unwrap(), text))
    }

    async fn read_configs(
        &self,
        _request: &Request,
        _purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        *self.now.lock().unwrap() += self.takes;
        Err(AskError::NoAnswer("slow".to_owned()))
    }

    async fn read_pools(&self, _: &ClusterName, _: &NodeName) -> Result<String, AskError> {
        panic!("no pools are asked for")
    }

    async fn execute(&self, _request: &Request) -> Result<Executed, AskError> {
        panic!("nothing is changed")
    }
}

/// A worker's orders that never change.
pub(super) fn orders(care: Care) -> watch::Receiver<Order> {
    watch::channel(Order { care, notifier: Notifier::default() }).1
}

/// One look whose configs take so long: how many VMs have a sample then, and how long it took.
async fn look(takes: u64) -> (usize, u64) {
    let takes = Duration::from_secs(takes);
    let slow = Slow { now: Arc::new(Mutex::new(Duration::from_secs(1000))), takes };
    let worker = Worker {
        care: care(CONFIG),
        cares: orders(care(CONFIG)),
        clock: slow.clone(),
        helper: slow.clone(),
        journal: MemoryJournal::default(),
        board: Board::default(),
        notifier: Notifier::default(),
        stop: watch::channel(false).1,
    };
    let mut memory = Memory::new(planner_config(worker.care.roster.config()), 1);
    let (done, _finished) = mpsc::unbounded_channel();
    let begun = slow.now();
    worker.cycle(&mut memory, begun, &done).await;
    let samples = memory.view.vms.values().filter(|vm| vm.sample.is_some()).count();
    (samples, slow.now().since(begun).as_secs())
}

/// And a node that is slow with one owner's configs is not asked for the next one's.
#[tokio::test]
async fn what_was_measured_before_a_long_look_is_not_believed() {
    assert_eq!(look(5).await, (2, 5));
    assert_eq!(look(40).await, (0, 40));
}
