//! A flood of changes, each of which is allowed by itself.

use std::time::Instant;

use serde_json::{Value, json};

use super::policy::{Policy, two_clusters};
use super::{Answer, Asker, Site, Verdict, call, judge};
use crate::turn;

/// Of a VM, on a node, in all.
pub(super) const RATES: [u32; 3] = [4, 6, 9];

pub(super) fn slow() -> Policy {
    Policy { rates: RATES, ..two_clusters() }
}

/// How a flood went: how many changes came through, and which limits stopped the others.
pub(super) struct Flood {
    pub(super) through: u32,
    pub(super) stopped: Vec<String>,
}

impl Site {
    /// Asks for the same change so often; the oracle would allow each.
    pub(super) fn flood(&mut self, vm: u64, often: usize) -> Flood {
        let request = self.same(vm).to_string();
        let answers = (0..often).map(|_| self.asker.ask(&request)).collect();
        self.counted(&request, answers)
    }

    /// As many vCPUs as there are: allowed whatever was done before.
    fn same(&self, vm: u64) -> Value {
        let vcpus = self.oracle.last("home", vm).unwrap().vcpus.max(2);
        call("SetVcpus", &json!({"target": self.target("home", vm), "vcpus": vcpus}))
    }

    fn counted(&mut self, request: &str, answers: Vec<Answer>) -> Flood {
        let mut flood = Flood { through: 0, stopped: Vec::new() };
        for answer in answers {
            match answer {
                Answer::Done(_) => {
                    assert_eq!(self.oracle.judge(request), Verdict::Allowed);
                    flood.through += 1;
                }
                Answer::Refused(rule, message) if rule == "rates" => flood.stopped.push(message),
                other => panic!("{other:?}\n{}", self.stage.last_words()),
            }
        }
        flood
    }
}

/// What may have come through by now: a bucket that was full, and what has flowed since.
pub(super) fn most(limit: u32, begun: Instant) -> u32 {
    let since = u32::try_from(begun.elapsed().as_secs()).unwrap() + 1;
    limit + limit * since / 60
}

#[test]
fn a_flood_is_stopped_at_the_vm_at_the_node_and_in_all() {
    let _turn = turn();
    let mut site = Site::set(slow());
    let [per_vm, per_node, total] = RATES;
    // 101, 104 and 107 are on one node, 105 and 108 on the other.
    for vm in [101, 104, 107, 105, 108] {
        site.read("home", vm);
    }
    // What is refused for another reason costs nothing.
    let mut beyond = site.same(101);
    beyond["parameters"]["vcpus"] = json!(7);
    for _ in 0..50 {
        assert_eq!(site.ask(&beyond.to_string()), Verdict::Refused(&["bounds"]));
    }
    let begun = Instant::now();
    let of_vm = site.flood(101, 20);
    assert!((per_vm..=most(per_vm, begun)).contains(&of_vm.through), "{}", of_vm.through);
    assert!(of_vm.stopped.iter().all(|why| why.contains("per_vm") && why.contains('4')));
    let on_node = of_vm.through + site.flood(104, 20).through + site.flood(107, 20).through;
    assert!((per_node..=most(per_node, begun)).contains(&on_node), "{on_node}");
    let last = [site.flood(105, 20), site.flood(108, 20)];
    let all = on_node + last.iter().map(|flood| flood.through).sum::<u32>();
    assert!((total..=most(total, begun)).contains(&all), "{all}");
    assert!(last[1].stopped.iter().any(|why| why.contains("total")), "{:?}", last[1].stopped);
    judge::judge(&site.stage, &site.oracle);
    site.stage.strike().unwrap();
}

/// Eight connections, each with the same changes in one write.
#[test]
fn more_connections_bring_no_more_changes() {
    let _turn = turn();
    let mut site = Site::set(slow());
    site.read("home", 101);
    let request = site.same(101).to_string();
    let mut askers: Vec<Asker> = (0..8).map(|_| Asker::new(&site.stage)).collect();
    let begun = Instant::now();
    for asker in &mut askers {
        asker.write(format!("{request}\0").repeat(10).as_bytes()).unwrap();
    }
    let answers = askers.iter_mut().flat_map(|asker| (0..10).map(|_| asker.answer())).collect();
    let flood = site.counted(&request, answers);
    // One at a time: who asks meanwhile is refused for that.
    assert!((1..=most(RATES[0], begun)).contains(&flood.through), "{}", flood.through);
    assert!(flood.stopped.iter().any(|why| why.contains("is at work still")));
    judge::judge(&site.stage, &site.oracle);
    site.stage.strike().unwrap();
}

/// A revert is not held up by the changes, and is counted all the same.
#[test]
fn a_flood_of_reverts_is_stopped_too() {
    let _turn = turn();
    let mut site = Site::set(slow());
    site.read("home", 101);
    let asked = json!({"target": site.target("home", 101), "option": "vcpus"});
    let request = call("Revert", &asked).to_string();
    let begun = Instant::now();
    let answers: Vec<Answer> = (0..20).map(|_| site.asker.ask(&request)).collect();
    let through = answers.iter().filter(|answer| matches!(answer, Answer::Done(_))).count();
    let through = u32::try_from(through).unwrap();
    assert!(through <= most(RATES[0], begun), "{through}");
    (0..through).for_each(|_| assert_eq!(site.oracle.judge(&request), Verdict::Allowed));
    assert!(site.flood(101, 5).through > 0);
    judge::judge(&site.stage, &site.oracle);
    site.stage.strike().unwrap();
}
