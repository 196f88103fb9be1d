//! When looks are taken.

use std::sync::{Arc, Mutex};

use vm_autoscale_protocol::{ConfigReply, Executed, Hello, Request};
use vm_autoscale_proxmox::{ClusterName, NodeName};

use super::super::tests::orders;
use super::super::*;
use crate::view::tests::{care, look_text};
use crate::{AskError, MemoryJournal, Purpose};

/// A helper that takes no time and tells the worker to stop after some looks; and a clock by
/// which time passes by waiting only.
#[derive(Clone)]
struct Watch(Arc<Mutex<State>>);

struct State {
    now: Moment,
    looks: Vec<u64>,
    stop: watch::Sender<bool>,
}

impl Clock for Watch {
    fn now(&self) -> Moment {
        self.0.lock().unwrap().now
    }

    async fn sleep_until(&self, moment: Moment) {
        self.0.lock().unwrap().now = moment;
    }
}

impl Helper for Watch {
    async fn hello(&self) -> Result<Hello, AskError> {
        panic!("no look says hello")
    }

    fn generation(&self) -> u64 {
        1
    }

    async fn read_cluster(&self, _cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        let mut state = self.0.lock().unwrap();
        let now = state.now.0.as_secs();
        state.looks.push(now);
        if state.looks.len() >= 4 {
            state.stop.send(true).unwrap();
        }
        Ok(("pve1".try_into().unwrap(), look_text("pve1", 1, &[])))
    }

    async fn read_configs(
        &self,
        _request: &Request,
        _purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        panic!("there is no VM")
    }

    async fn read_pools(&self, _: &ClusterName, _: &NodeName) -> Result<String, AskError> {
        panic!("no pools are asked for")
    }

    async fn execute(&self, _request: &Request) -> Result<Executed, AskError> {
        panic!("nothing is changed")
    }
}

/// The seconds of the first four looks.
async fn looks(file: &str) -> Vec<u64> {
    let (stop, stopped) = watch::channel(false);
    let state = State { now: Moment::default(), looks: vec![], stop };
    let watch = Watch(Arc::new(Mutex::new(state)));
    let worker = Worker {
        care: care(file),
        cares: orders(care(file)),
        clock: watch.clone(),
        helper: watch.clone(),
        journal: MemoryJournal::default(),
        board: Board::default(),
        notifier: Notifier::default(),
        stop: stopped,
    };
    worker.run().await;
    let state = watch.0.lock().unwrap();
    // It may have begun one more before it heard of the stop.
    state.looks.iter().take(4).copied().collect()
}

/// `"observe_interval"`, 10 s where nothing is said.
#[tokio::test]
async fn looks_are_as_far_apart_as_the_file_says() {
    assert_eq!(looks("{}").await, [0, 10, 20, 30]);
    assert_eq!(looks("observe_interval: 3").await, [0, 3, 6, 9]);
}
