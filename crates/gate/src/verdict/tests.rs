use std::os::unix::ffi::OsStrExt as _;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use vm_autoscale_node::Ladder;

use super::*;
use crate::execute::tests::words;
use crate::limits::tests::of;

fn no_limits() -> Result<Limits, String> {
    of("")
}

/// Lines of ours, whole and with something wrong, and any others.
fn line() -> impl Strategy<Value = String> {
    let vmid = "[+0]?[1-9][0-9]{2,8}|[0-9]{1,10}";
    let option = prop_oneof![
        6 => "(vcpus|memory|balloon) 0?[1-9][0-9]{1,3}",
        2 => "cpulimit 0?[0-9]{1,3}([.][0-9]{1,2})?",
        2 => "revert (memory|vcpus|memory,balloon|args)",
        1 => "(args|skiplock|vcpus|memory 2048 --balloon) [0-9a-z;/ ]{0,6}",
    ];
    let change = (vmid, option, "[0-9a-f]{40}").prop_map(|(vmid, option, digest)| {
        format!("/usr/sbin/qm set {vmid} --{option} --digest {digest}")
    });
    let configs =
        prop::collection::vec("/etc/pve/nodes/[a-z-]{1,5}/qemu-server/[0-9]{2,4}.conf", 0..70)
            .prop_map(|paths| {
                let paths = paths.join(" ");
                format!("/usr/bin/tail -n +1 -v /etc/pve/.version {paths}")
            });
    let fixed = prop::sample::select(vec![
        NodeCommand::ReadCluster.line(),
        NodeCommand::ReadPools.line(),
        NodeCommand::ReadGate.line(),
        NodeCommand::ReadResources.line(),
        "/usr/bin/pvesh create /nodes/pve1/qemu/101/monitor --command 'info balloon'".to_owned(),
        "/usr/bin/pvesh create /nodes/pve1/qemu/101/monitor --command 'quit'".to_owned(),
        "/usr/sbin/qm guest cmd 101 get-vcpus".to_owned(),
        "/usr/sbin/qm guest exec 101 -- id".to_owned(),
    ]);
    let whole = prop_oneof![4 => change, 1 => configs, 1 => fixed, 1 => any::<String>()];
    prop_oneof![
        3 => whole.clone(),
        1 => (whole, any::<prop::sample::Index>(), any::<char>()).prop_map(|(mut line, at, with)| {
            let places: Vec<usize> = line.char_indices().map(|(place, _)| place).collect();
            let place = places.get(at.index(places.len().max(1))).copied().unwrap_or_default();
            line.insert(place, with);
            line
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    /// The gate takes what `NodeCommand::parse` takes, but for memory off the ladder, and executes
    /// its `argv`: nothing else is decided twice.
    #[test]
    fn it_takes_what_parse_takes_and_executes_its_argv(line in line()) {
        let verdict = verdict(OsStr::new(&line), no_limits);
        if let Ok(command) = NodeCommand::parse(&line) {
            prop_assert_eq!(words(&command), command.argv());
            prop_assert_eq!(words(&command).join(" "), line.replace('\'', ""));
            match &command {
                // A VM may not start with such a size; the helper asks for none.
                NodeCommand::SetMemory { memory, .. } if !Ladder::has(*memory) => {
                    prop_assert!(verdict.is_err());
                }
                _ => prop_assert_eq!(verdict, Ok(command)),
            }
        } else {
            prop_assert_eq!(verdict, Err(NONE.to_owned()));
        }
    }

    #[test]
    fn no_bytes_panic_and_what_is_no_text_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let verdict = verdict(OsStr::from_bytes(&bytes), no_limits);
        if std::str::from_utf8(&bytes).is_err() {
            prop_assert_eq!(verdict, Err(NONE.to_owned()));
        }
    }
}

/// That the property above is not about nothing.
#[test]
fn the_lines_are_of_both_kinds() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let taken = (0..2000).filter(|_| {
        let line = line().new_tree(&mut runner).unwrap().current();
        NodeCommand::parse(&line).is_ok()
    });
    let taken = taken.count();
    assert!((300..1700).contains(&taken), "{taken}");
}

#[test]
fn limits_that_cannot_be_known_stop_changes_and_no_reading() {
    let unknown = || Err("gate.conf:3: `x` is no key of this file".to_owned());
    assert_eq!(
        verdict(OsStr::new(&NodeCommand::ReadCluster.line()), unknown),
        Ok(NodeCommand::ReadCluster)
    );
    let change = format!("/usr/sbin/qm set 101 --vcpus 2 --digest {}", "0".repeat(40));
    let refused = verdict(OsStr::new(&change), unknown).unwrap_err();
    assert_eq!(refused, "no change: gate.conf:3: `x` is no key of this file");
    assert!(verdict(OsStr::new(&change), || of("vms 102")).is_err());
    assert!(verdict(OsStr::new(&change), no_limits).is_ok());
}
