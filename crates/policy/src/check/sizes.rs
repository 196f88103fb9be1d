//! The sizes that a change may ask for, and how far from the ones that are there.

use vm_autoscale_node::{BalloonMib, CpuLimit, Ladder, MemoryMib};
use vm_autoscale_protocol::{HelperError, Rule};

use super::refuse;
use crate::{Policy, Sizes, VmRule};

/// The most vCPUs that one change takes away: each may hold the VM's lock for 6 s.
const MAX_VCPUS_DOWN: u32 = 3;

/// What a VM has, and the rule that holds for it.
pub(super) struct Measured<'a> {
    pub(super) policy: &'a Policy,
    pub(super) rule: &'a VmRule,
    pub(super) sizes: &'a Sizes,
}

type Checked = Result<(), HelperError>;

impl Measured<'_> {
    pub(super) fn vcpus(&self, asked: u32) -> Checked {
        let (min, max) = (self.rule.min_vcpus, self.rule.max_vcpus);
        let [min, max] = [min, max].map(|bound| bound.map(u32::from));
        self.within(("vcpus", asked), ("min_vcpus", min.unwrap_or(1)), ("max_vcpus", max))?;
        let (Some(now), Some(most)) = (self.sizes.vcpus, self.sizes.max_vcpus) else {
            let message = "how many vCPUs are plugged cannot be told from the config";
            return refuse(Rule::Step, message.to_owned());
        };
        if asked > most {
            let message =
                format!("vcpus {asked}: the VM has {most} cores, and starts with no more");
            return refuse(Rule::Bounds, message);
        }
        let (more, less) = (asked.saturating_sub(now), now.saturating_sub(asked));
        let step = self.rule.max_vcpus_step.map(u32::from);
        let what = format!("vcpus {now} -> {asked}: at most");
        match step.filter(|&step| more > step || less > step && step < MAX_VCPUS_DOWN) {
            Some(step) => self.no(Rule::Step, "max_vcpus_step", &format!("{what} {step} at once")),
            None if less > MAX_VCPUS_DOWN => {
                refuse(Rule::Step, format!("{what} {MAX_VCPUS_DOWN} less at once"))
            }
            None => Ok(()),
        }
    }

    pub(super) fn memory(&self, asked: MemoryMib, balloon: Option<BalloonMib>) -> Checked {
        if self.sizes.hugepages {
            let message = "memory: that of a VM with `hugepages` of 1 GiB is not changed";
            return refuse(Rule::Ladder, message.to_owned());
        }
        if !Ladder::has(asked) {
            let message = format!("memory {asked} MiB is no size that hotplug can reach");
            return refuse(Rule::Ladder, message);
        }
        let (min, max) = (self.rule.min_memory, self.rule.max_memory);
        let [min, max] = [min, max].map(|bound| bound.map(u32::from));
        let (least, asked_mib) = (min.unwrap_or(1024), asked.get());
        self.within(("memory", asked_mib), ("min_memory", least), ("max_memory", max))?;
        balloon.map_or(Ok(()), |balloon| self.balloon(balloon, asked))?;
        let now = self.sizes.memory;
        if asked < now && Ladder::up(asked).is_none_or(|above| above < now) {
            let message = format!("memory {now} -> {asked} MiB: at most one DIMM less at once");
            return refuse(Rule::Step, message);
        }
        let up = asked_mib.saturating_sub(now.get());
        match self.rule.max_memory_step.filter(|step| up > step.get()) {
            Some(step) => {
                let what = format!("memory {now} -> {asked} MiB: at most {step} more at once");
                self.no(Rule::Step, "max_memory_step", &what)
            }
            None => Ok(()),
        }
    }

    pub(super) fn cpulimit(&self, asked: CpuLimit) -> Checked {
        let Some(min) = self.rule.min_cpulimit else {
            return self.unchanged("cpulimit", "min_cpulimit");
        };
        if asked < min {
            return self.bound("min_cpulimit", &format!("cpulimit {asked} is below {min}"));
        }
        // No cap at all is above any other.
        match self.rule.max_cpulimit.filter(|max| asked > *max) {
            Some(max) if asked == CpuLimit::Unlimited => self.bound(
                "max_cpulimit",
                &format!("cpulimit 0 is no cap at all, and {max} is the highest"),
            ),
            Some(max) => self.bound("max_cpulimit", &format!("cpulimit {asked} is above {max}")),
            None => Ok(()),
        }
    }

    /// Where the VM has that much memory.
    pub(super) fn balloon(&self, asked: BalloonMib, memory: MemoryMib) -> Checked {
        let Some(min) = self.rule.min_balloon else {
            return self.unchanged("balloon", "min_balloon");
        };
        let max = self.rule.max_balloon.map_or(u32::MAX, BalloonMib::get);
        match asked.get() {
            mib if mib < min.get() => {
                self.bound("min_balloon", &format!("balloon {asked} is below {min}"))
            }
            mib if mib > max => {
                self.bound("max_balloon", &format!("balloon {asked} is above {max}"))
            }
            mib if mib > memory.get() => {
                self.bound("min_balloon", &format!("balloon {asked} is above the memory {memory}"))
            }
            _ => Ok(()),
        }
    }

    fn within(
        &self,
        (what, asked): (&str, u32),
        (low, min): (&str, u32),
        (high, max): (&str, Option<u32>),
    ) -> Checked {
        let Some(max) = max else { return self.unchanged(what, high) };
        let key = if asked < min { low } else { high };
        if (min..=max).contains(&asked) {
            return Ok(());
        }
        self.bound(key, &format!("{what} {asked} is outside {min} to {max}"))
    }

    fn unchanged(&self, what: &str, without: &str) -> Checked {
        let at = self.policy.at(&self.rule.lines, "vms");
        let message = format!("{at}: {what} is not changed: the rule has no `{without}`");
        refuse(Rule::Bounds, message)
    }

    fn bound(&self, key: &str, what: &str) -> Checked {
        self.no(Rule::Bounds, key, what)
    }

    fn no(&self, rule: Rule, key: &str, what: &str) -> Checked {
        let at = self.policy.at(&self.rule.lines, key);
        refuse(rule, format!("{at}: {what} (`{key}`)"))
    }
}
