//! One node: its pmxcfs, its pvestatd, and what its host has.

use std::collections::BTreeMap;

use vm_autoscale_proxmox::VmId;

use crate::pvestatd::Pvestatd;
use crate::trouble::Trouble;

/// Where the counters of a pmxcfs stand that has just read its database and met its cluster.
const USER_CFG: u64 = 3;
const CLINFO: u64 = 4;

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    /// When pmxcfs started, in seconds since 1970.
    pub(crate) starttime: u64,
    /// pmxcfs's counter over all configs; it is this node's own.
    pub(crate) version: u64,
    /// Its counter over `user.cfg`.
    pub(crate) user_cfg: u64,
    /// Its counter over who is there.
    pub(crate) clinfo: u64,
    /// The counters in `.vmlist`, as this node gives them.
    pub(crate) versions: BTreeMap<VmId, u64>,
    /// Whether there is power.
    pub(crate) up: bool,
    pub(crate) host_cpus: f64,
    /// In bytes.
    pub(crate) host_memory: u64,
    pub(crate) pvestatd: Pvestatd,
    pub(crate) trouble: Trouble,
}

impl Node {
    pub(crate) fn new(starttime: u64, host_cpus: f64, host_memory: u64) -> Self {
        Self {
            starttime,
            version: 0,
            user_cfg: USER_CFG,
            clinfo: CLINFO,
            versions: BTreeMap::new(),
            up: true,
            host_cpus,
            host_memory,
            pvestatd: Pvestatd::default(),
            trouble: Trouble::default(),
        }
    }

    /// A guest's config was written, renamed or made.
    pub(crate) fn touched(&mut self, vmid: VmId) {
        self.version += 1;
        self.versions.insert(vmid, self.version);
    }

    /// A guest's config is in no directory any more.
    pub(crate) fn lost(&mut self, vmid: VmId) {
        self.version += 1;
        self.versions.remove(&vmid);
    }

    /// pmxcfs starts: every counter begins anew.
    pub(crate) fn start_pmxcfs(&mut self, starttime: u64, guests: impl Iterator<Item = VmId>) {
        self.starttime = starttime;
        self.version = 0;
        self.user_cfg = USER_CFG;
        self.clinfo = CLINFO;
        self.versions.clear();
        guests.for_each(|vmid| self.touched(vmid));
    }
}
