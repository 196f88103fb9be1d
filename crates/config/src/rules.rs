//! Rules across keys, for `validator`. Each function returns every broken rule of its section.

mod classes;
mod layers;
mod notify;
mod policies;
mod schedules;
mod targets;

use std::collections::BTreeMap;
use std::fmt::Display;

use validator::ValidationError;

pub(crate) use notify::{alerts, gotify, ntfy};
pub(crate) use schedules::schedule;

use crate::scheduler::layer::Layer;
use vm_autoscale_proxmox::CpuLimit;

use crate::settings::Own;
use crate::settings::figures::{Figures, Said};
use crate::yaml::meaning::{Broken, all};
use crate::{Adaptive, Cluster, HelperConfig, Limits, Profile, Rule, SchedulerConfig, Thresholds};

/// `min` may not exceed `max`, where both are given.
fn ordered<T: PartialOrd + Display>(
    (low, min): (&str, Option<T>),
    (high, max): (&str, Option<T>),
) -> Option<Broken> {
    let (min, max) = min.zip(max).filter(|(min, max)| min > max)?;
    let problem = format!("`{low}` {min} exceeds `{high}` {max}");
    Some(Broken::new(&[low, high], problem, format!("`{low}` must not exceed `{high}`")))
}

/// Those that are there a second time, each with the place of the first.
fn twice<T: Ord>(items: impl Iterator<Item = T>) -> Vec<(usize, usize)> {
    let mut first = BTreeMap::new();
    let numbered = items.enumerate();
    numbered
        .filter_map(|(at, item)| {
            let before = *first.entry(item).or_insert(at);
            (before != at).then_some((at, before))
        })
        .collect()
}

/// A mark is written in one way, and low marks are below high ones.
pub(crate) fn thresholds(thresholds: &Thresholds) -> Result<(), ValidationError> {
    let [cpu_high, cpu_low, ram_high, ram_low] = thresholds.marks();
    let mut broken = Vec::new();
    let (cpu, ram) = (thresholds.cpu, thresholds.ram);
    let nested = [
        ("cpu.high", "cpu_high", cpu.and_then(|t| t.high).and(thresholds.cpu_high)),
        ("cpu.low", "cpu_low", cpu.and_then(|t| t.low).and(thresholds.cpu_low)),
        ("ram.high", "ram_high", ram.and_then(|t| t.high).and(thresholds.ram_high)),
        ("ram.low", "ram_low", ram.and_then(|t| t.low).and(thresholds.ram_low)),
    ];
    broken.extend(nested.iter().filter(|(_, _, both)| both.is_some()).map(|(long, flat, _)| {
        let problem = format!("`{flat}` stands beside `{long}`, which is on line {{line}}");
        Broken::new(&[flat, long], problem, "a mark stands once: flat or nested")
    }));
    for (name, high, low) in [("cpu", cpu_high, cpu_low), ("ram", ram_high, ram_low)] {
        let is_flat = |flat: Option<f64>, end: &str| match flat {
            Some(_) => format!("{name}_{end}"),
            None => format!("{name}.{end}"),
        };
        let (flat_high, flat_low) = match name {
            "cpu" => (thresholds.cpu_high, thresholds.cpu_low),
            _ => (thresholds.ram_high, thresholds.ram_low),
        };
        let Some((high, low)) = high.zip(low).filter(|(high, low)| low >= high) else { continue };
        let keys = [is_flat(flat_low, "low"), is_flat(flat_high, "high")];
        let problem = format!("`low` {low} is not below `high` {high}");
        let keys = keys.each_ref().map(String::as_str);
        broken.push(Broken::new(&keys, problem, MARKS));
    }
    all(&broken)
}

/// What low and high marks need of each other.
const MARKS: &str = "`low` must be below `high`: between them nothing is done";

/// One profile a section, and schedules that can be told from each other.
pub(crate) fn layer<L: Layer>(layer: &L) -> Result<(), ValidationError> {
    all(&choice(layer).into_iter().chain(schedules::of(layer)).collect::<Vec<_>>())
}

/// What is wrong with the keys that choose a section's profile.
fn choice<L: Layer>(layer: &L) -> Option<Broken> {
    let key = match layer.choices() {
        (Some(_), Some(_)) => {
            let problem = "`behaviour` stands beside `profile`, which is on line {line}";
            let rule = "both choose the profile: one of them says it";
            return Some(Broken::new(&["behaviour", "profile"], problem, rule));
        }
        (Some(_), None) => "profile",
        (None, Some(_)) => "behaviour",
        (None, None) => return None,
    };
    covered(layer, layer.profile()?, key, key)
}

/// A profile that the section leaves nothing to say.
fn covered<L: Layer>(layer: &L, profile: Profile, key: &str, name: &str) -> Option<Broken> {
    // Of each policy by itself, for a section says figures of one.
    let said = profile.own();
    let threshold = Own { adaptive: Adaptive::default(), ..said };
    let adaptive = Own { adaptive: said.adaptive, ..Own::default() };
    if ![threshold, adaptive].iter().any(|said| layer.own().covers(said)) {
        return None;
    }
    let problem = format!("`{name}` says nothing that is not written out beside it");
    let broken = Broken::new(&[key], problem, "a key that is without effect is an error");
    let help = Some("leave it out, or those of the marks, cooldown and cycles that it is to say");
    Some(Broken { help: help.map(str::to_owned), ..broken })
}

/// Each figure between its ends.
pub(crate) fn figures<F: Figures>(section: &F) -> Result<(), ValidationError> {
    let said = section.said();
    let outside = said.iter().filter(|said| !(said.from..=said.to).contains(&said.value));
    let broken = outside.map(|Said { key, value, from, to, unit }| {
        let rule = format!("`{key}` is {from} to {to}{unit}");
        Broken::new(&[key], format!("`{key}` is {value}"), rule)
    });
    all(&broken.collect::<Vec<_>>())
}

pub(crate) fn limits(limits: &Limits) -> Result<(), ValidationError> {
    let cores = ordered(("min_cores", limits.min_cores), ("max_cores", limits.max_cores));
    let memory = ordered(("min_ram_mb", limits.min_ram_mb), ("max_ram_mb", limits.max_ram_mb));
    all(&cores.into_iter().chain(memory).collect::<Vec<_>>())
}

pub(crate) fn scheduler(config: &SchedulerConfig) -> Result<(), ValidationError> {
    let vms = &config.virtual_machines;
    let broken = twice(vms.iter().map(|vm| (vm.proxmox_host.as_ref(), vm.vm_id)));
    let broken = broken.into_iter().map(|(at, before)| {
        let vmid = vms.get(at).map(|vm| vm.vm_id.to_string()).unwrap_or_default();
        let of = |at: usize, key: &str| format!("virtual_machines[{at}].{key}");
        let keys = [of(at, "vm_id"), of(before, "vm_id"), of(at, "proxmox_host")];
        let other = of(before, "proxmox_host");
        let keys: Vec<&str> = keys.iter().chain([&other]).map(String::as_str).collect();
        let problem = format!("VM {vmid} stands here twice: first on line {{line}}");
        Broken::new(&keys, problem, "one entry for a VM of a cluster")
    });
    let broken = broken.chain(classes::broken(config)).chain(layers::crossed(config));
    let broken = broken.chain(policies::inert(config)).chain(notify::alone(config));
    let broken = broken.chain(targets::refused(config));
    all(&broken.collect::<Vec<_>>())
}

pub(crate) fn rule(rule: &Rule) -> Result<(), ValidationError> {
    let none = rule
        .vms
        .is_empty()
        .then(|| Broken::new(&["vms"], "`vms` names no VM", "a rule names the VMs that it is for"));
    let vcpus = ordered(("min_vcpus", rule.min_vcpus), ("max_vcpus", rule.max_vcpus));
    let memory = ordered(("min_memory", rule.min_memory), ("max_memory", rule.max_memory));
    let cap = ordered(("min_cpulimit", rule.min_cpulimit), ("max_cpulimit", rule.max_cpulimit));
    let balloon = ordered(("min_balloon", rule.min_balloon), ("max_balloon", rule.max_balloon));
    let no_cap = rule.max_cpulimit.filter(|most| *most == CpuLimit::Unlimited).map(|_| {
        let rule = "without `max_cpulimit` the cap may be removed";
        Broken::new(&["max_cpulimit"], "`max_cpulimit` 0 is no cap at all", rule)
    });
    let small = rule.max_memory_step.filter(|step| step.get() < 512).map(|step| {
        let problem = format!("`max_memory_step` {step} is less than one DIMM");
        Broken::new(&["max_memory_step"], problem, "the smallest DIMM has 512 MiB")
    });
    let all_broken = [none, vcpus, memory, cap, balloon, no_cap, small];
    all(&all_broken.into_iter().flatten().chain(inert(rule)).collect::<Vec<_>>())
}

/// Keys without effect, because the one that lets a size be changed at all is not there.
fn inert(rule: &Rule) -> impl Iterator<Item = Broken> {
    let pairs = [
        ("max_vcpus_step", rule.max_vcpus_step.is_some(), "max_vcpus", rule.max_vcpus.is_some()),
        (
            "max_memory_step",
            rule.max_memory_step.is_some(),
            "max_memory",
            rule.max_memory.is_some(),
        ),
        ("max_cpulimit", rule.max_cpulimit.is_some(), "min_cpulimit", rule.min_cpulimit.is_some()),
        ("max_balloon", rule.max_balloon.is_some(), "min_balloon", rule.min_balloon.is_some()),
    ];
    let alone = pairs.into_iter().filter(|(_, is_there, _, has_other)| *is_there && !has_other);
    alone.map(|(key, _, other, _)| {
        let problem =
            format!("`{key}` stands here without `{other}`, so that it is without effect");
        // Not where the other one is there and cannot be read: that is said already.
        Broken::new(&[key, other], problem, "a key that is without effect is an error")
    })
}

pub(crate) fn cluster(cluster: &Cluster) -> Result<(), ValidationError> {
    let mut broken = Vec::new();
    if cluster.nodes.is_empty() {
        broken.push(Broken::new(&["nodes"], "`nodes` names no node", "a cluster has nodes"));
    }
    let problem = match (&cluster.identity, &cluster.password_variable) {
        (Some(_), Some(_)) => Some("both `identity` and `password_variable` are there"),
        (None, None) => Some("neither `identity` nor `password_variable` is there"),
        _ => None,
    };
    broken.extend(problem.map(|problem| {
        let rule = "exactly one of `identity` (a key file, the better way) and `password_variable`";
        Broken::new(&["password_variable", "identity"], problem, rule)
    }));
    broken.extend(too_much(cluster));
    for (at, before) in twice(cluster.nodes.iter().map(|node| &node.name)) {
        let name = cluster.nodes.get(at).map(|node| node.name.to_string()).unwrap_or_default();
        let keys = [format!("nodes[{at}].name"), format!("nodes[{before}].name")];
        let problem = format!("node `{name}` stands here twice: first on line {{line}}");
        let rule = "one entry for a node";
        broken.push(Broken::new(&keys.each_ref().map(String::as_str), problem, rule));
    }
    all(&broken)
}

/// Rules that let no VM have what all of them together may.
fn too_much(cluster: &Cluster) -> Vec<Broken> {
    let Some(total) = cluster.max_total_memory else { return vec![] };
    let rules = cluster.rules.iter().enumerate();
    let least = rules.filter_map(|(at, rule)| Some((at, rule.min_memory?)));
    let above = least.filter(|(_, least)| least.get() > total.get());
    let broken = above.map(|(at, least)| {
        let problem = format!("`min_memory` {least} exceeds `max_total_memory` {total}");
        let keys = [format!("rules[{at}].min_memory"), "max_total_memory".to_owned()];
        let rule = "`max_total_memory` is for all VMs together";
        Broken::new(&keys.each_ref().map(String::as_str), problem, rule)
    });
    broken.collect()
}

pub(crate) fn helper(config: &HelperConfig) -> Result<(), ValidationError> {
    let names = config.clusters.iter().map(|cluster| &cluster.name);
    let broken = twice(names).into_iter().map(|(at, before)| {
        let name = config.clusters.get(at).map(|cluster| cluster.name.to_string());
        let keys = [format!("clusters[{at}].name"), format!("clusters[{before}].name")];
        let name = name.unwrap_or_default();
        let problem = format!("cluster `{name}` stands here twice: first on line {{line}}");
        Broken::new(&keys.each_ref().map(String::as_str), problem, "one entry for a cluster")
    });
    all(&broken.collect::<Vec<_>>())
}
