use proptest::prelude::*;

use super::*;

/// The shape of conf.txt's VM 120: pending, comments and a snapshot that must not be read.
const VM120: &str = "#first line of a description\n#vcpus: 9\nagent: 0\nboot: order=scsi0\ncores: 4\n\
hotplug: disk,network,usb,memory,cpu\nmemory: 2048\nname: vm120\nnuma: 1\nostype: l26\nparent: snap1\n\
scsi0: local-lvm:vm-120-disk-0,size=32G\nsmbios1: uuid=11111111-2222-3333-4444-555555555555,serial=c2VjcmV0,base64=1\n\
sockets: 1\ntags: web;Prod\nvcpus: 2\ncipassword: secret\n\n[PENDING]\nvcpus: 4\ncipassword: hunter2\ndelete: !balloon,net1\n\n\
[snap1]\n#snapshot description\ncores: 4\nmemory: 1024\nname: old\nvcpus: 1\nlock: backup\n";

#[test]
fn reads_the_main_section_and_pending_only() {
    let vm = VmConfig::parse(VM120).unwrap();
    assert_eq!((vm.sockets, vm.cores, vm.vcpus.map(Vcpus::get)), (1, 4, Some(2)));
    assert_eq!((vm.memory.get(), vm.numa, vm.lock, vm.template), (2048, true, None, false));
    assert_eq!(vm.hotplug, Hotplug { cpu: true, memory: true });
    assert_eq!(vm.identity, Some(Identity::Uuid("11111111-2222-3333-4444-555555555555".into())));
    assert_eq!(vm.pending["vcpus"], PendingValue::Set("4".into()));
    assert_eq!(vm.pending["balloon"], PendingValue::Delete);
    assert_eq!(vm.pending["net1"], PendingValue::Delete);
    assert_eq!(vm.pending.len(), 4);
    assert_eq!(vm.tags.iter().collect::<Vec<_>>(), ["web", "prod"]);
}

#[test]
fn without_vcpus_all_cores_are_plugged() {
    let vm = VmConfig::parse("cores: 4\nsockets: 2\n").unwrap();
    assert_eq!(vm.vcpus, None);
    assert_eq!(vm.plugged_vcpus().unwrap().get(), 8);
    assert_eq!(vm.memory.get(), 512);
    assert_eq!(vm.hotplug, Hotplug { cpu: false, memory: false });
}

#[test]
fn what_a_human_may_write_is_understood() {
    let vm =
        VmConfig::parse("numa: yes\ntemplate: On\ncpulimit: 1.125\nhugepages: 1024\n").unwrap();
    assert_eq!((vm.numa, vm.template, vm.hugepages), (true, true, true));
    assert_eq!(vm.cpulimit.to_string(), "1.12");
    assert!(!VmConfig::parse("hugepages: 2\nnuma: 0\n").unwrap().hugepages);
}

#[test]
fn both_forms_of_memory_and_the_defaults_of_hotplug() {
    let memory = |text: &str| VmConfig::parse(text).map(|vm| vm.memory.get());
    assert_eq!(memory("memory: current=4096").unwrap(), 4096);
    assert_eq!(memory("memory: 4096\r\n").unwrap(), 4096);
    assert!(memory("memory: lots").is_err());
    assert!(memory("memory: 5").is_err());
    assert!(VmConfig::parse("vcpus: 0").is_err());
    assert!(VmConfig::parse("cores: 70000\nsockets: 70000").unwrap().max_vcpus().is_err());
    for (text, cpu) in [("hotplug: 1", false), ("hotplug: 0", false), ("hotplug: cpu", true)] {
        assert_eq!(VmConfig::parse(text).unwrap().hotplug.cpu, cpu, "{text}");
    }
}

#[test]
fn what_leaves_the_helper_holds_no_secret_and_says_the_same() {
    let passed = redact(VM120);
    for secret in ["secret", "hunter2", "c2VjcmV0", "description", "vm-120-disk", "snap1"] {
        assert!(!passed.contains(secret), "{secret} in {passed}");
    }
    let mut expected = VmConfig::parse(VM120).unwrap();
    expected.pending.insert("cipassword".into(), PendingValue::Hidden);
    assert_eq!(VmConfig::parse(&passed).unwrap(), expected);
}

#[test]
fn what_leaves_the_helper_says_of_identity_what_the_file_says() {
    for raw in ["smbios1: uuid=a\nsmbios1: serial=b\n", "smbios1: uuid=a ,serial=b\n"] {
        let passed = redact(raw);
        assert_eq!(VmConfig::parse(&passed), VmConfig::parse(raw), "{raw:?}");
        assert_eq!(redact(&passed), passed);
    }
}

#[test]
fn the_agent_is_asked_only_where_it_is_enabled() {
    for (value, enabled) in [
        ("1", true),
        ("0", false),
        ("enabled=1,fstrim_cloned_disks=1", true),
        ("1,type=virtio", true),
        ("fstrim_cloned_disks=1", false),
        ("fstrim_cloned_disks=1,enabled=1", true),
        ("enabled=0,fstrim_cloned_disks=1", false),
        ("", false),
    ] {
        let raw = format!("agent: {value}\n");
        assert_eq!(VmConfig::parse(&raw).unwrap().agent, enabled, "{value}");
        assert_eq!(VmConfig::parse(&redact(&raw)).unwrap().agent, enabled, "{value}");
    }
    assert!(!VmConfig::parse("cores: 1\n").unwrap().agent);
}

#[test]
fn who_a_vm_is() {
    let of = |text: &str| VmConfig::parse(text).unwrap().identity;
    let (one, other) = (of("vmgenid: a\n"), of("vmgenid: b\n"));
    let uuid = of("vmgenid: 0\nsmbios1: uuid=a\n");
    assert_eq!(uuid, Some(Identity::Uuid("a".into())));
    for (before, now, another) in [
        (&one, &one, false),
        (&one, &other, true),
        (&one, &uuid, true),
        (&one, &None, true),
        (&None, &one, false),
        (&None, &None, false),
    ] {
        assert_eq!(Identity::is_another(before.as_ref(), now.as_ref()), another);
    }
}

/// The value says which device of the host, which share, which CPUs: nobody needs that to decide.
#[test]
fn of_what_ties_memory_down_only_the_numbers_leave_the_helper() {
    let raw = "hostpci0: 0000:01:00.0,pcie=1\nhostpci15: mapping=gpu\nhostpci16: x\nhostpci01: x\n\
        numa: 1\nnuma0: cpus=0-1,hostnodes=0,memory=1024\nnuma7: cpus=2\nvirtiofs3: dirid=secrets\n\
        hotplug: disk,cpu;cloudinit\nnet0: virtio=BC:24:11:00:00:01\n";
    let passed = redact(raw);
    assert_eq!(
        passed,
        "hostpci0: (hidden)\nhostpci15: (hidden)\nnuma: 1\nnuma0: (hidden)\nnuma7: (hidden)\n\
         virtiofs3: (hidden)\nhotplug: disk,cpu;cloudinit\n"
    );
    for text in [raw, &passed] {
        let vm = VmConfig::parse(text).unwrap();
        let MemoryTies { numa_nodes, virtiofs, passthrough } = vm.memory_ties;
        let numbers = [numa_nodes, virtiofs, passthrough].map(|all| all.iter().collect::<Vec<_>>());
        assert_eq!(numbers, [vec![0, 7], vec![3], vec![0, 15]]);
        assert_eq!(vm.other_hotplug.names().collect::<Vec<_>>(), ["disk", "cloudinit"]);
        assert!(vm.numa && vm.hotplug.cpu && !vm.hotplug.memory);
    }
    for (text, others) in
        [("", "disk network usb"), ("hotplug: 1", "disk network usb"), ("hotplug: 0", "")]
    {
        let others: Vec<&str> = others.split_whitespace().collect();
        assert_eq!(
            VmConfig::parse(text).unwrap().other_hotplug.names().collect::<Vec<_>>(),
            others
        );
    }
    assert!(Numbers::default().is_empty() && [16, 99].into_iter().collect::<Numbers>().is_empty());
}

proptest! {
    #[test]
    fn no_text_panics_and_redacting_twice_changes_nothing(text in "([a-z#\\[\\]:, 0-9!=\\n]{0,40}(vcpus: |memory: |\\[PENDING\\]\n|delete: )?){0,12}") {
        let _ = VmConfig::parse(&text);
        let once = redact(&text);
        prop_assert_eq!(redact(&once), once);
    }
}
