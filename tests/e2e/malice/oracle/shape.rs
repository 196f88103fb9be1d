//! What is a request at all: each method's fields, all of them, once, and no others.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use vm_autoscale_protocol::PROTOCOL;

/// What a field holds.
#[derive(Clone, Copy)]
enum Kind {
    /// One DNS label.
    Label,
    Vm,
    Vms,
    Digest,
    /// A whole number from and to.
    Whole(u64, u64),
    /// The same, or not there.
    Perhaps(u64, u64),
    Cores,
    /// The one that the helper speaks.
    Protocol,
    OneOf(&'static [&'static str]),
    /// Cluster, node, VM and digest.
    Target,
}

use Kind::{Cores, Digest, Label, OneOf, Perhaps, Protocol, Target, Vm, Vms, Whole};

const OWN: &str = "io.github.vm-autoscale.Helper";
const QUERIES: Kind = OneOf(&["balloon", "guest_memory", "guest_vcpus", "memory", "vcpus"]);
const OPTIONS: Kind = OneOf(&["balloon", "cpulimit", "memory", "memory_and_balloon", "vcpus"]);
const MOST_MIB: u64 = 4 * 1024 * 1024;

/// Every method of the helper's own, and its fields.
const METHODS: &[(&str, &[(&str, Kind)])] = &[
    ("Hello", &[("protocol", Protocol)]),
    ("ReadCluster", &[("cluster", Label)]),
    ("ReadConfigs", &[("cluster", Label), ("node", Label), ("owner", Label), ("vmids", Vms)]),
    ("ReadNodes", &[]),
    ("ReadPools", &[("cluster", Label), ("node", Label)]),
    ("ReadRunning", &[("cluster", Label), ("node", Label), ("vmid", Vm), ("query", QUERIES)]),
    ("Revert", &[("target", Target), ("option", OPTIONS)]),
    ("SetBalloon", &[("target", Target), ("balloon", Whole(1, MOST_MIB))]),
    ("SetCpuLimit", &[("target", Target), ("cpulimit", Cores)]),
    (
        "SetMemory",
        &[("target", Target), ("memory", Whole(16, MOST_MIB)), ("balloon", Perhaps(1, MOST_MIB))],
    ),
    ("SetVcpus", &[("target", Target), ("vcpus", Whole(1, 4096))]),
];
const TARGET: &[(&str, Kind)] =
    &[("cluster", Label), ("node", Label), ("vmid", Vm), ("digest", Digest)];
const SERVICE: &[(&str, &[(&str, Kind)])] = &[
    ("org.varlink.service.GetInfo", &[]),
    ("org.varlink.service.GetInterfaceDescription", &[("interface", OneOf(&[OWN]))]),
];

/// The method and its parameters, where the call is one.
pub(super) fn known(call: &Value) -> Option<(&'static str, Value)> {
    let call = call.as_object()?;
    if call.keys().any(|key| !["method", "parameters", "more"].contains(&key.as_str())) {
        return None;
    }
    let more = call.get("more").map_or(Some(false), Value::as_bool)?;
    let asked = call.get("method")?.as_str()?;
    let own = |name: &str| asked.strip_prefix(OWN).and_then(|a| a.strip_prefix('.')) == Some(name);
    let (method, fields) = METHODS
        .iter()
        .find(|(name, _)| own(name))
        .or_else(|| SERVICE.iter().find(|(name, _)| *name == asked))?;
    let parameters = call.get("parameters").filter(|given| !given.is_null()).cloned();
    let parameters = parameters.unwrap_or_else(|| json!({}));
    let whole = more || !["ReadCluster", "ReadConfigs"].contains(method);
    (whole && has(parameters.as_object()?, fields)).then_some((*method, parameters))
}

fn has(given: &Map<String, Value>, fields: &[(&str, Kind)]) -> bool {
    given.keys().all(|key| fields.iter().any(|(name, _)| name == key))
        && fields.iter().all(|(name, kind)| fits(given.get(*name), *kind))
}

fn fits(value: Option<&Value>, kind: Kind) -> bool {
    let Some(value) = value else { return matches!(kind, Perhaps(..)) };
    let text = |is: fn(&str) -> bool| value.as_str().is_some_and(is);
    match kind {
        Label => text(is_label),
        Vm => value.as_u64().is_some_and(|vm| (100..=999_999_999).contains(&vm)),
        Vms => value.as_array().is_some_and(|vms| vms.iter().all(|vm| fits(Some(vm), Vm))),
        Digest => text(|digest| {
            digest.len() == 40 && digest.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
        }),
        Perhaps(..) if value.is_null() => true,
        Whole(min, max) | Perhaps(min, max) => {
            value.as_u64().is_some_and(|number| (min..=max).contains(&number))
        }
        Protocol => *value == PROTOCOL,
        Cores => hundredths(value).is_some(),
        OneOf(texts) => value.as_str().is_some_and(|text| texts.contains(&text)),
        Target => value.as_object().is_some_and(|target| has(target, TARGET)),
    }
}

fn is_label(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63
        && text.chars().all(|c| edge(c) || c == '-')
        && text.starts_with(edge)
        && text.ends_with(edge)
}

/// 0 to 128 cores in whole hundredths.
pub(super) fn hundredths(value: &Value) -> Option<u64> {
    let cores = value.as_f64().filter(|cores| (0.0..=128.0).contains(cores))?;
    // By its bits: minus nothing is not nothing.
    let is = |hundredths: &u32| (f64::from(*hundredths) / 100.0).to_bits() == cores.to_bits();
    (0..=12_800_u32).find(is).map(u64::from)
}

/// 1 to 64 VMs are read at once, each once.
pub(super) fn few(vmids: &Value) -> bool {
    let vmids: Vec<u64> =
        vmids.as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let different: HashSet<&u64> = vmids.iter().collect();
    (1..=64).contains(&vmids.len()) && different.len() == vmids.len()
}

/// The config's own names.
pub(super) fn pending_options(option: &str) -> Vec<&'static str> {
    match option {
        "memory_and_balloon" => vec!["memory", "balloon"],
        "memory" => vec!["memory"],
        "balloon" => vec!["balloon"],
        "cpulimit" => vec!["cpulimit"],
        _ => vec!["vcpus"],
    }
}
