//! Root without root's powers.

use std::io;

use caps::CapSet;
use nix::sys::prctl;

/// Drops every capability and verifies by the kernel's own words that none is left; says whether
/// the bounding set is empty too. An ordinary user has no `CAP_SETPCAP` to empty it; what it would
/// let an executed program gain, `no_new_privs` denies.
pub(super) fn drop_all() -> io::Result<bool> {
    prctl::set_no_new_privs()?;
    let before = status()?;
    // Only what is there: systemd's filter denies the very call to one who has nothing to drop.
    if !is_empty(&before, "CapBnd") {
        // The verdict below tells.
        let _ = caps::clear(None, CapSet::Bounding);
    }
    if !SETS.iter().all(|set| is_empty(&before, set)) {
        for set in [CapSet::Ambient, CapSet::Inheritable, CapSet::Permitted] {
            caps::clear(None, set).map_err(io::Error::other)?;
        }
    }
    let after = status()?;
    judge(&after).map_err(io::Error::other)?;
    Ok(is_empty(&after, "CapBnd"))
}

/// What a process can do with what it has, now or after another step of its own.
const SETS: [&str; 4] = ["CapInh", "CapPrm", "CapEff", "CapAmb"];

fn judge(status: &str) -> Result<(), String> {
    if let Some(set) = SETS.iter().find(|set| !is_empty(status, set)) {
        return Err(format!("capabilities are left in {set}"));
    }
    if field(status, "NoNewPrivs") != Some("1") {
        return Err("it could gain privileges anew".to_owned());
    }
    // What follows holds for this thread and for those that it starts.
    if field(status, "Threads") != Some("1") {
        return Err("it has other threads".to_owned());
    }
    Ok(())
}

fn status() -> io::Result<String> {
    std::fs::read_to_string("/proc/self/status")
}

/// What is not said is not empty.
fn is_empty(status: &str, set: &str) -> bool {
    field(status, set).is_some_and(|value| u64::from_str_radix(value, 16) == Ok(0))
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: &str = "Name:\tx\nThreads:\t1\nCapInh:\t0000000000000000\n\
        CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n\
        CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t0\n";

    #[test]
    fn what_is_left_or_not_said_is_refused() {
        assert_eq!(judge(NONE), Ok(()));
        assert!(!is_empty(NONE, "CapBnd") && is_empty(NONE, "CapEff"));
        for set in SETS {
            let bits = "0000000000000000";
            let one = NONE.replace(&format!("{set}:\t{bits}"), &format!("{set}:\t{bits}400"));
            assert!(judge(&one).unwrap_err().contains(set));
            assert!(judge(&NONE.replace(set, "x")).unwrap_err().contains(set));
        }
        assert!(judge(&NONE.replace("NoNewPrivs:\t1", "NoNewPrivs:\t0")).is_err());
        assert!(judge(&NONE.replace("Threads:\t1", "Threads:\t2")).is_err());
        assert!(judge("").is_err());
    }
}
