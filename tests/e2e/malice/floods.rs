//! Too much, too little, too slowly, and nothing that is a request: each harms the connection that
//! it came on, and no other one.

use std::time::{Duration, Instant};

use serde_json::json;
use vm_autoscale_tests::programs::pause;

use super::policy::two_clusters;
use super::{Answer, Asker, Site, Verdict, call};
use crate::turn;

mod masses;
mod noise;
mod slow;

/// A message that has begun has 5 s; the rest is for a machine that has much else to do.
const DEADLINE: Duration = Duration::from_secs(9);

impl Site {
    /// The helper answers others, and soon.
    fn answers(&mut self) {
        let begun = Instant::now();
        assert_eq!(self.ask(&call("ReadNodes", &json!({})).to_string()), Verdict::Allowed);
        assert!(begun.elapsed() < DEADLINE, "{:?}", begun.elapsed());
    }

    /// What the helper holds: KiB at most so far and now, and open files. All that came before is
    /// heard by then.
    fn weight(&mut self) -> (f64, f64, usize) {
        self.answers();
        let helper = self.stage.helper.as_ref().unwrap();
        let files = std::fs::read_dir(format!("/proc/{}/fd", helper.pid())).unwrap().count();
        (helper.memory("VmHWM").unwrap(), helper.memory("VmRSS").unwrap(), files)
    }

    /// Waits until no more files are open than that.
    fn settle(&mut self, files: usize, patience: Duration) {
        let begun = Instant::now();
        while self.weight().2 > files {
            assert!(begun.elapsed() < patience, "{} files are open", self.weight().2);
            pause(Duration::from_millis(100));
        }
    }
}

#[test]
fn the_tenth_connection_is_refused_until_one_of_nine_leaves() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    site.answers();
    let mut others: Vec<Asker> = (0..8).map(|_| Asker::new(&site.stage)).collect();
    for other in &mut others {
        assert!(matches!(other.ask(&call("ReadNodes", &json!({})).to_string()), Answer::Done(_)));
    }
    // Whoever has the scheduler's uid can take all the places there are; those who have one keep it.
    for _ in 0..3 {
        assert_eq!(Asker::new(&site.stage).reply(), None);
    }
    assert!(site.stage.last_words().contains("9 connections are open"));
    site.answers();
    drop(others.pop());
    let begun = Instant::now();
    while Asker::new(&site.stage).ask(&call("ReadNodes", &json!({})).to_string()) == Answer::HungUp
    {
        assert!(begun.elapsed() < DEADLINE, "no place is free");
        pause(Duration::from_millis(20));
    }
    site.stage.strike().unwrap();
}

#[test]
fn who_never_reads_is_left_and_nothing_piles_up() {
    let _turn = turn();
    // So many VMs that one look does not fit into a socket's buffer.
    let mut site = Site::of(two_clusters(), 1500);
    let look = call("ReadCluster", &json!({"cluster": "home"})).to_string() + "\0";
    // What one look takes by itself is there before, and a session with each node: after a look
    // in vain the other one is asked.
    site.read("home", 101);
    site.read("home", 105);
    assert_eq!(site.ask(look.trim_end_matches('\0')), Verdict::Allowed);
    let (most, _, files) = site.weight();
    let mut deaf: Vec<Asker> = (0..3).map(|_| Asker::new(&site.stage)).collect();
    for asker in &mut deaf {
        asker.write(look.repeat(50).as_bytes()).unwrap();
    }
    site.settle(files, Duration::from_secs(60));
    // Each holds a piece of 64 KiB and what russh read ahead.
    let grown = site.weight().0 - most;
    assert!(grown < 12.0 * 1024.0, "{grown} KiB more");
    for asker in &mut deaf {
        while asker.reply().is_some() {}
    }
    let looks = site.stage.node_stats().unwrap().commands["ReadCluster"];
    assert!(looks < 50, "{looks} looks for nobody");
    site.stage.strike().unwrap();
}

#[test]
fn many_requests_in_one_write_are_answered_in_their_order() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    let of = |vm: u64| {
        let target =
            json!({"cluster": "home", "node": "pve1", "vmid": vm, "digest": "0".repeat(40)});
        call("SetVcpus", &json!({"target": target, "vcpus": 2})).to_string() + "\0"
    };
    let mut asker = Asker::new(&site.stage);
    // No rule names these; each is told of by its number.
    let vms = || 1000..1400_u64;
    asker.write(vms().map(of).collect::<String>().as_bytes()).unwrap();
    for vm in vms() {
        let Answer::Refused(rule, message) = asker.answer() else { panic!("{vm}") };
        assert!(rule == "vms" && message.contains(&vm.to_string()), "{message}");
    }
    // What comes after what is no request is not heard any more.
    asker.write((of(1000) + "{}\0" + &of(1001)).as_bytes()).unwrap();
    assert!(matches!(asker.answer(), Answer::Refused(..)));
    assert_eq!(asker.answer(), Answer::HungUp);
    site.answers();
    assert_eq!(site.stage.node_stats().unwrap().connections, 0);
    site.stage.strike().unwrap();
}
