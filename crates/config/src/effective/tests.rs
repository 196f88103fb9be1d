//! What is said of each value is held against a resolver that knows nothing of the program's own:
//! it walks the layers of a file that it wrote itself.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use vm_autoscale_proxmox::Tags;

use crate::{Answer, Checked, Environment, Hours, Origin, Roster, SchedulerConfig, VmFacts};

/// The key, how it may be written flat, two values that go together with all others, and what
/// holds where nobody says it.
type Key = (&'static str, &'static str, [&'static str; 2], &'static str);

const KEYS: [Key; 19] = [
    ("mode", "", ["full", "up-only"], "observe"),
    ("cpu_scaling", "", ["false", "true"], "true"),
    ("ram_scaling", "", ["false", "true"], "true"),
    ("thresholds.cpu.high", "thresholds.cpu_high", ["91", "72.5"], "80"),
    ("thresholds.cpu.low", "thresholds.cpu_low", ["3", "33"], "20"),
    ("thresholds.ram.high", "thresholds.ram_high", ["92", "73"], "85"),
    ("thresholds.ram.low", "thresholds.ram_low", ["4", "34"], "25"),
    ("scaling_limits.min_cores", "", ["1", "2"], "1"),
    ("scaling_limits.max_cores", "", ["3", "64"], "8"),
    ("scaling_limits.min_ram_mb", "", ["512", "1024"], "1024"),
    ("scaling_limits.max_ram_mb", "", ["2048", "4096"], "16384"),
    ("check_interval", "", ["60", "61"], "300"),
    ("scale_cooldown", "", ["70", "71"], "300"),
    ("scale_down_after_cycles", "", ["8", "9"], "2"),
    ("external_change_hold", "", ["0", "80"], "3600"),
    ("cpu_lever", "", ["vcpus", "cpulimit"], "auto"),
    ("memory_lever", "", ["balloon", "none"], "dimm"),
    ("memory_shrink", "", ["true", "false"], "false"),
    ("weight", "", ["1", "50000"], "shares"),
];

/// By both of its names; `KEYS` from the fourth on, and what is none of a profile's.
const PROFILES: [(&str, &str, [&str; 6]); 3] = [
    ("economy", "aggressive", ["85", "35", "90", "35", "300", "2"]),
    ("balanced", "normal", ["80", "20", "85", "25", "300", "2"]),
    ("steady", "conservative", ["70", "10", "80", "15", "600", "6"]),
];
const OF_PROFILES: [usize; 6] = [3, 4, 5, 6, 12, 13];

const LIMITS: [usize; 4] = [7, 8, 9, 10];
/// A time at which only one of the two schedules holds that there can be.
const NOW: u64 = 1_795_392_000;

/// What one layer says: of each key which value, and whether flat; of a profile which, and how; of
/// schedules, where it has a list.
#[derive(Debug, Clone)]
struct Layer {
    keys: Vec<Option<(bool, bool)>>,
    profile: Option<(usize, bool)>,
    schedules: Option<Vec<Schedule>>,
}

/// Whether it holds, which of two values its bounds have, and which profile it has.
#[derive(Debug, Clone)]
struct Schedule {
    holds: bool,
    limits: Vec<Option<bool>>,
    profile: Option<usize>,
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let limits = prop::collection::vec(prop::option::of(any::<bool>()), LIMITS.len());
    let profile = prop::option::of(0..PROFILES.len());
    (any::<bool>(), limits, profile).prop_map(|(holds, mut limits, profile)| {
        // One that says nothing is an error.
        limits[0] = limits[0].or(Some(true));
        Schedule { holds, limits, profile }
    })
}

fn layer() -> impl Strategy<Value = Layer> {
    let keys =
        prop::collection::vec(prop::option::weighted(0.4, any::<(bool, bool)>()), KEYS.len());
    let profile = prop::option::weighted(0.5, (0..PROFILES.len(), any::<bool>()));
    let schedules = prop::option::weighted(0.4, prop::collection::vec(schedule(), 0..4));
    (keys, profile, schedules).prop_map(|(keys, profile, mut schedules)| {
        let is_idle = OF_PROFILES.iter().all(|key| keys[*key].is_some());
        for schedule in schedules.iter_mut().flatten() {
            schedule.profile = schedule.profile.filter(|_| !is_idle);
        }
        Layer { keys, profile: profile.filter(|_| !is_idle), schedules }
    })
}

/// Of each key the line and the value.
type Places = [Option<(usize, String)>; KEYS.len()];

/// On which line each layer says what.
#[derive(Default)]
struct Said {
    own: Places,
    profile: Places,
    /// What those that hold say by their bounds, and by their profiles; of a list.
    schedules: Option<Vec<[Places; 2]>>,
}

/// A file under construction.
#[derive(Default)]
struct Text {
    lines: Vec<String>,
    places: Vec<Said>,
}

impl Text {
    /// Every value on a line of its own, as long as it is one.
    fn layer(&mut self, layer: &Layer, indent: &str, marks: &str) {
        let (mut places, mut of_profile) = (Places::default(), Places::default());
        if let Some((profile, by_behaviour)) = layer.profile {
            let (name, behaviour, values) = PROFILES[profile];
            let key = if by_behaviour {
                format!("behaviour: {behaviour}")
            } else {
                format!("profile: {name}")
            };
            self.lines.push(format!("{indent}{key}"));
            for (key, value) in OF_PROFILES.into_iter().zip(values) {
                of_profile[key] = Some((self.lines.len(), value.to_owned()));
            }
        }
        for section in ["", "scaling_limits", "thresholds", "thresholds.cpu", "thresholds.ram"] {
            let of_section: Vec<(usize, &str, &str)> =
                layer.written().filter(|(_, path, _)| parent(path) == section).collect();
            let has_below = layer
                .written()
                .any(|(_, path, _)| section.is_empty() || path.starts_with(&format!("{section}.")));
            if !section.is_empty() && has_below {
                let name = section.rsplit('.').next().unwrap();
                let name = if section == "thresholds" { marks } else { name };
                let depth = "  ".repeat(section.matches('.').count());
                self.lines.push(format!("{indent}{depth}{name}:"));
            }
            let depth = if section.is_empty() {
                String::new()
            } else {
                "  ".repeat(section.matches('.').count() + 1)
            };
            for (key, path, value) in of_section {
                let name = path.rsplit('.').next().unwrap();
                self.lines.push(format!("{indent}{depth}{name}: {value}"));
                places[key] = Some((self.lines.len(), value.to_owned()));
            }
        }
        let schedules = layer.schedules.as_ref().map(|all| self.schedules(all, indent));
        self.places.push(Said { own: places, profile: of_profile, schedules });
    }

    fn schedules(&mut self, all: &[Schedule], indent: &str) -> Vec<[Places; 2]> {
        let none = if all.is_empty() { " []" } else { "" };
        self.lines.push(format!("{indent}schedules:{none}"));
        let mut said = Vec::new();
        for (at, schedule) in all.iter().enumerate() {
            let [mut of_limits, mut of_profile] = [Places::default(), Places::default()];
            let (event, span) = if schedule.holds { ("daily", "1d") } else { ("2021-01-01", "1m") };
            let head = format!("{indent}- {{name: s{at}, at: {event}, for: {span}, timezone: UTC,");
            self.lines.push(head);
            if let Some(profile) = schedule.profile {
                let (name, _, values) = PROFILES[profile];
                self.lines.push(format!("{indent}   profile: {name},"));
                for (key, value) in OF_PROFILES.into_iter().zip(values) {
                    of_profile[key] = Some((self.lines.len(), value.to_owned()));
                }
            }
            self.lines.push(format!("{indent}   scaling_limits: {{"));
            for (key, second) in LIMITS.into_iter().zip(&schedule.limits) {
                let Some(second) = *second else { continue };
                let (path, _, values, _) = KEYS[key];
                let (name, value) = (path.rsplit('.').next().unwrap(), values[usize::from(second)]);
                self.lines.push(format!("{indent}     {name}: {value},"));
                of_limits[key] = Some((self.lines.len(), value.to_owned()));
            }
            self.lines.push(format!("{indent}   }}}}"));
            if schedule.holds {
                said.push([of_limits, of_profile]);
            }
        }
        said
    }
}

impl Layer {
    /// The keys that it says: which, its path as written, its value.
    fn written(&self) -> impl Iterator<Item = (usize, &'static str, &'static str)> {
        self.keys.iter().enumerate().filter_map(|(at, said)| {
            let (second, flat) = (*said)?;
            let (path, flat_path, values, _) = KEYS[at];
            let path = if flat && !flat_path.is_empty() { flat_path } else { path };
            Some((at, path, values[usize::from(second)]))
        })
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// Everything that says something, nearest first.
fn voices(places: &[Said]) -> Vec<&Places> {
    let counts = places.iter().rposition(|said| said.schedules.is_some());
    let mut voices = Vec::new();
    for (layer, said) in places.iter().enumerate().rev() {
        let schedules = said.schedules.iter().flatten().rev().filter(|_| counts == Some(layer));
        voices.extend(schedules.clone().map(|[limits, _]| limits));
        voices.push(&said.own);
        voices.extend(schedules.map(|[_, profile]| profile));
        voices.push(&said.profile);
    }
    voices
}

/// The line and value of each key: of the first voice that says it.
fn expected(places: &[Said]) -> Vec<(String, String, Option<usize>)> {
    let order = ["observe", "recommend", "up-only", "full"];
    let nearest = |key: usize| {
        if key > 0 {
            return voices(places).into_iter().find_map(|said| said[key].clone());
        }
        // The entry's, the class's (its own or what it inherits) and the file's: the least.
        let mode = |layer: usize| places[layer].own[0].clone();
        let default = Some((0, "observe".to_owned()));
        let all = [mode(3), mode(2).or(mode(1)), mode(0).or(default)];
        all.into_iter().flatten().min_by_key(|(_, mode)| order.iter().position(|m| m == mode))
    };
    let of = |(at, (path, _, _, default)): (usize, &Key)| match nearest(at) {
        Some((line, value)) => ((*path).to_owned(), value, Some(line).filter(|line| *line > 0)),
        None => ((*path).to_owned(), (*default).to_owned(), None),
    };
    KEYS.iter().enumerate().map(of).collect()
}

fn found(text: &str) -> Result<Vec<(String, String, Option<usize>)>, String> {
    let environment = Environment::default();
    let checked =
        Checked::<SchedulerConfig>::expanded(Path::new("c"), text.as_bytes(), &environment);
    let line = |path: &str| match checked.origin(path) {
        Some(Origin::File { line, .. }) => Some(line),
        _ => None,
    };
    let config = checked.config().cloned().ok_or("no config")?;
    let (home, node) = ("home".try_into().unwrap(), "pve1".try_into().unwrap());
    let clusters = [("home".try_into().unwrap(), ["pve1".try_into().unwrap()].into())].into();
    let roster = Roster::new(Arc::new(config.clone()), &home, &clusters);
    let (vmid, tags) = (101.try_into().unwrap(), Tags::default());
    let described = Some((None, &tags));
    let vm = VmFacts { vmid, cluster: None, node: Some(&node), described, pool: Some(None) };
    let Answer::Yes(managed) = roster.answer(&vm) else { return Err("no VM".to_owned()) };
    let mut hours = Hours::new(&config);
    hours.turn(&config, NOW);
    let values = config.effective_vm(&hours, &managed, line).into_iter();
    let values =
        values.filter(|value| !value.key.starts_with("schedules.") && value.key != "policy");
    let values = values.map(|value| (value.key, value.value, value.place)).collect();
    checked.finish().map(|_| values).map_err(|report| report.to_string())
}

/// Of keys that are the file's alone.
#[test]
fn what_is_of_the_whole_file_is_of_its_line() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/good/everything.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let checked = Checked::<SchedulerConfig>::new(&file, text.as_bytes());
    let line = |path: &str| match checked.origin(path) {
        Some(Origin::File { line, .. }) => Some(line),
        _ => None,
    };
    let own = checked.config().unwrap().effective(line);
    assert!(own.len() > 20, "{own:?}");
    for value in own {
        let key = value.key.rsplit('.').next().unwrap();
        let line = text.lines().nth(value.place.unwrap() - 1).unwrap();
        assert!(line.contains(&format!("{key}: ")), "{value:?} {line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The file, a class, one that inherits from it, and an entry.
    #[test]
    fn every_value_is_of_the_line_that_says_it(layers in prop::collection::vec(layer(), 4)) {
        let mut text = Text::default();
        text.lines.push("policy: threshold".to_owned());
        text.layer(&layers[0], "", "scaling_thresholds");
        text.lines.extend(["classes:".to_owned(), "- name: base".to_owned()]);
        text.layer(&layers[1], "  ", "thresholds");
        text.lines.extend(["- name: web".to_owned(), "  inherits: base".to_owned()]);
        text.layer(&layers[2], "  ", "thresholds");
        text.lines.push("virtual_machines:".to_owned());
        text.lines.extend(["- vm_id: 101".to_owned(), "  class: web".to_owned()]);
        text.layer(&layers[3], "  ", "thresholds");
        let file = text.lines.join("\n");
        prop_assert_eq!(found(&file), Ok(expected(&text.places)), "{}", file);
    }
}
