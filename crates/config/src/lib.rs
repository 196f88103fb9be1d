//! The two configuration files and the env files: read once, checked whole, typed from then on.

mod difference;
mod doctor;
mod effective;
mod env_file;
mod environment;
mod error;
mod fragments;
mod helper;
mod hours;
mod leaf;
mod mailbox;
mod metrics;
mod notify;
mod openness;
mod origin;
mod policy;
mod problem;
mod render;
mod resolve;
mod roster;
mod rules;
mod schedule;
mod scheduler;
#[cfg(test)]
mod schema;
mod section;
mod select;
mod settings;
mod source;
mod target;
#[cfg(test)]
#[path = "../tests/support/large.rs"]
mod tests_support;
mod vm_set;
mod yaml;

pub use difference::Difference;
pub use doctor::{Doctor, DoctorCode};
pub use effective::Effective;
pub use env_file::EnvFile;
pub use environment::Environment;
pub use error::Error;
pub use helper::{Cluster, HelperConfig, Node, Rates, Rule, UserRef};
pub use hours::{Hours, Turned};
pub use mailbox::{Recipient, recipients};
pub use metrics::{Listen, Metrics};
pub use notify::{Alerts, Digest, Gotify, Ntfy};
pub use openness::too_open;
pub use problem::{Problem, Report, Severity};
pub use roster::{Answer, Clusters, Managed, Placement, Roster, Why};
pub use schedule::Schedule;
pub use scheduler::{
    Class, HostLimits, JournalFile, Limits, LogFormat, Logging, Mode, Policy, SchedulerConfig,
    Threshold, Thresholds, VirtualMachine,
};
pub use select::{OFF_TAG, Selection, VmFacts};
pub use settings::{
    Adaptive, AdaptiveCpu, AdaptiveMemory, Behaviour, CpuFigures, CpuLever, MemoryFigures,
    MemoryLever, Profile, VmSettings, Weight,
};
pub use target::{Refusal, Target, Way, judge};
pub use vm_autoscale_guard::{
    Access, Error as FileError, MAX_FILE, Secret, check_directories, listen_on, read_checked,
};
pub use vm_set::VmSet;
pub use yaml::{
    Checked, Entry, Foreign, Origin, Part, Value, quoted, sounds_secret, visible, without_secret,
};
