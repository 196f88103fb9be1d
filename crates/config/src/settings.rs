//! What holds for one VM: the list of settings, and how one layer after the other is asked.

#[macro_use]
pub(crate) mod figures;
mod adaptive;
mod lever;
mod profile;

pub use adaptive::{Adaptive, AdaptiveCpu, AdaptiveMemory, CpuFigures, MemoryFigures};
pub use lever::{CpuLever, MemoryLever};
pub use profile::{Behaviour, Profile};

use std::fmt;

use crate::{Mode, Policy};

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
            /// When vCPUs are added and taken by the policy `adaptive`.
            pub adaptive_cpu: CpuFigures,
            /// When memory is.
            pub adaptive_memory: MemoryFigures,
        }

        /// What one layer says of it.
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        pub(crate) struct Own {
            $(pub(crate) $name: Option<$type>,)*
            pub(crate) adaptive: Adaptive,
        }

        impl Own {
            /// Whether it says everything that the other says.
            pub(crate) fn covers(&self, other: &Self) -> bool {
                $((other.$name.is_none() || self.$name.is_some()))&&*
                    && self.adaptive.covers(&other.adaptive)
            }

            /// The keys of what it says.
            pub(crate) fn keys(&self) -> impl Iterator<Item = &'static str> {
                let said = [$(self.$name.map(|_| $path)),*];
                said.into_iter().flatten().chain(self.adaptive.keys())
            }
        }

        /// Which layer decided on each.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) struct Origins<L> {
            $(pub(crate) $name: L,)*
            adaptive: Vec<L>,
        }

        impl<L: Copy> Origins<L> {
            /// In the order of [`paths`].
            pub(crate) fn each(&self) -> impl Iterator<Item = L> {
                [$(self.$name),*].into_iter().chain(self.adaptive.iter().copied())
            }
        }

        /// The key of each setting in a section, `thresholds` standing for the section's own name
        /// of them.
        pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
            let adaptive = CpuFigures::PATHS.iter().chain(MemoryFigures::PATHS);
            [$($path),*].into_iter().chain(adaptive.copied())
        }

        impl VmSettings {
            /// What holds where no layer says anything.
            pub(crate) const DEFAULT: Self = Self {
                $($name: $default,)*
                adaptive_cpu: CpuFigures::DEFAULT,
                adaptive_memory: MemoryFigures::DEFAULT,
            };

            /// The first layer that says something of a setting decides on it; of those that
            /// none says anything of, `last` is the origin.
            pub(crate) fn choose<L: Copy>(layers: &[(L, Own)], last: L) -> (Self, Origins<L>) {
                let mut chosen = Self::DEFAULT;
                let of = |(layer, own): &(L, Own)| (*layer, own.adaptive);
                let adaptive: Vec<_> = layers.iter().map(of).collect();
                let cpu: Vec<_> = adaptive.iter().map(|(layer, own)| (*layer, own.cpu)).collect();
                let memory: Vec<_> =
                    adaptive.iter().map(|(layer, own)| (*layer, own.memory)).collect();
                let (cpu, mut figures) = CpuFigures::choose(&cpu, last);
                let (memory, of_memory) = MemoryFigures::choose(&memory, last);
                figures.extend(of_memory);
                (chosen.adaptive_cpu, chosen.adaptive_memory) = (cpu, memory);
                let mut origins = Origins { $($name: last,)* adaptive: figures };
                $(
                    let found = layers.iter().find_map(|(layer, own)| Some((*layer, own.$name?)));
                    if let Some((layer, value)) = found {
                        chosen.$name = value;
                        origins.$name = layer;
                    }
                )*
                (chosen, origins)
            }

            /// Whether the policy that holds knows the setting.
            #[must_use]
            pub fn knows(&self, key: &str) -> bool {
                policy_of(key).is_none_or(|policy| policy == self.policy)
            }

            /// Every setting as text, by its key, also those that the policy does not know.
            #[must_use]
            pub fn each(&self) -> Vec<(&'static str, String)> {
                let mut all = vec![$(($path, self.$name.to_string())),*];
                all.extend(self.adaptive_cpu.each());
                all.extend(self.adaptive_memory.each());
                all
            }
        }
    };
}

settings! {
    /// How far.
    mode: Mode = Mode::Observe, "mode";
    /// How decisions are made.
    policy: Policy = Policy::Adaptive, "policy";
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

/// The policy that alone knows a setting; `None` for what all know.
pub(crate) fn policy_of(path: &str) -> Option<Policy> {
    match path {
        "check_interval" | "scale_cooldown" | "scale_down_after_cycles" => Some(Policy::Threshold),
        _ if path.starts_with("thresholds.") => Some(Policy::Threshold),
        _ if path.starts_with("adaptive.") => Some(Policy::Adaptive),
        _ => None,
    }
}
