//! A bundle as it is written and read.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vm_autoscale_config::SchedulerConfig;
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_proxmox::{ClusterName, VmId};
use vm_autoscale_scheduler::{Block, Event, PastUse, Used, VmUse};

use crate::Error;

/// The form that this program writes and reads.
pub(super) const FORM: u32 = 1;
/// A year of blocks takes less.
const MOST: u64 = 64 * 1024 * 1024;
/// Stand for the VM and its cluster.
const VM: u32 = 100;
const CLUSTER: &str = "cluster";

/// All of it. Times are in seconds since the first block began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bundle {
    /// Of this form.
    pub(super) form: u32,
    /// Written by that version.
    pub(super) version: String,
    /// When it was written.
    pub(super) at: u64,
    /// The VM when it was written; nothing where nobody knew it.
    pub(super) vm: Option<Vm>,
    /// What holds for it, by the keys of `config.yaml`.
    pub(super) settings: Vec<Setting>,
    /// What it used.
    pub(super) blocks: Vec<Minutes>,
    /// Blocks of others who had its number before, which are left out.
    pub(super) of_others: usize,
    /// Blocks that could not be believed.
    pub(super) unreadable: usize,
    pub(super) decisions: Vec<Decision>,
    pub(super) changes: Vec<Change>,
    /// Whether there were more decisions or changes.
    pub(super) truncated: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vm {
    pub(super) mode: String,
    pub(super) vcpus: Option<u32>,
    pub(super) memory: Option<u32>,
    pub(super) vcpus_bounds: Option<(u32, u32)>,
    pub(super) memory_bounds: Option<(u32, u32)>,
    pub(super) blocked: [bool; 2],
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: String,
    /// Whether the program says it, and no file.
    pub(super) default: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Minutes {
    pub(super) end: u64,
    pub(super) seconds: u32,
    /// In thousandths of a core.
    pub(super) cpu: Option<Figures>,
    /// In MiB.
    pub(super) memory: Option<Figures>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Figures {
    samples: u32,
    mean: u32,
    most: u32,
    plugged: u32,
    saturated: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    pub(super) at: u64,
    pub(super) resource: Resource,
    pub(super) kind: String,
    /// Nothing where it held words of people or nodes.
    pub(super) text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub(super) at: u64,
    pub(super) step: Move,
    pub(super) kind: String,
    pub(super) verified: bool,
    pub(super) reverted: bool,
    pub(super) took_s: Option<u64>,
    /// Why it was asked for.
    pub(super) reason: Option<String>,
}

impl Figures {
    pub(super) fn of(used: Used) -> Self {
        let Used { samples, mean, most, plugged, saturated } = used;
        Self { samples, mean, most, plugged, saturated }
    }

    fn used(self) -> Used {
        let Self { samples, mean, most, plugged, saturated } = self;
        Used { samples, mean, most, plugged, saturated }
    }
}

impl Bundle {
    /// # Errors
    /// It cannot be read, or is none of this form.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let said = |why: String| Error::Journal(format!("{}: {why}", path.display()));
        let file = std::fs::File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NoBundle(path.to_owned()),
            _ => said(error.to_string()),
        })?;
        let mut text = String::new();
        file.take(MOST).read_to_string(&mut text).map_err(|error| said(error.to_string()))?;
        let read: Self = serde_json::from_str(&text).map_err(|error| said(error.to_string()))?;
        if read.form != FORM {
            return Err(said(format!(
                "a bundle of form {}, and this program reads {FORM}",
                read.form
            )));
        }
        Ok(read)
    }

    /// The number that stands for the VM's.
    pub(crate) fn vmid() -> Result<VmId, Error> {
        VmId::try_from(VM).map_err(|error| Error::Journal(error.to_string()))
    }

    /// When it was written, by its own clock.
    pub(crate) fn now(&self) -> u64 {
        self.at
    }

    /// As the journal had it.
    pub(crate) fn past(&self) -> Result<PastUse, Error> {
        let said = |error: vm_autoscale_proxmox::Error| Error::Journal(error.to_string());
        let (vmid, cluster) = (Self::vmid()?, ClusterName::try_from(CLUSTER).map_err(said)?);
        let used = |figures: Option<Figures>| figures.map(Figures::used);
        let block = |block: &Minutes| Block {
            end: block.end,
            seconds: block.seconds,
            used: VmUse { vmid, who: 0, cpu: used(block.cpu), memory: used(block.memory) },
        };
        let change = |(number, change): (u64, &Change)| Event {
            number,
            at: change.at,
            cluster: cluster.clone(),
            vmid,
            step: change.step,
            verified: change.verified,
            text: format!("{} ({})", change.kind, change.reason.as_deref().unwrap_or("-")),
        };
        Ok(PastUse {
            blocks: self.blocks.iter().map(block).collect(),
            changes: (1..).zip(&self.changes).map(change).collect(),
            of_others: self.of_others,
            unreadable: self.unreadable,
            cluster,
        })
    }

    /// A configuration in which what held for the VM holds for all.
    ///
    /// # Errors
    /// It has a value that this program does not know.
    pub(crate) fn config(&self) -> Result<SchedulerConfig, Error> {
        let mut root = Map::new();
        let said: BTreeMap<_, _> = self
            .settings
            .iter()
            .filter(|setting| !setting.default)
            .map(|setting| (setting.key.as_str(), setting.value.as_str()))
            .collect();
        for (key, value) in said {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            put(&mut root, key, value);
        }
        serde_json::from_value(Value::Object(root))
            .map_err(|error| Error::Journal(format!("the bundle's settings: {error}")))
    }
}

/// Puts a value where its dotted key says.
fn put(map: &mut Map<String, Value>, key: &str, value: Value) {
    let Some((first, rest)) = key.split_once('.') else {
        map.insert(key.to_owned(), value);
        return;
    };
    // What holds for all VMs has this name there.
    let first = if first == "thresholds" { "scaling_thresholds" } else { first };
    let inner = map.entry(first).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}
