//! Every recorded case of what the real `qm` and `pvesh` did, replayed. `recordings/cases.txt`
//! lists them all, and what is left out with its reason.

use std::collections::BTreeMap;
use std::path::Path;

use vm_autoscale_proxmox::{Ladder, NodeCommand};

use recording::Recorded;
use replay::{NO_DIGEST, line};
use table::{Replay, Table};

mod bench;
mod expect;
mod recording;
mod replay;
mod table;

/// Recordings and table.
struct All {
    recorded: BTreeMap<(String, usize), Recorded>,
    table: Table,
}

fn all() -> All {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings");
    let mut recorded = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(file) = name.strip_suffix(".txt").filter(|file| *file != "cases") {
            let text = std::fs::read_to_string(&path).unwrap();
            let blocks = recording::read(file, &text);
            recorded.extend(blocks.into_iter().map(|block| ((file.into(), block.number), block)));
        }
    }
    let table = Table::parse(&std::fs::read_to_string(folder.join("cases.txt")).unwrap());
    All { recorded, table }
}

#[test]
fn every_recorded_case_is_listed_and_no_other() {
    let all = all();
    let mut recorded = all.recorded;
    for case in &all.table.cases {
        let found = recorded.remove(&(case.file.clone(), case.number));
        let found = found.unwrap_or_else(|| panic!("{} is not recorded", case.name()));
        assert_eq!(found.command, case.command, "{} {}", case.file, case.number);
        let either = case.out.is_some() == case.replays.is_empty();
        assert!(either, "{}: either replayed or left out", case.name());
    }
    let missing: Vec<_> = recorded.values().map(|r| (&r.file, r.number, &r.command)).collect();
    assert!(missing.is_empty(), "cases.txt lacks {missing:?}");
}

#[test]
fn only_what_is_not_in_the_set_is_left_out() {
    let table = all().table;
    for case in table.cases.iter().filter(|case| case.out.is_some()) {
        let line = line(&case.command, NO_DIGEST);
        assert!(NodeCommand::parse(&line).is_err(), "{} is in the set", case.name());
        assert_ne!(case.out.as_deref(), Some(""), "{} has no reason", case.name());
    }
    for case in &table.cases {
        let other = |replay: &Replay| !replay.reword.is_empty();
        let bare = case.replays.iter().any(|replay| other(replay) && replay.note.is_empty());
        assert!(!bare, "{} is reworded without a note", case.name());
    }
}

#[test]
fn the_ladder_has_the_sizes_that_three_versions_printed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/recordings/memory-sizes-mib.json");
    let text = std::fs::read_to_string(path).unwrap();
    let sizes: Vec<u32> = serde_json::from_str(&text).unwrap();
    assert_eq!(Ladder::sizes().collect::<Vec<_>>(), sizes);
}

#[tokio::test(start_paused = true)]
async fn a_start_is_refused_in_the_recorded_words() {
    let all = all();
    let starts = all.table.cases.iter().filter_map(|case| Some((case, case.starts.as_ref()?)));
    let starts: Vec<_> = starts.collect();
    assert_eq!(starts.len(), 7);
    for (case, start) in starts {
        let (refusal, recorded) = all.refusal(case, start);
        assert_eq!(refusal, recorded, "{}", case.name());
    }
}

#[tokio::test(start_paused = true)]
async fn the_lab_gives_what_was_recorded() {
    let all = all();
    let mut wrong = String::new();
    for case in &all.table.cases {
        for replay in &case.replays {
            let seen = all.run(case, replay).await;
            for text in all.judge(case, replay, &seen) {
                wrong.extend([&case.name(), ": ", &text, "\n"]);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
