use super::*;

fn vmid(number: u32) -> VmId {
    number.try_into().unwrap()
}

/// All VMs of a body.
fn all(body: &[u8]) -> Result<Vec<(VmUse, VmNeeds)>, Torn> {
    Reader::new(body)?.collect()
}

fn some() -> Vec<(VmUse, VmNeeds)> {
    let used = |samples, mean, most, plugged, saturated| {
        Some(Used { samples, mean, most, plugged, saturated })
    };
    let needs = |cpu, memory| VmNeeds { cpu, memory };
    let largest = u32::MAX - 1;
    vec![
        (VmUse { vmid: vmid(100), who: 0, cpu: None, memory: None }, needs(None, None)),
        (
            VmUse { vmid: vmid(101), who: 7, cpu: used(30, 150, 1990, 2, true), memory: None },
            needs(Some((0, 3)), None),
        ),
        (
            VmUse {
                vmid: vmid(4711),
                who: u32::MAX,
                cpu: None,
                memory: used(1, 0, 0, 2048, false),
            },
            needs(None, Some(largest)),
        ),
        (
            VmUse {
                vmid: vmid(999_999_999),
                who: 1,
                cpu: used(u32::MAX >> 1, u32::MAX, u32::MAX, u32::MAX, true),
                memory: used(29, 127, 128, 16_384, false),
            },
            needs(Some((largest, u32::MAX)), None),
        ),
    ]
}

fn body(vms: &[(VmUse, VmNeeds)]) -> Vec<u8> {
    let mut body = Body::new(0);
    for (vm, needs) in vms {
        body.push(vm, *needs);
    }
    body.bytes()
}

#[test]
fn what_was_written_is_read() {
    let vms = some();
    let body = body(&vms);
    assert_eq!(all(&body), Ok(vms.clone()));
    for (vm, _) in vms {
        assert_eq!(find(&body, vm.vmid), Ok(Some(vm)));
    }
    assert_eq!(find(&body, vmid(102)), Ok(None));
    assert_eq!(all(&[VERSION]), Ok(vec![]));
}

/// As version 0.1 wrote it: the same without what was needed.
#[test]
fn what_an_earlier_version_wrote_is_read() {
    let (cpu, memory) = ([30 << 1, 100, 27, 2], [30 << 1 | 1, 90, 0, 16]);
    let bytes = [&[1, 101, 7, 0, 0, 0][..], &cpu, &memory, &[1, 8, 0, 0, 0, 0, 0]].concat();
    let used =
        |mean, most, plugged, saturated| Some(Used { samples: 30, mean, most, plugged, saturated });
    let (cpu, memory) = (used(100, 127, 2, false), used(90, 90, 16, true));
    let first = VmUse { vmid: vmid(101), who: 7, cpu, memory };
    let second = VmUse { vmid: vmid(102), who: 8, cpu: None, memory: None };
    let none = VmNeeds::default();
    assert_eq!(all(&bytes), Ok(vec![(first, none), (second, none)]));
}

/// What a fleet costs: 288 of these a day.
#[test]
fn five_thousand_vms_are_less_than_120_000_bytes() {
    let used = |mean, most, plugged| Used { samples: 30, mean, most, plugged, saturated: false };
    let needs = VmNeeds { cpu: Some((1500, 90)), memory: Some(5500) };
    let vm = |number: u32| VmUse {
        vmid: vmid(number),
        who: number.wrapping_mul(0x9e37_79b9),
        cpu: Some(used(900, 1800, 4)),
        memory: Some(used(5000, 6000, 8192)),
    };
    let vms: Vec<_> = (101..5101).map(|number| (vm(number), needs)).collect();
    let bytes = body(&vms).len();
    assert!((90_000..120_000).contains(&bytes), "{bytes} bytes");
}

/// Cut anywhere but between two VMs, or of another version: nothing of it is believed.
#[test]
fn what_is_torn_is_not_believed_in_part() {
    let vms = some();
    let whole = body(&vms);
    let between: Vec<usize> = (0..=vms.len()).map(|n| body(&vms[..n]).len()).collect();
    for end in 0..whole.len() {
        let (cut, is_between) = (&whole[..end], between.contains(&end));
        assert_eq!(all(cut).is_ok(), is_between, "{end}");
        assert_eq!(find(cut, vmid(100)).is_ok(), is_between, "{end}");
    }
    for foreign in [&[][..], &[0], &[3], b"{\"vms\":[]}"] {
        assert_eq!(find(foreign, vmid(101)), Err(Torn), "{foreign:?}");
    }
    // Numbers that do not rise, that no VM has, and that no 32 bits hold.
    let zeros = [0; 6];
    for number in [&[0][..], &[99], &[0x80, 0x94, 0xeb, 0xdc, 0x03], &[0xff; 5], &[0xff; 9]] {
        let bytes = [&[VERSION], number, &zeros].concat();
        assert_eq!(all(&bytes), Err(Torn), "{bytes:?}");
    }
    // A resource of which no sample says something.
    assert_eq!(all(&[VERSION, 101, 0, 0, 0, 0, 1, 0, 0, 0, 0]), Err(Torn));
}

/// Whatever the bytes are, it ends without a panic, and what is read is what was written.
#[test]
fn any_bytes_are_read_to_an_end() {
    let mut state: u32 = 1;
    for round in 0..20_000_usize {
        let mut bytes = body(&some());
        for _ in 0..=round % 4 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [at, to, ..] = state.to_be_bytes();
            let at = usize::from(at) % bytes.len();
            bytes[at] = to;
        }
        if let Ok(vms) = all(&bytes) {
            assert_eq!(all(&body(&vms)), Ok(vms));
        }
    }
}
