//! Bounds that are in order in each section and not together.

use crate::yaml::meaning::Broken;
use crate::{Limits, SchedulerConfig, VmSettings};

/// The names of two bounds, how a section has them, and what holds where none has.
type Pair = ([&'static str; 2], fn(&Limits) -> [Option<u32>; 2], [u32; 2]);

const PAIRS: [Pair; 2] = [
    (["min_cores", "max_cores"], |l| [l.min_cores, l.max_cores], VmSettings::CORES),
    (["min_ram_mb", "max_ram_mb"], |l| [l.min_ram_mb, l.max_ram_mb], VmSettings::RAM_MB),
];

/// Every bound that crosses the one that it meets from the layer above.
pub(super) fn crossed(config: &SchedulerConfig) -> Vec<Broken> {
    let mut broken = Vec::new();
    for pair @ (_, of, defaults) in &PAIRS {
        let top = of(&config.scaling_limits);
        let above = [top[0].unwrap_or(defaults[0]), top[1].unwrap_or(defaults[1])];
        broken.extend(meet(pair, "scaling_limits", top, *defaults));
        for (at, vm) in config.virtual_machines.iter().enumerate() {
            let section = format!("virtual_machines[{at}].scaling_limits");
            broken.extend(meet(pair, &section, of(&vm.scaling_limits), above));
        }
    }
    broken
}

/// Both of one section are that section's own rule.
fn meet(pair: &Pair, section: &str, own: [Option<u32>; 2], above: [u32; 2]) -> Option<Broken> {
    let ([low, high], ..) = pair;
    let (key, other, min, max) = match own {
        [Some(min), None] => (low, high, min, above[1]),
        [None, Some(max)] => (high, low, above[0], max),
        _ => return None,
    };
    let problem = format!("`{low}` {min} exceeds `{high}` {max}, and `{other}` is not set here");
    let keys = [format!("{section}.{key}"), format!("scaling_limits.{other}")];
    let rule = format!("`{low}` must not exceed `{high}`, wherever they are set");
    let broken = Broken::new(&keys.each_ref().map(String::as_str), problem, rule);
    let help = Some(format!("set `{other}` here, too"));
    (min > max).then_some(Broken { help, ..broken })
}
