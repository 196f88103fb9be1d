//! What the scheduler may say to the helper, and what it hears: a subset of
//! [Varlink](https://varlink.org), NUL-terminated JSON over a Unix socket. No I/O.
//!
//! `helper.varlink` is the specification; a test holds the types of this crate to it.

mod envelope;
mod error;
mod frame;
mod nodes;
mod reply;
mod request;

pub use envelope::{Call, Reply};
pub use error::{HelperError, Rule};
pub use frame::{FrameTooLong, Frames, encode};
pub use nodes::{NodeHealth, NodeState, Nodes};
pub use reply::{
    ClusterInfo, ClusterPiece, ConfigReply, Executed, FoundConfig, FoundGate, FoundPools,
    GateState, Hello, Info, InterfaceDescription, Sandbox,
};
pub use request::{Request, RunningQuery, Target, Violation};

/// The name of the helper's interface.
pub const INTERFACE: &str = "io.github.vm-autoscale.Helper";

/// Its definition in Varlink's own language.
pub const INTERFACE_DEFINITION: &str = include_str!("helper.varlink");

/// The version of this protocol; both sides must speak the same.
pub const PROTOCOL: u32 = 3;

/// The longest request in bytes, without its NUL.
pub const MAX_REQUEST: usize = 4 * 1024;

/// The longest single reply in bytes, without its NUL: a config of 1 MiB whose every byte had to
/// be escaped.
pub const MAX_REPLY: usize = 8 * 1024 * 1024;

/// How much of a cluster's answer one reply carries, in bytes before JSON escapes it.
pub const PIECE: usize = 64 * 1024;
