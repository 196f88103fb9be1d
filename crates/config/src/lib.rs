//! The two configuration files and the env files: read once, checked whole, typed from then on.

mod env_file;
mod error;
mod files;
mod helper;
mod leaf;
mod notify;
mod problem;
mod render;
mod rules;
mod scheduler;
#[cfg(test)]
mod schema;
mod secret;
mod socket;
mod source;
#[cfg(test)]
#[path = "../tests/support/large.rs"]
mod tests_support;
mod vm_set;
mod yaml;

pub use env_file::EnvFile;
pub use error::Error;
pub use files::{Access, read_checked, too_open};
pub use helper::{Cluster, HelperConfig, Node, Rates, Rule, UserRef};
pub use notify::{Alerts, Gotify};
pub use problem::{Problem, Report, Severity};
pub use scheduler::{
    HostLimits, Limits, Logging, Mode, Policy, SchedulerConfig, Threshold, Thresholds,
    VirtualMachine, VmSettings,
};
pub use secret::Secret;
pub use socket::listen_on;
pub use vm_set::VmSet;
pub use yaml::{Checked, Entry, Foreign, Value, quoted, sounds_secret};

/// The longest file that is read, in bytes.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;
