//! The figures of a resource in words.

use vm_autoscale_planner::{CpuRule, Limit, Marks, MemoryRule, NodeBudget, Resource, Room, Stock};

use super::super::facts::Facts;

/// In percent of what it was measured at.
pub(in crate::explain) fn used(facts: &Facts<'_>, resource: Resource) -> Option<f64> {
    let sample = facts.input.sample?;
    let (used, of) = match resource {
        Resource::Cpu => (sample.cores_used?, sample.vcpus?),
        Resource::Memory => (sample.memory_used?, sample.memory?),
    };
    (of > 0.0).then(|| 100.0 * used / of)
}

pub(super) fn use_of(facts: &Facts<'_>, resource: Resource) -> String {
    let of = facts.input.sample.and_then(|sample| match resource {
        Resource::Cpu => sample.vcpus.map(|vcpus| format!("{vcpus:.0} vCPUs")),
        Resource::Memory => sample.memory.map(|mib| format!("{mib:.0} MiB")),
    });
    match (used(facts, resource), of) {
        (Some(used), Some(of)) => format!("{used:.1} % of {of} used"),
        _ => "use not known".to_owned(),
    }
}

/// From where on it grows and shrinks.
pub(super) fn rule(facts: &Facts<'_>, resource: Resource) -> String {
    let policy = facts.input.policy;
    let marks = match resource {
        Resource::Cpu => policy.cpu.and_then(|rule| match rule {
            CpuRule::Threshold(marks) => Some(marks),
            CpuRule::Adaptive(_) => None,
        }),
        Resource::Memory => policy.memory.and_then(|rule| match rule {
            MemoryRule::Threshold(marks) => Some(marks),
            MemoryRule::Adaptive(_) => None,
        }),
    };
    match marks {
        Some(Marks { high, low }) => format!(
            "it grows above {high:.1} % and shrinks below {low:.1} % {} times in a row",
            policy.low_checks
        ),
        None => "judged by its own use of late".to_owned(),
    }
}

/// What its node has left.
pub(super) fn room(facts: &Facts<'_>, resource: Resource) -> String {
    let mut nodes = facts.inside.memory.planner.nodes().iter();
    let limits = |budget: &NodeBudget| match resource {
        Resource::Cpu => [(Limit::Vcpus, budget.vcpus), (Limit::Vcpus, budget.vcpus)],
        Resource::Memory => [(Limit::Committed, budget.committed), (Limit::Used, budget.used)],
    };
    let known = nodes.find(|budget| budget.node == *facts.input.node).map(limits);
    let Some([(limit, Some(stock)), (other, Some(second))]) = known else {
        return "how full its node is, is not known".to_owned();
    };
    let free = |stock: Stock| stock.of - stock.taken;
    let (limit, stock) = if free(stock) <= free(second) { (limit, stock) } else { (other, second) };
    Room { limit, stock }.to_string()
}

/// Whether its guest has a word in it.
pub(super) fn guest(facts: &Facts<'_>) -> String {
    let policy = facts.input.policy;
    let said = match policy.memory {
        Some(MemoryRule::Adaptive(_))
            if facts.input.config.is_some_and(|c| c.balloon == Some(0)) =>
        {
            "it cannot be asked: no balloon device"
        }
        Some(MemoryRule::Adaptive(_)) if facts.inside.memory.planner.is_heard(facts.input.vmid) => {
            "it says what it needs when it is asked"
        }
        Some(MemoryRule::Adaptive(_)) => "asked before its memory is changed",
        _ => "not asked by this policy: page cache counts as used",
    };
    said.to_owned()
}

/// What became of its last change, where that did not come about.
pub(super) fn last_failure(facts: &Facts<'_>, resource: Resource) -> Option<String> {
    let last = facts.inside.memory.records.get(&facts.input.vmid)?.last.as_ref()?;
    let failed = last.step.resource() == resource && !last.verified;
    failed.then(|| format!("; the last change, {}: {}", last.step, last.text))
}
