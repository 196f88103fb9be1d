//! The gates of one resource: what its use asks for, and what stands against that.

use vm_autoscale_config::Mode;
use vm_autoscale_planner::{Asked, MemoryLever, Move, Reason, Resource, Verdict};

use super::facts::Facts;
use super::gates::{Gates, Name};

mod figures;

pub(super) use figures::used;

/// In the order in which they are asked.
pub(super) fn gates(facts: &Facts<'_>, resource: Resource) -> Gates {
    let asked = asked(facts, resource);
    let mut gates = Gates::default();
    before_the_wish(&mut gates, facts, resource, asked.as_ref());
    wish(&mut gates, facts, resource, asked.as_ref());
    after_the_wish(&mut gates, facts, resource);
    if let Some(asked) = &asked {
        judge(&mut gates, facts, resource, asked);
    }
    let choice = facts.decision.map(|decision| decision.on(resource));
    if let Some(choice) = choice.filter(|choice| choice.verdict == Verdict::Hold) {
        gates.stop(Name::of(&choice.reason), &choice.reason.to_string());
    }
    gates
}

/// By what was seen last.
pub(super) fn asked(facts: &Facts<'_>, resource: Resource) -> Option<Asked> {
    facts.inside.memory.planner.asked(facts.inside.now, &facts.input, resource)
}

fn before_the_wish(
    gates: &mut Gates,
    facts: &Facts<'_>,
    resource: Resource,
    asked: Option<&Asked>,
) {
    let policy = facts.input.policy;
    let [cpu, memory] = facts.input.quarantine;
    let (is_on, keys, quarantine) = match resource {
        Resource::Cpu => (policy.cpu.is_some(), &["cpu_scaling", "cpu_lever"][..], cpu),
        Resource::Memory => {
            let is_on = policy.memory.is_some() && policy.memory_lever != MemoryLever::Nothing;
            (is_on, &["ram_scaling", "memory_lever"][..], memory)
        }
    };
    let scaling = if is_on { Ok("on".to_owned()) } else { Err(Reason::NotAsked.to_string()) };
    gates.add(Name::Scaling, scaling, facts.settings(keys));
    let agreement = match quarantine {
        Some(why) => Err(Reason::Quarantined(why.to_owned()).to_string()),
        None => Ok("QEMU and config agree, as far as is known".to_owned()),
    };
    gates.add(Name::Agreement, agreement, Vec::new());
    let ability = match asked.map(|asked| &asked.range) {
        Some(Err(why)) => Err(why.to_string()),
        _ => Ok("can be changed while it runs".to_owned()),
    };
    gates.add(Name::Ability, ability, Vec::new());
    gates.add(Name::Measured, Ok("at the size of its config".to_owned()), Vec::new());
}

fn wish(gates: &mut Gates, facts: &Facts<'_>, resource: Resource, asked: Option<&Asked>) {
    let (marks, limits, unit) = match resource {
        Resource::Cpu => (
            ["thresholds.cpu.high", "thresholds.cpu.low"],
            ["scaling_limits.min_cores", "scaling_limits.max_cores"],
            "vCPUs",
        ),
        Resource::Memory => (
            ["thresholds.ram.high", "thresholds.ram.low"],
            ["scaling_limits.min_ram_mb", "scaling_limits.max_ram_mb"],
            "MiB",
        ),
    };
    let uses = figures::use_of(facts, resource);
    let said = match asked.map(|asked| &asked.wish) {
        Some(Ok((step, why))) => Ok(format!("{uses}: asks for {step} ({why})")),
        Some(Err(why)) if Name::of(why) == Name::Use => {
            Err(format!("{why}: asks for nothing; {}", figures::rule(facts, resource)))
        }
        _ => Ok(format!("{uses}; {}", figures::rule(facts, resource))),
    };
    gates.add(Name::Use, said, facts.settings(&marks));
    let bounds = match asked.map(|asked| &asked.range) {
        Some(Ok(range)) => format!("{} to {} {unit} ({})", range.min, range.max, range.max_by),
        _ => "not known".to_owned(),
    };
    gates.add(Name::Bounds, Ok(bounds), facts.settings(&limits));
}

fn after_the_wish(gates: &mut Gates, facts: &Facts<'_>, resource: Resource) {
    if resource == Resource::Memory {
        let taking = if facts.input.policy.memory_shrink { "may be taken" } else { "only added" };
        gates.add(Name::Taking, Ok(taking.to_owned()), facts.settings(&["memory_shrink"]));
    }
    gates.add(Name::Rest, Ok("none".to_owned()), facts.settings(&["scale_cooldown"]));
    gates.add(Name::Room, Ok(figures::room(facts, resource)), Vec::new());
    if resource == Resource::Memory {
        gates.add(Name::Guest, Ok(figures::guest(facts)), Vec::new());
    }
    let mode = facts.managed.settings.mode;
    let does = match mode {
        Mode::Observe | Mode::Recommend => "adds and takes nothing",
        Mode::UpOnly => "adds, and takes nothing",
        Mode::Full => "adds and takes",
    };
    gates.add(Name::Mode, Ok(format!("{mode} {does}")), vec![facts.setting("mode")]);
    let turn = match facts.inside.memory.planner.waits(facts.inside.now, &facts.input).check {
        Some(wait) => format!("next check in {} s", wait.as_secs()),
        None => "at the next new sample".to_owned(),
    };
    gates.add(Name::Turn, Ok(turn), facts.settings(&["check_interval"]));
}

/// What stands against what is asked for.
fn judge(gates: &mut Gates, facts: &Facts<'_>, resource: Resource, asked: &Asked) {
    let step = match &asked.wish {
        Ok((step, _)) => *step,
        Err(why) => {
            let range = asked.range.as_ref().ok();
            let range = range.map(|range| format!(" ({} to {})", range.min, range.max));
            let range = range.filter(|_| Name::of(why) == Name::Bounds).unwrap_or_default();
            return gates.stop(Name::of(why), &format!("{why}{range}"));
        }
    };
    if let Some(why) = &asked.rests {
        let last = figures::last_failure(facts, resource).unwrap_or_default();
        gates.stop(Name::of(why), &format!("{why}{last}"));
    }
    if let Some(why) = &asked.node {
        gates.stop(Name::of(why), &why.to_string());
    }
    if !allows(facts.managed.settings.mode, step) {
        let mode = facts.managed.settings.mode;
        gates.stop(Name::Mode, &format!("the mode {mode} does not let {step} be made"));
    }
}

fn allows(mode: Mode, step: Move) -> bool {
    match mode {
        Mode::Observe | Mode::Recommend => false,
        Mode::UpOnly => step.is_growth(),
        Mode::Full => true,
    }
}
