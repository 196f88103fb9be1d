use super::*;

fn has(vcpus: u32, hundredths: u32, is_ours: bool, unplugs: bool) -> CpuHas {
    let limit = CpuLimit::from_hundredths(hundredths).unwrap();
    CpuHas { plugged: vcpus.try_into().unwrap(), limit, is_ours, unplugs }
}

fn said(result: Result<Move, Reason>) -> String {
    result.map_or_else(|reason| reason.kind().to_owned(), |step| step.to_string())
}

/// vCPUs, limit, whose it is, whether the guest gives; the size, where to, and by which change.
#[test]
fn a_size_becomes_the_one_change_that_brings_it_nearer() {
    use CpuLever::{Auto, Limit, Vcpus};
    for (lever, now, size, to, expected) in [
        (Auto, has(4, 0, true, true), 400, 600, "vcpus 4 -> 6"),
        (Auto, has(4, 0, true, true), 400, 200, "vcpus 4 -> 2"),
        (Auto, has(8, 0, true, true), 800, 100, "vcpus 8 -> 5"),
        // It keeps its vCPUs.
        (Auto, has(4, 0, true, false), 400, 200, "cpulimit none -> 2 cores"),
        (Auto, has(4, 200, true, false), 200, 110, "cpulimit 2 cores -> 1.25 cores"),
        (Auto, has(4, 0, true, false), 400, 600, "vcpus 4 -> 6"),
        // What we took by the limit comes back by it, and then there are more vCPUs.
        (Auto, has(4, 200, true, false), 200, 300, "cpulimit 2 cores -> 3 cores"),
        (Auto, has(4, 200, true, true), 200, 800, "cpulimit 2 cores -> none"),
        (Vcpus, has(4, 200, true, true), 200, 400, "cpulimit 2 cores -> none"),
        (Auto, has(2, 300, true, true), 200, 400, "cpulimit 3 cores -> none"),
        // A limit of others stays, and bounds what more vCPUs could bring.
        (Auto, has(4, 250, false, true), 250, 600, "limit-of-others"),
        (Auto, has(4, 250, false, true), 250, 150, "vcpus 4 -> 2"),
        (Auto, has(4, 250, false, false), 250, 150, "limit-of-others"),
        (Auto, has(4, 600, false, true), 400, 800, "vcpus 4 -> 6"),
        (Vcpus, has(4, 400, false, true), 400, 800, "limit-of-others"),
        // vCPUs only, whatever was learnt.
        (Vcpus, has(4, 0, true, false), 400, 200, "vcpus 4 -> 2"),
        (Limit, has(4, 0, true, true), 400, 201, "cpulimit none -> 2.25 cores"),
        (Limit, has(4, 250, true, true), 250, 350, "cpulimit 2.5 cores -> 3.5 cores"),
        (Limit, has(4, 250, true, true), 250, 400, "cpulimit 2.5 cores -> none"),
        (Limit, has(4, 250, true, true), 250, 240, "less-than-a-step"),
        (Limit, has(4, 0, true, true), 400, 390, "less-than-a-step"),
    ] {
        assert_eq!(now.size(), size, "{now:?}");
        assert_eq!(said(now.towards(lever, to, true)), expected, "{lever:?} {now:?} to {to}");
    }
}

/// Where there is no guest to wait for, all of it goes at once.
#[test]
fn a_trace_has_no_steps() {
    let now = has(8, 0, true, true);
    assert_eq!(said(now.towards(CpuLever::Auto, 100, false)), "vcpus 8 -> 1");
    let mib = |n: u32| MemoryMib::try_from(n).unwrap();
    assert_eq!(said(dimms(mib(8192), mib(2048), false)), "memory 8192 -> 2048 MiB");
    assert_eq!(said(dimms(mib(8192), mib(2048), true)), "memory 8192 -> 7680 MiB");
    assert_eq!(said(dimms(mib(2048), mib(8192), true)), "memory 2048 -> 8192 MiB");
}

#[test]
fn a_balloon_goes_down_in_steps_and_up_at_once() {
    for (conf, to, expected) in [
        ("memory: 4096\n", 2049, "balloon none -> 2304 MiB"),
        ("memory: 4096\nballoon: 2048\n", 1024, "balloon 2048 -> 1024 MiB"),
        ("memory: 4096\nballoon: 2048\n", 1900, "less-than-a-step"),
        ("memory: 4096\nballoon: 2048\n", 3000, "balloon 2048 -> 3000 MiB"),
        ("memory: 4000\nballoon: 2048\n", 4000, "balloon 2048 -> 4000 MiB"),
    ] {
        let config = VmConfig::parse(conf).unwrap();
        let to = MemoryMib::try_from(to).unwrap();
        assert_eq!(said(balloon(&config, to)), expected, "{conf} to {to}");
    }
}

#[test]
fn windows_gives_nothing_back() {
    for (os, gives) in [("l26", true), ("other", true), ("win11", false), ("w2k8", false)] {
        let config = VmConfig::parse(&format!("ostype: {os}\n")).unwrap();
        assert_eq!(gives_vcpus(&config), gives, "{os}");
    }
    assert!(gives_vcpus(&VmConfig::parse("").unwrap()));
}
