use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;

/// The smallest piece that one read of a special file is served in.
const PIECE: usize = 32 * 1024;

/// A cluster at one moment: what pmxcfs would make of it, VM `i` with figures that no other VM
/// and no other moment has.
struct Moment {
    vms: u32,
    at: u64,
    version: u64,
}

impl Moment {
    fn rrd_line(&self, i: u32) -> String {
        let vmid = 100 + i;
        let (uptime, ctime) = (u64::from(i) * 7 + self.at, 1_795_297_000 + self.at);
        let cpu = f64::from(i) / 10_000.0 + f64::from(u32::try_from(self.at).unwrap()) / 1e7;
        let mem = 900_000_000 + u64::from(i) * 1000 + self.at;
        format!(
            "pve2.3-vm/{vmid}:{uptime}:vm{vmid}:running:0:{ctime}:2:{cpu}:2147483648:{mem}:0:0:{i}:22:33:44\n"
        )
    }

    /// Rotated by `order`: the order of a hash table changes between two makings.
    fn rrd(&self, order: u32) -> String {
        (0..self.vms).map(|i| self.rrd_line((i + order) % self.vms)).collect()
    }

    fn vmlist_line(&self, i: u32) -> String {
        format!(
            "\"{}\": {{ \"node\": \"pve{}\", \"type\": \"qemu\", \"version\": {} }}",
            100 + i,
            i % 3,
            u64::from(i) + self.version
        )
    }

    fn vmlist(&self, order: u32) -> String {
        let lines: Vec<String> =
            (0..self.vms).map(|i| self.vmlist_line((i + order) % self.vms)).collect();
        format!("{{\n\"version\": {},\n\"ids\": {{\n{}}}\n\n}}\n", self.version, lines.join(",\n"))
    }
}

/// A file read piece by piece while its content is made anew: one making after the other.
fn torn(makings: &[String], piece: usize) -> Vec<u8> {
    let mut read = Vec::new();
    loop {
        let making = &makings[(read.len() / piece).min(makings.len() - 1)];
        match making.as_bytes().get(read.len()..) {
            Some(rest) if !rest.is_empty() => read.extend(&rest[..rest.len().min(piece)]),
            _ => return read,
        }
    }
}

/// What grep prints: every line that is not empty, with the file's name.
fn grep(files: &[(&str, Vec<u8>)]) -> String {
    let mut out = String::new();
    for (name, content) in files {
        for line in String::from_utf8_lossy(content).lines().filter(|line| !line.is_empty()) {
            writeln!(out, "{name}:{line}").unwrap();
        }
    }
    out
}

fn answer(vmlists: [Vec<u8>; 2], rrds: [Vec<u8>; 2]) -> String {
    let [vmlist1, vmlist2] = vmlists;
    let [rrd1, rrd2] = rrds;
    grep(&[
        (VERSION, b"{\n\"starttime\": 1795297200,\n\"clinfo\": 4}\n".to_vec()),
        (MEMBERS, b"{\n\"nodename\": \"pve1\",\n\"version\": 0\n}\n".to_vec()),
        (VMLIST, vmlist1),
        (RRD, rrd1),
        (VMLIST, vmlist2),
        (RRD, rrd2),
    ])
}

#[test]
fn reads_a_quiet_cluster() {
    let moment = Moment { vms: 500, at: 10, version: 5 };
    let whole = |text: String| [text.clone().into_bytes(), text.into_bytes()];
    let text = answer(whole(moment.vmlist(0)), whole(moment.rrd(3)));
    let read = ClusterRead::parse(&format!("Last login: noise\n{text}")).unwrap();
    assert_eq!((read.vms.len(), read.guests.iter().count(), read.doubted), (500, 500, 0));
    assert_eq!(read.members.answering.as_str(), "pve1");
    assert_eq!((read.ha_moves, read.pause), (HaMoves::default(), None));

    let paused = format!("{text}{PAUSE}:moving racks\n");
    assert_eq!(ClusterRead::parse(&paused).unwrap().pause.as_deref(), Some("moving racks"));
}

#[test]
fn without_any_metrics_the_guests_are_still_known() {
    let moment = Moment { vms: 5, at: 10, version: 5 };
    let whole = |text: String| [text.clone().into_bytes(), text.into_bytes()];
    let read = ClusterRead::parse(&answer(whole(moment.vmlist(0)), whole(String::new()))).unwrap();
    assert_eq!((read.vms.len(), read.guests.iter().count()), (0, 5));
}

#[test]
fn a_container_or_a_stranger_is_no_vm() {
    let moment = Moment { vms: 3, at: 10, version: 5 };
    let vmlist = moment.vmlist(0).replacen("qemu", "lxc", 1);
    let rrd = moment.rrd(0) + &Moment { vms: 4, at: 10, version: 5 }.rrd_line(3);
    let whole = |text: String| [text.clone().into_bytes(), text.into_bytes()];
    let read = ClusterRead::parse(&answer(whole(vmlist), whole(rrd))).unwrap();
    let ids: Vec<u32> = read.vms.keys().map(|id| id.get()).collect();
    assert_eq!((ids.as_slice(), read.doubted), (&[101, 102][..], 1));
}

/// A format of the future, and a column that is none: each costs its own line and is counted; what
/// is torn, and lines of storages, are not.
#[test]
fn lines_that_cannot_be_read_are_counted_and_cost_no_other() {
    let moment = Moment { vms: 3, at: 10, version: 5 };
    let whole = |text: String| [text.clone().into_bytes(), text.into_bytes()];
    let good = moment.rrd(0);
    let line = good.lines().find(|line| line.contains("-vm") && line.contains("/101:")).unwrap();
    let family = line.split_once('/').unwrap().0;
    for bad in [
        line.replacen(family, "pve-vm-10.0", 1),
        line.replacen(":running:", ":running:x:", 1),
        line.rsplit_once(':').unwrap().0.to_owned() + ":NaN",
        line.rsplit_once(':').unwrap().0.to_owned() + ":-1",
        line.rsplit_once(':').unwrap().0.to_owned() + ":\"1\"",
    ] {
        let rrd = good.replacen(line, &bad, 1) + "pve2-storage/pve1/local:10:1000:500\n";
        let both = whole(rrd.clone());
        let read = ClusterRead::parse(&answer(whole(moment.vmlist(0)), both)).unwrap();
        let ids: Vec<u32> = read.vms.keys().map(|id| id.get()).collect();
        assert_eq!((ids.as_slice(), read.unread, read.doubted), (&[100, 102][..], 1, 2), "{bad}");
        let torn = [rrd.into_bytes(), good.clone().into_bytes()];
        let read = ClusterRead::parse(&answer(whole(moment.vmlist(0)), torn)).unwrap();
        assert_eq!(read.unread, 0, "{bad}");
    }
}

/// While a cluster is upgraded a VM may have a line of each format.
#[test]
fn of_two_lines_of_the_same_second_it_is_always_the_same_one_that_counts() {
    let moment = Moment { vms: 1, at: 10, version: 5 };
    let newer =
        moment.rrd_line(0).replace("pve2.3-vm", "pve-vm-9.0").replace(":2:0.000001:", ":2:0.83:");
    let rrd = format!("{}{}:0:0:0:0:0:0:0\n", moment.rrd_line(0), newer.trim_end());
    let whole = |text: &str| [text.as_bytes().to_vec(), text.as_bytes().to_vec()];
    let text = answer(whole(&moment.vmlist(0)), whole(&rrd));
    for _ in 0..32 {
        let read = ClusterRead::parse(&text).unwrap();
        let cpus: Vec<Option<f64>> = read.vms.values().map(|line| line.cpu).collect();
        assert_eq!(cpus, [Some(0.83)]);
    }
}

#[test]
fn a_missing_file_is_an_error_not_an_empty_cluster() {
    let moment = Moment { vms: 3, at: 10, version: 5 };
    let whole = |text: String| [text.clone().into_bytes(), text.into_bytes()];
    let text = answer(whole(moment.vmlist(0)), whole(moment.rrd(0)));
    for (gone, path) in [(".version", VERSION), (".members", MEMBERS), (".vmlist", VMLIST)] {
        let without: String =
            text.split_inclusive('\n').filter(|line| !line.starts_with(path)).collect();
        let message = ClusterRead::parse(&without).unwrap_err().to_string();
        assert!(message.contains(gone), "{message}");
    }
    assert!(ClusterRead::parse("").is_err());
}

/// Two readings, each torn across three makings: whether something of the makings' order or figures
/// changes between them is `steps`: (time passes, configs change, the hash order changes).
fn torn_answer(vms: u32, piece: usize, steps: &[(bool, bool, u32)]) -> (Vec<Moment>, String) {
    let (mut rrds, mut vmlists, mut moments) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at, mut version, mut order) = (10, 5, 0);
    for (passes, edited, turn) in steps {
        at += u64::from(*passes) * 10;
        version += u64::from(*edited);
        order = (order + turn) % vms;
        let moment = Moment { vms, at, version };
        rrds.push(moment.rrd(order));
        vmlists.push(moment.vmlist(order));
        moments.push(moment);
    }
    let pair = |makings: &[String]| [torn(&makings[..3], piece), torn(&makings[3..], piece)];
    (moments, answer(pair(&vmlists), pair(&rrds)))
}

fn steps() -> impl Strategy<Value = Vec<(bool, bool, u32)>> {
    let turn = prop_oneof![3 => Just(0), 1 => 1u32..1000];
    prop::collection::vec((prop::bool::weighted(0.15), prop::bool::weighted(0.05), turn), 6)
}

/// Whether the figures are what the VM really had at one of the moments.
fn is_true(moments: &[Moment], id: VmId, line: &VmLine) -> bool {
    moments.iter().any(|moment| {
        let truth = RrdLine::parse(moment.rrd_line(id.get() - 100).trim_end());
        truth == Some(RrdLine::Vm(id, line.clone()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_torn_file_never_yields_a_sample(vms in 400u32..900, piece in PIECE..=2 * PIECE, steps in steps()) {
        let (moments, text) = torn_answer(vms, piece, &steps);
        let Ok(read) = ClusterRead::parse(&text) else { return Ok(()) };
        for (id, line) in &read.vms {
            prop_assert!(is_true(&moments, *id, line), "{}: {:?}", id, line);
        }
        for (id, entry) in read.guests.iter() {
            let i = id.get() - 100;
            let known = moments.iter().any(|moment| moment.version + u64::from(i) == entry.version);
            prop_assert!(known && entry.node.as_str() == format!("pve{}", i % 3), "{}: {:?}", id, entry);
        }
    }

    #[test]
    fn no_answer_panics(text in "(/etc/pve/\\.(rrd|vmlist|version|members):[ -~]{0,60}\n){0,12}") {
        let _ = ClusterRead::parse(&text);
    }
}

/// The tears of the test above are of the dangerous kind: a reader of one copy is fooled by them.
#[test]
fn one_copy_alone_would_be_believed_wrongly() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut fooled, mut samples) = (0, 0);
    for _ in 0..400 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (moments, text) = torn_answer(700, PIECE + 5000, &steps);
        let whole: String = moments[5].vmlist(0);
        let mut lines: Vec<&str> = text.lines().filter(|line| line.starts_with(RRD)).collect();
        let second = lines.split_off(lines.len() / 2);
        let rrd: String =
            second.iter().map(|line| [&line[RRD.len() + 1..], "\n"].concat()).collect();
        let copies = [whole.clone().into_bytes(), whole.into_bytes()];
        let read =
            ClusterRead::parse(&answer(copies, [rrd.clone().into_bytes(), rrd.into_bytes()]))
                .unwrap();
        fooled += read.vms.iter().filter(|(id, line)| !is_true(&moments, **id, line)).count();
        samples += ClusterRead::parse(&text).map_or(0, |read| read.vms.len());
    }
    assert!(fooled > 0, "no tear of these would fool anyone");
    assert!(samples > 10_000, "only {samples} samples were believed, the test shows little");
}
