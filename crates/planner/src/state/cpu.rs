//! What the evidence asks for on a VM's CPU, and by which lever.

use vm_autoscale_proxmox::{CpuLimit, VmConfig};

use super::{State, Wanted, clamped, measured, quarantine, within};
use crate::bounds::{self, Bounds};
use crate::decision::{Move, Resource};
use crate::levers::{self, CORE, CpuHas};
use crate::reason::Percent;
use crate::{CpuLaw, CpuLever, CpuRule, Marks, Moment, Reason, Sample, VmInput};

impl State {
    pub(super) fn cpu(
        &mut self,
        now: Moment,
        vm: &VmInput<'_>,
        config: &VmConfig,
        sample: &Sample,
    ) -> Wanted {
        let rule = vm.policy.cpu.ok_or(Reason::NotAsked)?;
        let (lever, caution) = (vm.policy.cpu_lever, vm.policy.caution);
        let [quarantined, _] = vm.quarantine;
        // Whatever QEMU has, a limit on its time is what it says.
        quarantine(quarantined.filter(|_| lever != CpuLever::Limit))?;
        let bounds = bounds::cpu(vm.policy, config)?;
        let has = self.cpu_has(lever, config)?;
        let used = measured(sample.cores_used, sample.vcpus, f64::from(has.plugged.get()));
        let used = used.inspect_err(|_| self.cpu.low.forget())?;
        self.futility.judged(used, f64::from(has.size()) / f64::from(CORE));
        let back = self.futility.back(has.plugged, vm.policy.in_steps);
        if let Some(back) = back.filter(|_| caution && has.unplugs) {
            return Ok(back);
        }
        let (mut to, reason) = match rule {
            // Bounds move with the hours of the day; what is below them is not left there.
            _ if has.size() < bounds.min => (bounds.min, Reason::BelowMinimum),
            CpuRule::Threshold(marks) => {
                self.cpu_by_marks(marks, vm.policy.low_checks, used, has.size(), bounds)?
            }
            CpuRule::Adaptive(law) => self.cpu_by_law(&law, now, used, has.size(), bounds)?,
        };
        if caution {
            to = self.first_day.least(now, Resource::Cpu, (has.size(), to), self.cpu.taken())?;
        }
        let step = has.towards(lever, to, vm.policy.in_steps)?;
        let is_plugged = matches!(step, Move::Cpu { .. }) && step.is_growth();
        if let Some(rests) = self.futility.rests(now).filter(|_| caution && is_plugged) {
            return Err(rests);
        }
        Ok((step, reason))
    }

    /// What its CPU has, and whose limit.
    pub(crate) fn cpu_has(&self, lever: CpuLever, config: &VmConfig) -> Result<CpuHas, Reason> {
        let limit = config.cpulimit;
        let is_ours =
            lever == CpuLever::Limit || limit == CpuLimit::Unlimited || self.limit == Some(limit);
        let plugged = config.plugged_vcpus().map_err(|_| Reason::ConfigUnknown)?;
        let unplugs = levers::gives_vcpus(config) && !self.cpu.refuses();
        Ok(CpuHas { plugged, limit, is_ours, unplugs })
    }

    fn cpu_by_law(
        &mut self,
        law: &CpuLaw,
        now: Moment,
        used: f64,
        size: u32,
        bounds: Bounds<u32>,
    ) -> Result<(u32, Reason), Reason> {
        let sense = self.cpu_sense.as_mut().ok_or(Reason::NoSample)?;
        // The law knows whole sizes. Of a limit between two it is told the lower one, at which it
        // is sooner saturated.
        let (cores, reason) = sense.judge(law, now, (size / CORE).max(1))?;
        let (to, used) = (cores.max(1).saturating_mul(CORE), used * f64::from(CORE));
        let to = clamped((size, to), bounds, Percent(100.0 * used / f64::from(size)))?;
        Ok((to, reason))
    }

    /// A core more or less.
    fn cpu_by_marks(
        &mut self,
        marks: Marks,
        low_checks: u32,
        used: f64,
        size: u32,
        bounds: Bounds<u32>,
    ) -> Result<(u32, Reason), Reason> {
        let cores = |hundredths: u32| f64::from(hundredths) / f64::from(CORE);
        let up = Some(size.saturating_add(CORE).min(bounds.max)).filter(|up| *up > size);
        let wish = self.cpu.low.judge(marks, used, cores(size), low_checks);
        within(wish, (up, size.checked_sub(CORE)), bounds, marks, used, cores)
    }
}
