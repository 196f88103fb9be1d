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
mod doctor;
mod errand;
mod error;
mod explain;
mod headroom;
mod health;
mod journal;
mod logging;
mod metrics;
mod notify;
mod observe;
mod outcome;
pub mod past;
mod ports;
mod probe;
mod remembered;
mod said;
mod samples;
mod status;
mod view;
mod ways;
mod worker;

pub use act::Settled;
pub use client::HelperClient;
pub use clock::{BootClock, wall};
pub use control::{
    Board, DoctorOrder, ExplainOrder, PauseOrder, ProgramVersion, ResumeOrder, Resumed,
    RunningConfig, TestOrder, Tested, cancel_errand, fetch_config, fetch_doctor, fetch_errand,
    fetch_explanation, fetch_status, fetch_version, order_errand, order_pause, order_resume,
    order_test, user_name,
};
pub use daemon::{Reread, look, run, work_by, work_over};
pub use doctor::{Checkup, Finding, Level, QmOption, VmCheckup, qm_set};
pub use errand::{
    ErrandAsk, ErrandEnd, ErrandKind, ErrandOrder, ErrandStatus, ErrandStep, Goal, GoalEnd, steps,
};
pub use error::Error;
pub use explain::{Explained, Explanation, Gate, Remedy, Setting, Side, Stand};
pub use headroom::{
    ClusterRoom, GrowthEnd, GrowthStatus, HeadroomOrder, HeadroomReport, NodeRoom, Room, VmRoom,
    fetch_headroom,
};
pub use health::{PauseStatus, Reload, Source};
pub use journal::{
    Block, Compare, Counts, Decided, Duty, Ended, Event, Journal, JournalError, LastChange,
    LastKnown, LastPicture, Ledger, MemoryJournal, Moved, Notes, PastUse, Pause, Quarantine,
    Recalled, Samples, SqliteJournal, Standing, Stands, VmRecord, last_pictures, moved, moved_ever,
    past_use, read_ledger, schema_of, schema_written,
};
pub use logging::{LogGuard, start_log};
pub use notify::{ChannelStatus, Tried, try_channels};
pub use outcome::{Class, Consequence, Outcome, Then};
pub use ports::{AskError, Clock, Helper, Intent, Purpose};
pub use probe::{HelperFacts, NodeProbe, Probe, probe};
pub use remembered::remembered;
pub use samples::{Used, VmNeeds, VmUse, who};
pub use status::{
    ClusterStatus, MemorySignal, NodeStatus, Planned, PlannedState, StatusReport, VmStatus,
};
pub use view::vm_policy;
pub use worker::planner_config;
