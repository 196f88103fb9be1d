//! The keys that the file, its classes and its VMs have in common, each written once.

/// A section that holds them beside its own. `marks` names its section of thresholds.
macro_rules! layer {
    (
        marks: $marks:ident,
        $(#[$meta:meta])*
        pub struct $name:ident { $($(#[$attr:meta])* pub $field:ident: $type:ty,)* }
    ) => {
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, validator::Validate)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[validate(schema(function = "crate::rules::layer", skip_on_field_errors = false))]
        $(#[$meta])*
        pub struct $name {
            $($(#[$attr])* pub $field: $type,)*
            /// How far it goes: the least of what the file, the class and the VM say. `observe`
            /// where nobody says it.
            pub mode: Option<crate::Mode>,
            /// How it decides. Where no layer of a VM says it: `threshold` if one of them has a key
            /// that only `threshold` knows (marks, `check_interval`, `scale_cooldown`,
            /// `scale_down_after_cycles`), else `adaptive`.
            pub policy: Option<crate::Policy>,
            /// The figures of `policy: adaptive`.
            #[serde(default)]
            #[validate(nested)]
            pub adaptive: crate::Adaptive,
            /// Shipped figures. In one section a key beside it holds over it; what a class or VM
            /// says, be it by a profile, holds over what the file says.
            pub profile: Option<crate::Profile>,
            /// The same choice in other words: `aggressive` is the profile `economy`, `normal` is
            /// `balanced`, `conservative` is `steady`.
            pub behaviour: Option<crate::Behaviour>,
            /// Whether vCPUs are looked after; `true` where no layer says it.
            pub cpu_scaling: Option<bool>,
            /// Whether memory is; `true` where no layer says it.
            pub ram_scaling: Option<bool>,
            /// Of `threshold`: seconds between two decisions on a VM, for growing too, 1 to 86400; 300 where no
            /// layer says it.
            #[validate(range(min = 1, max = 86_400, message = "1 to 86400 seconds"))]
            pub check_interval: Option<u32>,
            /// Of `threshold`: seconds after a change of a VM's vCPUs, or of its memory, before the
            /// same is changed again, 1 to 86400; 300 where no layer says it. It goes on over a restart; after a
            /// start without a journal, and of the helper, nothing is changed for as long. Each
            /// failure in a row doubles it, up to 32 times.
            #[validate(range(min = 1, max = 86_400, message = "1 to 86400 seconds"))]
            pub scale_cooldown: Option<u32>,
            /// Of `threshold`: so many decisions in a row must find a resource below its low mark
            /// before it shrinks; 2 where no layer says it.
            #[validate(range(min = 1, message = "at least 1"))]
            pub scale_down_after_cycles: Option<u32>,
            /// Seconds that a VM is left alone after someone else changed its size (vCPUs, cores,
            /// memory, balloon or CPU limit), 0 to 604800; 3600 where no layer says it.
            #[validate(range(max = 604_800, message = "at most 604800 seconds, a week"))]
            pub external_change_hold: Option<u32>,
            /// By what its CPU becomes larger and smaller; `auto` where no layer says it. The
            /// helper lets `cpulimit` through where its rule has a `min_cpulimit`.
            pub cpu_lever: Option<crate::CpuLever>,
            /// By what its memory becomes larger and smaller; `dimm` where no layer says it. The
            /// helper lets `balloon` through where its rule has a `min_balloon`.
            pub memory_lever: Option<crate::MemoryLever>,
            /// Whether memory is taken back, by either lever, in mode `full`; `false` where no
            /// layer says it. Not every guest gives memory back when asked: try it with yours first.
            pub memory_shrink: Option<bool>,
            /// How much a VM counts where a node has too little for all that ask: one of twice the
            /// weight gets twice as much more. 1 to 50000; its `shares` in Proxmox where no layer
            /// says it, and 1000 where it has none.
            #[validate(range(min = 1, max = 50_000, message = "1 to 50000"))]
            pub weight: Option<u32>,
            /// How small and how large a VM may become. This narrows what the VM itself
            /// (sockets x cores) and the helper allow and never widens it.
            #[serde(default)]
            #[validate(nested)]
            pub scaling_limits: crate::Limits,
            /// Bounds and profiles by the time of day, at most 32. The list of a VM or class takes
            /// the place of those of the sections that it would inherit from. Of several that hold
            /// at once the later one decides, key by key.
            #[serde(default, deserialize_with = "crate::leaf::some_each")]
            #[validate(nested)]
            pub schedules: Option<Vec<crate::Schedule>>,
        }

        impl $crate::scheduler::layer::Layer for $name {
            fn own(&self) -> $crate::settings::Own {
                let [cpu_high, cpu_low, ram_high, ram_low] = self.$marks.marks();
                $crate::settings::Own {
                    mode: self.mode,
                    policy: self.policy,
                    adaptive: self.adaptive,
                    cpu_scaling: self.cpu_scaling,
                    ram_scaling: self.ram_scaling,
                    cpu_high,
                    cpu_low,
                    ram_high,
                    ram_low,
                    check_interval: self.check_interval,
                    scale_cooldown: self.scale_cooldown,
                    scale_down_after_cycles: self.scale_down_after_cycles,
                    external_change_hold: self.external_change_hold,
                    cpu_lever: self.cpu_lever,
                    memory_lever: self.memory_lever,
                    memory_shrink: self.memory_shrink,
                    weight: self.weight.map(crate::Weight::Of),
                    ..self.scaling_limits.own()
                }
            }

            fn choices(&self) -> (Option<crate::Profile>, Option<crate::Behaviour>) {
                (self.profile, self.behaviour)
            }

            fn schedules(&self) -> Option<&[crate::Schedule]> {
                self.schedules.as_deref()
            }
        }
    };
}

use crate::settings::Own;
use crate::{Behaviour, Profile, Schedule};

/// A section with the common keys.
pub(crate) trait Layer {
    /// What it says itself.
    fn own(&self) -> Own;

    /// Both keys that choose a profile.
    fn choices(&self) -> (Option<Profile>, Option<Behaviour>);

    /// Its schedules, where it has a list of its own.
    fn schedules(&self) -> Option<&[Schedule]>;

    /// The profile that it chooses, by either.
    fn profile(&self) -> Option<Profile> {
        let (profile, behaviour) = self.choices();
        profile.or(behaviour.map(Profile::from))
    }
}

impl<L: Layer> Layer for &L {
    fn own(&self) -> Own {
        L::own(self)
    }

    fn choices(&self) -> (Option<Profile>, Option<Behaviour>) {
        L::choices(self)
    }

    fn schedules(&self) -> Option<&[Schedule]> {
        L::schedules(self)
    }
}
