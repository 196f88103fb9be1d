use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vm_autoscale_planner::{Kept, KeptResource, Move, Resource};
use vm_autoscale_proxmox::{Identity, MemoryMib, VmId};

use super::*;
use crate::journal::Samples;
use crate::samples::{Body, Used, VmNeeds, VmUse};
use crate::{ClusterStatus, Decided, Duty, Outcome, VmRecord, VmStatus};

mod clock;
mod close;
mod harm;
mod hold;
mod ledger;
mod past;
mod read;
mod samples;
mod size;
mod sizes;
mod versions;

pub(super) const PLENTY: Duration = Duration::from_secs(60);

/// A place for a journal.
pub(super) struct Place(pub(super) TempDir);

impl Place {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.path().join("journal.db")
    }

    pub(super) fn file(&self) -> JournalFile {
        JournalFile { path: self.path(), ..JournalFile::default() }
    }

    /// As a process opens it whose machine runs for 1,000 s.
    pub(super) fn open(&self) -> SqliteJournal {
        self.open_at(|| Duration::from_secs(1000))
    }

    pub(super) fn open_at(&self, since_boot: fn() -> Duration) -> SqliteJournal {
        SqliteJournal::with(&self.file(), &BootClock::over(since_boot), || 1_800_000_000, PLENTY)
    }

    /// All files there, by name.
    pub(super) fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

pub(super) fn at(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

pub(super) fn lab() -> ClusterName {
    "lab".try_into().unwrap()
}

pub(super) fn vmid(number: u32) -> VmId {
    number.try_into().unwrap()
}

pub(super) fn intent(number: u32) -> Intent {
    let mib = |mib: u32| MemoryMib::try_from(mib).unwrap();
    Intent {
        cluster: lab(),
        node: "pve1".try_into().unwrap(),
        vmid: vmid(number),
        step: Move::Memory { from: mib(2048), to: mib(4096) },
        identity: Some(Identity::Generation("g-1".to_owned())),
        reason: "memory 91 % > 85 %".to_owned(),
    }
}

pub(super) fn applied() -> Settled {
    Settled { outcome: Outcome::Applied, reverted: false, duty: false }
}

pub(super) fn record(failures: u32) -> Arc<VmRecord> {
    let cpu = KeptResource { failures, changed: Some(at(900)), ..KeptResource::default() };
    let planner = Kept { resized: Some(at(800)), cpu, ..Kept::default() };
    let duty = Duty { step: intent(101).step, until: at(1500) };
    Arc::new(VmRecord { planner, duty: Some(duty), ..VmRecord::default() })
}

pub(super) fn notes(now: u64) -> Notes {
    let (decisions, vms) = (Vec::new(), Vec::new());
    Notes {
        cluster: lab(),
        now: at(now),
        decisions,
        vms,
        ended: vec![],
        picture: None,
        samples: vec![],
    }
}

/// A block of five minutes that ended then.
pub(super) fn samples(now: u64, body: Vec<u8>) -> Arc<Samples> {
    Arc::new(Samples { moment: at(now), wall: 1_800_000_000 + now, seconds: 300, body })
}

/// As a block writes it: VM 101, who is who, with so many thousandths of a core.
pub(super) fn used_by(who: u32, mean: u32) -> Vec<u8> {
    let cpu = Some(Used { samples: 30, mean, most: mean + 50, plugged: 2, saturated: false });
    let memory = Some(Used { samples: 30, mean: 800, most: 900, plugged: 2048, saturated: false });
    let mut body = Body::new(0);
    body.push(&VmUse { vmid: vmid(101), who, cpu, memory }, VmNeeds::default());
    body.push(&VmUse { vmid: vmid(102), who: 9, cpu: None, memory }, VmNeeds::default());
    body.bytes()
}

pub(super) fn decided(number: u32, text: &str) -> Decided {
    let (kind, text) = ("hold".to_owned(), text.to_owned());
    Decided { vmid: vmid(number), resource: Resource::Cpu, kind, text }
}

pub(super) fn pause(until: Option<u64>) -> Pause {
    let select = serde_json::from_str("[\"101\", \"@tag-web\"]").unwrap();
    let (reason, until) = ("a migration".to_owned(), until.map(at));
    Pause { number: 0, select, reason, uid: 1000, at: 1_800_000_000, until }
}

pub(super) fn picture() -> ClusterStatus {
    let name = lab();
    let text = format!(
        r#"{{"name":"{name}","answered_by":"pve1","problem":null,"looks":7,"look_ms":3,"nodes":[],"vms":[]}}"#
    );
    let mut picture: ClusterStatus = serde_json::from_str(&text).unwrap();
    picture.vms = vec![picture_of(101)];
    picture
}

pub(super) fn picture_of(number: u32) -> VmStatus {
    let text = format!(
        r#"{{"vmid":{number},"name":"web","node":"pve1","mode":"full","vcpus":2,"memory":2048,"cpu_used":null,"memory_used":null,"cpu":"idle","memory_decision":"idle"}}"#
    );
    serde_json::from_str(&text).unwrap()
}

/// Something of everything: two changes that ended, one of which nobody knows, two VMs, a pause
/// that holds.
pub(super) async fn fill(journal: &SqliteJournal) {
    journal.recall(&lab()).await.unwrap();
    for number in [101, 102] {
        let id = journal.intend(at(1000), &intent(number)).await.unwrap();
        journal.settle(at(1001), id, &intent(number), &applied()).await;
    }
    journal.intend(at(1002), &intent(103)).await.unwrap();
    let mut notes = notes(1003);
    notes.ended = vec![1, 2];
    notes.vms = vec![(vmid(101), Some(record(1))), (vmid(102), Some(record(2)))];
    notes.decisions = vec![decided(101, "idle"), decided(102, "busy")];
    notes.picture = Some(picture());
    notes.samples = vec![samples(1003, used_by(7, 1500))];
    journal.keep(notes).await.unwrap();
    journal.pause(pause(None)).await.unwrap();
}

/// What the next process finds of [`fill`].
pub(super) fn is_filled(journal: &SqliteJournal, found: &Recalled) {
    assert_eq!(found.last, Some(at(1003)));
    let vms: Vec<_> = found.vms.clone().into_iter().collect();
    assert_eq!(vms, [(vmid(101), record(1)), (vmid(102), record(2))]);
    assert_eq!(found.open, [(3, at(1002), intent(103))]);
    let events: Vec<_> = journal.recent().iter().map(|event| (event.number, event.vmid)).collect();
    assert_eq!(events, [(1, vmid(101)), (2, vmid(102))]);
    let pauses = journal.pauses(at(5000));
    assert_eq!(pauses, [Pause { number: 1, ..pause(None) }]);
}

#[tokio::test]
async fn what_was_noted_is_there_after_the_process() {
    let place = Place::new();
    let journal = place.open();
    assert_eq!(journal.recall(&lab()).await.unwrap(), Recalled::default());
    fill(&journal).await;
    assert_eq!(journal.counts(), Counts { asked: 3, verified: 2, ..Counts::default() });
    drop(journal);
    let journal = place.open();
    let found = journal.recall(&lab()).await.unwrap();
    is_filled(&journal, &found);
    assert_eq!(journal.recall(&"other".try_into().unwrap()).await.unwrap(), Recalled::default());
    // Counted since the start; numbers go on.
    assert_eq!(journal.counts(), Counts::default());
    assert_eq!(journal.intend(at(1010), &intent(104)).await.unwrap(), 4);
    assert_eq!(journal.pause(pause(None)).await.unwrap().number, 2);
    journal.settle(at(1011), 3, &intent(103), &applied()).await;
    assert_eq!(journal.recent().last().unwrap().number, 3);
    let open = journal.recall(&lab()).await.unwrap().open;
    assert_eq!(open, [(3, at(1002), intent(103)), (4, at(1010), intent(104))]);
}

/// An intent is in the files when its number is there, and so is all else: what a power cut leaves
/// is what was synced by then (the sweep over all writes shows that they were).
#[tokio::test]
async fn what_was_noted_is_in_the_files_at_once() {
    let (place, other) = (Place::new(), Place::new());
    let journal = place.open();
    fill(&journal).await;
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(place.0.path().join(name), other.0.path().join(name)).unwrap();
    }
    let journal = other.open();
    let found = journal.recall(&lab()).await.unwrap();
    is_filled(&journal, &found);
}

#[tokio::test]
async fn what_is_forgotten_is_gone() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    journal.keep(Notes { vms: vec![(vmid(101), None)], ..notes(1004) }).await.unwrap();
    drop(journal);
    let found = place.open().recall(&lab()).await.unwrap();
    assert_eq!(found.vms.into_keys().collect::<Vec<_>>(), [vmid(102)]);
    assert_eq!(found.last, Some(at(1004)));
}

#[tokio::test]
async fn a_pause_ends_by_itself_or_by_somebody() {
    let place = Place::new();
    let journal = place.open();
    fill(&journal).await;
    let second = journal.pause(pause(Some(1100))).await.unwrap();
    assert_eq!(journal.pauses(at(1099)).len(), 2);
    assert_eq!(journal.pauses(at(1100)).len(), 1);
    let ended = journal.resume(vec![1, 7], Some(0)).await.unwrap();
    assert_eq!(ended, [Pause { number: 1, ..pause(None) }]);
    drop(journal);
    let journal = place.open();
    journal.recall(&lab()).await.unwrap();
    assert_eq!(journal.pauses(at(1099)), [second]);
    journal.keep(notes(1100)).await.unwrap();
    drop(journal);
    let journal = place.open();
    journal.begin().await;
    assert_eq!(journal.pauses(at(0)), []);
    let rows = query(&place.path(), "SELECT number || ':' || ifnull(ended_by, '-') FROM pauses");
    assert_eq!(rows, ["1:0", "2:-"]);
}

/// One column of the file, as another program reads it.
pub(super) fn query(path: &Path, query: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}
