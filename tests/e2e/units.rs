//! The systemd units, as far as they can be tried without systemd as the first process.

use std::path::{Path, PathBuf};

use vm_autoscale_tests::programs::{Program, command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{await_helper, play, read_cluster, skip, turn};

fn unit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd").join(name)
}

/// A unit, the drop-ins that are taken with it, and the exposure in tenths that it is held to.
const EXPOSED: [(&str, &[&str], u32); 10] = [
    // Of these 0.2 is PrivateUsers=, which the units say why they leave out.
    ("vm-autoscale.service", &[], 4),
    ("vm-autoscale.service", &["local-mail.conf"], 11),
    ("vm-autoscale.service", &["metrics.conf"], 11),
    ("vm-autoscale.service", &["network.conf"], 12),
    ("vm-autoscale.service", &["credentials.conf", "secrets-encrypted.conf"], 4),
    ("vm-autoscale-helper.service", &[], 15),
    ("vm-autoscale-helper.service", &["passwords-encrypted.conf"], 15),
    ("vm-autoscale-helper.service", &["key-encrypted.conf"], 15),
    ("vm-autoscale-helper.service", &["dynamic-user.conf"], 11),
    (
        "vm-autoscale-helper.service",
        &["dynamic-user.conf", "key-encrypted.conf", "passwords-encrypted.conf"],
        11,
    ),
];

#[test]
fn the_units_expose_little() {
    // As shipped there is none: without a step of the administrator's there is no network.
    assert!(!unit("vm-autoscale.service.d").exists());
    assert!(!unit("vm-autoscale-helper.service.d").exists());
    for (name, drop_ins, tenths) in EXPOSED {
        let dir = tempfile::tempdir().unwrap();
        let into = dir.path().join(format!("{name}.d"));
        std::fs::create_dir(&into).unwrap();
        std::fs::copy(unit(name), dir.path().join(name)).unwrap();
        for drop_in in drop_ins {
            let from = unit("optional").join(format!("{name}.d")).join(drop_in);
            std::fs::copy(from, into.join(drop_in)).unwrap();
        }
        exposed_at_most(&dir.path().join(name), drop_ins, tenths);
    }
}

/// None is left out above.
#[test]
fn every_drop_in_is_measured_and_offered() {
    let files = std::fs::read_to_string(unit("../files")).unwrap();
    for name in ["vm-autoscale.service", "vm-autoscale-helper.service"] {
        for entry in std::fs::read_dir(unit("optional").join(format!("{name}.d"))).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let measured = EXPOSED
                .iter()
                .any(|(unit, drop_ins, _)| *unit == name && drop_ins.contains(&&*file));
            assert!(measured, "{name} {file}");
            let line = format!("deploy/systemd/optional/{name}.d/{file} ");
            assert!(files.lines().any(|it| it.starts_with(&line)), "deploy/files lacks {line}");
        }
    }
}

fn exposed_at_most(file: &Path, drop_ins: &[&str], tenths: u32) {
    let name = file.file_name().unwrap().display();
    let analyze = command("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager", &format!("--threshold={tenths}")])
        .arg(file)
        .output();
    match analyze {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            let last = said.lines().last().unwrap_or_default();
            assert!(output.status.success(), "{name} {drop_ins:?}: {last}");
        }
        Err(error) => {
            skip(&format!("systemd-analyze: {error}: the exposure of {name} was not measured"));
        }
    }
}

/// The words of a unit for a key, of all its lines.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let values = text.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.flat_map(str::split_whitespace).collect()
}

/// The unit's own limits leave the helper what it limits itself with, and keep keys out of swap.
#[test]
fn the_helpers_unit_lets_it_limit_itself() {
    let text = std::fs::read_to_string(unit("vm-autoscale-helper.service")).unwrap();
    let values = |key| values(&text, key);
    assert_eq!((values("MemorySwapMax"), values("LimitCORE")), (vec!["0"], vec!["0"]));
    // No group of systemd 252, which Debian 12 has, includes them.
    let calls = values("SystemCallFilter");
    let landlock =
        ["add_rule", "create_ruleset", "restrict_self"].map(|it| format!("landlock_{it}"));
    for call in landlock.iter().map(String::as_str).chain(["seccomp"]) {
        assert!(calls.contains(&call), "{call}");
    }
}

/// With its secrets elsewhere the scheduler is started as without, and told to read anew.
#[test]
fn the_credentials_of_the_scheduler_change_nothing_but_the_env_file() {
    let commands = |name: &str| {
        let text = std::fs::read_to_string(unit(name)).unwrap();
        let all = text.lines().filter(|line| line.starts_with("Exec") && !line.ends_with('='));
        all.map(str::to_owned).collect::<Vec<_>>()
    };
    let own = commands("vm-autoscale.service");
    let with = commands("optional/vm-autoscale.service.d/credentials.conf");
    assert_eq!(with, [format!("{} --env-file %d/scheduler.env", own[0]), own[2].clone()]);
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
