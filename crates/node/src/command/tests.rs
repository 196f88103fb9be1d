use proptest::prelude::*;

use super::*;

fn vmid() -> impl Strategy<Value = VmId> {
    (100u32..=999_999_999).prop_map(|id| id.try_into().unwrap())
}

fn node() -> impl Strategy<Value = NodeName> {
    "[A-Za-z0-9]([A-Za-z0-9-]{0,20}[A-Za-z0-9])?".prop_map(|name| name.try_into().unwrap())
}

fn digest() -> impl Strategy<Value = Digest> {
    "[0-9a-f]{40}".prop_map(|text| text.try_into().unwrap())
}

fn memory() -> impl Strategy<Value = MemoryMib> {
    (16u32..=4_194_304).prop_map(|mib| mib.try_into().unwrap())
}

fn balloon() -> impl Strategy<Value = BalloonMib> {
    (1u32..=4_194_304).prop_map(|mib| mib.try_into().unwrap())
}

/// Every command there can be.
fn command() -> impl Strategy<Value = NodeCommand> {
    let file = (node(), vmid()).prop_map(|(node, vmid)| ConfigFile { node, vmid });
    let vcpus = (1u32..=4096).prop_map(|n| Vcpus::try_from(n).unwrap());
    let cpulimit = (0u32..=12_800).prop_map(|n| CpuLimit::from_hundredths(n).unwrap());
    prop_oneof![
        Just(NodeCommand::ReadCluster),
        Just(NodeCommand::ReadPools),
        Just(NodeCommand::ReadGate),
        Just(NodeCommand::ReadResources),
        prop::collection::vec(file, 1..=64)
            .prop_map(|files| NodeCommand::ReadConfigs(files.try_into().unwrap())),
        (node(), vmid(), prop::sample::select(&MonitorQuery::ALL[..]))
            .prop_map(|(node, vmid, query)| NodeCommand::ReadMonitor { node, vmid, query }),
        vmid().prop_map(|vmid| NodeCommand::ReadGuestVcpus { vmid }),
        (node(), vmid()).prop_map(|(node, vmid)| NodeCommand::ReadGuestMeminfo { node, vmid }),
        (vmid(), vcpus, digest()).prop_map(|(vmid, vcpus, digest)| NodeCommand::SetVcpus {
            vmid,
            vcpus,
            digest
        }),
        (vmid(), memory(), prop::option::of(balloon()), digest()).prop_map(
            |(vmid, memory, balloon, digest)| NodeCommand::SetMemory {
                vmid,
                memory,
                balloon,
                digest
            }
        ),
        (vmid(), cpulimit, digest()).prop_map(|(vmid, cpulimit, digest)| {
            NodeCommand::SetCpuLimit { vmid, cpulimit, digest }
        }),
        (vmid(), balloon(), digest()).prop_map(|(vmid, balloon, digest)| NodeCommand::SetBalloon {
            vmid,
            balloon,
            digest
        }),
        (vmid(), prop::sample::select(&PendingOption::ALL[..]), digest())
            .prop_map(|(vmid, option, digest)| NodeCommand::Revert { vmid, option, digest }),
    ]
}

/// What makes another line of one, at some place.
type Miss = fn(&str, prop::sample::Index) -> String;

fn miss() -> impl Strategy<Value = Miss> {
    /// The word with that index, made another one.
    fn word(line: &str, at: prop::sample::Index, with: impl Fn(&str) -> String) -> String {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let at = at.index(words.len());
        words[at] = with(&words[at]);
        words.join(" ")
    }
    let all: [Miss; 13] = [
        |line, at| word(line, at, |word| format!(" {word}")),
        |line, at| word(line, at, |word| format!("\t{word}")),
        |line, at| word(line, at, |word| format!("{word}\n")),
        |line, at| word(line, at, |word| format!("{word}\0")),
        |line, at| word(line, at, |word| format!("0{word}")),
        |line, at| word(line, at, |word| format!("+{word}")),
        |line, at| word(line, at, |word| format!("{word}.0")),
        |line, at| word(line, at, |word| format!("'{word}'")),
        |line, at| word(line, at, str::to_uppercase),
        |line, at| word(line, at, |_| String::new()),
        |line, at| word(line, at, |word| format!("{word} {word}")),
        |line, at| line.split_at(at.index(line.len() + 1)).0.to_owned(),
        |line, _| line.replacen("s ", "s=", 1),
    ];
    prop::sample::select(all.to_vec())
}

/// What a POSIX shell makes of a line in our alphabet. The real shells are asked too, by the
/// end-to-end tests.
fn shell_words(line: &str) -> Vec<String> {
    let (plain, literal) = line.split_once(" '").unwrap_or((line, ""));
    let mut words: Vec<String> = plain.split(' ').map(str::to_owned).collect();
    words.extend(literal.strip_suffix('\'').map(str::to_owned));
    words
}

proptest! {
    #[test]
    fn line_argv_and_parse_are_inverses(command in command()) {
        let line = command.line();
        prop_assert_eq!(NodeCommand::parse(&line), Ok(command.clone()));
        prop_assert_eq!(shell_words(&line), command.argv().iter().map(ToString::to_string).collect::<Vec<_>>());
        prop_assert_eq!(command.is_change(), line.contains(" --digest "));
    }

    #[test]
    fn every_word_is_in_the_inert_alphabet(command in command()) {
        let inert = |b: u8| b.is_ascii_alphanumeric() || b"._=,:+@%/-".contains(&b);
        let literals: Vec<&str> = MonitorQuery::ALL.iter().map(|query| query.text()).collect();
        for word in command.argv() {
            prop_assert!(word.bytes().all(inert) || literals.contains(&&*word), "{}", word);
        }
    }

    #[test]
    fn a_changed_byte_is_another_command_or_none(command in command(), at in any::<prop::sample::Index>(), byte in 32u8..127) {
        let mut line = command.line().into_bytes();
        let at = at.index(line.len());
        line[at] = byte;
        let line = String::from_utf8(line).unwrap();
        if let Ok(read) = NodeCommand::parse(&line) {
            prop_assert_eq!(read.line(), line);
        }
    }

    /// Another spelling is none: what a shell, perl or a person would take for the same is refused.
    #[test]
    fn a_near_miss_is_refused_to_the_byte(command in command(), miss in miss(), at in any::<prop::sample::Index>()) {
        let line = command.line();
        let near = miss(&line, at);
        prop_assume!(near != line);
        if let Ok(read) = NodeCommand::parse(&near) {
            prop_assert!(read != command && read.line() == near, "{}", near);
        }
    }

    #[test]
    fn any_text_is_refused_or_written_so(line in any::<String>(), before in command(), at in any::<prop::sample::Index>()) {
        let whole = before.line();
        let (head, tail) = whole.split_at(at.index(whole.len()));
        for text in [line.clone(), format!("{head}{line}{tail}"), format!("{head}{line}")] {
            if let Ok(read) = NodeCommand::parse(&text) {
                prop_assert_eq!(read.line(), text);
            }
        }
    }

    #[test]
    fn no_line_panics(line in "(/usr/sbin/qm set |/usr/bin/pvesh create )?[ -~]{0,80}") {
        let _ = NodeCommand::parse(&line);
    }
}

#[test]
fn the_lines_are_these() {
    let vmid = VmId::try_from(101).unwrap();
    let node = NodeName::try_from("pve1").unwrap();
    let d = "6ef0489b831f20953a6906fbf09d3a91d5ddef39";
    let digest = || Digest::try_from(d.to_owned()).unwrap();
    let lines = [
        (NodeCommand::ReadCluster, "/usr/bin/grep -a -s -H . /etc/pve/.version /etc/pve/.members /etc/pve/.vmlist /etc/pve/.rrd /etc/pve/ha/manager_status /etc/pve/vm-autoscale.pause /etc/pve/.vmlist /etc/pve/.rrd".to_owned()),
        (NodeCommand::SetVcpus { vmid, vcpus: 4.try_into().unwrap(), digest: digest() }, format!("/usr/sbin/qm set 101 --vcpus 4 --digest {d}")),
        (NodeCommand::Revert { vmid, option: PendingOption::MemoryAndBalloon, digest: digest() }, format!("/usr/sbin/qm set 101 --revert memory,balloon --digest {d}")),
        (NodeCommand::ReadMonitor { node: node.clone(), vmid, query: MonitorQuery::HotpluggableCpus }, "/usr/bin/pvesh create /nodes/pve1/qemu/101/monitor --command 'info hotpluggable-cpus'".to_owned()),
        (NodeCommand::ReadConfigs(vec![ConfigFile { node, vmid }].try_into().unwrap()), "/usr/bin/tail -n +1 -v /etc/pve/.version /etc/pve/nodes/pve1/qemu-server/101.conf".to_owned()),
    ];
    for (command, line) in lines {
        assert_eq!(command.line(), line);
    }
}

/// Of all that may be sent only so much is looked at.
#[test]
fn the_longest_line_is_taken_and_no_longer_one() {
    let node = NodeName::try_from("n".repeat(63)).unwrap();
    let file = |vmid: u32| ConfigFile { node: node.clone(), vmid: vmid.try_into().unwrap() };
    let files: Vec<ConfigFile> = (999_999_936..=999_999_999).map(file).collect();
    let longest = NodeCommand::ReadConfigs(files.try_into().unwrap());
    assert_eq!(longest.line().len(), NodeCommand::MAX_LINE);
    assert_eq!(NodeCommand::parse(&longest.line()), Ok(longest.clone()));
    let longer = format!("{} ", longest.line());
    assert_eq!(NodeCommand::parse(&longer), Err(CommandLineError));
}

/// One large config must not come 64 times in one answer.
#[test]
fn no_config_is_read_twice_in_one_call() {
    let file = |node: &str, vmid: u32| ConfigFile {
        node: node.try_into().unwrap(),
        vmid: vmid.try_into().unwrap(),
    };
    let command = |files: &[ConfigFile]| ConfigFiles::try_from(files.to_vec());
    let twice = command(&[file("pve1", 101), file("pve1", 102), file("pve1", 101)]);
    assert_eq!(twice.unwrap_err().to_string(), "config files: one is named twice");
    assert!(command(&[file("pve1", 101), file("pve2", 101), file("pve1", 102)]).is_ok());
    let line = NodeCommand::ReadConfigs(command(&[file("pve1", 101)]).unwrap()).line();
    let line = format!("{line} /etc/pve/nodes/pve1/qemu-server/101.conf");
    assert_eq!(NodeCommand::parse(&line), Err(CommandLineError));
}

#[test]
fn what_is_not_ours_is_refused() {
    let d = "6ef0489b831f20953a6906fbf09d3a91d5ddef39";
    for line in [
        &format!("/usr/sbin/qm  set 101 --vcpus 4 --digest {d}"),
        &format!("/usr/sbin/qm\tset 101 --vcpus 4 --digest {d}"),
        &format!(" /usr/sbin/qm set 101 --vcpus 4 --digest {d}"),
        &format!("/usr/sbin/qm set 101 --vcpus 4 --digest {d} "),
        &format!("/usr/sbin/qm set 101 --vcpus +4 --digest {d}"),
        &format!("/usr/sbin/qm set 101 --vcpus=4 --digest {d}"),
        &format!("/usr/sbin/qm set 101 --vcpus '4' --digest {d}"),
        &format!("/usr/sbin/qm set 101 --vcpus 4 --digest {d}; id"),
        &format!("/usr/sbin/qm set 0101 --vcpus 4 --digest {d}"),
        &format!("/usr/sbin/qm set +101 --vcpus 4 --digest {d}"),
        &format!("/usr/sbin/qm set 101 --cpulimit 1.50 --digest {d}"),
        &format!("/usr/sbin/qm set 101 --cpulimit 01.5 --digest {d}"),
        &format!("/usr/sbin/qm set 101 --vcpus 4 --digest {}", d.to_uppercase()),
        &format!("qm set 101 --vcpus 4 --digest {d}"),
        "/usr/bin/pvesh create /nodes/pve1/qemu/101/monitor --command 'info balloon' ",
        "/usr/bin/pvesh create /nodes/pve1/qemu/101/monitor --command \"info balloon\"",
        "/usr/libexec/vm-autoscale/gate --version --forced",
        "/usr/libexec/vm-autoscale/gate",
        "",
        "id",
        "/usr/sbin/qm set 101 --vcpus 4",
        "/usr/sbin/qm set 101 --args x",
        &format!("/usr/sbin/qm set 101 --vcpus 04 --digest {d}"),
        &format!("/usr/sbin/qm set 101 --vcpus 4 --digest {d}\n"),
        &format!("/usr/sbin/qm set 101 --vcpus 4 --skiplock 1 --digest {d}"),
        &format!("/usr/sbin/qm set 101 --revert vcpus,args --digest {d}"),
        "/usr/bin/pvesh create /nodes/pve1/qemu/101/monitor --command 'quit'",
        "/usr/bin/tail -n +1 -v /etc/pve/.version /etc/shadow",
        "/usr/bin/tail -n +1 -v /etc/pve/.version /etc/pve/nodes/../qemu-server/101.conf",
    ] {
        assert_eq!(NodeCommand::parse(line), Err(CommandLineError), "{line}");
    }
}
