//! Plays a trace, tick by tick: changes land, the load is served, the sums are taken, the policy
//! looks and asks.

mod contention;
mod machine;

use crate::num::{floor, real, thousandths};
use crate::report::Tally;
use crate::{Ask, Error, Figures, Fleet, Policy, Seen, Trace, World};

use contention::Contention;
use machine::Machine;

/// A trace in a world.
#[derive(Debug)]
pub struct Engine<'a> {
    trace: &'a Trace,
    world: World,
    fleet: Fleet,
}

/// One run.
struct Run<'a> {
    engine: &'a Engine<'a>,
    machines: Vec<Machine>,
    contention: Option<Contention>,
    tally: Tally,
    seen: Vec<Seen>,
    asks: Vec<Ask>,
}

impl<'a> Engine<'a> {
    /// For any number of runs.
    ///
    /// # Errors
    /// The world cannot be.
    pub fn new(trace: &'a Trace, world: World) -> Result<Self, Error> {
        let fleet = world.fleet(trace)?;
        Ok(Self { trace, world, fleet })
    }

    /// The VMs and hosts.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Plays all of it. `progress` hears the share that is done, now and then.
    pub fn run(
        &self,
        name: &str,
        policy: &mut dyn Policy,
        progress: &mut dyn FnMut(f64),
    ) -> Figures {
        let tick = f64::from(self.world.tick);
        let ticks = floor(self.trace.seconds() / tick);
        let warm = self.world.warm(real(ticks) * tick);
        let mut run = Run::new(self);
        for index in 0..ticks {
            let t = real(index) * tick;
            let counts = t >= warm;
            run.load(floor(t / f64::from(self.trace.step)));
            run.land(t, counts);
            run.serve(counts);
            run.observe();
            run.asks.clear();
            policy.step(t + tick, &run.seen, &mut run.asks);
            run.take(t + tick);
            if index % 1024 == 0 {
                progress(real(index) / real(ticks));
            }
        }
        run.tally.by_vm = run.machines.iter().map(|vm| (vm.wanted, vm.lost)).collect();
        run.tally.figures(name)
    }
}

impl<'a> Run<'a> {
    fn new(engine: &'a Engine<'a>) -> Self {
        let world = &engine.world;
        let owned = engine.fleet.vms.iter();
        let machines = owned.map(|owned| Machine::new(owned, world.first_memory(owned))).collect();
        let contention = world.hosts.map(|_| Contention::new(&engine.fleet));
        let seen = vec![Seen::default(); engine.fleet.vms.len()];
        Self { engine, machines, contention, tally: Tally::default(), seen, asks: Vec::new() }
    }

    /// What every VM wants now.
    fn load(&mut self, step: usize) {
        let trace = self.engine.trace;
        let step = step.min(trace.steps().saturating_sub(1));
        for (vm, cpu) in self.machines.iter_mut().zip(trace.cpu(step)) {
            vm.wants_cpu(f64::from(*cpu));
        }
        for (vm, memory) in self.machines.iter_mut().zip(trace.memory(step)) {
            vm.wants_memory(f64::from(*memory));
        }
    }

    /// Changes that are there by now; memory that does not fit its host is not granted.
    fn land(&mut self, t: f64, counts: bool) {
        let until = t + f64::from(self.engine.world.tick) / 2.0 + 1e-9;
        let (mut unused, mut is_any) = (Tally::default(), false);
        let tally = if counts { &mut self.tally } else { &mut unused };
        for vm in &mut self.machines {
            vm.land_cpu(t, until, tally);
            is_any |= vm.lands_memory(until, tally);
        }
        if !is_any {
            return;
        }
        if let Some(contention) = &self.contention {
            contention.admit(&mut self.machines, tally);
        }
        for vm in &mut self.machines {
            vm.land_memory(t, tally);
        }
    }

    fn serve(&mut self, counts: bool) {
        if let Some(contention) = &mut self.contention {
            contention.share(&mut self.machines);
        }
        if !counts {
            return;
        }
        let tick = f64::from(self.engine.world.tick);
        let has_memory = self.engine.trace.has_memory();
        for vm in self.machines.iter_mut().filter(|vm| vm.active) {
            vm.account(tick, has_memory, &mut self.tally);
        }
    }

    /// What can be seen of it, in the simulator's precision, so that a policy decides the same at
    /// the other end of its pipe.
    fn observe(&mut self) {
        let fill = self.engine.world.cache_fill;
        for (vm, seen) in self.machines.iter().zip(&mut self.seen) {
            let alloc = f64::from(vm.memory);
            let used = vm.wanted_memory.min(alloc);
            *seen = Seen {
                active: vm.active,
                cpu_used: if vm.active { thousandths(vm.used) } else { 0.0 },
                vcpus: vm.vcpus,
                cpu_busy: vm.next_vcpus.is_some(),
                mem_used: if vm.active { thousandths(used + fill * (alloc - used)) } else { 0.0 },
                memory: vm.memory,
                mem_busy: vm.next_memory.is_some(),
            };
        }
    }

    /// What the policy asks for begins.
    fn take(&mut self, now: f64) {
        for ask in &self.asks {
            match *ask {
                Ask::Vcpus(at, vcpus) => {
                    if let Some(vm) = self.machines.get_mut(at) {
                        vm.ask_vcpus(vcpus, now);
                    }
                }
                Ask::Memory(at, mib) => {
                    if let Some(vm) = self.machines.get_mut(at) {
                        vm.ask_memory(mib, now);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
