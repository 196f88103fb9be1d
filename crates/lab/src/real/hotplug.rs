//! What Proxmox asks of QEMU: the same commands, and the same that is not looked at.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::arguments::cpu;
use super::error::Error;
use super::machine::Machine;
use super::qmp::HUMAN;

impl Machine {
    /// CPUs that QEMU has, which the guest may leave unused.
    pub(crate) async fn cpus(&self) -> Result<u32, Error> {
        let cpus = self.qmp.call("query-cpus-fast", json!({})).await?;
        Ok(cpus.as_array().map_or(0, |cpus| u32::try_from(cpus.len()).unwrap_or(u32::MAX)))
    }

    /// Adds a CPU, counted from 1. Whether it worked is to be seen in [`Self::cpus`] only: what
    /// the human monitor says to it is dropped, as Proxmox does.
    pub(crate) async fn plug_cpu(&self, number: u32) -> Result<(), Error> {
        if number > self.spec.most_cpus() {
            return Ok(());
        }
        let left = |left: u32| left.checked_sub(1);
        if self.threads.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_err() {
            let why = "software emulation has no more CPU threads: restart the VM".into();
            return Err(Error::Qmp { vmid: self.vmid, command: HUMAN.into(), why });
        }
        self.hmp(&format!("device_add {}", cpu(number, self.spec.cores))).await.map(drop)
    }

    /// Asks the guest for a CPU; same remark.
    pub(crate) async fn unplug_cpu(&self, number: u32) -> Result<(), Error> {
        self.hmp(&format!("device_del cpu{number}")).await.map(drop)
    }

    /// Numbers of the DIMMs that QEMU has.
    pub(crate) async fn dimms(&self) -> Result<BTreeSet<u32>, Error> {
        let devices = self.qmp.call("query-memory-devices", json!({})).await?;
        let id = |device: &Value| {
            device.pointer("/data/id")?.as_str()?.strip_prefix("dimm")?.parse().ok()
        };
        Ok(devices.as_array().into_iter().flatten().filter_map(id).collect())
    }

    /// Adds a DIMM to a NUMA node.
    pub(crate) async fn plug_dimm(&self, number: u32, mib: u32, node: u32) -> Result<(), Error> {
        let id = format!("mem-dimm{number}");
        let size = u64::from(mib) << 20;
        let backend = json!({"qom-type": "memory-backend-ram", "id": id, "size": size});
        self.qmp.call("object-add", backend).await?;
        let (dimm, driver) = (format!("dimm{number}"), "pc-dimm");
        let device = json!({"driver": driver, "id": dimm, "memdev": id, "node": node});
        let added = self.qmp.call("device_add", device).await;
        if added.is_err() {
            // The first failure is the one to tell.
            let _ = self.drop_backend(number).await;
        }
        added.map(drop)
    }

    /// Asks the guest for a DIMM; it is gone when [`Self::dimms`] lacks it.
    pub(crate) async fn unplug_dimm(&self, number: u32) -> Result<(), Error> {
        let id = format!("dimm{number}");
        self.qmp.call("device_del", json!({"id": id})).await.map(drop)
    }

    /// Frees the memory of a DIMM that is gone. Until then, no DIMM of that number can come.
    pub(crate) async fn drop_backend(&self, number: u32) -> Result<(), Error> {
        let id = format!("mem-dimm{number}");
        self.qmp.call("object-del", json!({"id": id})).await.map(drop)
    }

    /// Tells the balloon how much the guest is to have.
    pub(crate) async fn balloon(&self, mib: u32) -> Result<(), Error> {
        let bytes = u64::from(mib) << 20;
        self.qmp.call("balloon", json!({"value": bytes})).await.map(drop)
    }

    /// What the human monitor prints, with its own line ends.
    pub(crate) async fn hmp(&self, line: &str) -> Result<String, Error> {
        let answer = self.qmp.call(HUMAN, json!({"command-line": line})).await?;
        let text = answer.as_str().unwrap_or_default();
        let cpus = line == "info hotpluggable-cpus";
        Ok(if cpus { self.spec.own_cpus(text) } else { text.to_owned() })
    }
}
