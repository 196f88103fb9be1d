//! A VM's .conf file (`PVE/QemuServer.pm`, `parse_vm_config`).
//!
//! Only the main section counts as current; `[PENDING]` is what waits for a cold start;
//! everything after is snapshots and is not read.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{CpuLimit, Error, MemoryMib, Vcpus};

mod filter;
mod tags;
mod ties;
pub use filter::redact;
pub use tags::Tags;
pub use ties::{MemoryTies, Numbers, OtherHotplug};

/// What a VM's configuration says of its sizes and of whether they can be changed.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the file of its own")]
pub struct VmConfig {
    /// The VM's name.
    pub name: Option<String>,
    /// CPU sockets; fixed while the VM runs.
    pub sockets: u32,
    /// Cores a socket; fixed while the VM runs.
    pub cores: u32,
    /// Plugged vCPUs as written. Absent means all of sockets × cores.
    pub vcpus: Option<Vcpus>,
    /// Memory at most.
    pub memory: MemoryMib,
    /// The balloon's minimum in MiB as written: absent means a device without automatic
    /// ballooning, 0 no device.
    pub balloon: Option<u32>,
    /// Weight for automatic ballooning; 0 switches it off.
    pub shares: Option<u32>,
    /// CPU time cap.
    pub cpulimit: CpuLimit,
    /// Whether the guest's agent may be asked; whether it answers is another matter.
    pub agent: bool,
    /// What can be plugged while it runs.
    pub hotplug: Hotplug,
    /// What else can be.
    pub other_hotplug: OtherHotplug,
    /// What ties its memory down.
    pub memory_ties: MemoryTies,
    /// Whether the guest has NUMA, which memory hotplug needs.
    pub numa: bool,
    /// Whether it is backed by huge pages that make its DIMM ladder another one (1 GiB ones, or
    /// whichever fit).
    pub hugepages: bool,
    /// Who holds the config lock: `backup`, `migrate`, `snapshot` …
    pub lock: Option<String>,
    /// Whether it is a template.
    pub template: bool,
    /// The guest's kind by the config: `l26`, `win11` …
    pub ostype: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// Who the VM is, beyond its number.
    pub identity: Option<Identity>,
    /// All that waits for a cold start.
    pub pending: BTreeMap<String, PendingValue>,
}

/// What tells a VM from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Identity {
    /// `vmgenid`.
    Generation(String),
    /// The uuid in `smbios1`.
    Uuid(String),
}

impl Identity {
    /// Whether who is there `now` is known to be another one than before: not where nothing is
    /// known of before.
    #[must_use]
    pub fn is_another(before: Option<&Self>, now: Option<&Self>) -> bool {
        before.is_some() && before != now
    }

    /// Whether less is said `now` of who is there than before: by another VM, or by a config whose
    /// end is missing.
    #[must_use]
    pub fn is_less(before: Option<&Self>, now: Option<&Self>) -> bool {
        let weight = |identity: Option<&Self>| match identity {
            None => 0,
            Some(Self::Uuid(_)) => 1,
            Some(Self::Generation(_)) => 2,
        };
        weight(now) < weight(before)
    }
}

/// Something that waits in `[PENDING]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingValue {
    /// To be set to this value.
    Set(String),
    /// To be removed.
    Delete,
    /// To be set to a value that was not passed on.
    Hidden,
}

/// The part of `hotplug` that matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hotplug {
    /// vCPUs can be plugged.
    pub cpu: bool,
    /// DIMMs can be plugged.
    pub memory: bool,
}

impl FromStr for Hotplug {
    type Err = std::convert::Infallible;

    /// `1` and absence are `network,disk,usb`, `0` is nothing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let has = |what| text.split([',', ';', ' ']).any(|item| item == what);
        Ok(Self { cpu: has("cpu"), memory: has("memory") })
    }
}

impl VmConfig {
    /// Reads a .conf file, raw or redacted.
    ///
    /// # Errors
    /// A value of the main section that Proxmox itself would not take.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (main, pending) = sections(text);
        let smp = number(&main, "smp")?;
        let hotplug = main.get("hotplug").copied().unwrap_or("1");
        Ok(Self {
            name: main.get("name").map(ToString::to_string),
            sockets: number(&main, "sockets")?.or(smp).unwrap_or(1),
            cores: number(&main, "cores")?.unwrap_or(1),
            vcpus: number(&main, "vcpus")?.map(Vcpus::try_from).transpose()?,
            memory: memory(main.get("memory").copied())?,
            balloon: number(&main, "balloon")?,
            shares: number(&main, "shares")?,
            cpulimit: cpulimit(main.get("cpulimit").copied())?,
            agent: agent(main.get("agent").copied()),
            hotplug: hotplug.parse().unwrap_or(Hotplug { cpu: false, memory: false }),
            other_hotplug: OtherHotplug::of(hotplug),
            memory_ties: MemoryTies::of(&main.keys().copied()),
            numa: flag(&main, "numa"),
            hugepages: main.get("hugepages").is_some_and(|size| *size != "2"),
            lock: main.get("lock").map(ToString::to_string),
            template: flag(&main, "template"),
            ostype: main.get("ostype").map(ToString::to_string),
            tags: main.get("tags").and_then(|tags| tags.parse().ok()).unwrap_or_default(),
            identity: identity(&main),
            pending,
        })
    }

    /// The most vCPUs that can be plugged before a cold start: sockets × cores.
    ///
    /// # Errors
    /// More than QEMU knows, or none.
    pub fn max_vcpus(&self) -> Result<Vcpus, Error> {
        self.sockets.saturating_mul(self.cores).try_into()
    }

    /// The vCPUs that the config says are plugged: all of them where it says nothing.
    ///
    /// # Errors
    /// As [`Self::max_vcpus`].
    pub fn plugged_vcpus(&self) -> Result<Vcpus, Error> {
        self.vcpus.map_or_else(|| self.max_vcpus(), Ok)
    }
}

type Main<'a> = BTreeMap<&'a str, &'a str>;

/// The lines of the main section and of `[PENDING]` as key and value.
fn sections(text: &str) -> (Main<'_>, BTreeMap<String, PendingValue>) {
    let mut main = Main::new();
    let mut pending = BTreeMap::new();
    for (section, key, value) in entries(text) {
        match section {
            Section::Main => {
                main.insert(key, value);
            }
            Section::Pending if key == "delete" => {
                let names = value.split([',', ';', ' ']).map(|name| name.trim_start_matches('!'));
                let names = names.filter(|name| !name.is_empty());
                pending.extend(names.map(|name| (name.to_owned(), PendingValue::Delete)));
            }
            Section::Pending if value == filter::HIDDEN => {
                pending.insert(key.to_owned(), PendingValue::Hidden);
            }
            Section::Pending => {
                pending.insert(key.to_owned(), PendingValue::Set(value.to_owned()));
            }
        }
    }
    (main, pending)
}

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Main,
    Pending,
}

/// `key: value` lines up to the first section that is neither main nor pending.
fn entries(text: &str) -> impl Iterator<Item = (Section, &str, &str)> {
    let mut section = Some(Section::Main);
    text.lines()
        .map_while(move |line| {
            let line = line.trim_end();
            if line.starts_with('[') {
                let pending =
                    section == Some(Section::Main) && line.eq_ignore_ascii_case("[PENDING]");
                section = pending.then_some(Section::Pending);
            }
            let now = section?;
            Some(key_value(line).map(|(key, value)| (now, key, value)))
        })
        .flatten()
}

fn key_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let mut bytes = key.bytes();
    let first = bytes.next()?.is_ascii_lowercase();
    let rest =
        bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
    (first && rest).then(|| (key, value.trim()))
}

fn number(main: &Main<'_>, key: &'static str) -> Result<Option<u32>, Error> {
    let Some(value) = main.get(key) else {
        return Ok(None);
    };
    let bad = |_| Error::format(".conf", format!("`{key}` is not a whole number"));
    value.parse().map(Some).map_err(bad)
}

fn flag(main: &Main<'_>, key: &str) -> bool {
    main.get(key).is_some_and(|value| is_yes(value))
}

/// A boolean as Proxmox takes it.
fn is_yes(value: &str) -> bool {
    ["1", "on", "yes", "true"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

/// `1`, or `enabled=1` among other properties; its key may be left out.
fn agent(value: Option<&str>) -> bool {
    let enabled = |item: &str| match item.split_once('=') {
        Some((key, value)) => key == "enabled" && is_yes(value),
        None => is_yes(item),
    };
    value.is_some_and(|value| value.split(',').map(str::trim).any(enabled))
}

/// Any number that Proxmox takes, to the hundredth of a core that systemd resolves.
fn cpulimit(value: Option<&str>) -> Result<CpuLimit, Error> {
    let Some(value) = value else { return Ok(CpuLimit::Unlimited) };
    let end = value.find('.').map_or(value.len(), |dot| value.len().min(dot + 3));
    value.get(..end).unwrap_or(value).parse()
}

/// `4096` or, since 8.1, also `current=4096`; 512 where nothing is said.
fn memory(value: Option<&str>) -> Result<MemoryMib, Error> {
    let value = value.unwrap_or("512");
    let value = value.strip_prefix("current=").unwrap_or(value);
    let bad = |_| Error::format(".conf", "`memory` is not a whole number of MiB");
    value.parse::<u32>().map_err(bad)?.try_into()
}

fn identity(main: &Main<'_>) -> Option<Identity> {
    // 0 says that it has none.
    if let Some(generation) = main.get("vmgenid").filter(|generation| **generation != "0") {
        return Some(Identity::Generation((*generation).to_owned()));
    }
    Some(Identity::Uuid(smbios_uuid(main.get("smbios1")?)?.to_owned()))
}

fn smbios_uuid(smbios1: &str) -> Option<&str> {
    smbios1.split(',').find_map(|item| item.strip_prefix("uuid=")).map(str::trim)
}

#[cfg(test)]
mod tests;
