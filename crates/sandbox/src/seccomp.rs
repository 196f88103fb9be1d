//! System calls, by seccomp.

use std::collections::BTreeMap;
use std::io;

use nix::libc;
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp,
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

use crate::Needs;

mod calls;
use calls::{ALWAYS, Call, DEADLY, READ_ONLY, REMOVES, WRITES};

/// Denies all but the listed calls; says whether this machine can.
///
/// What is not listed fails with EPERM and the program goes on: a library that learns a new call
/// has the old one to fall back on, and a killed helper would leave changes with unknown ends.
/// What no library of ours has a use for, and an intruder does, ends the process: the kernel
/// writes that down, and systemd says it.
pub(super) fn restrict(needs: &Needs) -> io::Result<bool> {
    let Ok(machine) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(false) };
    let (deadly, listed) = programs(needs, machine).map_err(io::Error::other)?;
    // Of two filters the harsher verdict holds. This one first: the other one allows no more.
    Ok(apply(&deadly)? && apply(&listed)?)
}

/// What kills, and what allows.
fn programs(needs: &Needs, machine: TargetArch) -> Result<(BpfProgram, BpfProgram), BackendError> {
    let (allow, kill) = (SeccompAction::Allow, SeccompAction::KillProcess);
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let deadly = SeccompFilter::new(rules(&[DEADLY])?, allow.clone(), kill, machine)?;
    let listed = SeccompFilter::new(rules(&allowed(needs))?, denied, allow, machine)?;
    Ok((deadly.try_into()?, listed.try_into()?))
}

/// The groups that hold for these needs.
fn allowed(needs: &Needs) -> Vec<&'static [Call]> {
    let mut groups = vec![ALWAYS];
    groups.push(if needs.writes.is_empty() { READ_ONLY } else { WRITES });
    if needs.socket.is_some() {
        groups.push(REMOVES);
    }
    groups
}

fn apply(program: &BpfProgram) -> io::Result<bool> {
    match apply_filter(program) {
        Ok(()) => Ok(true),
        Err(Error::Seccomp(error)) if is_missing(&error) => Ok(false),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// A kernel that was built without it.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL))
}

fn rules(groups: &[&[Call]]) -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for call in groups.iter().copied().flatten() {
        let rules = rules.entry(call.number).or_default();
        if !call.only.is_empty() {
            rules.push(rule(call)?);
        }
    }
    Ok(rules)
}

fn rule(call: &Call) -> Result<SeccompRule, BackendError> {
    let condition = |(argument, mask, value): &(u8, u64, i32)| {
        let equal = SeccompCmpOp::MaskedEq(*mask);
        let value = u64::from(value.unsigned_abs());
        SeccompCondition::new(*argument, SeccompCmpArgLen::Qword, equal, value)
    };
    SeccompRule::new(call.only.iter().map(condition).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
