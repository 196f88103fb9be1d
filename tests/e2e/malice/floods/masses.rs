//! Thousands of requests and connections, and a gibibyte without an end.

use super::*;

/// KiB by which the allocator's own habits may move what is resident.
const SLACK: f64 = 1536.0;

#[test]
fn a_gibibyte_is_neither_taken_nor_kept() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    let (most, _, files) = site.weight();
    for (head, byte) in [
        ("", b'x'),
        ("{\"method\":\"", b'a'),
        ("", 0),
        ("Content-Length: 1073741824\r\n\r\n", b' '),
    ] {
        let (mut asker, mut sent) = (Asker::new(&site.stage), 0_usize);
        asker.write(head.as_bytes()).unwrap();
        let block = vec![byte; 1 << 16];
        while sent < 1 << 30 && asker.write(&block).is_ok() {
            sent += block.len();
        }
        assert!(sent < 1 << 22, "{sent} bytes were taken");
        site.answers();
    }
    site.settle(files, DEADLINE);
    let grown = site.weight().0 - most;
    assert!(grown < SLACK, "{grown} KiB more");
    site.stage.strike().unwrap();
}

#[test]
fn ten_thousand_refusals_and_two_thousand_connections_leave_nothing_behind() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    site.read("home", 101);
    let mut target = site.target("home", 101);
    let beyond = call("SetVcpus", &json!({"target": target, "vcpus": 7})).to_string();
    target["vmid"] = json!(999);
    let nobody = call("SetVcpus", &json!({"target": target, "vcpus": 4})).to_string();
    let execs = site.stage.node_stats().unwrap().execs;
    let flood = |site: &mut Site, count| {
        for number in 0..count {
            let (request, rule) =
                if number % 2 == 0 { (&beyond, "bounds") } else { (&nobody, "vms") };
            let answer = site.asker.ask(request);
            assert!(matches!(&answer, Answer::Refused(of, _) if of == rule), "{answer:?}");
        }
    };
    let storm = |site: &mut Site, count| {
        for number in 0..count {
            let mut asker = Asker::new(&site.stage);
            // Where there was no room for it, nobody takes these.
            let _ = asker.write(["", "{", "{\0"][number % 3].as_bytes());
            drop(asker);
            if number % 100 == 0 {
                site.answers();
            }
        }
    };
    let files = site.weight().2;
    flood(&mut site, 1000);
    storm(&mut site, 200);
    site.settle(files, DEADLINE);
    let before = site.weight().1;
    flood(&mut site, 10_000);
    storm(&mut site, 2000);
    site.settle(files, DEADLINE);
    let grown = site.weight().1 - before;
    assert!(grown < SLACK, "{grown} KiB more");
    site.answers();
    assert_eq!(site.stage.node_stats().unwrap().execs, execs);
    site.stage.strike().unwrap();
}
