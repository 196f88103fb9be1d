//! How a lab is set up.

use std::path::PathBuf;

use vm_autoscale_proxmox::{ClusterName, NodeName};

use crate::Error;

/// What a lab is made from. The same options make the same lab.
#[derive(Debug, Clone)]
pub struct Options {
    /// The nodes' names; VMs are dealt out to them in turn.
    pub nodes: Vec<NodeName>,
    /// The cluster's name; a node in no cluster has none.
    pub cluster: Option<ClusterName>,
    /// How many VMs.
    pub vms: u32,
    /// What the loads grow from.
    pub seed: u64,
    /// Seconds between two rounds of pvestatd; 10 on a real node.
    pub interval: f64,
    /// How long `qm` takes, as a share of the recorded time.
    pub qm_time: f64,
    /// Seconds of load time per second.
    pub speed: f64,
    /// Real guests in place of simulated ones: where `guest/fetch` put their kernel.
    pub real: Option<PathBuf>,
    /// A recorded load to play in place of the generated ones.
    pub trace: Option<PathBuf>,
    /// Whose keys may log in beside the lab's own: lines as in `authorized_keys`, read at every
    /// login. It need not be there yet.
    pub authorized_keys: Option<PathBuf>,
    /// Which Proxmox wrote `.rrd`.
    pub columns: Columns,
    /// The clock at the lab's start, in seconds since 1970; the system's where absent.
    pub epoch: Option<u64>,
    /// Logical CPUs of each host; all cores of its VMs where absent.
    pub host_cpus: Option<u32>,
    /// Memory of each host in MiB; half more than its VMs may have where absent.
    pub host_memory: Option<u64>,
}

/// The two column sets of `.rrd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// Proxmox 7 and 8.
    Eight,
    /// Proxmox 9: with pressure figures.
    Nine,
}

impl Options {
    /// Eight VMs as on a node `pve1` outside a cluster, in real time.
    ///
    /// # Errors
    /// None in practice: only where `pve1` were no node's name.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            nodes: Self::numbered(1)?,
            cluster: None,
            vms: 8,
            seed: 1,
            interval: 10.0,
            qm_time: 1.0,
            speed: 1.0,
            real: None,
            trace: None,
            authorized_keys: None,
            columns: Columns::Nine,
            epoch: None,
            host_cpus: None,
            host_memory: None,
        })
    }

    /// `pve1` to `pveN`.
    ///
    /// # Errors
    /// None in practice.
    pub fn numbered(count: u32) -> Result<Vec<NodeName>, Error> {
        let name = |i| NodeName::try_from(format!("pve{i}").as_str());
        (1..=count).map(name).collect::<Result<_, _>>().map_err(|e| Error::Usage(e.to_string()))
    }

    /// Times must be finite and make sense, and nodes that know each other need a name for it.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let usage = |text: &str| Err(Error::Usage(text.into()));
        let positive = |name: &str, value: f64| {
            let fine = value.is_finite() && value > 0.0 && value < 1e9;
            fine.then_some(())
                .ok_or_else(|| Error::Usage(format!("{name} must be a number above 0")))
        };
        positive("interval", self.interval)?;
        positive("speed", self.speed)?;
        if !(0.0..=1e3).contains(&self.qm_time) {
            return usage("qm-time must be a number from 0 to 1000");
        }
        if self.vms > 100_000 {
            return usage("at most 100000 VMs");
        }
        if !(1..=64).contains(&self.nodes.len()) {
            return usage("1 to 64 nodes");
        }
        if self.nodes.len() > 1 && self.cluster.is_none() {
            return usage("several nodes are a cluster: give it a name");
        }
        Ok(())
    }
}
