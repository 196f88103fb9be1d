//! What is fuzzed: one function for each door through which strangers' bytes come in. Each says
//! more than "it does not panic": a second way to the same answer, or what must never be.
//!
//! The fuzz targets in `fuzz/fuzz_targets` call them with whatever libFuzzer makes up; the tests
//! of this package with what is kept in `fuzz/corpus` and `fuzz/regressions`.

mod cluster_read;
mod helper_yaml;
mod known_hosts;
mod node_command;
mod replay_pipe;
mod replay_trace;
mod request;
mod vm_config;

pub use cluster_read::cluster_read;
pub use helper_yaml::helper_yaml;
pub use known_hosts::known_hosts;
pub use node_command::node_command;
pub use replay_pipe::replay_pipe;
pub use replay_trace::replay_trace;
pub use request::request;
pub use vm_config::vm_config;

/// A body: panics where what it is given leads to what must not be.
pub type Body = fn(&[u8]);

/// All of them, by the name of their target.
pub const ALL: [(&str, Body); 8] = [
    ("cluster_read", cluster_read),
    ("helper_yaml", helper_yaml),
    ("known_hosts", known_hosts),
    ("node_command", node_command),
    ("replay_pipe", replay_pipe),
    ("replay_trace", replay_trace),
    ("request", request),
    ("vm_config", vm_config),
];
