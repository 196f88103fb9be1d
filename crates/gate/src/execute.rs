//! Becoming the command.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use nix::sys::stat::{Mode, umask};
use nix::unistd::{getpgrp, getpid};
use vm_autoscale_node::NodeCommand;

/// All that the command finds: nothing that the client, sshd or a login shell has set. With
/// another locale perl might complain, and texts might be translated.
const ENVIRONMENT: [(&str, &str); 2] = [("LC_ALL", "C"), ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")];

/// Returns only if that fails.
pub(crate) fn execute(command: &NodeCommand) -> io::Error {
    // As a login of root has it: what qm makes is read by others of Proxmox.
    umask(Mode::from_bits_truncate(0o022));
    let mut prepared = prepared(command);
    // sshd has usually made one already; then the kernel refuses to make another.
    if getpgrp() != getpid() {
        prepared.process_group(0);
    }
    prepared.exec()
}

/// Nothing that the other side writes is read by it: standard input is empty.
#[expect(clippy::disallowed_methods, reason = "to become the command is what the gate is for")]
fn prepared(command: &NodeCommand) -> Command {
    let mut argv = command.argv().into_iter();
    let mut prepared = Command::new(&*argv.next().unwrap_or_default());
    prepared.args(argv.map(std::borrow::Cow::into_owned));
    prepared.env_clear().envs(ENVIRONMENT).current_dir("/").stdin(Stdio::null());
    prepared
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What would be executed: the program with its arguments.
    pub(crate) fn words(command: &NodeCommand) -> Vec<String> {
        let prepared = prepared(command);
        let all = [prepared.get_program()].into_iter().chain(prepared.get_args());
        all.map(|word| word.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_command_gets_our_environment_and_no_other() {
        let prepared = prepared(&NodeCommand::ReadCluster);
        let set: Vec<_> = prepared.get_envs().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(set, ["LC_ALL", "PATH"]);
        assert_eq!(prepared.get_current_dir(), Some(std::path::Path::new("/")));
    }
}
