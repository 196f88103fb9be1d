//! The sizes that a VM with memory hotplug can have.
//!
//! 1024 MiB are static; on top come DIMMs in eight groups of 32, whose size doubles from group to
//! group, from 512 MiB to 64 GiB (`PVE/QemuServer/Memory.pm`, `foreach_dimm`; the same in 7.4,
//! 8.4 and 9.2). Proxmox rounds a live change to a step without a word, up as well as down, and
//! a VM whose size lies between two steps does not start: so only steps are ever asked for.

use crate::MemoryMib;

const STATIC_MIB: u32 = 1024;
const FIRST_DIMM_MIB: u32 = 512;
const GROUPS: u32 = 8;
const DIMMS_PER_GROUP: u32 = 32;

/// The staircase of valid sizes.
#[derive(Debug, Clone, Copy)]
pub struct Ladder;

impl Ladder {
    /// What a VM with an ordinary CPU type on a host with at least 40 address bits can have at
    /// most (`get_max_mem` since 7.3).
    pub const USUAL_MAX_MIB: u32 = 524_288;

    /// All 257 sizes in MiB, ascending.
    pub fn sizes() -> impl Iterator<Item = u32> {
        let dimms = (0..GROUPS).flat_map(|group| {
            std::iter::repeat_n(
                FIRST_DIMM_MIB << group,
                usize::try_from(DIMMS_PER_GROUP).unwrap_or(0),
            )
        });
        std::iter::once(STATIC_MIB).chain(dimms.scan(STATIC_MIB, |size, dimm| {
            *size += dimm;
            Some(*size)
        }))
    }

    /// Whether the size is a step.
    #[must_use]
    pub fn has(memory: MemoryMib) -> bool {
        Self::floor(memory) == Some(memory)
    }

    /// The largest step that is at most `memory`; none below the static 1024 MiB.
    #[must_use]
    pub fn floor(memory: MemoryMib) -> Option<MemoryMib> {
        let size = Self::sizes().take_while(|&size| size <= memory.get()).last()?;
        MemoryMib::try_from(size).ok()
    }

    /// The smallest step that is at least `memory`; none above the top.
    #[must_use]
    pub fn ceil(memory: MemoryMib) -> Option<MemoryMib> {
        let size = Self::sizes().find(|&size| size >= memory.get())?;
        MemoryMib::try_from(size).ok()
    }

    /// The next larger step: one DIMM more.
    #[must_use]
    pub fn up(memory: MemoryMib) -> Option<MemoryMib> {
        let size = Self::sizes().find(|&size| size > memory.get())?;
        MemoryMib::try_from(size).ok()
    }

    /// The next smaller step: one DIMM less.
    #[must_use]
    pub fn down(memory: MemoryMib) -> Option<MemoryMib> {
        let size = Self::sizes().take_while(|&size| size < memory.get()).last()?;
        MemoryMib::try_from(size).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mib(value: u32) -> MemoryMib {
        value.try_into().unwrap()
    }

    /// The list that the three versions' own code printed when it was run: the group ends, the
    /// count, and the sum of all as a check over the rest.
    #[test]
    fn the_sizes_are_those_of_qemu_server() {
        let sizes: Vec<u32> = Ladder::sizes().collect();
        assert_eq!(sizes.len(), 257);
        let ends: Vec<u32> = sizes.iter().copied().step_by(32).collect();
        assert_eq!(
            ends,
            [1024, 17408, 50176, 115_712, 246_784, 508_928, 1_033_216, 2_081_792, 4_178_944]
        );
        assert_eq!(sizes.iter().map(|&s| u64::from(s)).sum::<u64>(), 198_697_984);
        assert_eq!(sizes.iter().filter(|&&s| s <= 65_536).count(), 72);
    }

    #[test]
    fn round_sizes_are_not_always_steps() {
        for valid in [4096, 8192, 16384, 17408, 32768, 49152] {
            assert!(Ladder::has(mib(valid)), "{valid}");
        }
        for invalid in [512, 2700, 17920, 65536, 98304, 131_072] {
            assert!(!Ladder::has(mib(invalid)), "{invalid}");
        }
        assert_eq!(Ladder::floor(mib(65536)), Some(mib(64512)));
        assert_eq!(Ladder::ceil(mib(65536)), Some(mib(66560)));
        assert_eq!(Ladder::floor(mib(1023)), None);
        assert_eq!(Ladder::down(mib(1024)), None);
        assert_eq!(Ladder::up(mib(4_178_944)), None);
        assert_eq!(Ladder::ceil(mib(2700)), Some(mib(3072)));
    }

    #[test]
    fn up_and_down_are_inverses_on_every_step() {
        for size in Ladder::sizes().skip(1) {
            let below = Ladder::down(mib(size)).unwrap();
            assert_eq!(Ladder::up(below), Some(mib(size)));
        }
    }
}
