//! All that happened in a time, read once.

use super::*;

const WALL: u64 = 1_800_000_000;

/// What was heard, a line each.
#[derive(Default)]
struct Heard(Vec<String>);

impl Ledger for Heard {
    fn changed(&mut self, cluster: &ClusterName, change: Ended) {
        let Ended { vmid, step, kind, verified, .. } = change;
        self.0.push(format!("{cluster} {vmid} changed {step} {kind} {verified}"));
    }

    fn decided(&mut self, _: &ClusterName, stands: Stands) {
        let Stands { vmid, resource, kind, text, .. } = stands;
        self.0.push(format!("{vmid} decided {resource:?} {kind}: {text}"));
    }

    fn used(&mut self, _: &ClusterName, block: &Block) {
        let Block { end, seconds, used } = block;
        let cpu = used.cpu.map(|used| used.mean);
        self.0.push(format!("{} used {cpu:?} up to {} for {seconds}", used.vmid, end - WALL));
    }

    fn torn(&mut self) {
        self.0.push("torn".to_owned());
    }
}

fn heard(place: &Place, since: u64, until: u64) -> Vec<String> {
    read_ledger(&place.path(), (WALL + since, WALL + until), Heard::default).unwrap().0
}

#[tokio::test]
async fn all_of_a_time_comes_once_and_in_its_order() {
    let place = Place::new();
    let journal = place.open();
    journal.recall(&lab()).await.unwrap();
    let id = journal.intend(at(1000), &intent(101)).await.unwrap();
    journal.settle(at(1000), id, &intent(101), &applied()).await;
    let decided = |kind: &str| Decided {
        vmid: vmid(101),
        resource: Resource::Cpu,
        kind: kind.to_owned(),
        text: "why".to_owned(),
    };
    let decisions = vec![decided("would: busy"), decided("within")];
    let blocks = [300, 600, 900].map(|end| samples(end, used_by(7, 100)));
    let samples = blocks.to_vec();
    journal.keep(Notes { decisions, samples, ended: vec![id], ..notes(1000) }).await.unwrap();
    journal.end().await;
    // Of blocks those that ended within; of decisions also those that stood before.
    let all = heard(&place, 0, 600);
    assert_eq!(
        all,
        [
            "lab 101 changed memory 2048 -> 4096 MiB verified true",
            "101 decided Cpu would: busy: why",
            "101 decided Cpu within: why",
            "101 used Some(100) up to 300 for 300",
            "102 used None up to 300 for 300",
            "101 used Some(100) up to 600 for 300",
            "102 used None up to 600 for 300",
        ]
    );
    assert_eq!(heard(&place, 901, 1000).len(), 2);
}

#[tokio::test]
async fn a_torn_block_is_said_to_be_one() {
    let place = Place::new();
    let journal = place.open();
    journal.recall(&lab()).await.unwrap();
    let mut torn = used_by(7, 100);
    torn.pop();
    let samples = vec![samples(300, torn), samples(600, used_by(7, 100))];
    journal.keep(Notes { samples, ..notes(1000) }).await.unwrap();
    journal.end().await;
    let all = heard(&place, 0, 600);
    assert_eq!((all.len(), all[0].as_str()), (3, "torn"), "{all:?}");
}
