//! The forced command behind a real sshd: what it prints and how it exits are the node's.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::process::{Output, Stdio};

use vm_autoscale_lab::{Options, serve};

#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
async fn exec(dir: &std::path::Path, line: Option<&str>) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale-lab"));
    command.arg("exec").arg("--dir").arg(dir).env_remove("SSH_ORIGINAL_COMMAND");
    command.envs(line.map(|line| ("SSH_ORIGINAL_COMMAND", line))).stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn it_is_as_if_the_line_had_run_here() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { qm_time: 0.0, vms: 2, ..Options::new().unwrap() };
    let served = serve(dir.path(), &options, ([127, 0, 0, 1], 0).into()).await.unwrap();
    let missing =
        "/usr/sbin/qm set 999 --vcpus 2 --digest 0123456789012345678901234567890123456789";
    let output = exec(dir.path(), Some(missing)).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
    let text = "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), text);
    let pools = "/usr/bin/grep -a -s -H -e starttime -e pool: /etc/pve/.version /etc/pve/user.cfg";
    let output = exec(dir.path(), Some(pools)).await;
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\n/etc/pve/user.cfg:pool:"));
    assert_eq!(exec(dir.path(), None).await.status.code(), Some(1));
    assert_eq!(served.lab().stats().execs, 2);
}
