//! Every word that a command is made of is inert in the shells that a node may have.

use proptest::prelude::*;
use vm_autoscale_proxmox::{ConfigFile, MonitorQuery, NodeCommand};
use vm_autoscale_tests::programs::command;

use crate::skip;

const SHELLS: [&str; 3] = ["sh", "bash", "dash"];

/// What the shell makes of a line: its words.
fn words(shell: &str, line: &str) -> Option<Vec<String>> {
    let script = format!("printf '%s\\0' {line}");
    let output = command(shell).args(["-c", &script]).env_clear().output().ok()?;
    assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {line}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.strip_suffix('\0').unwrap().split('\0').map(str::to_owned).collect())
}

/// That every command's words are in this alphabet is a property test of the proxmox crate.
#[test]
fn every_word_of_the_alphabet_is_inert() {
    let alphabet = "[A-Za-z0-9._=,:+@%/-]{1,40}";
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(24));
    runner
        .run(&prop::collection::vec(alphabet, 400), |expected| {
            let line = expected.join(" ");
            for shell in SHELLS {
                match words(shell, &line) {
                    Some(found) => prop_assert_eq!(&found, &expected, "{}", shell),
                    None => skip(&format!(
                        "{shell} is not installed: its word splitting was not tested"
                    )),
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_quoted_literals_are_one_word() {
    let (node, vmid) =
        (vm_autoscale_proxmox::NodeName::try_from("pve1").unwrap(), 101u32.try_into().unwrap());
    let file = |vmid: u32| ConfigFile { node: node.clone(), vmid: vmid.try_into().unwrap() };
    let mut commands = vec![
        NodeCommand::ReadCluster,
        NodeCommand::ReadPools,
        NodeCommand::ReadResources,
        NodeCommand::ReadConfigs((101..165).map(file).collect::<Vec<_>>().try_into().unwrap()),
    ];
    commands.extend(MonitorQuery::ALL.map(|query| NodeCommand::ReadMonitor {
        node: node.clone(),
        vmid,
        query,
    }));
    for command in commands {
        for shell in SHELLS {
            let Some(found) = words(shell, &command.line()) else {
                skip(&format!("{shell} is not installed: its quoting was not tested"));
                continue;
            };
            assert_eq!(found, command.argv(), "{shell}");
        }
    }
}
