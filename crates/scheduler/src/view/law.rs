//! The figures of the configuration, as the planner calls them.

use vm_autoscale_config::{CpuFigures, MemoryFigures};
use vm_autoscale_planner::{CpuLaw, MemoryLaw, Windows};

/// Those of vCPUs.
pub(super) fn cpu(figures: &CpuFigures) -> CpuLaw {
    CpuLaw {
        grow_headroom: narrow(figures.grow_headroom),
        shrink_headroom: narrow(figures.shrink_headroom),
        noise: narrow(figures.noise),
        saturated_at: narrow(figures.saturated_at),
        grow_target: narrow(figures.grow_target),
        growth_factor: narrow(figures.growth_factor),
        recall: narrow(figures.recall),
        recall_half_life: figures.recall_half_life,
        windows: Windows {
            shortest: figures.window_shortest,
            longest: figures.window_longest,
            usual: figures.window_usual,
            missing_price: narrow(figures.missing_price),
            change_price: narrow(figures.change_price),
            doubt: narrow(figures.doubt),
            memory: figures.window_memory,
        },
        settle: figures.settle,
    }
}

/// Those of memory.
pub(super) fn memory(figures: &MemoryFigures) -> MemoryLaw {
    MemoryLaw {
        grow_at: narrow(figures.grow_at),
        urgent_at: narrow(figures.urgent_at),
        growth_factor: narrow(figures.growth_factor),
        target: narrow(figures.target),
        free_mib: narrow(figures.free_mib),
        horizon: figures.horizon,
        recall: narrow(figures.recall),
        recall_half_life: figures.recall_half_life,
        windows: Windows {
            shortest: figures.window_shortest,
            longest: figures.window_longest,
            usual: figures.window_usual,
            missing_price: narrow(figures.missing_price),
            change_price: narrow(figures.change_price),
            doubt: narrow(figures.doubt),
            memory: figures.window_memory,
        },
        settle: figures.settle,
        least_saving: narrow(figures.least_saving),
    }
}

#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "rounding is meant")]
fn narrow(figure: f64) -> f32 {
    figure as f32
}

#[cfg(test)]
mod tests {
    use vm_autoscale_config::SchedulerConfig;

    use super::*;

    /// The planner's defaults are the truth; the configuration has them to document and show.
    #[test]
    fn the_defaults_of_the_configuration_are_those_of_the_planner() {
        let settings = SchedulerConfig::default().settings();
        assert_eq!(cpu(&settings.adaptive_cpu), CpuLaw::BALANCED);
        assert_eq!(memory(&settings.adaptive_memory), MemoryLaw::BALANCED);
    }
}
