//! Which line says how far each VM may be changed.

use std::collections::BTreeMap;

use serde::Serialize;
use vm_autoscale_config::{Answer, Roster, SchedulerConfig};
use vm_autoscale_proxmox::ClusterName;
use vm_autoscale_scheduler::{ClusterStatus, StatusReport, VmStatus};

use super::Read;
use super::vm::answer;
use crate::Error;
use crate::args::Args;
use crate::environment::environment;

/// The files, and who is meant by them.
pub(crate) struct Modes {
    read: Read,
    rosters: BTreeMap<ClusterName, Roster>,
}

/// The line that says a VM's mode.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct ModeLine {
    /// Where it stands; nothing where none says it and it is the default.
    pub(crate) place: Option<String>,
    /// Whether that is `dry_run`.
    pub(crate) is_dry_run: bool,
}

impl Modes {
    /// Of the files as they are now.
    ///
    /// # Errors
    /// They cannot be read, or hold a mistake.
    pub(crate) fn read(args: &Args, status: &StatusReport) -> Result<Self, Error> {
        let read = Read::new(SchedulerConfig::check(&args.config, &environment(args)?)?)?;
        let roster = |cluster: &ClusterStatus| {
            let roster = Roster::new(read.config.clone().into(), &cluster.name, &status.hosts);
            (cluster.name.clone(), roster)
        };
        let rosters = status.clusters.iter().map(roster).collect();
        Ok(Self { read, rosters })
    }

    /// What says the mode of a VM. Where it is not known whether the file means it, it is taken for
    /// a VM without an entry and a class.
    pub(crate) fn line(&self, cluster: &ClusterStatus, vm: &VmStatus) -> ModeLine {
        let answer = self.rosters.get(&cluster.name).map(|roster| answer(roster, cluster, vm));
        let Some(Answer::Yes(managed)) = answer else {
            return ModeLine { place: self.read.place("mode"), is_dry_run: false };
        };
        let at = |path: &str| self.read.place(path).map(|place| (place, path == "dry_run"));
        let values = self.read.config.effective_vm(&self.read.hours, &managed, at);
        let mode = values.into_iter().find(|value| value.key == "mode");
        match mode.and_then(|mode| mode.place) {
            Some((place, is_dry_run)) => ModeLine { place: Some(place), is_dry_run },
            None => ModeLine { place: None, is_dry_run: false },
        }
    }
}
