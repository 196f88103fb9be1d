//! The example files are ones that the programs take.

use std::path::{Path, PathBuf};

use vm_autoscale_config::{Answer, Roster, VmFacts};
use vm_autoscale_tests::programs::{command, directory};

fn etc(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc").join(name)
}

#[test]
fn the_example_config_is_valid_and_touches_no_vm() {
    let program = directory().unwrap().join("vm-autoscale");
    let output = command(program)
        .arg("--validate-only")
        .arg("--config")
        .arg(etc("config.yaml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let config = vm_autoscale_config::SchedulerConfig::read(
        &etc("config.yaml"),
        &vm_autoscale_config::Environment::default(),
    )
    .unwrap();
    let cluster = "home".try_into().unwrap();
    let (node, tags) = ("pve1".try_into().unwrap(), "autoscale;web".parse().unwrap());
    let all = [("home".try_into().unwrap(), [("pve1".try_into().unwrap())].into())].into();
    let roster = Roster::new(config.into(), &cluster, &all);
    for number in (100u32..2000).chain([9000, 999_999_999]) {
        let (described, pool) = (Some((Some("web1"), &tags)), Some(None));
        let vm = VmFacts {
            vmid: number.try_into().unwrap(),
            cluster: None,
            node: Some(&node),
            described,
            pool,
        };
        assert_eq!(roster.answer(&vm), Answer::No, "{number}");
    }
}

/// Wrong files and wrong words have exit codes of their own.
#[test]
fn exit_codes_are_as_documented() {
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.yaml");
    std::fs::write(&bad, "modus: full\n").unwrap();
    let good = dir.path().join("good.yaml");
    std::fs::write(
        &good,
        "mode: observe\nhelper_socket: /nowhere/helper.sock\ncontrol_socket: /nowhere/s\n",
    )
    .unwrap();
    let code = |program: &str, arguments: &[&str]| {
        let program = directory().unwrap().join(program);
        command(program).args(arguments).output().unwrap().status.code()
    };
    let (bad, good) = (bad.to_str().unwrap(), good.to_str().unwrap());
    assert_eq!(code("vm-autoscale", &["--help"]), Some(0));
    assert_eq!(code("vm-autoscale", &["--config", good]), Some(2));
    assert_eq!(code("vm-autoscale", &["frob"]), Some(2));
    assert_eq!(code("vm-autoscale", &["--validate-only", "--config", good]), Some(0));
    assert_eq!(code("vm-autoscale", &["--validate-only", "--config", bad]), Some(3));
    assert_eq!(code("vm-autoscale", &["plan", "--config", "/nowhere"]), Some(66));
    assert_eq!(code("vm-autoscale", &["plan", "--config", good]), Some(6));
    assert_eq!(code("vm-autoscale", &["status", "--config", good]), Some(6));
    assert_eq!(code("vm-autoscale-helper", &["--frob"]), Some(2));
    assert_eq!(code("vm-autoscale-helper", &["--config", "/nowhere"]), Some(66));
    assert_eq!(code("vm-autoscale-helper", &["--config", bad]), Some(3));
}
