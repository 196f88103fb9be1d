//! The systemd units, as far as they can be tried without systemd as the first process.

use std::path::{Path, PathBuf};

use vm_autoscale_tests::programs::{Program, command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{await_helper, play, read_cluster, skip, turn};

fn unit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd").join(name)
}

/// The exposure that `systemd-analyze` finds, in tenths, is at most this.
fn exposed_at_most(name: &str, tenths: u32) {
    file_exposed_at_most(&unit(name), tenths);
}

fn file_exposed_at_most(file: &Path, tenths: u32) {
    let name = file.display();
    let analyze = command("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager", &format!("--threshold={tenths}")])
        .arg(file)
        .output();
    match analyze {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout)
                .lines()
                .last()
                .unwrap_or_default()
                .to_owned();
            assert!(output.status.success(), "{name}: {said}");
        }
        Err(error) => {
            skip(&format!("systemd-analyze: {error}: the exposure of {name} was not measured"));
        }
    }
}

#[test]
fn the_units_expose_little() {
    exposed_at_most("vm-autoscale.service", 11);
    exposed_at_most("vm-autoscale-helper.service", 15);
}

/// The unit's own limits leave the helper what it limits itself with, and keep keys out of swap.
#[test]
fn the_helpers_unit_lets_it_limit_itself() {
    let text = std::fs::read_to_string(unit("vm-autoscale-helper.service")).unwrap();
    let values = |key: &str| {
        let values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        values.flat_map(str::split_whitespace).collect::<Vec<_>>()
    };
    assert_eq!((values("MemorySwapMax"), values("LimitCORE")), (vec!["0"], vec!["0"]));
    // No group of systemd 252, which Debian 12 has, includes them.
    let calls = values("SystemCallFilter");
    let landlock =
        ["add_rule", "create_ruleset", "restrict_self"].map(|it| format!("landlock_{it}"));
    for call in landlock.iter().map(String::as_str).chain(["seccomp"]) {
        assert!(calls.contains(&call), "{call}");
    }
}

/// `deploy/systemd` as it is has no drop-in: without a step of the administrator's there is no
/// network.
#[test]
fn with_the_network_for_messages_the_scheduler_exposes_little_more() {
    assert!(!unit("vm-autoscale.service.d").exists());
    let dir = tempfile::tempdir().unwrap();
    let drop_in = dir.path().join("vm-autoscale.service.d");
    std::fs::create_dir(&drop_in).unwrap();
    let installed = dir.path().join("vm-autoscale.service");
    std::fs::copy(unit("vm-autoscale.service"), &installed).unwrap();
    let network = unit("optional/vm-autoscale.service.d/network.conf");
    std::fs::copy(network, drop_in.join("network.conf")).unwrap();
    // Of that 0.2 is PrivateUsers=, which the unit says why it leaves out.
    file_exposed_at_most(&installed, 12);
}

#[test]
fn the_helper_takes_the_socket_that_systemd_passes() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let socket = stage.path("helper.sock").display().to_string();
    let helper = directory().unwrap().join("vm-autoscale-helper").display().to_string();
    let config = stage.path("helper.yaml").display().to_string();
    let arguments = ["-l", &socket, &helper, "--config", &config];
    let activate = command("systemd-socket-activate");
    match Program::start_as(activate, "activated", &arguments, &stage.path(".")) {
        Ok(program) => stage.helper = Some(program),
        Err(error) => {
            return skip(&format!("systemd-socket-activate: {error}: activation was not tested"));
        }
    }
    await_helper(&stage);
    read_cluster(&stage).unwrap();
    assert_eq!(stage.node_stats().unwrap().logins, 1);
    stage.strike().unwrap();
}
