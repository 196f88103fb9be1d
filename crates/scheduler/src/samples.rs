//! What the VMs of a cluster used in a few minutes, and how that is written down: about 23 bytes a
//! VM, all numbers in sevens of bits, the lowest first.

use vm_autoscale_proxmox::{Identity, VmId};

/// Says how the bytes after it are to be read.
const VERSION: u8 = 2;
/// One of before does not say what was needed.
const WITHOUT_NEEDS: u8 = 1;

/// What one VM used in one block of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmUse {
    /// Which.
    pub vmid: VmId,
    /// Tells it from others who had that number before or have it later; 0 where nobody said who
    /// it is.
    pub who: u32,
    /// Of its vCPUs, in thousandths of a core; nothing where nothing was measured.
    pub cpu: Option<Used>,
    /// Of its memory, in MiB, as Proxmox counts it; nothing where nothing was measured.
    pub memory: Option<Used>,
}

/// What the new samples of a block had in use of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// How many they were, at least 1.
    pub samples: u32,
    /// On average.
    pub mean: u32,
    /// In the highest of them.
    pub most: u32,
    /// What was plugged at the last of them, in vCPUs or MiB.
    pub plugged: u32,
    /// Whether one of them had nearly all of it in use: what was needed is at least that, and
    /// nobody knows how much more.
    pub saturated: bool,
}

/// What the rules of a VM held to be needed in one block of time: what a later process goes on with.
/// Nothing where they do not go by that, or did not see all of the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VmNeeds {
    /// Of its vCPUs, in thousandths of a core: the most, and by how much the use jumps from sample
    /// to sample.
    pub cpu: Option<(u32, u32)>,
    /// Of its memory, in MiB: the most.
    pub memory: Option<u32>,
}

/// The bytes are not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Torn;

/// Writes VMs down that come in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Vec<u8>,
    last: u32,
}

impl Body {
    /// Of about so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        let mut all = Vec::with_capacity(bytes);
        all.push(VERSION);
        Self { bytes: all, last: 0 }
    }

    pub(crate) fn push(&mut self, vm: &VmUse, needs: VmNeeds) {
        let vmid = vm.vmid.get();
        self.number(vmid.saturating_sub(self.last));
        self.last = vmid;
        self.bytes.extend(vm.who.to_le_bytes());
        if self.used(vm.cpu) {
            self.needed(needs.cpu.map(|(most, _)| most));
            needs.cpu.iter().for_each(|(_, jumps)| self.number(*jumps));
        }
        if self.used(vm.memory) {
            self.needed(needs.memory);
        }
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Whether something was.
    fn used(&mut self, used: Option<Used>) -> bool {
        let Some(Used { samples, mean, most, plugged, saturated }) = used else {
            self.number(0);
            return false;
        };
        self.number(samples.clamp(1, u32::MAX >> 1) << 1 | u32::from(saturated));
        self.number(mean);
        self.number(most.saturating_sub(mean));
        self.number(plugged);
        true
    }

    fn needed(&mut self, most: Option<u32>) {
        self.number(most.map_or(0, |most| most.saturating_add(1)));
    }

    fn number(&mut self, mut value: u32) {
        while value >= 0x80 {
            // The lowest byte, of which only seven bits count.
            let [low, ..] = value.to_le_bytes();
            self.bytes.push(low | 0x80);
            value >>= 7;
        }
        let [low, ..] = value.to_le_bytes();
        self.bytes.push(low);
    }
}

/// What of a [`Body`] says of one VM: nothing where it is not in it. All of it is read, so that a
/// torn one is not believed in part.
pub(crate) fn find(body: &[u8], vmid: VmId) -> Result<Option<VmUse>, Torn> {
    let mut found = None;
    for vm in Reader::new(body)? {
        let (vm, _) = vm?;
        if vm.vmid == vmid {
            found = Some(vm);
        }
    }
    Ok(found)
}

/// What a [`Body`] says of all VMs. A torn one is not believed in part.
pub(crate) fn all(body: &[u8]) -> Result<Vec<VmUse>, Torn> {
    Reader::new(body)?.map(|vm| vm.map(|(vm, _)| vm)).collect()
}

/// A number for who a VM is, by FNV-1a; 0 where nobody says it.
#[must_use]
pub fn who(identity: Option<&Identity>) -> u32 {
    let (kind, text) = match identity {
        None => return 0,
        Some(Identity::Generation(text)) => (1, text),
        Some(Identity::Uuid(text)) => (2, text),
    };
    let hash = text.bytes().fold(0x811c_9dc5 ^ kind, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.max(1)
}

/// Goes over the VMs, and ends at the first that is none.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    last: u32,
    has_needs: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Result<Self, Torn> {
        match body {
            [version @ (VERSION | WITHOUT_NEEDS), rest @ ..] => {
                Ok(Self { rest, last: 0, has_needs: *version == VERSION })
            }
            _ => Err(Torn),
        }
    }

    fn vm(&mut self) -> Result<(VmUse, VmNeeds), Torn> {
        let step = self.number()?;
        let number = self.last.checked_add(step).filter(|_| step > 0).ok_or(Torn)?;
        self.last = number;
        let (who, rest) = self.rest.split_first_chunk().ok_or(Torn)?;
        self.rest = rest;
        let (vmid, who) = (number.try_into().map_err(|_| Torn)?, u32::from_le_bytes(*who));
        let mut needs = VmNeeds::default();
        let cpu = self.used()?;
        if let Some(most) = self.needed(cpu)? {
            needs.cpu = Some((most, self.number()?));
        }
        let memory = self.used()?;
        needs.memory = self.needed(memory)?;
        Ok((VmUse { vmid, who, cpu, memory }, needs))
    }

    /// It is noted of what was used.
    fn needed(&mut self, used: Option<Used>) -> Result<Option<u32>, Torn> {
        if used.is_none() || !self.has_needs {
            return Ok(None);
        }
        Ok(self.number()?.checked_sub(1))
    }

    fn used(&mut self) -> Result<Option<Used>, Torn> {
        let head = self.number()?;
        if head == 0 {
            return Ok(None);
        }
        let (samples, saturated) = (head >> 1, head & 1 == 1);
        let (mean, above, plugged) = (self.number()?, self.number()?, self.number()?);
        let most = mean.checked_add(above).filter(|_| samples > 0).ok_or(Torn)?;
        Ok(Some(Used { samples, mean, most, plugged, saturated }))
    }

    fn number(&mut self) -> Result<u32, Torn> {
        let mut value: u64 = 0;
        for shift in [0, 7, 14, 21, 28] {
            let (byte, rest) = self.rest.split_first().ok_or(Torn)?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return value.try_into().map_err(|_| Torn);
            }
        }
        Err(Torn)
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<(VmUse, VmNeeds), Torn>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let vm = self.vm();
        if vm.is_err() {
            self.rest = &[];
        }
        Some(vm)
    }
}

#[cfg(test)]
pub(crate) mod tests;
