//! One node's key is another one, or revoked, while the helper runs: the other nodes go on.

use vm_autoscale_lab::{Control, Entry};
use vm_autoscale_protocol::{Request, Target};
use vm_autoscale_proxmox::NodeName;
use vm_autoscale_scheduler::{Helper as _, HelperClient, Purpose};
use vm_autoscale_tests::reaction::history;
use vm_autoscale_tests::stage::Play;

use super::*;
use crate::vmid;

/// Two nodes, each with a session.
struct Pair(Stage);

impl Pair {
    fn set() -> Self {
        let mut stage = Stage::set(&Play { nodes: 2, ..play(4, "") }).unwrap();
        stage.start_helper().unwrap();
        await_helper(&stage);
        let pair = Self(stage);
        for node in ["pve1", "pve2"] {
            pair.read(node).unwrap();
        }
        pair
    }

    /// Reads a config there; VMs are dealt out in turn.
    fn read(&self, node: &str) -> Result<Target, AskError> {
        let vmid = vmid(if node == "pve1" { 101 } else { 102 });
        let (cluster, node) = ("lab".try_into().unwrap(), NodeName::try_from(node).unwrap());
        let (owner, vmids) = (node.clone(), vec![vmid]);
        let read = Request::ReadConfigs { cluster, node: node.clone(), owner, vmids };
        let mut found = wait_for(self.client().read_configs(&read, Purpose::Look))?;
        let digest = found.remove(0).found.unwrap().digest;
        Ok(Target { cluster: "lab".try_into().unwrap(), node, vmid, digest })
    }

    fn change(&self, target: &Target) -> Result<i64, AskError> {
        let request = Request::SetVcpus { target: target.clone(), vcpus: 1.try_into().unwrap() };
        wait_for(self.client().execute(&request)).map(|executed| executed.exit)
    }

    fn client(&self) -> HelperClient {
        HelperClient::new(self.0.path("helper.sock"))
    }

    fn executed(&self, node: &str) -> usize {
        let all = history(&self.0, 0).unwrap();
        let there = |entry: &&Entry| entry.node.as_ref().is_some_and(|name| name.as_str() == node);
        all.iter().filter(there).count()
    }

    /// Nothing goes to the first node, whatever is asked; the second one notices nothing.
    fn only_the_first_is_refused(self, before: &Target, why: &str) {
        let (sent, stats) = (self.executed("pve1"), self.0.node_stats().unwrap());
        for error in [self.read("pve1").unwrap_err(), self.change(before).unwrap_err()] {
            let AskError::Helper(HelperError::HostKey { node, message }) = error else {
                panic!("{error}")
            };
            assert!(node.as_str() == "pve1" && message.contains(why), "{message}");
        }
        let said = self.0.helper.as_ref().unwrap().said();
        assert!(said.lines().any(|line| line.contains("pve1") && line.contains(why)), "{said}");
        let target = self.read("pve2").unwrap();
        assert_eq!(self.change(&target).unwrap(), 0);
        assert_eq!(self.executed("pve1"), sent, "something was sent");
        let now = self.0.node_stats().unwrap();
        assert_eq!((now.logins, now.auth_requests), (stats.logins, stats.auth_requests));
        self.0.strike().unwrap();
    }
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_key_that_is_revoked_meanwhile_stops_its_node_and_no_other() {
    let _turn = turn();
    let pair = Pair::set();
    let target = pair.read("pve1").unwrap();
    let right = std::fs::read_to_string(known_hosts(&pair.0)).unwrap();
    let key = right.lines().next().unwrap().split_once(' ').unwrap().1;
    std::fs::write(known_hosts(&pair.0), format!("{right}@revoked * {key}\n")).unwrap();
    pair.only_the_first_is_refused(&target, "revokes");
}

#[test]
fn a_node_that_comes_back_with_another_key_is_refused_and_no_other_is() {
    let _turn = turn();
    let pair = Pair::set();
    let (target, first) = (pair.read("pve1").unwrap(), NodeName::try_from("pve1").unwrap());
    pair.0.control(Control::NodeDown { node: first.clone() }).unwrap();
    pair.0.control(Control::NewHostKey { node: Some(first.clone()) }).unwrap();
    pair.0.control(Control::NodeUp { node: first }).unwrap();
    let known = known_hosts(&pair.0).display().to_string();
    pair.only_the_first_is_refused(&target, &known);
}
