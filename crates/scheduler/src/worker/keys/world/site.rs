//! One cluster as its helper tells of it, and its time.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;

use vm_autoscale_protocol::{ConfigReply, Executed, FoundConfig, Hello, Request};
use vm_autoscale_proxmox::{ClusterName, Digest, NodeName};

use super::*;
use crate::{AskError, Purpose};

#[derive(Clone)]
pub(in crate::worker::keys) struct Site(Arc<Mutex<State>>);

/// 08:00 on a Monday in UTC: what the clock that people set says at first.
const MONDAY: u64 = 1_795_420_800;

struct State {
    now: u64,
    /// What that clock is ahead of the other by.
    ahead: u64,
    scene: Scene,
    guests: Vec<Guest>,
}

struct Guest {
    vmid: u32,
    node: &'static str,
    /// Its name; it is its tag, too, and its pool.
    name: &'static str,
    vcpus: u32,
    cpulimit: String,
    memory: u32,
    balloon: Option<u32>,
    version: u64,
}

impl Site {
    pub(super) fn new(cluster: &str, scene: Scene) -> Self {
        let guest = |vmid, node, name| Guest {
            vmid,
            node,
            name,
            vcpus: 4,
            cpulimit: "0".to_owned(),
            memory: 4096,
            balloon: None,
            version: 1,
        };
        let guests = match cluster {
            "home" => {
                vec![guest(101, "pve1", "web"), guest(102, "pve2", "db"), guest(103, "pve1", "pal")]
            }
            _ => vec![guest(101, "far1", "mail")],
        };
        Self(Arc::new(Mutex::new(State { now: 0, ahead: MONDAY, scene, guests })))
    }

    pub(super) fn set(&self, now: u64) {
        let mut state = self.0.lock().unwrap();
        state.now = now;
        if state.scene.others == Some(now) {
            state.guests.iter_mut().for_each(|guest| {
                guest.vcpus += 1;
                guest.version += 1;
            });
        }
    }

    /// Somebody sets the clock that people set.
    pub(in crate::worker::keys) fn set_wall(&self, wall: u64) {
        let mut state = self.0.lock().unwrap();
        state.ahead = wall.wrapping_sub(state.now);
    }

    /// What was decided is so.
    pub(super) fn apply(&self, vmid: VmId, step: Move) {
        let mut state = self.0.lock().unwrap();
        let guest = state.guests.iter_mut().find(|guest| guest.vmid == vmid.get()).unwrap();
        guest.version += 1;
        match step {
            Move::Cpu { to, .. } => guest.vcpus = to.get(),
            Move::CpuLimit { to, .. } => guest.cpulimit = to.to_string(),
            Move::Memory { to, .. } => guest.memory = to.get(),
            Move::Balloon { to, .. } => guest.balloon = Some(to.get()),
        }
    }
}

impl State {
    fn text(&self) -> String {
        let entry = |Guest { vmid, node, version, .. }: &Guest| {
            format!(r#""{vmid}": {{"node": "{node}", "type": "qemu", "version": {version}}}"#)
        };
        let ids: Vec<String> = self.guests.iter().map(entry).collect();
        let vmlist = format!("/etc/pve/.vmlist:{{\"ids\": {{{}}}}}\n", ids.join(", "));
        let rrd = self.rrd();
        format!(
            "/etc/pve/.version:{{\"starttime\": 1}}\n\
             /etc/pve/.members:{{\"nodename\": \"{}\", \"cluster\": {{\"quorate\": 0}}}}\n\
             {vmlist}{rrd}{vmlist}{rrd}",
            self.guests[0].node
        )
    }

    fn rrd(&self) -> String {
        const MIB: f64 = 1_048_576.0;
        const PREFIX: &str = "/etc/pve/.rrd:pve2";
        let (now, Scene { from, cores, mib, nodes, .. }) = (self.now, self.scene);
        let (cores, mib) = if now < from { (2.0, 2048.0) } else { (cores, mib) };
        let (at, used) = (9000 + now, mib * MIB);
        let mut rrd = String::new();
        let mut nodes_told = BTreeSet::new();
        for Guest { vmid, vcpus, memory, node, .. } in &self.guests {
            let (share, memory) = (cores / f64::from(*vcpus), f64::from(*memory) * MIB);
            let total = 65_536.0 * MIB;
            let full = total * nodes;
            writeln!(
                rrd,
                "{PREFIX}.3-vm/{vmid}:{at}:x:running:0:{at}:{vcpus}:{share}:{memory}:{used}:0:0:1:2:3:4"
            )
            .unwrap();
            if nodes_told.insert(node) {
                writeln!(
                    rrd,
                    "{PREFIX}-node/{node}:{at}::{at}:0.5:16:{nodes}:0.01:{total}:{full}:0:0:1:1:1:1"
                )
                .unwrap();
            }
        }
        rrd
    }
}

impl Clock for Site {
    fn now(&self) -> Moment {
        Moment(Duration::from_secs(self.0.lock().unwrap().now))
    }

    fn wall(&self) -> u64 {
        let state = self.0.lock().unwrap();
        state.ahead.wrapping_add(state.now)
    }

    async fn sleep_until(&self, _moment: Moment) {
        panic!("nothing waits")
    }
}

impl Helper for Site {
    async fn hello(&self) -> Result<Hello, AskError> {
        panic!("no look says hello")
    }

    fn generation(&self) -> u64 {
        1
    }

    async fn read_cluster(&self, _cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        let state = self.0.lock().unwrap();
        Ok((state.guests[0].node.try_into().unwrap(), state.text()))
    }

    async fn read_configs(
        &self,
        request: &Request,
        _purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        let Request::ReadConfigs { vmids, .. } = request else { panic!("{request:?}") };
        let state = self.0.lock().unwrap();
        let found = |vmid: &VmId| {
            let guest = state.guests.iter().find(|guest| guest.vmid == vmid.get()).unwrap();
            let Guest { name, vcpus, cpulimit, memory, balloon, .. } = guest;
            let balloon = balloon.map(|mib| format!("balloon: {mib}\n")).unwrap_or_default();
            let text = format!(
                "name: {name}1\ntags: {name}\ncores: 8\nvcpus: {vcpus}\ncpulimit: {cpulimit}\n\
                 memory: {memory}\n{balloon}shares: 0\nnuma: 1\nhotplug: cpu,memory\n"
            );
            let found = Some(FoundConfig { digest: Digest::from_bytes([1; 20]), text });
            ConfigReply { vmid: *vmid, found }
        };
        Ok(vmids.iter().map(found).collect())
    }

    async fn read_pools(&self, _: &ClusterName, _: &NodeName) -> Result<String, AskError> {
        let state = self.0.lock().unwrap();
        let pool =
            |guest: &Guest| format!("/etc/pve/user.cfg:pool:{}::{}::\n", guest.name, guest.vmid);
        Ok(state.guests.iter().map(pool).collect())
    }

    async fn execute(&self, _request: &Request) -> Result<Executed, AskError> {
        panic!("nothing is sent where there is no quorum")
    }
}
