//! Shipped figures for those who do not want to choose their own.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Adaptive, AdaptiveCpu, AdaptiveMemory, CpuFigures, MemoryFigures, Own, VmSettings};

/// A set of figures: when a VM grows and shrinks, and how soon again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Grows late and shrinks soon: CPU 85/35 %, memory 90/35 %, after 2 checks.
    Economy,
    /// The figures that hold where nothing is said: CPU 80/20 %, memory 85/25 %, after 2 checks.
    Balanced,
    /// Grows early and shrinks late: CPU 70/10 %, memory 80/15 %, after 6 checks, and rests for
    /// 600 s after a change.
    Steady,
}

/// The same choice in the words of LXC `AutoScale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// The profile `economy`.
    Aggressive,
    /// The profile `balanced`.
    Normal,
    /// The profile `steady`.
    Conservative,
}

impl From<Behaviour> for Profile {
    fn from(behaviour: Behaviour) -> Self {
        match behaviour {
            Behaviour::Aggressive => Self::Economy,
            Behaviour::Normal => Self::Balanced,
            Behaviour::Conservative => Self::Steady,
        }
    }
}

impl Profile {
    /// What it says. The figures are a judgement, not yet a measurement.
    pub(crate) fn own(self) -> Own {
        const DEFAULT: VmSettings = VmSettings::DEFAULT;
        let (cpu, ram, checks, cooldown) = match self {
            Self::Economy => ((85.0, 35.0), (90.0, 35.0), 2, 300),
            Self::Balanced => (
                (DEFAULT.cpu_high, DEFAULT.cpu_low),
                (DEFAULT.ram_high, DEFAULT.ram_low),
                DEFAULT.scale_down_after_cycles,
                DEFAULT.scale_cooldown,
            ),
            Self::Steady => ((70.0, 10.0), (80.0, 15.0), 6, 600),
        };
        Own {
            cpu_high: Some(cpu.0),
            cpu_low: Some(cpu.1),
            ram_high: Some(ram.0),
            ram_low: Some(ram.1),
            scale_down_after_cycles: Some(checks),
            scale_cooldown: Some(cooldown),
            adaptive: self.adaptive(),
            ..Own::default()
        }
    }

    /// What it says of the policy `adaptive`: each says the same keys, so that a nearer layer's
    /// profile leaves nothing of a farther one's.
    fn adaptive(self) -> Adaptive {
        let (cpu, memory) = self.figures();
        Adaptive {
            cpu: AdaptiveCpu {
                grow_headroom: Some(cpu.grow_headroom),
                shrink_headroom: Some(cpu.shrink_headroom),
                window_shortest: Some(cpu.window_shortest),
                window_longest: Some(cpu.window_longest),
                window_usual: Some(cpu.window_usual),
                missing_price: Some(cpu.missing_price),
                change_price: Some(cpu.change_price),
                ..AdaptiveCpu::default()
            },
            memory: AdaptiveMemory {
                grow_at: Some(memory.grow_at),
                target: Some(memory.target),
                window_shortest: Some(memory.window_shortest),
                window_longest: Some(memory.window_longest),
                window_usual: Some(memory.window_usual),
                missing_price: Some(memory.missing_price),
                change_price: Some(memory.change_price),
                ..AdaptiveMemory::default()
            },
        }
    }

    fn figures(self) -> (CpuFigures, MemoryFigures) {
        let (mut cpu, mut memory) = (CpuFigures::DEFAULT, MemoryFigures::DEFAULT);
        let prices = match self {
            Self::Balanced => 1.0,
            Self::Economy => {
                cpu.window_shortest /= 2;
                memory.window_shortest /= 2;
                cpu.shrink_headroom = 0.08;
                (memory.target, memory.grow_at) = (0.88, 0.92);
                0.25
            }
            Self::Steady => {
                cpu.window_shortest *= 3;
                memory.window_shortest *= 3;
                // Not shorter than the shortest.
                cpu.window_usual *= 3;
                memory.window_usual *= 3;
                cpu.window_longest *= 2;
                memory.window_longest *= 2;
                (cpu.grow_headroom, cpu.shrink_headroom) = (0.15, 0.20);
                (memory.target, memory.grow_at) = (0.80, 0.85);
                4.0
            }
        };
        cpu.missing_price *= prices;
        cpu.change_price *= prices;
        memory.missing_price *= prices;
        memory.change_price *= prices;
        (cpu, memory)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Economy => "economy",
            Self::Balanced => "balanced",
            Self::Steady => "steady",
        })
    }
}
