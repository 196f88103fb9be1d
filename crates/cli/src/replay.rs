//! `replay`: what a policy would have done with a recorded load.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use vm_autoscale_config::{Limits, Mode, Policy, SchedulerConfig};
use vm_autoscale_planner::Allow;
use vm_autoscale_replay::{
    Driver, Engine, Figures, Hosts, Rules, Still, Trace, World, pipe, table,
};
use vm_autoscale_scheduler::{planner_config, vm_policy};

use crate::args::{Args, Format, ReplayArgs, ReplayPolicy, WorldArgs};
use crate::bundle::Bundle;
use crate::{Error, environment, json, say};

mod past;
pub(crate) use past::recorded;

/// Before this nobody waits for news.
const SOON: Duration = Duration::from_secs(1);

/// What is printed as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    vms: usize,
    days: f64,
    policies: &'a [Figures],
}

/// Plays the trace, or answers the simulator.
///
/// # Errors
/// The configuration, the trace or the other end of the pipe is wrong.
pub(crate) fn replay(args: &Args, wanted: &ReplayArgs) -> Result<u8, Error> {
    let bundle = wanted.source.bundle.as_deref().map(Bundle::read).transpose()?;
    let config = config(args, wanted, bundle.as_ref())?;
    let policy = wanted.policy.unwrap_or(match config.settings().policy {
        Policy::Adaptive => ReplayPolicy::Adaptive,
        Policy::Threshold => ReplayPolicy::Threshold,
    });
    let rules = rules(is_read(args, wanted), &config);
    if let Some(bundle) = &bundle {
        past::of_bundle(args, (wanted, bundle), &rules, policy)?;
        return Ok(0);
    }
    match (&wanted.source.trace, wanted.source.vm) {
        (_, Some(vmid)) => {
            past::past(args, (wanted, vmid), &config.journal.path, &rules, policy)?;
        }
        (None, None) => {
            let mut output = std::io::stdout().lock();
            let rules = if policy == ReplayPolicy::Static { idle(rules) } else { rules };
            pipe(&mut std::io::stdin().lock(), &mut output, &rules)?;
        }
        (Some(path), None) => trace(args, path, &wanted.world, policy, &rules)?,
    }
    Ok(0)
}

fn trace(
    args: &Args,
    path: &Path,
    wanted: &WorldArgs,
    policy: ReplayPolicy,
    rules: &Rules,
) -> Result<(), Error> {
    let trace = Trace::read(path, wanted.days)?;
    let engine = Engine::new(&trace, world(wanted))?;
    let mut progress = Progress::new();
    let mut still = engine.run("static", &mut Still, &mut |_| ());
    still = still.clone().against(&still);
    let mut all = vec![still.clone()];
    if policy != ReplayPolicy::Static {
        let mut driver = Driver::new(engine.fleet(), rules)?;
        let figures = engine.run(policy.name(), &mut driver, &mut |share| progress.tell(share));
        progress.end();
        all.push(figures.against(&still));
    }
    let days = trace.seconds() / 86_400.0;
    match args.output_format {
        Format::Json => json(&Answer { vms: trace.vms.len(), days, policies: &all }),
        Format::Text => {
            let vms = trace.vms.len();
            say(&format!("{vms} VMs, {days:.1} days in steps of {} s\n{}", trace.step, table(&all)))
        }
    }
}

/// Whether a file is gone by, or what a bundle has of one. The machine's own is asked where its journal is.
fn is_read(args: &Args, wanted: &ReplayArgs) -> bool {
    args.is_config_named || wanted.source.vm.is_some() || wanted.source.bundle.is_some()
}

/// What the file says where one is read, or the bundle, else the defaults.
fn config(
    args: &Args,
    wanted: &ReplayArgs,
    bundle: Option<&Bundle>,
) -> Result<SchedulerConfig, Error> {
    let own = bundle.filter(|_| !args.is_config_named);
    let mut config = if let Some(bundle) = own {
        bundle.config()?
    } else if is_read(args, wanted) {
        SchedulerConfig::read(&args.config, &environment::environment(args)?)?
    } else {
        SchedulerConfig { memory_shrink: Some(true), ..SchedulerConfig::default() }
    };
    if let Some(profile) = wanted.profile {
        (config.profile, config.behaviour) = (Some(profile), None);
    }
    match wanted.policy {
        Some(ReplayPolicy::Adaptive) => config.policy = Some(Policy::Adaptive),
        Some(ReplayPolicy::Threshold) => config.policy = Some(Policy::Threshold),
        Some(ReplayPolicy::Static) | None => {}
    }
    Ok(config)
}

/// What holds for all VMs. Their owners' sizes are the bounds, unless the file says others.
fn rules(is_read: bool, config: &SchedulerConfig) -> Rules {
    let settings = config.settings();
    let limits = if is_read { config.scaling_limits } else { Limits::default() };
    let most = |limit: Option<u32>| limit.unwrap_or(u32::MAX);
    let mut policy = vm_policy(&settings);
    policy.allow = if settings.mode == Mode::UpOnly { Allow::Growth } else { Allow::Everything };
    policy.vcpus = (limits.min_cores.unwrap_or(1), most(limits.max_cores));
    policy.memory_mib = (limits.min_ram_mb.unwrap_or(1024), most(limits.max_ram_mb));
    Rules { policy, planner: planner_config(config) }
}

/// Rules by which nothing is done.
fn idle(mut rules: Rules) -> Rules {
    rules.policy.allow = Allow::Nothing;
    rules
}

fn world(wanted: &WorldArgs) -> World {
    let real = |seconds: u64| f64::from(u32::try_from(seconds).unwrap_or(u32::MAX));
    World {
        tick: u32::try_from(wanted.tick).unwrap_or(u32::MAX),
        warmup: wanted.warmup.map(real),
        cache_fill: wanted.mem_cache_fill,
        hosts: wanted.hosts.map(|count| Hosts {
            count: usize::try_from(count).unwrap_or(usize::MAX),
            cpu_share: wanted.host_cpu_frac,
            memory_share: wanted.host_mem_frac,
            mixed_shares: wanted.shares_mix,
        }),
    }
}

/// How far it is, for who sits at a terminal.
struct Progress {
    since: Instant,
    told: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    fn new() -> Self {
        let is_shown = std::io::stderr().is_terminal();
        Self { since: Instant::now(), told: None, is_shown }
    }

    fn tell(&mut self, share: f64) {
        let last = self.told.unwrap_or(self.since);
        if self.is_shown && last.elapsed() >= SOON {
            self.told = Some(Instant::now());
            // Where standard error is gone, nobody waits for it.
            let _ = write!(std::io::stderr(), "\rreplayed {:.0} %", 100.0 * share);
        }
    }

    fn end(&self) {
        if self.told.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
