//! Lines of `key value` or `key = value`.

use std::str::FromStr;

use vm_autoscale_node::VmId;

use super::{Limits, VmSet};

/// The limits, or the number of the first line that is wrong and why.
pub(super) fn limits(text: &str) -> Result<Limits, String> {
    let (mut limits, mut seen) = (Limits::default(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = read(&mut limits, &mut seen, line);
        read.map_err(|problem| format!("{}: {problem}", index + 1))?;
    }
    Ok(limits)
}

fn read<'a>(limits: &mut Limits, seen: &mut Vec<&'a str>, line: &'a str) -> Result<(), String> {
    let halves = line.split_once('=').or_else(|| line.split_once(char::is_whitespace));
    let (key, value) = halves.ok_or("a key without a value")?;
    let (key, value) = (key.trim(), value.trim());
    if seen.contains(&key) {
        return Err(format!("`{key}` is there twice"));
    }
    seen.push(key);
    let set = match key {
        "read_only" => value
            .parse()
            .map(|value| limits.read_only = value)
            .map_err(|_| format!("`{}` is neither true nor false", value.escape_debug())),
        "vms" => vms(value).map(|set| limits.vms = Some(set)),
        "except" => vms(value).map(|set| limits.except = set),
        "min_vcpus" => amount(value).map(|min| limits.vcpus.min = Some(min)),
        "max_vcpus" => amount(value).map(|max| limits.vcpus.max = Some(max)),
        "min_memory" => amount(value).map(|min| limits.memory.min = Some(min)),
        "max_memory" => amount(value).map(|max| limits.memory.max = Some(max)),
        "min_cpulimit" => parsed(value).map(|min| limits.cpulimit.min = Some(min)),
        "max_cpulimit" => parsed(value).map(|max| limits.cpulimit.max = Some(max)),
        "min_balloon" => amount(value).map(|min| limits.balloon.min = Some(min)),
        "max_balloon" => amount(value).map(|max| limits.balloon.max = Some(max)),
        other => return Err(format!("`{}` is no key of this file", other.escape_debug())),
    };
    set.map_err(|problem| format!("{key}: {problem}"))?;
    let none = limits.vcpus.contradict()
        || limits.memory.contradict()
        || limits.cpulimit.contradict()
        || limits.balloon.contradict();
    if none { Err(format!("{key}: the minimum is above the maximum")) } else { Ok(()) }
}

/// Numbers and ranges, between commas or blanks.
fn vms(value: &str) -> Result<VmSet, String> {
    let parts = value.split([',', ' ', '\t']).filter(|part| !part.is_empty());
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (VmId, VmId) = (parsed(first)?, parsed(last)?);
        if first > last { Err(format!("{first}-{last} is empty")) } else { Ok((first, last)) }
    };
    let set: VmSet = parts.map(range).collect::<Result<_, _>>()?;
    if set.is_empty() { Err("no VM".to_owned()) } else { Ok(set) }
}

fn amount<T: TryFrom<u32, Error = vm_autoscale_node::Error>>(value: &str) -> Result<T, String> {
    let plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse::<u32>().ok().filter(|_| plain);
    let number = number.ok_or_else(|| format!("`{}` is no number", value.escape_debug()))?;
    T::try_from(number).map_err(|error| error.to_string())
}

fn parsed<T: FromStr<Err = vm_autoscale_node::Error>>(value: &str) -> Result<T, String> {
    value.parse().map_err(|error: vm_autoscale_node::Error| error.to_string())
}
