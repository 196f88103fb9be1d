//! The user, the groups, and who else is in them.

use super::codes::{ADMINS, GROUPS, MEMBERS, PASSWORD, SAME_UID, SHELL, USER as CODE};
use super::finding::{Code, Finding};
use super::heard::Heard;
use crate::paths::{ADMINS as ADMIN, USER};

/// What the machine's user database says, in the words of `getent`.
#[derive(Debug, Clone, Default)]
pub(super) struct Accounts {
    pub(super) passwd: String,
    /// The one line of our user.
    pub(super) shadow: String,
    pub(super) group: String,
}

pub(super) fn gather() -> Accounts {
    let getent = |words: &[&str]| Heard::of("getent", words, 10).out;
    Accounts {
        passwd: getent(&["passwd"]),
        shadow: getent(&["shadow", USER]),
        group: getent(&["group"]),
    }
}

/// A line of `getent passwd`.
#[derive(Debug, Clone, Copy)]
struct Account<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    shell: &'a str,
}

impl Accounts {
    fn all(&self) -> impl Iterator<Item = Account<'_>> {
        self.passwd.lines().filter_map(|line| {
            let words: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, _, _, shell] = words.as_slice() else { return None };
            Some(Account { name, uid: uid.parse().ok()?, gid: gid.parse().ok()?, shell })
        })
    }

    fn user(&self) -> Option<Account<'_>> {
        self.all().find(|account| account.name == USER)
    }

    pub(super) fn uid(&self, name: &str) -> Option<u32> {
        self.all().find(|account| account.name == name).map(|account| account.uid)
    }

    /// A group's number, and who is listed in it.
    fn group(&self, name: &str) -> Option<(u32, Vec<&str>)> {
        self.group.lines().find_map(|line| {
            let words: Vec<&str> = line.split(':').collect();
            let [found, _, gid, members] = words.as_slice() else { return None };
            let members = members.split(',').filter(|member| !member.is_empty()).collect();
            (*found == name).then_some((gid.parse().ok()?, members))
        })
    }

    pub(super) fn gid(&self, name: &str) -> Option<u32> {
        self.group(name).map(|(gid, _)| gid)
    }
}

/// `known` are members of our groups that somebody put there.
pub(super) fn judge(accounts: &Accounts, known: &[String]) -> Vec<Finding> {
    let mut found = of_user(accounts);
    let gone = [USER, ADMIN].into_iter().filter(|name| accounts.gid(name).is_none());
    let gone =
        gone.map(|name| GROUPS.error(format!("there is no group {name}"), "systemd-sysusers"));
    found.extend(GROUPS.unless(gone.collect(), format!("{USER}, {ADMIN}")));
    found.extend(members(accounts, MEMBERS, USER, known, "may watch what is done with every VM"));
    found.extend(members(
        accounts,
        ADMINS,
        ADMIN,
        known,
        "may pause and resume, if also in the other",
    ));
    found
}

fn of_user(accounts: &Accounts) -> Vec<Finding> {
    let Some(user) = accounts.user() else {
        return vec![CODE.error(format!("there is no user {USER}"), "systemd-sysusers")];
    };
    let mut found = vec![CODE.ok(format!("{USER}, uid {}", user.uid))];
    let closed = user.shell.ends_with("/nologin") || user.shell.ends_with("/false");
    found.push(if closed {
        SHELL.ok(user.shell)
    } else {
        let said = format!("{USER} may log in, with {}", user.shell);
        SHELL.error(said, format!("usermod --shell /usr/sbin/nologin {USER}"))
    });
    let password = accounts.shadow.split(':').nth(1);
    found.push(match password {
        Some(word) if !word.starts_with(['!', '*']) => {
            PASSWORD.error(format!("{USER} has a password"), format!("passwd --lock {USER}"))
        }
        _ => PASSWORD.ok("none"),
    });
    let same = accounts.all().filter(|other| other.uid == user.uid && other.name != USER);
    let same = same.map(|other| {
        let said = format!("{} has the uid of {USER}: the helper hears it, too", other.name);
        SAME_UID.error(said, format!("usermod --uid NUMBER {}", other.name))
    });
    found.extend(SAME_UID.unless(same.collect(), "nobody else has it"));
    found
}

fn members(
    accounts: &Accounts,
    code: Code,
    group: &str,
    known: &[String],
    power: &str,
) -> Vec<Finding> {
    let Some((gid, listed)) = accounts.group(group) else { return Vec::new() };
    // Also those whose own group it is, who are not in its list.
    let own = accounts.all().filter(|account| account.gid == gid).map(|account| account.name);
    let mut all: Vec<&str> = listed.into_iter().chain(own).filter(|name| *name != USER).collect();
    all.sort_unstable();
    all.dedup();
    let unknown = all.iter().filter(|name| !known.iter().any(|known| known == *name));
    let told = unknown.map(|name| {
        let said = format!("{name} is in the group {group} and {power}");
        let help = format!(
            "gpasswd --delete {name} {group}   (or, if so intended: check --member {name})"
        );
        code.warning(said, help)
    });
    let well = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    code.unless(told.collect(), format!("{group}: {well}"))
}
