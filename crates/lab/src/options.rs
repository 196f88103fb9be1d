//! How a lab is set up.

use std::path::PathBuf;

use vm_autoscale_proxmox::{ClusterName, NodeName};

use crate::Error;

/// What a lab is made from. The same options make the same lab.
#[derive(Debug, Clone)]
pub struct Options {
    /// The node's name.
    pub node: NodeName,
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
    /// A recorded load to play in place of the generated ones.
    pub trace: Option<PathBuf>,
    /// Which Proxmox wrote `.rrd`.
    pub columns: Columns,
    /// The clock at the lab's start, in seconds since 1970; the system's where absent.
    pub epoch: Option<u64>,
    /// Logical CPUs of the host; all cores of all VMs where absent.
    pub host_cpus: Option<u32>,
    /// Memory of the host in MiB; half more than all VMs may have where absent.
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
        let node = NodeName::try_from("pve1").map_err(|e| Error::Usage(e.to_string()))?;
        Ok(Self {
            node,
            cluster: None,
            vms: 8,
            seed: 1,
            interval: 10.0,
            qm_time: 1.0,
            speed: 1.0,
            trace: None,
            columns: Columns::Nine,
            epoch: None,
            host_cpus: None,
            host_memory: None,
        })
    }

    /// Times must be finite and make sense.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let positive = |name: &str, value: f64| {
            let fine = value.is_finite() && value > 0.0 && value < 1e9;
            fine.then_some(())
                .ok_or_else(|| Error::Usage(format!("{name} must be a number above 0")))
        };
        positive("interval", self.interval)?;
        positive("speed", self.speed)?;
        if !(0.0..=1e3).contains(&self.qm_time) {
            return Err(Error::Usage("qm-time must be a number from 0 to 1000".into()));
        }
        if self.vms > 100_000 {
            return Err(Error::Usage("at most 100000 VMs".into()));
        }
        Ok(())
    }
}
