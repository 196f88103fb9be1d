//! Values as the file has them.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vm_autoscale_planner::Moment;

use super::fault::Fault;

/// A count; `SQLite` has no unsigned ones.
pub(super) fn number(value: u64) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// A count of the file.
pub(super) fn count(value: i64) -> Result<u64, Fault> {
    value.try_into().map_err(|_| Fault::Unreadable(format!("{value} where a count is")))
}

pub(super) fn milliseconds(time: Duration) -> i64 {
    time.as_millis().try_into().unwrap_or(i64::MAX)
}

pub(super) fn of_moment(moment: Moment) -> i64 {
    milliseconds(moment.0)
}

pub(super) fn moment(value: i64) -> Result<Moment, Fault> {
    count(value).map(Moment::from)
}

pub(super) fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::Failed(error.to_string()))
}

pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Unreadable(error.to_string()))
}

/// A name of the file.
pub(super) fn name<T: TryFrom<String>>(text: String) -> Result<T, Fault> {
    let said = format!("`{text}` where a name is");
    text.try_into().map_err(|_| Fault::Unreadable(said))
}

/// FNV-1a: it finds what a disk or a memory chip turned over, which `SQLite` does not look for.
pub(super) fn sum(parts: &[&dyn std::fmt::Display]) -> i64 {
    sum_with(parts, &[])
}

/// The same over bytes that are no text, too.
pub(super) fn sum_with(parts: &[&dyn std::fmt::Display], bytes: &[u8]) -> i64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for part in parts {
        part.to_string().bytes().chain([0]).for_each(&mut add);
    }
    bytes.iter().copied().for_each(add);
    i64::from_ne_bytes(hash.to_ne_bytes())
}

/// Whether a row still says what was written.
pub(super) fn check(sum_then: i64, parts: &[&dyn std::fmt::Display]) -> Result<(), Fault> {
    if sum(parts) == sum_then {
        return Ok(());
    }
    Err(Fault::unreadable("a row says something else than was written"))
}
