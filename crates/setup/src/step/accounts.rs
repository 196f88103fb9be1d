//! The scheduler's user and the groups.

use crate::error::Error;
use crate::paths::{ADMINS, USER};
use crate::program::{program, run};
use crate::root::Root;

/// The same file that is installed for systemd.
const SYSUSERS: &str = include_str!("../../../../deploy/sysusers.d/vm-autoscale.conf");
const SECONDS: u32 = 60;
/// What `userdel` and `groupdel` end with where there is none.
const NONE: i32 = 6;

/// Makes those that are missing, by systemd's own program or, where there is none, by shadow's.
///
/// # Errors
/// Neither is there, or it fails.
pub(crate) fn make(root: &Root) -> Result<(), Error> {
    if here("systemd-sysusers") {
        let mut sysusers = program("systemd-sysusers", SECONDS);
        sysusers.arg(format!("--root={}", root.dir().display())).arg("-");
        return ended(&run(sysusers, SYSUSERS.as_bytes())?, "systemd-sysusers", &[0]);
    }
    if !here("useradd") {
        let what = "there is neither systemd-sysusers nor useradd to make the user with";
        return Err(Error::failed(what, "apt install systemd (or passwd), then run this again"));
    }
    for group in [USER, ADMINS] {
        if root.gid(group)?.is_none() {
            shadow(root, "groupadd", &["--system", group], &[0])?;
        }
    }
    if root.uid(USER)?.is_none() {
        let words = ["--system", "--gid", USER, "--no-create-home", "--home-dir", "/"];
        let more = ["--shell", "/usr/sbin/nologin", "--comment", "vm-autoscale scheduler", USER];
        shadow(root, "useradd", &[&words[..], &more].concat(), &[0])?;
    }
    Ok(())
}

/// Removes users and groups.
///
/// # Errors
/// A process of the user's still runs, or shadow's programs are not there.
pub(crate) fn remove(root: &Root, users: &[String], groups: &[String]) -> Result<(), Error> {
    for user in users {
        shadow(root, "userdel", &[user], &[0, NONE])?;
    }
    for group in groups {
        // That of the user's own name went with the user.
        if root.gid(group)?.is_some() {
            shadow(root, "groupdel", &[group], &[0, NONE])?;
        }
    }
    Ok(())
}

fn shadow(root: &Root, name: &str, words: &[&str], good: &[i32]) -> Result<(), Error> {
    let mut command = program(name, SECONDS);
    if !root.is_live() {
        command.arg("--prefix").arg(root.dir());
    }
    command.args(words);
    ended(&run(command, b"")?, name, good)
}

fn ended(output: &std::process::Output, name: &str, good: &[i32]) -> Result<(), Error> {
    if output.status.code().is_some_and(|code| good.contains(&code)) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::failed(format!("{name}: {said}"), "mend what it says, then run this again"))
}

/// Whether this machine has the program.
fn here(name: &str) -> bool {
    ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
        .iter()
        .any(|directory| std::path::Path::new(directory).join(name).exists())
}
