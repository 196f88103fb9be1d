use std::sync::{Arc, Mutex};
use std::time::Duration;

use vm_autoscale_protocol::{ConfigReply, Executed, Hello, HelperError};
use vm_autoscale_proxmox::{NodeName, VmId};

use super::*;
use crate::view::tests::{CONFIG, care, look_text};

/// A cluster with one VM, and how often its pools were read.
#[derive(Clone)]
struct Cluster(Arc<Mutex<State>>);

struct State {
    now: u64,
    answering: &'static str,
    start: u64,
    /// The counter over `user.cfg`.
    user_cfg: Option<u64>,
    pool: Result<&'static str, ()>,
    reads: u32,
}

impl Clock for Cluster {
    fn now(&self) -> Moment {
        Moment(Duration::from_secs(self.0.lock().unwrap().now))
    }

    async fn sleep_until(&self, _moment: Moment) {
        panic!("nothing waits")
    }
}

impl Helper for Cluster {
    async fn hello(&self) -> Result<Hello, AskError> {
        panic!("no look says hello")
    }

    fn generation(&self) -> u64 {
        1
    }

    async fn read_cluster(&self, _cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        let State { answering, start, user_cfg, .. } = *self.0.lock().unwrap();
        let text = look_text(answering, start, &[(101, "pve1", 5)]);
        let counter = user_cfg.map_or(String::new(), |n| format!(", \"user.cfg\": {n}"));
        let text = text.replace(&format!("{start}}}"), &format!("{start}{counter}}}"));
        Ok((answering.try_into().unwrap(), text))
    }

    async fn read_configs(
        &self,
        _request: &Request,
        _purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        Ok(vec![])
    }

    async fn read_pools(&self, _: &ClusterName, node: &NodeName) -> Result<String, AskError> {
        let mut state = self.0.lock().unwrap();
        state.reads += 1;
        assert_eq!(node.as_str(), state.answering, "asked of the node whose counter it is");
        let failed = HelperError::Failed { node: node.clone(), exit: 1, message: String::new() };
        let pool = state.pool.map_err(|()| AskError::Helper(failed))?;
        Ok(format!("/etc/pve/user.cfg:pool:{pool}::101::\n"))
    }

    async fn execute(&self, _request: &Request) -> Result<Executed, AskError> {
        panic!("nothing is changed")
    }
}

struct World {
    cluster: Cluster,
    view: View,
}

impl World {
    fn new() -> Self {
        let (answering, start, user_cfg) = ("pve1", 1, Some(3));
        let state = State { now: 1000, answering, start, user_cfg, pool: Ok("web"), reads: 0 };
        let cluster = Cluster(Arc::new(Mutex::new(state)));
        Self { cluster, view: View::default() }
    }

    /// So many looks, 10 s apart, after something happened: what the pool is by then, and how
    /// often it was read for that.
    async fn look(
        &mut self,
        times: u32,
        wants_pools: bool,
        happens: impl FnOnce(&mut State) + Send,
    ) -> (Option<&str>, u32) {
        happens(&mut self.cluster.0.lock().unwrap());
        let before = self.cluster.0.lock().unwrap().reads;
        for _ in 0..times {
            self.cluster.0.lock().unwrap().now += 10;
            let none = InFlight::new();
            let (cluster, view) = (&self.cluster, &mut self.view);
            let by_pool = "select: ['@pool-web']";
            let care = care(if wants_pools { by_pool } else { CONFIG });
            observe(cluster, cluster, &care, view, &none).await.unwrap();
        }
        let pools = self.view.pools.as_ref();
        let pool = pools.and_then(|pools| pools.of(VmId::try_from(101).unwrap()));
        (pool, self.cluster.0.lock().unwrap().reads - before)
    }
}

#[tokio::test]
async fn pools_are_read_when_they_are_wanted_and_moved() {
    let mut world = World::new();
    assert_eq!(world.look(20, false, |_| {}).await, (None, 0), "nobody asked");
    assert_eq!(world.look(20, true, |_| {}).await, (Some("web"), 1));
    let moved = |state: &mut State| (state.user_cfg, state.pool) = (Some(4), Ok("db"));
    assert_eq!(world.look(20, true, moved).await, (Some("db"), 1));
    // Counters of another node, or of another start of pmxcfs, say nothing of the ones before.
    assert_eq!(world.look(20, true, |state| state.answering = "pve2").await, (Some("db"), 1));
    assert_eq!(world.look(20, true, |state| state.start = 2).await, (Some("db"), 1));
}

#[tokio::test]
async fn what_was_not_read_is_read_again_but_not_at_every_look() {
    let mut world = World::new();
    assert_eq!(world.look(12, true, |state| state.pool = Err(())).await, (None, 2));
    assert_eq!(world.look(12, true, |state| state.pool = Ok("web")).await, (Some("web"), 1));
    // What was known of it before says nothing of now.
    let fails = |state: &mut State| (state.user_cfg, state.pool) = (Some(4), Err(()));
    assert_eq!(world.look(1, true, fails).await, (None, 1));
}

#[tokio::test]
async fn without_a_counter_they_are_read_once_a_minute() {
    let mut world = World::new();
    assert_eq!(world.look(18, true, |state| state.user_cfg = None).await, (Some("web"), 3));
}
