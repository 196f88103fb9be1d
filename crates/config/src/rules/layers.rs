//! Bounds and marks that are in order in each section and not together.

use std::collections::{BTreeMap, BTreeSet};

use crate::resolve::Place;
use crate::schedule::{Holding, MOST as MOST_SCHEDULES};
use crate::scheduler::layer::Layer as _;
use crate::section::Section;
use crate::settings::{Origins, Own, paths, policy_of};
use crate::yaml::meaning::Broken;
use crate::{Policy, Schedule, SchedulerConfig, VirtualMachine, VmSettings};

/// Two settings, the lower one first, and what is wrong where they cross.
struct Pair {
    low: &'static str,
    high: &'static str,
    values: fn(&VmSettings) -> (f64, f64),
    /// Whether they may be equal.
    may_meet: bool,
}

impl Pair {
    /// Whether no section compares them itself.
    fn is_adaptive(&self) -> bool {
        policy_of(self.low) == Some(Policy::Adaptive)
    }
}

/// A pair of figures of the policy `adaptive`.
macro_rules! figures {
    ($of:ident, $above:literal: $low:ident $sign:tt $high:ident) => {
        Pair {
            low: concat!($above, ".", stringify!($low)),
            high: concat!($above, ".", stringify!($high)),
            values: |s| (f64::from(s.$of.$low), f64::from(s.$of.$high)),
            may_meet: 0 $sign 0,
        }
    };
}

const PAIRS: [Pair; 12] = [
    Pair {
        low: "scaling_limits.min_cores",
        high: "scaling_limits.max_cores",
        values: |s| (f64::from(s.min_cores), f64::from(s.max_cores)),
        may_meet: true,
    },
    Pair {
        low: "scaling_limits.min_ram_mb",
        high: "scaling_limits.max_ram_mb",
        values: |s| (f64::from(s.min_ram_mb), f64::from(s.max_ram_mb)),
        may_meet: true,
    },
    Pair {
        low: "thresholds.cpu.low",
        high: "thresholds.cpu.high",
        values: |s| (s.cpu_low, s.cpu_high),
        may_meet: false,
    },
    Pair {
        low: "thresholds.ram.low",
        high: "thresholds.ram.high",
        values: |s| (s.ram_low, s.ram_high),
        may_meet: false,
    },
    // What shrinking leaves would else be grown again at once.
    figures!(adaptive_cpu, "adaptive.cpu": grow_headroom <= shrink_headroom),
    figures!(adaptive_cpu, "adaptive.cpu": grow_target < saturated_at),
    figures!(adaptive_cpu, "adaptive.cpu": window_shortest <= window_usual),
    figures!(adaptive_cpu, "adaptive.cpu": window_usual <= window_longest),
    figures!(adaptive_memory, "adaptive.memory": target < grow_at),
    figures!(adaptive_memory, "adaptive.memory": grow_at < urgent_at),
    figures!(adaptive_memory, "adaptive.memory": window_shortest <= window_usual),
    figures!(adaptive_memory, "adaptive.memory": window_usual <= window_longest),
];

/// So many are said at once.
pub(super) const MOST: usize = 100;

/// Everything that crosses what it meets from another layer, in any combination of class and
/// entry that a VM can have.
pub(super) fn crossed(config: &SchedulerConfig) -> Vec<Broken> {
    let mut seen = BTreeSet::new();
    let mut broken = Vec::new();
    let (alone, none) = (each_alone(config), [Holding::default()]);
    for of in combinations(config) {
        let by = config.scheduled_by(of.0, of.1).and_then(|section| alone.get(&section));
        for holding in by.map_or(none.as_slice(), Vec::as_slice).iter().copied() {
            if broken.len() >= MOST {
                return broken;
            }
            let (settings, origins) = config.resolve(of.0, of.1, holding);
            let pairs = PAIRS.iter().filter(|pair| settings.knows(pair.low));
            let found = pairs.filter_map(|pair| meet(config, of, pair, &settings, &origins));
            // Said once of a key, however many classes its VM may be of.
            broken.extend(found.filter_map(|([own, _], found)| seen.insert(own).then_some(found)));
        }
    }
    broken
}

/// Of each section with schedules none of them, and each that says something else than those before
/// it. Which of them hold together is known only at the time.
fn each_alone(config: &SchedulerConfig) -> BTreeMap<Section, Vec<Holding>> {
    let lists = config.sections().filter_map(|section| Some((section, config.schedules(section)?)));
    let alone = |list: &[Schedule]| {
        let says = |schedule: &Schedule| (schedule.limits(), schedule.profile);
        let other = |(at, schedule): (usize, &Schedule)| {
            let mut before = list.iter().take(at);
            before.all(|known| says(known) != says(schedule)).then(|| Holding::only(at))
        };
        let others = list.iter().enumerate().take(MOST_SCHEDULES).filter_map(other);
        std::iter::once(Holding::default()).chain(others).collect()
    };
    lists.map(|(section, list)| (section, alone(list))).collect()
}

/// The classes and entries that can come together, each with the file.
pub(super) fn combinations(config: &SchedulerConfig) -> Vec<(Option<usize>, Option<usize>)> {
    let classes = || (0..config.classes.len()).map(Some);
    let mut all: Vec<_> =
        std::iter::once(None).chain(classes()).map(|class| (class, None)).collect();
    // One that is not looked after, or says nothing of these, crosses nothing of its own.
    let says = |vm: &VirtualMachine| {
        vm.profile().is_some() || vm.own() != Own::default() || vm.schedules.is_some()
    };
    let entries = config.virtual_machines.iter().enumerate();
    for (at, vm) in entries.filter(|(_, vm)| vm.scaling_enabled && says(vm)) {
        if let Some(name) = &vm.class {
            all.push((config.class_named(name), Some(at)));
        } else {
            all.push((None, Some(at)));
            let may_be = |class: &Option<usize>| {
                let class = class.and_then(|at| config.classes.get(at));
                class.is_some_and(|class| class.select.may_name(vm.vm_id))
            };
            all.extend(classes().filter(may_be).map(|class| (class, Some(at))));
        }
    }
    all
}

/// Marks and bounds of one section are that section's own rule. The keys, and what is wrong.
fn meet(
    config: &SchedulerConfig,
    (class, entry): (Option<usize>, Option<usize>),
    pair: &Pair,
    settings: &VmSettings,
    origins: &Origins<Place>,
) -> Option<([Option<String>; 2], Broken)> {
    let (low, high) = (pair.values)(settings);
    let crosses = low > high || (low >= high && !pair.may_meet);
    if !crosses {
        return None;
    }
    let at = |name: &str| paths().zip(origins.each()).find(|(path, _)| *path == name);
    let [(_, low_at), (_, high_at)] = [&at(pair.low)?, &at(pair.high)?];
    let is_one = low_at == high_at && low_at.profile().is_none();
    if is_one && !pair.is_adaptive() {
        return None;
    }
    let is_low = rank(config, class, *low_at) >= rank(config, class, *high_at);
    let [own, other] = if is_low {
        [(pair.low, low_at), (pair.high, high_at)]
    } else {
        [(pair.high, high_at), (pair.low, low_at)]
    };
    let paths = [own, other].map(|(name, place)| place.path(config, name));
    let others = may_say(config, class, entry, pair);
    let keys: Vec<&str> = paths.iter().flatten().chain(&others).map(String::as_str).collect();
    let whose = (!is_one).then(|| other.1.words(config));
    let broken = words(&keys, pair, (low, high), (other.0, whose));
    Some((paths, broken))
}

/// The setting without its section.
fn last(path: &'static str) -> &'static str {
    path.rsplit('.').next().unwrap_or(path)
}

/// What is wrong, where `other` is the setting that is not of the nearer layer, and whose it is,
/// unless both are of one section.
fn words(
    keys: &[&str],
    pair: &Pair,
    (low, high): (f64, f64),
    (other, whose): (&'static str, Option<String>),
) -> Broken {
    let (low_name, high_name) = (last(pair.low), last(pair.high));
    let exceeds = if pair.may_meet { "exceeds" } else { "is not below" };
    let crossing = format!("`{low_name}` {low} {exceeds} `{high_name}` {high}");
    let problem = match &whose {
        Some(whose) => format!("{crossing}; `{}` is {whose}", last(other)),
        None => crossing,
    };
    let rule = match (pair.may_meet, pair.is_adaptive()) {
        (true, _) => format!("`{low_name}` must not exceed `{high_name}`, wherever they are set"),
        (false, true) => format!("`{low_name}` must be below `{high_name}`, wherever they are set"),
        (false, false) => super::MARKS.to_owned(),
    };
    let help = whose.map(|_| format!("set `{}` here, too", last(other)));
    Broken { help, ..Broken::new(keys, problem, rule) }
}

/// Every key that could say one of the two: where one of them is not understood, nobody knows
/// whether they cross.
fn may_say(
    config: &SchedulerConfig,
    class: Option<usize>,
    entry: Option<usize>,
    pair: &Pair,
) -> Vec<String> {
    let chain = config.chain(class).into_iter().map(|(at, _)| Place::Class(at, None));
    let places = entry.map(|at| Place::Vm(at, None)).into_iter().chain(chain);
    let of = |place: Place| {
        let both = [pair.low, pair.high].into_iter().flat_map(move |name| place.keys(name));
        both.chain(
            ["policy", "profile", "behaviour", "schedules", "name", "class", "inherits"]
                .map(|key| place.key(key)),
        )
    };
    places.chain([Place::File(None)]).flat_map(of).collect()
}

/// The nearer to the VM the higher.
fn rank(config: &SchedulerConfig, class: Option<usize>, place: Place) -> (u8, usize, u8) {
    let is_own = 2 * u8::from(place.profile().is_none());
    match place {
        // Between what its section says and what comes before or after that.
        Place::Schedule(section, ..) => {
            let (layer, depth, _) = rank(config, class, section.place(None));
            (layer, depth, 1 + is_own)
        }
        Place::Default => (0, 0, is_own),
        Place::File(_) | Place::DryRun => (1, 0, is_own),
        Place::Class(at, _) => {
            let chain = config.chain(class);
            let depth = chain.iter().position(|(known, _)| *known == at).unwrap_or(0);
            (2, usize::MAX - depth, is_own)
        }
        Place::Vm(..) => (3, 0, is_own),
    }
}
