//! What the commands about nodes share: which node is meant, whether it can be reached, the way in,
//! the key and its proof, and asking the administrator.

mod ask;
mod key;
mod proof;
mod reach;
mod remote;
mod site;
mod ways;

pub(crate) use self::ask::{confirmed, note};
pub(crate) use self::key::{Line, identity};
pub(crate) use self::proof::{Key, Proven, Unproven, is_refused, prove};
pub(crate) use self::reach::connect;
pub(crate) use self::remote::{Job, Remote, Way};
pub(crate) use self::site::{Site, named, policy, sites};
pub(crate) use self::ways::Ways;
