//! Rules across fields, for `validator`.

use std::borrow::Cow;
use std::collections::BTreeSet;

use validator::ValidationError;

use crate::{Cluster, HelperConfig, HostLimits, Limits, Rule, SchedulerConfig, Threshold};

fn broken(code: &'static str, message: impl Into<Cow<'static, str>>) -> ValidationError {
    ValidationError::new(code).with_message(message.into())
}

/// `min` may not exceed `max`, where both are given.
fn ordered<T: PartialOrd + std::fmt::Display>(
    (low, min): (&str, Option<T>),
    (high, max): (&str, Option<T>),
) -> Result<(), ValidationError> {
    match (min, max) {
        (Some(min), Some(max)) if min > max => {
            Err(broken("order", format!("`{low}` {min} must not exceed `{high}` {max}")))
        }
        _ => Ok(()),
    }
}

pub(crate) fn threshold(threshold: &Threshold) -> Result<(), ValidationError> {
    let percent = |value: f64| (0.0..=100.0).contains(&value);
    if !percent(threshold.low) || !percent(threshold.high) {
        return Err(broken("percent", "`high` and `low` are percentages, 0 to 100"));
    }
    if threshold.low >= threshold.high {
        let message = format!("`low` {} must be below `high` {}", threshold.low, threshold.high);
        return Err(broken("order", message));
    }
    Ok(())
}

pub(crate) fn limits(limits: &Limits) -> Result<(), ValidationError> {
    ordered(("min_cores", limits.min_cores), ("max_cores", limits.max_cores))?;
    ordered(("min_ram_mb", limits.min_ram_mb), ("max_ram_mb", limits.max_ram_mb))
}

pub(crate) fn host_limits(limits: &HostLimits) -> Result<(), ValidationError> {
    for (key, value) in [
        ("max_host_cpu_percent", limits.max_host_cpu_percent),
        ("max_host_ram_percent", limits.max_host_ram_percent),
    ] {
        if !(0.0..=100.0).contains(&value) {
            return Err(broken(
                "percent",
                format!("`{key}` {value} is not a percentage, 0 to 100"),
            ));
        }
    }
    Ok(())
}

pub(crate) fn scheduler(config: &SchedulerConfig) -> Result<(), ValidationError> {
    if !(1..=15).contains(&config.observe_interval) {
        let message =
            "`observe_interval` is 1 to 15 seconds: what is older than 30 s is not believed";
        return Err(broken("interval", message));
    }
    for (key, value) in
        [("check_interval", config.check_interval), ("scale_cooldown", config.scale_cooldown)]
    {
        if !(1..=86_400).contains(&value) {
            return Err(broken("interval", format!("`{key}` {value} is not 1 to 86400 seconds")));
        }
    }
    if config.scale_down_after_cycles == 0 {
        return Err(broken("cycles", "`scale_down_after_cycles` must be at least 1"));
    }
    let mut seen = BTreeSet::new();
    let twice =
        config.virtual_machines.iter().find(|vm| !seen.insert((&vm.proxmox_host, vm.vm_id)));
    twice.map_or(Ok(()), |vm| {
        Err(broken("twice", format!("`virtual_machines` has VM {} twice", vm.vm_id)))
    })
}

pub(crate) fn rule(rule: &Rule) -> Result<(), ValidationError> {
    if rule.vms.is_empty() {
        return Err(broken("empty", "`vms` names no VM"));
    }
    ordered(("min_vcpus", rule.min_vcpus), ("max_vcpus", rule.max_vcpus))?;
    ordered(("min_memory", rule.min_memory), ("max_memory", rule.max_memory))
}

pub(crate) fn cluster(cluster: &Cluster) -> Result<(), ValidationError> {
    if cluster.identity.is_some() == cluster.password_variable.is_some() {
        return Err(broken(
            "login",
            "give exactly one of `identity` (a key file) and `password_variable`",
        ));
    }
    let mut names = BTreeSet::new();
    if cluster.nodes.is_empty() {
        return Err(broken("empty", "`nodes` names no node"));
    }
    let twice = cluster.nodes.iter().find(|node| !names.insert(&node.name));
    twice.map_or(Ok(()), |node| {
        Err(broken("twice", format!("node `{}` stands there twice", node.name)))
    })
}

pub(crate) fn helper(config: &HelperConfig) -> Result<(), ValidationError> {
    let mut names = BTreeSet::new();
    let twice = config.clusters.iter().find(|cluster| !names.insert(&cluster.name));
    twice.map_or(Ok(()), |cluster| {
        Err(broken("twice", format!("cluster `{}` stands there twice", cluster.name)))
    })
}
