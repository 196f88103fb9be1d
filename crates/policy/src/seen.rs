//! The sizes in the configs that this helper has read itself, by digest: what a change is measured
//! from.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use vm_autoscale_node::{ClusterName, Digest, MemoryMib, PendingValue, VmConfig, VmId};

/// The options that a change of ours can leave in `[PENDING]`.
const OPTIONS: [&str; 4] = ["balloon", "cpulimit", "memory", "vcpus"];

/// What a change is measured from; of a config nothing else is kept.
#[derive(Debug, Clone)]
pub struct Sizes {
    /// Plugged vCPUs; `None` where the config leaves that open.
    pub vcpus: Option<u32>,
    /// With more than these it does not start; `None` where the config leaves that open.
    pub max_vcpus: Option<u32>,
    /// As the config has it.
    pub memory: MemoryMib,
    /// Its DIMMs are of other sizes than those of the ladder.
    pub hugepages: bool,
    /// What waits for a cold start.
    pub pending: Pending,
}

/// What waits: of the options that can be changed the value, `None` where that is no short one.
#[derive(Debug, Clone, Default)]
pub struct Pending {
    ours: BTreeMap<&'static str, Option<String>>,
    /// Whether an option waits that no change of ours can leave there.
    pub(crate) others: bool,
}

impl Pending {
    fn of(config: &VmConfig) -> Self {
        let of = |option| Some((option, config.pending.get(option)?));
        let short = |value: &PendingValue| match value {
            PendingValue::Set(text) if text.len() < 32 => Some(text.clone()),
            _ => None,
        };
        let ours = OPTIONS.into_iter().filter_map(of);
        Self {
            ours: ours.map(|(option, it)| (option, short(it))).collect(),
            others: config.pending.keys().any(|option| !OPTIONS.contains(&option.as_str())),
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.ours.keys().copied()
    }

    pub(crate) fn has(&self, option: &str) -> bool {
        self.ours.contains_key(option)
    }

    pub(crate) fn value(&self, option: &str) -> Option<&str> {
        let text = self.ours.get(option)?.as_deref()?;
        // `memory` has properties since 8.1.
        Some(text.strip_prefix("current=").unwrap_or(text))
    }
}

impl Sizes {
    fn of(config: &VmConfig) -> Self {
        Self {
            vcpus: config.plugged_vcpus().ok().map(u32::from),
            max_vcpus: config.max_vcpus().ok().map(u32::from),
            memory: config.memory,
            hugepages: config.hugepages,
            pending: Pending::of(config),
        }
    }

    /// The memory that the VM has or will have after its next start; nothing where that is not
    /// known.
    pub(crate) fn most_memory(&self) -> Option<u32> {
        let now = self.memory.get();
        match self.pending.ours.get("memory") {
            Some(_) => Some(self.pending.value("memory")?.parse::<u32>().ok()?.max(now)),
            None => Some(now),
        }
    }
}

/// Of each VM that a rule names the last: as many as there are such VMs.
#[derive(Default)]
pub struct Seen(RefCell<HashMap<ClusterName, OfCluster>>);

type OfCluster = HashMap<VmId, (Digest, Sizes)>;

impl Seen {
    /// That config was read; what is kept of it.
    pub(crate) fn note(
        &self,
        cluster: &ClusterName,
        vmid: VmId,
        digest: Digest,
        config: &VmConfig,
    ) -> Sizes {
        let sizes = Sizes::of(config);
        let mut seen = self.0.borrow_mut();
        seen.entry(cluster.clone()).or_default().insert(vmid, (digest, sizes.clone()));
        sizes
    }

    /// There is none, or none that can be read.
    pub(crate) fn forget(&self, cluster: &ClusterName, vmid: VmId) {
        if let Some(vms) = self.0.borrow_mut().get_mut(cluster) {
            vms.remove(&vmid);
        }
    }

    /// The sizes in the config of that digest.
    pub(crate) fn get(&self, cluster: &ClusterName, vmid: VmId, digest: &Digest) -> Option<Sizes> {
        let seen = self.0.borrow();
        let (known, sizes) = seen.get(cluster)?.get(&vmid)?;
        (known == digest).then(|| sizes.clone())
    }
}
