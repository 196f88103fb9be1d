//! What stands in each column, as short as it can be said.

use vm_autoscale_planner::Move;
use vm_autoscale_scheduler::{MemorySignal, VmStatus};

pub(super) fn name(vm: &VmStatus) -> String {
    vm.name.clone().unwrap_or_else(|| "-".to_owned())
}

/// Plugged, and between what the file lets it go.
pub(super) fn vcpus(vm: &VmStatus) -> String {
    let now = vm.vcpus.map_or_else(|| "?".to_owned(), |vcpus| vcpus.to_string());
    match vm.vcpus_bounds {
        Some((min, max)) => format!("{now} ({min}..{max})"),
        None => now,
    }
}

/// The same in GiB.
pub(super) fn memory(vm: &VmStatus) -> String {
    let now = vm.memory.map_or_else(|| "?".to_owned(), gib);
    match vm.memory_bounds {
        Some((min, max)) => format!("{now} ({}..{})", gib(min), gib(max)),
        None => now,
    }
}

/// Of MiB, with a decimal where it is not whole.
pub(crate) fn gib(mib: u32) -> String {
    let gib = f64::from(mib) / 1024.0;
    if mib.is_multiple_of(1024) { format!("{gib:.0}") } else { format!("{gib:.1}") }
}

/// By whose word memory is judged, and how old the last sample is.
pub(super) fn signal(vm: &VmStatus) -> String {
    let by = match vm.signal {
        Some(MemorySignal::Guest) => "guest ",
        Some(MemorySignal::Balloon) => "balloon ",
        Some(MemorySignal::Host) => "host ",
        None => "",
    };
    vm.sample_age.map_or_else(|| "none".to_owned(), |age| format!("{by}{}", short(age)))
}

/// The last change, and how long ago that was.
pub(super) fn last(vm: &VmStatus, now: Option<u64>) -> String {
    let Some(last) = &vm.last else { return "-".to_owned() };
    let what = if last.verified { step(last.step) } else { "failed".to_owned() };
    match now {
        Some(now) => format!("{what} {}", short(now.saturating_sub(last.at))),
        None => what,
    }
}

/// By how much.
fn step(step: Move) -> String {
    let by = |from: u32, to: u32| {
        if to >= from { format!("+{}", to - from) } else { format!("-{}", from - to) }
    };
    match step {
        Move::Cpu { from, to } => format!("{} vCPU", by(from.get(), to.get())),
        Move::Memory { from, to } => format!("{} MiB", by(from.get(), to.get())),
        Move::CpuLimit { .. } => "cpulimit".to_owned(),
        Move::Balloon { .. } => "balloon".to_owned(),
    }
}

/// What is done or would be, before what is not; one text where it is the same for both. What
/// keeps it from being looked after is told with since when; without a `now` it is of when it was
/// noted.
pub(crate) fn state(vm: &VmStatus, now: Option<u64>) -> String {
    let [cpu_blocked, memory_blocked] = vm.blocked;
    let (cpu, memory) = (vm.cpu.as_str(), vm.memory_decision.as_str());
    if cpu == memory {
        return blocked(cpu, cpu_blocked, vm.cpu_since, now);
    }
    if let Some(does) = [cpu, memory].into_iter().find(|text| text.contains(" -> ")) {
        return does.to_owned();
    }
    let cpu_told = format!("cpu {}", blocked(cpu, cpu_blocked, vm.cpu_since, now));
    let memory_told = format!("mem {}", blocked(memory, memory_blocked, vm.memory_since, now));
    // What is between its marks has nothing to say.
    if is_dull(cpu) && !is_dull(memory) {
        return format!("{memory_told} | {cpu_told}");
    }
    format!("{cpu_told} | {memory_told}")
}

fn is_dull(text: &str) -> bool {
    text.ends_with("% used")
}

fn blocked(text: &str, is_blocked: bool, since: Option<u64>, now: Option<u64>) -> String {
    match (is_blocked, since, now) {
        (true, Some(since), Some(now)) => {
            format!("BLOCKED {}: {text}", short(now.saturating_sub(since)))
        }
        (true, None, Some(_)) => format!("BLOCKED: {text}"),
        (true, _, None) => format!("when noted, BLOCKED: {text}"),
        (false, ..) => text.to_owned(),
    }
}

/// A time in one unit.
fn short(seconds: u64) -> String {
    match seconds {
        0..100 => format!("{seconds}s"),
        100..6000 => format!("{}m", seconds / 60),
        6000..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// One that was changed 14 minutes before 1000.
    pub(in crate::table) fn vm(cpu: &str, memory: &str) -> VmStatus {
        let vm = serde_json::json!({
            "vmid": 999_999_999, "name": "a-name-that-is-too-long", "node": "pve1",
            "mode": "recommend", "vcpus": 128, "memory": null, "cpu_used": 101.4,
            "memory_used": null, "cpu": cpu, "memory_decision": memory,
            "vcpus_bounds": [1, 128], "memory_bounds": [4096, 8192], "sample_age": 8,
            "signal": "balloon", "cpu_since": 1000,
            "last": {"at": 160, "step": {"resource": "cpu", "from": 2, "to": 3}, "verified": true,
                     "text": "verified"},
        });
        serde_json::from_value(vm).unwrap()
    }

    #[test]
    fn what_is_done_comes_first_and_what_blocks_says_since_when() {
        assert_eq!(state(&vm("stale", "stale"), Some(0)), "stale");
        let locked = VmStatus { blocked: [true, true], ..vm("locked", "locked") };
        assert_eq!(state(&locked, Some(1300)), "BLOCKED 5m: locked");
        assert_eq!(state(&locked, None), "when noted, BLOCKED: locked");
        let other = VmStatus { blocked: [true, false], ..vm("locked", "60 % used") };
        assert_eq!(state(&other, Some(1001)), "cpu BLOCKED 1s: locked | mem 60 % used");
        let grows = vm("cooldown", "memory 1024 -> 1536 MiB (x)");
        assert_eq!(state(&grows, Some(0)), "memory 1024 -> 1536 MiB (x)");
        let full = vm("5.0 % used", "91.0 % used, at the maximum (max_ram_mb)");
        let said = "mem 91.0 % used, at the maximum (max_ram_mb) | cpu 5.0 % used";
        assert_eq!(state(&full, Some(0)), said);
    }

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!((gib(1536), gib(4096)), ("1.5".to_owned(), "4".to_owned()));
        let times = [99, 100, 5999, 6000, 172_799, 172_800].map(short);
        assert_eq!(times, ["99s", "1m", "99m", "1h", "47h", "2d"]);
        let mut vm = vm("x", "y");
        assert_eq!(last(&vm, None), "+1 vCPU");
        vm.last.iter_mut().for_each(|last| last.verified = false);
        assert_eq!(last(&vm, Some(1000)), "failed 14m");
        (vm.sample_age, vm.signal) = (None, None);
        assert_eq!((signal(&vm).as_str(), vcpus(&vm).as_str()), ("none", "128 (1..128)"));
    }
}
