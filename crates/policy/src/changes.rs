//! The last changes that were let through: what a later process has to know of them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use vm_autoscale_node::{ClusterName, MemoryMib, PendingOption, VmId};
use vm_autoscale_protocol::{Request, Target};

use crate::rates::Buckets;
use crate::seen::Pending;
use crate::{Exceeded, Rates};

/// Of so many VMs is known what was asked last.
const MAX_ASKED: usize = 1000;
/// A command whose end was not seen may still run on the node for so long.
pub(crate) const LINGERS: Duration = Duration::from_secs(600);

/// What a file keeps. All times are boot time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    buckets: Buckets,
    /// The one that was asked last stands last.
    asked: VecDeque<Asked>,
}

/// What was asked last for a VM, by option, as it stands in a config.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    cluster: ClusterName,
    vmid: VmId,
    values: BTreeMap<String, String>,
    memory: Option<AskedMemory>,
}

/// Memory that a change may still bring.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedMemory {
    at_ms: u64,
    pub(crate) memory: MemoryMib,
}

impl AskedMemory {
    pub(crate) fn until(&self) -> Duration {
        Duration::from_millis(self.at_ms).saturating_add(LINGERS)
    }
}

impl Changes {
    /// None is known, so that there are none for a minute.
    #[must_use]
    pub fn unknown(now: Duration) -> Self {
        Self { buckets: Buckets::closed(now), ..Self::default() }
    }

    /// Whether there is one that is yet to come: of another boot, or made up.
    #[must_use]
    pub fn is_ahead(&self, now: Duration) -> bool {
        self.buckets.is_ahead(now)
    }

    /// With one more.
    ///
    /// # Errors
    /// It has to wait.
    pub fn with(
        &self,
        rates: &Rates,
        now: Duration,
        (request, target): (&Request, &Target),
    ) -> Result<Self, Exceeded> {
        let mut buckets = self.buckets.clone();
        buckets.take(rates, now, (target, matches!(request, Request::Revert { .. })))?;
        let at_ms = now.as_millis().try_into().unwrap_or(u64::MAX);
        Ok(Self { buckets, asked: self.asked_with(at_ms, request, target) })
    }

    fn asked_with(&self, at_ms: u64, request: &Request, target: &Target) -> VecDeque<Asked> {
        let mut asked = self.asked.clone();
        let values = values(request);
        if values.is_empty() {
            return asked;
        }
        let is_it = |of: &Asked| of.cluster == target.cluster && of.vmid == target.vmid;
        let before = asked.iter().position(is_it).and_then(|at| asked.remove(at));
        let (cluster, vmid) = (target.cluster.clone(), target.vmid);
        let new = || Asked { cluster, vmid, values: BTreeMap::new(), memory: None };
        let mut of = before.unwrap_or_else(new);
        of.values.extend(values.into_iter().map(|(key, value)| (key.to_owned(), value)));
        if let Request::SetMemory { memory, .. } = request {
            // A larger one that was asked for before may still come.
            let before = of.memory.filter(|before| before.until() > Duration::from_millis(at_ms));
            let memory = before.map_or(*memory, |before| before.memory.max(*memory));
            of.memory = Some(AskedMemory { at_ms, memory });
        }
        asked.push_back(of);
        if asked.len() > MAX_ASKED {
            asked.pop_front();
        }
        asked
    }

    /// Why what waits of the option is not what was asked last.
    pub(crate) fn foreign(
        &self,
        (cluster, vmid): (&ClusterName, VmId),
        option: PendingOption,
        pending: &Pending,
    ) -> Option<String> {
        let mut names = option.names().split(',').filter(|name| pending.has(name)).peekable();
        if names.peek().is_none() {
            return Some(format!("nothing of `{}` waits in [PENDING]", option.names()));
        }
        self.not_ours((cluster, vmid), pending, names)
    }

    /// Why something of others waits. Any change would overwrite it, or bring it about: that of a VM
    /// that does not run takes over all that waits.
    pub(crate) fn in_the_way(&self, of: (&ClusterName, VmId), pending: &Pending) -> Option<String> {
        if pending.others {
            return Some("an option that is none of ours waits in [PENDING]".to_owned());
        }
        self.not_ours(of, pending, pending.names())
    }

    fn not_ours<'a>(
        &self,
        (cluster, vmid): (&ClusterName, VmId),
        pending: &Pending,
        mut names: impl Iterator<Item = &'a str>,
    ) -> Option<String> {
        let of = self.asked.iter().find(|of| of.cluster == *cluster && of.vmid == vmid);
        let foreign = names.find(|name| {
            let asked = of.and_then(|of| of.values.get(*name));
            asked.is_none() || pending.value(name) != asked.map(String::as_str)
        })?;
        Some(format!("`{foreign}` in [PENDING] is not the value that the helper asked for last"))
    }

    /// The memory that VMs of a cluster were asked to have.
    pub(crate) fn memory(
        &self,
        cluster: &ClusterName,
    ) -> impl Iterator<Item = (VmId, &AskedMemory)> {
        let of = self.asked.iter().filter(move |of| of.cluster == *cluster);
        of.filter_map(|of| Some((of.vmid, of.memory.as_ref()?)))
    }
}

/// What a change asks for, as Proxmox writes it into a config.
fn values(request: &Request) -> Vec<(&'static str, String)> {
    match request {
        Request::SetVcpus { vcpus, .. } => vec![("vcpus", vcpus.to_string())],
        Request::SetCpuLimit { cpulimit, .. } => vec![("cpulimit", cpulimit.to_string())],
        Request::SetBalloon { balloon, .. } => vec![("balloon", balloon.to_string())],
        Request::SetMemory { memory, balloon, .. } => {
            let balloon = balloon.map(|balloon| ("balloon", balloon.to_string()));
            std::iter::once(("memory", memory.to_string())).chain(balloon).collect()
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests;
