//! What holds for one VM: the list of settings, and how one layer after the other is asked.

mod lever;
mod profile;

pub use lever::{CpuLever, MemoryLever};
pub use profile::{Behaviour, Profile};

use std::fmt;

use crate::Mode;

/// How much a VM counts where a node has too little for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// As much as its `shares` in Proxmox.
    Shares,
    /// So much.
    Of(u32),
}

impl Weight {
    /// What is said of it.
    #[must_use]
    pub fn said(self) -> Option<u32> {
        match self {
            Self::Shares => None,
            Self::Of(weight) => Some(weight),
        }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shares => f.write_str("shares"),
            Self::Of(weight) => weight.fmt(f),
        }
    }
}

/// Makes, of one list, what layers say ([`Own`]), what holds in the end ([`VmSettings`]), and
/// their names.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr, $path:literal;)*) => {
        /// What holds for one VM after all.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct VmSettings {
            $($(#[$doc])* pub $name: $type,)*
        }

        /// What one layer says of it.
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        pub(crate) struct Own {
            $(pub(crate) $name: Option<$type>,)*
        }

        impl Own {
            /// Whether it says everything that the other says.
            pub(crate) fn covers(&self, other: &Self) -> bool {
                $((other.$name.is_none() || self.$name.is_some()))&&*
            }
        }

        /// Which layer decided on each.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(crate) struct Origins<L> {
            $(pub(crate) $name: L,)*
        }

        impl<L: Copy> Origins<L> {
            /// In the order of [`PATHS`].
            pub(crate) fn each(&self) -> [L; PATHS.len()] {
                [$(self.$name),*]
            }
        }

        /// The key of each setting in a section, `thresholds` standing for the section's own name
        /// of them.
        pub(crate) const PATHS: &[&str] = &[$($path),*];

        impl VmSettings {
            /// What holds where no layer says anything.
            pub(crate) const DEFAULT: Self = Self { $($name: $default),* };

            /// The first layer that says something of a setting decides on it; of those that
            /// none says anything of, `last` is the origin.
            pub(crate) fn choose<L: Copy>(layers: &[(L, Own)], last: L) -> (Self, Origins<L>) {
                let (mut chosen, mut origins) = (Self::DEFAULT, Origins { $($name: last),* });
                $(
                    let found = layers.iter().find_map(|(layer, own)| Some((*layer, own.$name?)));
                    if let Some((layer, value)) = found {
                        chosen.$name = value;
                        origins.$name = layer;
                    }
                )*
                (chosen, origins)
            }

            /// Every setting as text, by its key.
            #[must_use]
            pub fn each(&self) -> Vec<(&'static str, String)> {
                vec![$(($path, self.$name.to_string())),*]
            }
        }
    };
}

settings! {
    /// How far.
    mode: Mode = Mode::Observe, "mode";
    /// Whether vCPUs are looked after.
    cpu_scaling: bool = true, "cpu_scaling";
    /// Whether memory is.
    ram_scaling: bool = true, "ram_scaling";
    /// Percent of the plugged vCPUs above which one is added.
    cpu_high: f64 = 80.0, "thresholds.cpu.high";
    /// Percent below which one is taken.
    cpu_low: f64 = 20.0, "thresholds.cpu.low";
    /// Percent of the memory above which some is added.
    ram_high: f64 = 85.0, "thresholds.ram.high";
    /// Percent below which some is taken.
    ram_low: f64 = 25.0, "thresholds.ram.low";
    /// Fewest vCPUs.
    min_cores: u32 = 1, "scaling_limits.min_cores";
    /// Most vCPUs.
    max_cores: u32 = 8, "scaling_limits.max_cores";
    /// Least memory in MiB.
    min_ram_mb: u32 = 1024, "scaling_limits.min_ram_mb";
    /// Most memory in MiB.
    max_ram_mb: u32 = 16_384, "scaling_limits.max_ram_mb";
    /// Seconds between two decisions.
    check_interval: u32 = 300, "check_interval";
    /// Seconds after a change before the same resource is changed again.
    scale_cooldown: u32 = 300, "scale_cooldown";
    /// Decisions in a row that must find a resource low.
    scale_down_after_cycles: u32 = 2, "scale_down_after_cycles";
    /// Seconds that it is left alone after someone else changed its size.
    external_change_hold: u32 = 3600, "external_change_hold";
    /// By what its CPU becomes larger and smaller.
    cpu_lever: CpuLever = CpuLever::Auto, "cpu_lever";
    /// By what its memory does.
    memory_lever: MemoryLever = MemoryLever::Dimm, "memory_lever";
    /// Whether memory is taken.
    memory_shrink: bool = false, "memory_shrink";
    /// How much it counts on a full node.
    weight: Weight = Weight::Shares, "weight";
}
