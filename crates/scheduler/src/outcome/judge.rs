//! From what is there to what became of a change.

use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{BalloonMib, Failure, PendingValue, VmConfig};

use crate::Outcome;

/// What was read back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found<'a> {
    pub(crate) config: &'a VmConfig,
    pub(crate) qemu: Qemu,
    pub(crate) guest: Guest,
}

/// What QEMU has, in the step's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Qemu {
    Has(u32),
    /// There is none.
    NotRunning,
    /// It was not asked, or did not say.
    Silent,
}

/// What the guest makes of a growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guest {
    /// It uses what was added, so that QEMU has it, too.
    Took,
    /// It was not asked, or did not say.
    Unknown,
    /// It uses only so much, in the step's unit, although it had time.
    Uses(u32),
}

/// Judges a change by its exit (`None` where that was not seen), its failure and what is there.
pub(crate) fn judge(
    step: Move,
    exit_zero: Option<bool>,
    failure: Option<Failure>,
    found: &Found<'_>,
) -> Outcome {
    let (from, to, config) = sizes(step, found.config);
    let waits = own_pending(step, found.config);
    if let Move::Balloon { to, .. } = step
        && let Qemu::Has(left) = found.qemu
    {
        // The guest goes on with what it could not do yet, and the config is right all the same.
        let reached = is_reached(left, to);
        return if reached { Outcome::Applied } else { Outcome::AppliedInPart(left, None) };
    }
    let has = match found.qemu {
        Qemu::Has(has) => has,
        Qemu::NotRunning => return Outcome::Stopped(config == to && !waits),
        // The config is what is known; it is written step by step.
        Qemu::Silent => config,
    };
    if has != config {
        return Outcome::Differs(config, has);
    }
    if has == to && !waits {
        let resource = step.resource();
        return match (found.guest, found.qemu) {
            (Guest::Uses(guest), Qemu::Has(qemu)) => Outcome::NoEffect { resource, qemu, guest },
            (Guest::Took, _) | (_, Qemu::Has(_)) => Outcome::Applied,
            _ => Outcome::Unconfirmed,
        };
    }
    if exit_zero == Some(true) && waits && has == from {
        return Outcome::NotHotPluggable;
    }
    let failure = failure.or_else(|| exit_zero.is_none().then_some(Failure::Unseen));
    if has != from {
        return Outcome::AppliedInPart(has, failure);
    }
    Outcome::Failed(failure.unwrap_or(Failure::Unknown))
}

/// So few MiB beside its target a balloon rests: automatic ballooning leaves as much.
const BALLOON_REST: u32 = 10;

/// Whether a balloon that leaves so much is where it was to be.
pub(crate) fn is_reached(left: u32, to: BalloonMib) -> bool {
    left.abs_diff(to.get()) <= BALLOON_REST
}

/// Whether `[PENDING]` shows exactly what the step asked for.
pub(crate) fn own_pending(step: Move, config: &VmConfig) -> bool {
    let (option, to) = match step {
        Move::Cpu { to, .. } => ("vcpus", to.to_string()),
        Move::CpuLimit { to, .. } => ("cpulimit", to.to_string()),
        Move::Memory { to, .. } => ("memory", to.to_string()),
        Move::Balloon { to, .. } => ("balloon", to.to_string()),
    };
    config.pending.get(option) == Some(&PendingValue::Set(to))
}

fn sizes(step: Move, config: &VmConfig) -> (u32, u32, u32) {
    let (from, to) = match step {
        Move::Cpu { from, to } => (from.get(), to.get()),
        Move::CpuLimit { from, to } => (from.hundredths(), to.hundredths()),
        Move::Memory { from, to } => (from.get(), to.get()),
        Move::Balloon { from, to } => (from.map_or(0, BalloonMib::get), to.get()),
    };
    (from, to, size(step, config))
}

/// What the config has of what the step changes: vCPUs, hundredths of a core or MiB; 0 where a
/// limit or a target is not set.
pub(crate) fn size(step: Move, config: &VmConfig) -> u32 {
    match step {
        Move::Cpu { .. } => config.plugged_vcpus().map_or(0, u32::from),
        Move::CpuLimit { .. } => config.cpulimit.hundredths(),
        Move::Memory { .. } => config.memory.get(),
        Move::Balloon { .. } => config.balloon.unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use vm_autoscale_proxmox::CpuLimit;

    use super::*;

    fn judged(exit_zero: bool, failure: Option<Failure>, conf: &str, qemu: Qemu) -> Outcome {
        let config = VmConfig::parse(&format!("cores: 8\n{conf}")).unwrap();
        let step = Move::Cpu { from: 4.try_into().unwrap(), to: 2.try_into().unwrap() };
        judge(
            step,
            Some(exit_zero),
            failure,
            &Found { config: &config, qemu, guest: Guest::Unknown },
        )
    }

    #[test]
    fn what_is_there_decides() {
        let unplug = Some(Failure::CpuUnplug);
        let pending = "[PENDING]\nvcpus: 2\n";
        for (exit_zero, failure, conf, qemu, expected) in [
            (true, None, "vcpus: 2\n".to_owned(), Qemu::Has(2), Outcome::Applied),
            (false, unplug, "vcpus: 2\n".to_owned(), Qemu::Has(2), Outcome::Applied),
            (true, None, format!("vcpus: 4\n{pending}"), Qemu::Has(4), Outcome::NotHotPluggable),
            (
                false,
                unplug,
                format!("vcpus: 4\n{pending}"),
                Qemu::Has(4),
                Outcome::Failed(Failure::CpuUnplug),
            ),
            (
                false,
                unplug,
                format!("vcpus: 3\n{pending}"),
                Qemu::Has(3),
                Outcome::AppliedInPart(3, unplug),
            ),
            (false, unplug, format!("vcpus: 4\n{pending}"), Qemu::Has(3), Outcome::Differs(4, 3)),
            (true, None, "vcpus: 4\n".to_owned(), Qemu::Has(4), Outcome::Failed(Failure::Unknown)),
            (true, None, "vcpus: 2\n".to_owned(), Qemu::Silent, Outcome::Unconfirmed),
            (true, None, "vcpus: 2\n".to_owned(), Qemu::NotRunning, Outcome::Stopped(true)),
            (
                false,
                None,
                format!("vcpus: 4\n{pending}"),
                Qemu::NotRunning,
                Outcome::Stopped(false),
            ),
            (
                false,
                None,
                format!("vcpus: 2\n{pending}"),
                Qemu::NotRunning,
                Outcome::Stopped(false),
            ),
            (
                false,
                Some(Failure::Locked),
                "vcpus: 4\n".to_owned(),
                Qemu::Has(4),
                Outcome::Failed(Failure::Locked),
            ),
        ] {
            assert_eq!(judged(exit_zero, failure, &conf, qemu), expected, "{conf} {qemu:?}");
        }
    }

    #[test]
    fn a_limit_is_there_when_the_config_says_so() {
        let limit = |hundredths| CpuLimit::from_hundredths(hundredths).unwrap();
        let step = Move::CpuLimit { from: limit(0), to: limit(250) };
        let dbus = Some(Failure::CpuLimit);
        for (exit_zero, failure, conf, expected) in [
            (true, None, "cpulimit: 2.5\n", Outcome::Applied),
            (true, None, "[PENDING]\ncpulimit: 2.5\n", Outcome::NotHotPluggable),
            (false, dbus, "[PENDING]\ncpulimit: 2.5\n", Outcome::Failed(Failure::CpuLimit)),
            (true, None, "cpulimit: 3\n", Outcome::AppliedInPart(300, None)),
        ] {
            let config = VmConfig::parse(conf).unwrap();
            let found = Found { config: &config, qemu: Qemu::Silent, guest: Guest::Took };
            assert_eq!(judge(step, Some(exit_zero), failure, &found), expected, "{conf}");
        }
    }

    #[test]
    fn a_balloon_is_where_qemu_says() {
        let step = Move::Balloon { from: None, to: 2048.try_into().unwrap() };
        let written = "memory: 4096\nballoon: 2048\n";
        let waits = "memory: 4096\n[PENDING]\nballoon: 2048\n";
        for (conf, qemu, expected) in [
            (written, Qemu::Has(2048), Outcome::Applied),
            (written, Qemu::Has(2055), Outcome::Applied),
            (written, Qemu::Has(3000), Outcome::AppliedInPart(3000, None)),
            (written, Qemu::Has(4096), Outcome::AppliedInPart(4096, None)),
            (written, Qemu::Silent, Outcome::Unconfirmed),
            (written, Qemu::NotRunning, Outcome::Stopped(true)),
            (waits, Qemu::Silent, Outcome::NotHotPluggable),
            ("memory: 4096\n", Qemu::Silent, Outcome::Failed(Failure::Unknown)),
        ] {
            let config = VmConfig::parse(conf).unwrap();
            let found = Found { config: &config, qemu, guest: Guest::Unknown };
            assert_eq!(judge(step, Some(true), None, &found), expected, "{conf} {qemu:?}");
        }
    }

    #[test]
    fn only_exactly_our_own_pending_value_is_ours() {
        let step = Move::Cpu { from: 4.try_into().unwrap(), to: 2.try_into().unwrap() };
        for (pending, ours) in [
            ("vcpus: 2", true),
            ("vcpus: 3", false),
            ("memory: 2", false),
            ("delete: vcpus", false),
        ] {
            let config = VmConfig::parse(&format!("cores: 8\n[PENDING]\n{pending}\n")).unwrap();
            assert_eq!(own_pending(step, &config), ours, "{pending}");
        }
    }
}
