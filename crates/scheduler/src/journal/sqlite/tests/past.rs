//! The past, as it is told: who had a number before is not mixed in, and what was left out is said.

use super::*;
use crate::journal::past_beside;
use crate::past::{Past, PastOrder, PastVm, read_past};
use crate::samples::who;

const WALL: u64 = 1_800_000_000;

/// All of that time, by the wall.
fn order(since: u64, until: u64, points: u32) -> PastOrder {
    let (since, until) = (WALL + since, WALL + until);
    let (vms, cluster) = (vec![], None);
    PastOrder { vms, cluster, since, until, points, events: true, decisions: true, limit: 100 }
}

fn told(place: &Place, order: &PastOrder) -> Past {
    let past = read_past(&place.path(), order).unwrap();
    assert_eq!(past_beside(&place.path(), order).unwrap(), past);
    past
}

fn vm(past: &Past, number: u32) -> &PastVm {
    let [cluster] = &past.clusters[..] else { panic!("{past:?}") };
    cluster.vms.iter().find(|vm| vm.vmid == vmid(number)).unwrap()
}

/// The means of the vCPUs, in percent of two.
fn means(vm: &PastVm) -> Vec<Option<f64>> {
    vm.columns.iter().map(|column| column.cpu.map(|cpu| cpu.mean)).collect()
}

async fn used(journal: &SqliteJournal, blocks: &[(u64, u32, u32)]) {
    for (now, who, mean) in blocks {
        let samples = vec![samples(*now, used_by(*who, *mean))];
        journal.keep(Notes { samples, ..notes(*now) }).await.unwrap();
    }
}

#[tokio::test]
async fn all_that_is_known_of_a_time_is_told_once() {
    let place = Place::new();
    let journal = place.open();
    journal.recall(&lab()).await.unwrap();
    for number in [101, 102] {
        let id = journal.intend(at(1000), &intent(number)).await.unwrap();
        journal.settle(at(1001), id, &intent(number), &applied()).await;
    }
    let (decisions, picture) = (vec![decided(101, "idle")], Some(picture()));
    journal.keep(Notes { decisions, picture, ..notes(1002) }).await.unwrap();
    let who = who(intent(101).identity.as_ref());
    used(&journal, &[(1003, who, 1500), (1303, who, 500), (1603, who, 1000)]).await;
    for _ in 0..2 {
        let past = told(&place, &order(0, 1603, 3));
        let web = vm(&past, 101);
        assert_eq!(
            (web.name.as_deref(), web.of_others, past.truncated),
            (Some("web"), false, false)
        );
        // The first column is of before, and the second begins in the first block.
        assert_eq!(means(web), [None, Some(66.0), Some(39.0)]);
        let [event] = &web.events[..] else { panic!("{web:?}") };
        assert_eq!(
            (event.step, &*event.kind, event.took_s),
            (intent(101).step, "verified", Some(1))
        );
        assert!(event.verified && event.reason == intent(101).reason);
        let [decision] = &web.decisions[..] else { panic!("{web:?}") };
        assert_eq!((&*decision.text, decision.resource), ("idle", Resource::Cpu));
        journal.end().await;
    }
    let none = PastOrder { events: false, decisions: false, ..order(0, 1603, 0) };
    assert_eq!(told(&place, &none).clusters, []);
    let one = PastOrder { vms: vec![vmid(102)], ..order(0, 1603, 0) };
    let past = told(&place, &one);
    assert_eq!(past.clusters[0].vms.len(), 1);
    assert_eq!((means(vm(&past, 102)), vm(&past, 102).events.len()), (vec![], 1));
    let other = PastOrder { cluster: Some("other".try_into().unwrap()), ..order(0, 1603, 1) };
    assert_eq!(told(&place, &other).clusters, []);
    assert_eq!(told(&place, &order(1604, 2000, 1)).clusters, []);
}

#[tokio::test]
async fn the_newest_are_told_and_that_there_are_more() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let decisions = (0..9).map(|at| decided(101, &at.to_string())).collect();
    journal.keep(Notes { decisions, ..notes(1004) }).await.unwrap();
    let past = told(&place, &PastOrder { limit: 3, ..order(0, 10, 0) });
    let texts: Vec<&str> = vm(&past, 101).decisions.iter().map(|row| &*row.text).collect();
    assert_eq!((texts, past.truncated), (vec!["6", "7", "8"], true));
    assert_eq!(vm(&past, 102).events.len(), 1);
    assert!(!told(&place, &PastOrder { limit: 11, ..order(0, 10, 0) }).truncated);
}

#[tokio::test]
async fn the_daemon_tells_of_fewer_columns_than_the_file_and_says_so() {
    let place = Place::new();
    let journal = place.open();
    journal.recall(&lab()).await.unwrap();
    let cpu = Some(Used { samples: 30, mean: 1, most: 1, plugged: 1, saturated: false });
    let fleet: Vec<VmUse> =
        (101..111).map(|number| VmUse { vmid: vmid(number), who: 1, cpu, memory: None }).collect();
    let samples = vec![Arc::new(Samples::new(at(300), WALL + 300, 300, &fleet))];
    journal.keep(Notes { samples, ..notes(300) }).await.unwrap();
    let order = order(0, 2016, 2016);
    let [all, some] = [read_past, past_beside].map(|read| read(&place.path(), &order).unwrap());
    assert_eq!((all.clusters[0].vms.len(), all.truncated), (10, false));
    assert_eq!((some.clusters[0].vms.len(), some.truncated), (9, true));
}

/// By the blocks, by the changes, and by what is remembered.
#[tokio::test]
async fn what_another_vm_of_that_number_did_is_left_out_and_said() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    used(&journal, &[(1303, 7, 500), (1603, 0, 800), (1903, 8, 1000), (2203, 0, 1000)]).await;
    let past = told(&place, &order(700, 2203, 5));
    let web = vm(&past, 101);
    assert_eq!(means(web), [None, None, None, Some(50.0), Some(50.0)]);
    assert_eq!((web.events.len(), web.decisions.len(), web.of_others), (0, 0, true));
    assert!(!vm(&past, 102).of_others);
    // Nothing of use is asked for: whose a change was is noted with it.
    let other = Identity::Generation("g-2".to_owned());
    let intent = Intent { identity: Some(other.clone()), ..intent(102) };
    let id = journal.intend(at(2300), &intent).await.unwrap();
    journal.settle(at(2320), id, &intent, &applied()).await;
    let past = told(&place, &order(0, 3000, 0));
    let [event] = &vm(&past, 102).events[..] else { panic!("{past:?}") };
    assert_eq!((event.took_s, vm(&past, 102).of_others), (Some(20), true));
    // The number was given anew since.
    let record = VmRecord { identity: Some(other), ..VmRecord::default() };
    let vms = vec![(vmid(101), Some(Arc::new(record)))];
    journal.keep(Notes { vms, ..notes(2400) }).await.unwrap();
    let one = PastOrder { vms: vec![vmid(101)], ..order(700, 2203, 5) };
    let past = told(&place, &one);
    let gone = vm(&past, 101);
    assert_eq!((gone.columns.len(), gone.of_others), (0, true));
}

#[tokio::test]
async fn a_row_that_cannot_be_believed_is_left_out_and_counted() {
    let place = Place::new();
    let journal = place.open();
    journal.recall(&lab()).await.unwrap();
    used(&journal, &[(300, 7, 500), (600, 7, 1000)]).await;
    let torn = vec![1, 0xff];
    journal.keep(Notes { samples: vec![samples(900, torn)], ..notes(900) }).await.unwrap();
    journal.end().await;
    let connection = rusqlite::Connection::open(place.path()).unwrap();
    connection.execute("UPDATE samples SET seconds = 7 WHERE moment = 300000", []).unwrap();
    drop(connection);
    let past = told(&place, &order(0, 900, 3));
    assert_eq!(
        (past.clusters[0].unreadable, means(vm(&past, 101))),
        (2, vec![None, Some(50.0), None])
    );
}

#[tokio::test]
async fn what_cannot_be_told_is_refused() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let many = (100..601).map(vmid).collect();
    for (wrong, said) in [
        (order(5, 5, 0), "time"),
        (order(0, 3, 4), "a second a column"),
        (PastOrder { until: u64::MAX, ..order(0, 1, 0) }, "time"),
        (order(0, 5000, 2017), "2016 columns"),
        (PastOrder { vms: many, ..order(0, 5, 0) }, "500 VMs"),
    ] {
        let refused = read_past(&place.path(), &wrong).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
}
