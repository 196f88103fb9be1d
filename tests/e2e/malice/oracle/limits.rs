//! Sizes and steps.

use serde_json::Value;

use super::super::policy::Rule;
use super::Broken;
use super::reads::Read;

/// Of a change whose VM, node and digest are right.
pub(super) fn check(rule: &Rule, read: &Read, method: &str, asked: &Value) -> Result<(), Broken> {
    let number = |key: &str| asked[key].as_u64();
    match method {
        "SetVcpus" => vcpus(rule, read, number("vcpus").unwrap()),
        "SetMemory" => {
            let memory = number("memory").unwrap();
            // What is off the ladder may be out of bounds, too; either is a reason.
            let off = !ladder().contains(&memory);
            let outside: Broken = if off { &["bounds", "ladder"] } else { &["bounds"] };
            let along = number("balloon").map_or(Ok(()), |asked| balloon(rule, memory, asked));
            along.map_err(|_| outside)?;
            within(memory, rule.min_memory.unwrap_or(1024), rule.max_memory, outside)?;
            if off { Err(&["ladder"]) } else { steps(rule, read.memory, memory) }
        }
        "SetBalloon" => balloon(rule, read.memory, number("balloon").unwrap()),
        _ => cap(rule, super::shape::hundredths(&asked["cpulimit"]).unwrap()),
    }
}

fn vcpus(rule: &Rule, read: &Read, asked: u64) -> Result<(), Broken> {
    within(asked, rule.min_vcpus.unwrap_or(1), rule.max_vcpus, &["bounds"])?;
    if asked > read.cores {
        return Err(&["bounds"]);
    }
    let (now, up) = (read.vcpus, rule.max_vcpus_step.map_or(u64::MAX, u64::from));
    let far = asked > now.saturating_add(up) || now > asked + up.min(3);
    if far { Err(&["step"]) } else { Ok(()) }
}

/// One DIMM down, as many MiB up as the rule has.
fn steps(rule: &Rule, now: u64, asked: u64) -> Result<(), Broken> {
    let up = rule.max_memory_step.map_or(u64::MAX, u64::from);
    let dimms = ladder().into_iter().filter(|size| (asked..now).contains(size)).count();
    if asked > now.saturating_add(up) || dimms > 1 { Err(&["step"]) } else { Ok(()) }
}

/// No cap at all is the highest one.
fn cap(rule: &Rule, asked: u64) -> Result<(), Broken> {
    let asked = if asked == 0 { u64::MAX } else { asked };
    let low = rule.min_cpulimit.is_none_or(|min| asked < u64::from(min));
    let high = rule.max_cpulimit.is_some_and(|max| asked > u64::from(max));
    if low || high { Err(&["bounds"]) } else { Ok(()) }
}

fn balloon(rule: &Rule, memory: u64, asked: u64) -> Result<(), Broken> {
    let most = rule.max_balloon.map_or(memory, |most| memory.min(most.into()));
    let low = rule.min_balloon.is_none_or(|min| asked < u64::from(min));
    if low || asked > most { Err(&["bounds"]) } else { Ok(()) }
}

fn within(asked: u64, min: u32, max: Option<u32>, broken: Broken) -> Result<(), Broken> {
    let max = max.ok_or(broken)?;
    if (u64::from(min)..=max.into()).contains(&asked) { Ok(()) } else { Err(broken) }
}

/// 1 GiB, and 32 DIMMs of each size from 512 MiB on, which doubles.
pub(crate) fn ladder() -> Vec<u64> {
    let mut sizes = vec![1024];
    for dimm in (0..8).map(|group| 512_u64 << group) {
        for _ in 0..32 {
            sizes.push(sizes.last().unwrap() + dimm);
        }
    }
    sizes
}

/// The options of `qm set` that a change becomes.
pub(super) fn options(method: &str, asked: &Value) -> Vec<(&'static str, String)> {
    let number = |key: &str| asked[key].as_u64().map(|number| number.to_string());
    let some = |option, value: Option<String>| value.map(|value| (option, value));
    match method {
        "SetVcpus" => some("vcpus", number("vcpus")).into_iter().collect(),
        "SetMemory" => {
            let both = [some("memory", number("memory")), some("balloon", number("balloon"))];
            both.into_iter().flatten().collect()
        }
        "SetBalloon" => some("balloon", number("balloon")).into_iter().collect(),
        "SetCpuLimit" => {
            let cap = super::shape::hundredths(&asked["cpulimit"]).unwrap();
            let text = format!("{}.{:02}", cap / 100, cap % 100);
            vec![("cpulimit", text.trim_end_matches('0').trim_end_matches('.').to_owned())]
        }
        _ => {
            let names = super::shape::pending_options(asked["option"].as_str().unwrap());
            vec![("revert", names.join(","))]
        }
    }
}
