//! Nodes that die, hang, say nothing, let nobody in or speak rubbish: named rightly, asked no more
//! than is due, and nobody else waits for them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use vm_autoscale_lab::Control;
use vm_autoscale_protocol::{NodeHealth, NodeState};
use vm_autoscale_proxmox::NodeName;
use vm_autoscale_scheduler::{AskError, Helper as _, HelperClient};
use vm_autoscale_tests::fault_proxy::{Fault, FaultProxy, Way};
use vm_autoscale_tests::programs::{command, directory, pause};
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{await_helper, load, play, truth, turn, vmid};

mod answers;
mod hung;
mod logins;
mod others;
mod stopped;

/// Within which another node answers.
const CYCLE: Duration = Duration::from_secs(10);
const TIME: Duration = Duration::from_secs(60);

/// A stage and a proxy before each node.
struct Troubled {
    stage: Stage,
    proxies: Vec<FaultProxy>,
}

impl Troubled {
    /// Sets the stage and starts the helper.
    fn set(play: &Play) -> Self {
        let mut stage = Stage::set(play).unwrap();
        let lab = stage.path("lab");
        let mut known_hosts = std::fs::read_to_string(lab.join("known_hosts")).unwrap();
        let (mut proxies, mut reached): (Vec<_>, Vec<(String, SocketAddr)>) = (vec![], vec![]);
        for (seed, (name, address)) in (1..).zip(stage.nodes()) {
            let proxy = FaultProxy::start(address, seed).unwrap();
            let port = |port: u16| format!("]:{port} ");
            known_hosts = known_hosts.replace(&port(address.port()), &port(proxy.address().port()));
            reached.push((name, proxy.address()));
            proxies.push(proxy);
        }
        std::fs::write(stage.path("known_hosts"), known_hosts).unwrap();
        stage
            .write_helper_yaml(&reached, "root", &login(&stage), &stage.path("known_hosts"))
            .unwrap();
        stage.start_helper().unwrap();
        await_helper(&stage);
        Self { stage, proxies }
    }

    fn of(nodes: u32) -> Self {
        Self::set(&Play { nodes, ..play(6, "") })
    }

    /// Looks at the cluster; who answered, and its text.
    fn look(&self) -> Result<(String, String), AskError> {
        let client = self.client();
        let read = block_on(client.read_cluster(&"lab".try_into().unwrap()));
        read.map(|(node, text)| (node.to_string(), text))
    }

    fn answered_by(&self) -> String {
        self.look().unwrap_or_else(|error| panic!("{error}\n{}", self.stage.last_words())).0
    }

    fn client(&self) -> HelperClient {
        HelperClient::new(self.stage.path("helper.sock"))
    }

    /// What the helper says of that node.
    fn health(&self, node: &str) -> NodeHealth {
        let nodes = block_on(self.client().nodes()).unwrap();
        nodes.into_iter().find(|health| health.node.as_str() == node).unwrap()
    }

    fn said(&self) -> String {
        self.stage.helper.as_ref().unwrap().said()
    }
}

fn login(stage: &Stage) -> String {
    format!("identity: {}", stage.path("lab").join("id_ed25519").display())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

fn node(name: &str) -> NodeName {
    name.try_into().unwrap()
}

#[test]
fn another_node_answers_within_a_cycle() {
    let _turn = turn();
    // So many that their text goes out in several pieces.
    let troubled = Troubled::set(&Play { nodes: 3, ..play(600, "") });
    assert_eq!(troubled.answered_by(), "pve1");
    let faults = [
        ("half-open", Fault::Silent(Way::Both), "pve2"),
        ("half-open outwards", Fault::Silent(Way::Out), "pve3"),
        ("reset", Fault::Reset, "pve1"),
        // A part of its answer was passed on by then.
        ("cut in its answer", Fault::Cut(Way::Out, 150_000), "pve2"),
        ("slow", Fault::Delay(Duration::from_secs(4)), "pve3"),
    ];
    for (index, (what, fault, next)) in faults.into_iter().enumerate() {
        let (proxy, was) = (&troubled.proxies[index % 3], format!("pve{}", index % 3 + 1));
        proxy.set(fault);
        let begun = Instant::now();
        let (answered_by, text) = troubled.look().unwrap();
        let took = begun.elapsed();
        assert_eq!(answered_by, next, "{what}");
        assert!(took < CYCLE, "{what}: {took:?}");
        assert!(text.len() > 200_000, "{what}: all passes before the cut");
        assert_eq!(text.matches("/etc/pve/.version:{").count(), 1, "{what}: of two nodes");
        let read = vm_autoscale_proxmox::ClusterRead::parse(&text).unwrap();
        assert_eq!(read.vms.len(), 600, "{what}");
        let health = troubled.health(&was);
        assert_eq!(health.state, NodeState::Unreachable, "{what}: {health:?}");
        assert!(health.error.is_some() && troubled.health(next).state == NodeState::Up, "{what}");
        // It stays there, and the other one is left alone.
        let connections = proxy.connections();
        assert_eq!((troubled.answered_by().as_str(), proxy.connections()), (next, connections));
        proxy.set(Fault::Reset);
        pause(Duration::from_millis(100));
        proxy.set(Fault::None);
    }
    troubled.stage.strike().unwrap();
}

/// The scheduler goes on at the other node, by configs that it has from there.
#[test]
fn all_configs_are_read_anew_at_the_other_node() {
    let _turn = turn();
    let mut troubled = Troubled::of(3);
    troubled.stage.start_scheduler().unwrap();
    let by = |node: &'static str, looks: u64| {
        move |status: &vm_autoscale_scheduler::StatusReport| {
            status.clusters.iter().any(|cluster| {
                cluster.looks >= looks
                    && cluster.answered_by.as_ref().is_some_and(|by| by.as_str() == node)
                    && cluster.vms.iter().all(|vm| vm.vcpus.is_some())
            })
        }
    };
    troubled.stage.until(TIME, by("pve1", 3)).unwrap();
    let before = troubled.stage.node_stats().unwrap().commands["ReadConfigs"];
    troubled.proxies[0].set(Fault::Silent(Way::Both));
    troubled.stage.until(CYCLE, by("pve2", 3)).unwrap();
    // Two VMs a node, a command a node.
    let after = troubled.stage.node_stats().unwrap().commands["ReadConfigs"];
    assert_eq!(after - before, 3, "{}", troubled.stage.last_words());
    let status = troubled.stage.status().unwrap();
    assert_eq!(status.clusters[0].vms.len(), 6);
    // Whoever asks for the status is told of the node, although all goes on without it.
    let named = |ill: &String| ill.starts_with("node pve1 of cluster lab: unreachable for ");
    let told = troubled.stage.until(CYCLE * 2, |status| status.ills().iter().any(named)).unwrap();
    assert_eq!(told.ills().len(), 1, "{told:?}");
    let mut ask = command(directory().unwrap().join("vm-autoscale"));
    let config = troubled.stage.path("config.yaml");
    let asked = ask.arg("status").arg("--config").arg(config).output().unwrap();
    let said = String::from_utf8(asked.stdout).unwrap();
    assert_eq!(asked.status.code(), Some(1), "{said}");
    assert!(said.starts_with("NOT WELL: node pve1 of cluster lab: unreachable for "), "{said}");
    troubled.stage.strike().unwrap();
}
