//! Which line of the files says what.

use std::collections::BTreeMap;

use vm_autoscale_config::{Answer, Clusters, Roster, SchedulerConfig, VmFacts};
use vm_autoscale_proxmox::Tags;
use vm_autoscale_scheduler::{Explanation, Setting};

use crate::args::Args;
use crate::config::Read;
use crate::environment::environment;

/// The files; nothing of them where they hold a mistake.
pub(super) struct Known<'h> {
    read: Option<Read>,
    hosts: &'h Clusters,
}

/// What they say of one VM.
pub(super) struct Of<'k> {
    read: Option<&'k Read>,
    /// The value and its place, by the key.
    settings: BTreeMap<String, (String, String)>,
}

impl<'h> Known<'h> {
    pub(super) fn of(args: &Args, hosts: &'h Clusters) -> Self {
        let checked = environment(args)
            .and_then(|environment| SchedulerConfig::check(&args.config, &environment));
        Self { read: checked.and_then(Read::new).ok(), hosts }
    }

    pub(super) fn of_vm(&self, vm: &Explanation) -> Of<'_> {
        let settings = self.read.as_ref().and_then(|read| self.settings(read, vm));
        Of { read: self.read.as_ref(), settings: settings.unwrap_or_default() }
    }

    fn settings(
        &self,
        read: &Read,
        vm: &Explanation,
    ) -> Option<BTreeMap<String, (String, String)>> {
        let roster = Roster::new(read.config.clone().into(), &vm.cluster, self.hosts);
        let tags: Option<Tags> =
            vm.tags.as_ref().map(|tags| tags.join(";").parse().unwrap_or_default());
        let described = tags.as_ref().map(|tags| (vm.name.as_deref(), tags));
        let pool = vm.pools_known.then_some(vm.pool.as_deref());
        let facts =
            VmFacts { vmid: vm.vmid, cluster: None, node: vm.node.as_ref(), described, pool };
        let Answer::Yes(managed) = roster.answer(&facts) else { return None };
        let values = read.config.effective_vm(&read.hours, &managed, |path| read.place(path));
        let of = |value: vm_autoscale_config::Effective<String>| {
            let place = value.place.unwrap_or_else(|| "default".to_owned());
            (value.key, (value.value, place))
        };
        Some(values.into_iter().map(of).collect())
    }
}

impl Of<'_> {
    /// Where a setting of the daemon stands; that the files say another value by now is told.
    pub(super) fn place(&self, setting: &Setting) -> Option<String> {
        let Some((value, place)) = self.settings.get(&setting.key) else {
            return self.line(&setting.key);
        };
        if *value == setting.value {
            return Some(place.clone());
        }
        Some(format!("{place} says {value} by now: systemctl reload vm-autoscale"))
    }

    /// The line of a key, whatever it says.
    pub(super) fn line(&self, key: &str) -> Option<String> {
        let of_vm = self.settings.get(key).map(|(_, place)| place.clone());
        of_vm.or_else(|| self.read?.place(key)).filter(|place| place != "default")
    }

    /// Each key's place.
    pub(super) fn all(&self) -> BTreeMap<&str, &str> {
        self.settings.iter().map(|(key, (_, place))| (key.as_str(), place.as_str())).collect()
    }
}
