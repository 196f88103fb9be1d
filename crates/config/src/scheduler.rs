//! `config.yaml`: what the scheduler looks after and when it acts.

#[macro_use]
pub(crate) mod layer;
mod mode;
mod sections;

use std::path::{Path, PathBuf};

use validator::Validate;

#[cfg(test)]
use crate::schema;
use crate::{
    Adaptive, Alerts, Checked, Digest, Doctor, Environment, Error, Gotify, Metrics, Ntfy, Secret,
    Selection, Target, fragments, leaf, rules,
};
use vm_autoscale_guard::read_plain_bytes;

pub use mode::{Mode, Policy};
pub use sections::{
    Class, HostLimits, JournalFile, Limits, LogFormat, Logging, Threshold, Thresholds,
    VirtualMachine,
};

layer! {
    marks: scaling_thresholds,
    /// The whole file. The keys that the Python predecessors had keep their names and meaning.
    #[serde(deny_unknown_fields, default)]
    #[validate(schema(function = "rules::scheduler", skip_on_field_errors = false))]
    pub struct SchedulerConfig {
        /// Whether nothing may be changed, whatever any `mode` says: the same as holding every one
        /// to `recommend`.
        pub dry_run: bool,
        /// Where the helper listens.
        pub helper_socket: PathBuf,
        /// Where `vm-autoscale status` asks.
        pub control_socket: PathBuf,
        /// Seconds between two looks at a cluster. Proxmox itself measures every 10 s, and what is
        /// older than 30 s is not believed.
        #[validate(range(
            min = 1,
            max = 15,
            message = "1 to 15 seconds: what is older than 30 s is not believed"
        ))]
        pub observe_interval: u32,
        /// Marks in percent: above `high` a VM grows, below `low` it shrinks.
        #[validate(nested)]
        pub scaling_thresholds: Thresholds,
        /// When a node is too full for growth. Shrinking is never held back by it.
        pub host_limits: HostLimits,
        /// The VMs that are looked after, in every cluster: `[101, 200-299, "@tag-autoscale"]`.
        /// What an item with a hyphen names is never looked after, whatever else the file says.
        pub select: Selection,
        /// Settings for many VMs. They hold over those of the file.
        #[serde(deserialize_with = "leaf::each")]
        #[validate(nested)]
        pub classes: Vec<Class>,
        /// VMs with settings of their own, which hold over those of their class and of the file.
        /// An entry that names the VM's cluster holds over one that names none.
        #[serde(deserialize_with = "leaf::each")]
        #[validate(nested)]
        pub virtual_machines: Vec<VirtualMachine>,
        /// What is written where.
        #[validate(nested)]
        pub logging: Logging,
        /// What outlives a restart.
        #[validate(nested)]
        pub journal: JournalFile,
        /// What `vm-autoscale doctor` passes over.
        pub doctor: Doctor,
        /// Figures for Prometheus, and how well it is.
        pub metrics: Metrics,
        /// Mail of what happened.
        #[validate(nested)]
        pub alerts: Alerts,
        /// Messages of what happened to a Gotify server.
        #[validate(nested)]
        pub gotify: Gotify,
        /// Messages of what happened to a topic of an ntfy server.
        #[validate(nested)]
        pub ntfy: Ntfy,
        /// Where each message is sent to as JSON (POST), with an id that stays the same however
        /// often it is tried. `VM_AUTOSCALE_WEBHOOK_URL` holds over it.
        #[cfg_attr(test, schemars(with = "Option<schema::SecretText>"))]
        pub webhook_url: Option<Secret>,
        /// By this the webhook's requests are signed (HMAC-SHA256, as standardwebhooks.com says);
        /// without it they are not. `VM_AUTOSCALE_WEBHOOK_SECRET` holds over it.
        #[cfg_attr(test, schemars(with = "Option<schema::SecretText>"))]
        pub webhook_secret: Option<Secret>,
        /// A push URL of Uptime Kuma: it is called when every cluster was seen, about once a minute
        /// at most, and by falling silent tells that nobody looks any more; that a cluster cannot
        /// be seen it is told at once. Let it wait for a heartbeat of at least 120 s, and twice
        /// `observe_interval`. `VM_AUTOSCALE_UPTIME_KUMA_WEBHOOK` holds over it.
        #[cfg_attr(test, schemars(with = "Option<schema::SecretText>"))]
        pub uptime_kuma_url: Option<Secret>,
        /// The same for healthchecks: its ping URL. `VM_AUTOSCALE_HEALTHCHECKS_URL` holds over it.
        #[cfg_attr(test, schemars(with = "Option<schema::SecretText>"))]
        pub healthchecks_url: Option<Secret>,
        /// Hosts, addresses and networks to which messages may go although they are this machine
        /// itself, private, link-local or 6to4, or reached without TLS: `[gotify.lan, 10.0.0.0/8]`.
        /// A mail server of this machine on port 25 needs no item.
        #[serde(deserialize_with = "leaf::each")]
        #[cfg_attr(test, schemars(with = "Vec<String>"))]
        pub notify_allow: Vec<Target>,
        /// When a message sums up what happened since the last one.
        pub digest: Option<Digest>,
        /// Seconds for which the same message is not sent again.
        #[validate(range(max = 604_800, message = "at most 604800 seconds, a week"))]
        pub notification_dedup_seconds: u32,
    }
}

impl SchedulerConfig {
    /// Reads and checks the file and the fragments in `conf.d` beside it.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place.
    pub fn read(path: &Path, environment: &Environment) -> Result<Self, Error> {
        Ok(Self::check(path, environment)?.finish()?)
    }

    /// Reads the files as far as that can be done.
    ///
    /// # Errors
    /// The file itself cannot be read.
    pub fn check(path: &Path, environment: &Environment) -> Result<Checked<Self>, Error> {
        let bytes = read_plain_bytes(path)?;
        Ok(Checked::merged((path, &bytes), fragments::read(path), environment))
    }
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            dry_run: false,
            helper_socket: "/run/vm-autoscale/helper.sock".into(),
            control_socket: "/run/vm-autoscale-scheduler/control.sock".into(),
            observe_interval: 10,
            scaling_thresholds: Thresholds::default(),
            host_limits: HostLimits::default(),
            select: Selection::default(),
            classes: Vec::new(),
            virtual_machines: Vec::new(),
            logging: Logging::default(),
            metrics: Metrics::default(),
            journal: JournalFile::default(),
            doctor: Doctor::default(),
            alerts: Alerts::default(),
            gotify: Gotify::default(),
            ntfy: Ntfy::default(),
            webhook_url: None,
            webhook_secret: None,
            uptime_kuma_url: None,
            healthchecks_url: None,
            notify_allow: Vec::new(),
            digest: None,
            notification_dedup_seconds: 3600,
            mode: None,
            policy: None,
            adaptive: Adaptive::default(),
            profile: None,
            behaviour: None,
            cpu_scaling: None,
            ram_scaling: None,
            check_interval: None,
            scale_cooldown: None,
            scale_down_after_cycles: None,
            external_change_hold: None,
            cpu_lever: None,
            memory_lever: None,
            memory_shrink: None,
            weight: None,
            scaling_limits: Limits::default(),
            schedules: None,
        }
    }
}

#[cfg(test)]
mod tests;
