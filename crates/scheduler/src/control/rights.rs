//! Who may give orders: root, and the members of one group, by the kernel's word on who asks.

use std::ffi::CString;

use nix::unistd::{Group, Uid, User, getgrouplist};

/// Whoever is in it may pause and resume.
pub(crate) const ADMINS: &str = "vm-autoscale-admin";

/// Whether that user may. It asks the machine's user database, which may take its time (LDAP):
/// not for a thread that others wait for. Where that does not answer, or has no such group, it is
/// root alone.
pub(super) fn may_order(uid: u32) -> bool {
    uid == 0 || is_in(ADMINS, Uid::from_raw(uid)).unwrap_or(false)
}

fn is_in(group: &str, uid: Uid) -> Option<bool> {
    let group = Group::from_name(group).ok()??.gid;
    let user = User::from_uid(uid).ok()??;
    let name = CString::new(user.name).ok()?;
    Some(getgrouplist(&name, user.gid).ok()?.contains(&group))
}

/// The name of a user, for people.
#[must_use]
pub fn user_name(uid: u32) -> Option<String> {
    Some(User::from_uid(Uid::from_raw(uid)).ok()??.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_looked_up_by_its_members() {
        let root = Uid::from_raw(0);
        assert_eq!(is_in("root", root), Some(true));
        assert_eq!(is_in("no-group-of-this-name", root), None);
        assert_eq!(is_in("root", Uid::from_raw(4_000_000_000)), None);
        let daemon = User::from_name("daemon").unwrap().expect("every Debian has this user");
        assert_eq!(is_in("root", daemon.uid), Some(false));
        assert_eq!(is_in("daemon", daemon.uid), Some(true));
        // Also by the list of members, not only by the user's own group.
        let groups = std::fs::read_to_string("/etc/group").unwrap();
        let listed = groups.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            Some((fields.first()?.to_string(), fields.get(3)?.split(',').next()?.to_owned()))
        });
        for (group, member) in listed {
            if let Some(user) = User::from_name(&member).unwrap() {
                assert_eq!(is_in(&group, user.uid), Some(true), "{member} in {group}");
            }
        }
    }
}
