//! The daemon: observe → plan → act → record → tell, one worker a cluster.
//!
//! It holds no key and no power: whatever touches a node goes through the helper. Clock, helper
//! and journal are ports, so that the loop runs without any of the three being real.

mod act;
mod claims;
mod client;
mod clock;
mod control;
mod daemon;
mod error;
mod journal;
mod logging;
mod notify;
mod observe;
mod outcome;
mod ports;
mod status;
mod view;
mod worker;

pub use client::HelperClient;
pub use clock::BootClock;
pub use control::{RunningConfig, fetch_config, fetch_status};
pub use daemon::{look, run};
pub use error::Error;
pub use journal::MemoryJournal;
pub use logging::{LogGuard, start_log};
pub use outcome::Outcome;
pub use ports::{AskError, Clock, Counts, Event, Helper, Intent, Journal, JournalError, Purpose};
pub use status::{ClusterStatus, NodeStatus, StatusReport, VmStatus};
