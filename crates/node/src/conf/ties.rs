//! What of a VM's devices has a word in whether its memory can be changed. Only that they are
//! there counts, and by which numbers: which device, share or host memory they are stays with the
//! helper.

use serde::{Deserialize, Serialize};

/// Devices and settings that tie a VM's memory down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryTies {
    /// `numa0` …: a topology of its own, with which memory hotplug does not start
    /// (`PVE/QemuServer/Memory.pm`).
    pub numa_nodes: Numbers,
    /// `virtiofs0` …: shares, with which it does not either (8.4 and newer).
    pub virtiofs: Numbers,
    /// `hostpci0` …: devices of the host, which pin all of the guest's memory.
    pub passthrough: Numbers,
}

/// Which of `KEY0` to `KEY15` there are; Proxmox has no more of any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Numbers(u16);

impl Numbers {
    /// Each, ascending.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..u16::BITS).filter(move |number| self.0 >> number & 1 == 1)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<u32> for Numbers {
    /// What is above 15 is left out.
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let bits = numbers.into_iter().filter_map(|number| 1u16.checked_shl(number));
        Self(bits.fold(0, |all, bit| all | bit))
    }
}

impl MemoryTies {
    /// By the keys of a .conf file's main section.
    pub(super) fn of<'a>(keys: &(impl Iterator<Item = &'a str> + Clone)) -> Self {
        let of = |kind| keys.clone().filter_map(|key| number(kind, key)).collect();
        Self { numa_nodes: of("numa"), virtiofs: of("virtiofs"), passthrough: of("hostpci") }
    }
}

/// Whether it is such a key.
pub(super) fn is_tie(key: &str) -> bool {
    ["hostpci", "numa", "virtiofs"].iter().any(|kind| number(kind, key).is_some())
}

/// The number behind the kind, written as Proxmox does.
fn number(kind: &str, key: &str) -> Option<u32> {
    let digits = key.strip_prefix(kind)?;
    let number: u32 = digits.parse().ok().filter(|number| *number < u16::BITS)?;
    (number.to_string() == digits).then_some(number)
}

/// What `hotplug` names besides CPUs and memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OtherHotplug([bool; 4]);

const OTHERS: [&str; 4] = ["disk", "network", "usb", "cloudinit"];

impl OtherHotplug {
    /// Of the text of `hotplug`; `1`, which also holds where it is absent, is all but cloud-init.
    pub(super) fn of(text: &str) -> Self {
        let has = |what: &&str| text.split([',', ';', ' ']).any(|item| item == *what);
        if text == "1" { Self([true, true, true, false]) } else { Self(OTHERS.each_ref().map(has)) }
    }

    /// Each, in Proxmox's words.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        OTHERS.into_iter().zip(self.0).filter_map(|(name, is_there)| is_there.then_some(name))
    }
}
