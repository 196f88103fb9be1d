//! The way to a node: whom we trust there, who we are, one kept-alive session, and how its commands
//! are held to limits whatever the node does.

mod at_work;
mod health;
pub mod known_hosts;
mod link;
mod login;
mod pins;
mod run;
mod session;

pub use health::Health;
pub use link::{Ended, Limits, Link, Unwanted};
pub use login::{BadKey, Login, Proof, private_key};
pub use pins::{Pins, Stamp};
