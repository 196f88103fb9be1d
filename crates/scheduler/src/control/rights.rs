//! Who may give orders: root, and the members of one group, by the kernel's word on who asks.

use std::ffi::CString;

use nix::unistd::{Group, Uid, User, getgrouplist};

/// Whoever is in it may pause and resume.
pub(crate) const ADMINS: &str = "vm-autoscale-admin";

/// Whether that user may. It asks the machine's user database, which may take its time (LDAP):
/// not for a thread that others wait for. Where that does not answer, or has no such group, it is
/// root alone.
pub(super) fn may_order(uid: u32) -> bool {
    uid == 0 || is_admin(Uid::from_raw(uid)).unwrap_or(false)
}

fn is_admin(uid: Uid) -> Option<bool> {
    let admins = Group::from_name(ADMINS).ok()??.gid;
    let user = User::from_uid(uid).ok()??;
    let name = CString::new(user.name).ok()?;
    Some(getgrouplist(&name, user.gid).ok()?.contains(&admins))
}

/// The name of a user, for people.
#[must_use]
pub fn user_name(uid: u32) -> Option<String> {
    Some(User::from_uid(Uid::from_raw(uid)).ok()??.name)
}
