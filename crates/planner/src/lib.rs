//! Decisions: samples, configs, policy and time in; a decision with its reason for every VM out.
//!
//! No I/O, no async, no clock (time is an argument), no text formats. One [`Planner`] a cluster.

mod bounds;
mod decision;
mod evidence;
mod host;
mod input;
mod kept;
mod planner;
mod reason;
mod state;
mod threshold;

pub use decision::{Choice, Decision, Move, Resource, Verdict};
pub use input::{Allow, Marks, Moment, NodeInput, PlannerConfig, Sample, VmInput, VmPolicy};
pub use kept::{Kept, KeptResource};
pub use planner::Planner;
pub use reason::Reason;
