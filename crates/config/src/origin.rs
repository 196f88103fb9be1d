//! From a setting's layer to its key in the file.

use crate::resolve::Place;
use crate::scheduler::layer::Layer;
use crate::settings::{Own, policy_of};
use crate::{Policy, Profile, Schedule, SchedulerConfig, Thresholds};

impl Place {
    /// The profile that says it.
    pub(crate) fn profile(self) -> Option<Profile> {
        match self {
            Self::File(profile)
            | Self::Class(_, profile)
            | Self::Vm(_, profile)
            | Self::Schedule(_, _, profile) => profile,
            Self::Default | Self::DryRun => None,
        }
    }

    /// The path of the section.
    fn section(self) -> String {
        match self {
            Self::Default | Self::File(_) | Self::DryRun => String::new(),
            Self::Class(at, _) => format!("classes[{at}]."),
            Self::Vm(at, _) => format!("virtual_machines[{at}]."),
            Self::Schedule(section, at, _) => {
                format!("{}schedules[{at}].", section.place(None).section())
            }
        }
    }

    /// The schedule that says it.
    pub(crate) fn schedule(self, config: &SchedulerConfig) -> Option<&Schedule> {
        let Self::Schedule(section, at, _) = self else { return None };
        config.schedules(section)?.get(at)
    }

    /// The path of what decides on the setting of that name; `None` where the file does not.
    pub(crate) fn path(self, config: &SchedulerConfig, setting: &str) -> Option<String> {
        let section = self.section();
        let key = match self {
            Self::Default => return None,
            Self::DryRun => "dry_run".to_owned(),
            _ if setting == "policy" => return self.chooser(config),
            _ if self.profile().is_some() => self.choice(config)?.to_owned(),
            _ => match setting.strip_prefix("thresholds.") {
                Some(mark) => self.mark(config, mark)?,
                None => setting.to_owned(),
            },
        };
        Some(section + &key)
    }

    /// The key of the section by which the policy was chosen: itself, or the first one that only
    /// `threshold` knows.
    fn chooser(self, config: &SchedulerConfig) -> Option<String> {
        let own = self.own(config)?;
        if own.policy.is_some() {
            return Some(self.key("policy"));
        }
        let key = own.keys().find(|key| policy_of(key) == Some(Policy::Threshold))?;
        self.path(config, key)
    }

    /// What the section says itself.
    fn own(self, config: &SchedulerConfig) -> Option<Own> {
        match self {
            Self::Default | Self::DryRun | Self::Schedule(..) => None,
            Self::File(_) => Some(config.own()),
            Self::Class(at, _) => config.classes.get(at).map(Layer::own),
            Self::Vm(at, _) => config.virtual_machines.get(at).map(Layer::own),
        }
    }

    /// A key of the section.
    pub(crate) fn key(self, key: &str) -> String {
        self.section() + key
    }

    /// All ways in which the section may write a setting.
    pub(crate) fn keys(self, setting: &str) -> Vec<String> {
        let Some(mark) = setting.strip_prefix("thresholds.") else {
            return vec![self.key(setting)];
        };
        let section = if let Self::File(_) = self { "scaling_thresholds" } else { "thresholds" };
        [mark.to_owned(), mark.replace('.', "_")]
            .map(|mark| self.key(&format!("{section}.{mark}")))
            .into()
    }

    /// Which of the two keys chooses the profile.
    fn choice(self, config: &SchedulerConfig) -> Option<&'static str> {
        let by_profile = match self {
            Self::Default | Self::DryRun => return None,
            Self::File(_) => config.profile,
            Self::Class(at, _) => config.classes.get(at)?.profile,
            Self::Vm(at, _) => config.virtual_machines.get(at)?.profile,
            Self::Schedule(..) => return Some("profile"),
        };
        Some(if by_profile.is_some() { "profile" } else { "behaviour" })
    }

    /// `cpu.high` as the section writes it.
    fn mark(self, config: &SchedulerConfig, mark: &str) -> Option<String> {
        let (section, marks): (&str, &Thresholds) = match self {
            Self::Default | Self::DryRun | Self::Schedule(..) => return None,
            Self::File(_) => ("scaling_thresholds", &config.scaling_thresholds),
            Self::Class(at, _) => ("thresholds", &config.classes.get(at)?.thresholds),
            Self::Vm(at, _) => ("thresholds", &config.virtual_machines.get(at)?.thresholds),
        };
        let is_flat = match mark {
            "cpu.high" => marks.cpu_high,
            "cpu.low" => marks.cpu_low,
            "ram.high" => marks.ram_high,
            _ => marks.ram_low,
        };
        let mark = if is_flat.is_some() { mark.replace('.', "_") } else { mark.to_owned() };
        Some(format!("{section}.{mark}"))
    }

    /// How messages call it.
    pub(crate) fn words(self, config: &SchedulerConfig) -> String {
        let of = self.schedule(config).map(|schedule| format!("the schedule `{}`", schedule.name));
        match (self.profile(), of) {
            (Some(profile), Some(of)) => {
                return format!("what the profile `{profile}` of {of} says");
            }
            (Some(profile), None) => return format!("what the profile `{profile}` says"),
            (None, Some(of)) => return format!("what {of} says"),
            (None, None) => {}
        }
        match self {
            Self::Default | Self::Schedule(..) => "the default".to_owned(),
            Self::DryRun => "what `dry_run` says".to_owned(),
            Self::File(_) => "what the file says".to_owned(),
            Self::Vm(..) => "what the VM's entry says".to_owned(),
            Self::Class(at, _) => {
                let name = config.classes.get(at).map_or("", |class| class.name.as_str());
                format!("what class `{name}` says")
            }
        }
    }
}
