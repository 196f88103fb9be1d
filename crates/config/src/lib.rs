//! The two configuration files and the env files: read once, checked whole, typed from then on.

mod difference;
mod effective;
mod env_file;
mod environment;
mod error;
mod files;
mod fragments;
mod helper;
mod leaf;
mod mailbox;
mod notify;
mod origin;
mod problem;
mod render;
mod resolve;
mod roster;
mod rules;
mod scheduler;
#[cfg(test)]
mod schema;
mod secret;
mod select;
mod settings;
mod socket;
mod source;
#[cfg(test)]
#[path = "../tests/support/large.rs"]
mod tests_support;
mod vm_set;
mod yaml;

pub use difference::Difference;
pub use effective::Effective;
pub use env_file::EnvFile;
pub use environment::Environment;
pub use error::Error;
pub use files::{Access, read_checked, too_open};
pub use helper::{Cluster, HelperConfig, Node, Rates, Rule, UserRef};
pub use mailbox::{Recipient, recipients};
pub use notify::{Alerts, Gotify};
pub use problem::{Problem, Report, Severity};
pub use roster::{Answer, Clusters, Managed, Placement, Roster};
pub use scheduler::{
    Class, HostLimits, JournalFile, Limits, Logging, Mode, Policy, SchedulerConfig, Threshold,
    Thresholds, VirtualMachine,
};
pub use secret::Secret;
pub use select::{OFF_TAG, Selection, VmFacts};
pub use settings::{Behaviour, Profile, VmSettings};
pub use socket::listen_on;
pub use vm_set::VmSet;
pub use yaml::{
    Checked, Entry, Foreign, Origin, Part, Value, quoted, sounds_secret, visible, without_secret,
};

/// The longest file that is read, in bytes.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;
