//! Our units, and what systemd has of them.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::Error;
use crate::program::{done, program};
use crate::root::Root;

pub(crate) const SCHEDULER: &str = "vm-autoscale.service";
pub(crate) const HELPER: &str = "vm-autoscale-helper.service";
pub(crate) const SOCKET: &str = "vm-autoscale-helper.socket";
/// Those that start at boot, with what starts them.
pub(crate) const ENABLED: [(&str, &str); 2] =
    [(SOCKET, "sockets.target.wants"), (SCHEDULER, "multi-user.target.wants")];
/// Where they are linked to.
pub(crate) const UNIT_LINKS: &str = "/etc/systemd/system";
const SECONDS: u32 = 60;

/// What systemd says of this machine's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Live {
    /// Unit files are other ones than those that it has read.
    pub(crate) reload: bool,
    /// A daemon of ours runs.
    pub(crate) running: bool,
    /// One of them is a program that was replaced since.
    pub(crate) stale: bool,
    /// Something of ours is there to be stopped.
    pub(crate) active: bool,
}

/// # Errors
/// systemd does not answer.
pub(crate) fn live() -> Result<Live, Error> {
    let mut show = program("systemctl", SECONDS);
    show.args(["show", "--property=Id,NeedDaemonReload,MainPID,ActiveState"]);
    show.args([SCHEDULER, HELPER, SOCKET]);
    Ok(judged(&done(show)?, |pid| {
        let program = std::fs::read_link(format!("/proc/{pid}/exe"));
        program.is_ok_and(|path| path.to_string_lossy().ends_with(" (deleted)"))
    }))
}

/// `is_replaced` says of a process whether its program is another one by now.
fn judged(text: &str, is_replaced: impl Fn(u32) -> bool) -> Live {
    let mut live = Live::default();
    for unit in text.split("\n\n") {
        let said: BTreeMap<&str, &str> =
            unit.lines().filter_map(|line| line.split_once('=')).collect();
        let pid = said.get("MainPID").and_then(|pid| pid.parse().ok()).filter(|pid| *pid != 0);
        live.reload |= said.get("NeedDaemonReload") == Some(&"yes");
        live.running |= pid.is_some();
        live.stale |= pid.is_some_and(&is_replaced);
        live.active |= said.get("ActiveState").is_some_and(|state| *state != "inactive");
    }
    live
}

/// Whether each of them has the link by which it starts at boot.
pub(crate) fn are_enabled(root: &Root) -> bool {
    ENABLED.iter().all(|(unit, wants)| is_linked(root, unit, wants))
}

/// Whether one of them has.
pub(crate) fn is_any_enabled(root: &Root) -> bool {
    ENABLED.iter().any(|(unit, wants)| is_linked(root, unit, wants))
}

fn is_linked(root: &Root, unit: &str, wants: &str) -> bool {
    root.at(&format!("{UNIT_LINKS}/{wants}/{unit}")).symlink_metadata().is_ok()
}

/// Whether there is a systemctl here.
pub(crate) fn can_be_told() -> bool {
    ["/usr/bin/systemctl", "/bin/systemctl"].iter().any(|path| Path::new(path).exists())
}

/// Whether systemd is the first process.
///
/// # Errors
/// It is not.
pub(crate) fn must_run() -> Result<(), Error> {
    if Path::new("/run/systemd/system").is_dir() {
        return Ok(());
    }
    let what = "systemd is not this machine's first process: nothing here would start the daemons";
    let help = "run this on a machine with systemd; or, for an image of one, with --root DIR";
    Err(Error::failed(what, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_says_is_read() {
        let text = "MainPID=0\nId=vm-autoscale.service\nNeedDaemonReload=no\nActiveState=inactive\n\n\
                    MainPID=41\nId=vm-autoscale-helper.service\nNeedDaemonReload=yes\nActiveState=active\n\n\
                    Id=vm-autoscale-helper.socket\nNeedDaemonReload=no\nActiveState=active";
        let live = judged(text, |pid| pid == 41);
        assert_eq!(live, Live { reload: true, running: true, stale: true, active: true });
        let live = judged(&text.replace("=41", "=0").replace("yes", "no"), |_| true);
        assert_eq!(live, Live { active: true, ..Live::default() });
        assert_eq!(judged("", |_| true), Live::default());
    }
}
