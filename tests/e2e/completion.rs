//! What a shell completes: the VMs of the daemon that runs.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::process::Output;
use std::time::Duration;

use vm_autoscale_tests::pages::root;
use vm_autoscale_tests::programs::{command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{play, turn};

const TIME: Duration = Duration::from_secs(30);

/// What bash offers behind `vm-autoscale status 10`, where that program is one that finds this
/// stage's daemon.
fn offered(stage: &Stage) -> String {
    let (real, config) = (directory().unwrap().join("vm-autoscale"), stage.path("config.yaml"));
    let program = stage.path("bin").join("vm-autoscale");
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    let text = format!("#!/bin/sh\nexec {} \"$@\" --config {}\n", real.display(), config.display());
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();

    let code = "source \"$1\"; COMP_WORDS=(vm-autoscale status 10) COMP_CWORD=2
                _vm__autoscale vm-autoscale 10 status; echo \"${COMPREPLY[@]}\"";
    let script = root().join("deploy/completions/vm-autoscale.bash");
    let path = format!("{}:/usr/bin:/bin", stage.path("bin").display());
    let mut bash = command("bash");
    bash.args(["--norc", "-c", code, "bash"]).arg(script).env("PATH", path);
    let Output { status, stdout, stderr } = bash.output().unwrap();
    assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().trim().to_owned()
}

#[test]
fn bash_offers_the_vms_of_the_running_daemon_and_nothing_in_trouble() {
    let _turn = turn();
    let mut stage = Stage::set(&play(4, "mode: observe\n")).unwrap();
    assert_eq!(offered(&stage), "", "there is no daemon");
    let silent = UnixListener::bind(stage.control_socket()).unwrap();
    assert_eq!(offered(&stage), "", "it hears and says nothing");
    drop(silent);
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.clusters.first().is_some_and(|c| c.vms.len() == 4)).unwrap();
    assert_eq!(offered(&stage), "101 102 103 104");
    std::fs::write(stage.path("config.yaml"), "{").unwrap();
    assert_eq!(offered(&stage), "", "it is not known where the daemon listens");
}
