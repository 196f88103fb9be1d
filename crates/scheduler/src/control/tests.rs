use vm_autoscale_config::{JournalFile, Selection};
use vm_autoscale_planner::Moment;
use vm_autoscale_proxmox::ClusterName;

use super::*;
use crate::past::PastOrder;
use crate::{BootClock, MemoryJournal, Notes, Pause, SqliteJournal};

/// It stands.
#[derive(Clone)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        Moment(Duration::from_secs(1000))
    }

    async fn sleep_until(&self, _: Moment) {}
}

/// A daemon's socket, where users have these rights.
struct Served {
    dir: tempfile::TempDir,
    journal: MemoryJournal,
}

/// An ordinary user, also where tests are root's.
const SOMEBODY: u32 = 4_000_000_000;

fn serve_with(rights: fn(u32) -> bool) -> Served {
    let (dir, journal) = (tempfile::tempdir().unwrap(), MemoryJournal::default());
    let listener = bind(&dir.path().join("s")).unwrap();
    let gate = Arc::new(Gate::new(rights, Duration::from_secs(5)));
    let caller = |_: &UnixStream| Ok(SOMEBODY);
    let desk = Desk { gate, caller, ..Desk::new(Board::default(), Noon, journal.clone()) };
    tokio::spawn(serve(listener, desk));
    Served { dir, journal }
}

impl Served {
    async fn pause(&self, order: &PauseOrder) -> Result<PauseStatus, Error> {
        order_pause(&self.dir.path().join("s"), order).await
    }

    async fn resume(&self, numbers: &[u64], all: bool) -> Result<Resumed, Error> {
        let order = ResumeOrder { numbers: numbers.to_vec(), all };
        order_resume(&self.dir.path().join("s"), &order).await
    }

    async fn told(&self) -> Vec<PauseStatus> {
        fetch_status(&self.dir.path().join("s")).await.unwrap().pauses
    }
}

fn order(select: &[&str], reason: &str, for_seconds: Option<u64>) -> PauseOrder {
    let select = Selection::of_words(select.iter().copied()).unwrap();
    PauseOrder { select, reason: reason.to_owned(), for_seconds }
}

fn journal_in(dir: &tempfile::TempDir) -> JournalFile {
    JournalFile { path: dir.path().join("journal.db"), ..JournalFile::default() }
}

#[tokio::test]
async fn a_pause_is_kept_told_and_ended_by_its_number() {
    let served = serve_with(|_| true);
    let first = served.pause(&order(&["@all", "-101"], " racks ", Some(7200))).await.unwrap();
    assert_eq!((first.reason.as_str(), first.uid, first.left), ("racks", SOMEBODY, Some(7200)));
    assert_eq!((first.select.as_str(), first.until.unwrap() - first.at), ("@all -101", 7200));
    let second = served.pause(&order(&["@tag-web"], "x", None)).await.unwrap();
    assert_eq!((second.left, second.until), (None, None));
    assert_eq!(served.told().await.len(), 2);
    let kept = served.journal.pauses(Moment(Duration::from_secs(1000)));
    assert_eq!(kept[0].until, Some(Moment(Duration::from_secs(8200))));

    let resumed = served.resume(&[first.number, 999], false).await.unwrap();
    assert_eq!((resumed.ended.len(), resumed.absent), (1, vec![999]));
    assert_eq!(served.told().await, [second]);
    assert_eq!(served.resume(&[], true).await.unwrap().ended.len(), 1);
    assert_eq!(served.told().await, []);
}

#[tokio::test]
async fn who_may_not_gives_no_order_and_reads_all_the_same() {
    let served = serve_with(|_| false);
    let refused = served.pause(&order(&["@all"], "x", None)).await.unwrap_err();
    assert_eq!(refused.exit_code(), 5);
    assert!(refused.to_string().contains("members of the group `vm-autoscale-admin`"), "{refused}");
    assert_eq!(served.resume(&[1], true).await.unwrap_err().exit_code(), 5);
    assert_eq!(served.told().await, []);
    // Root and nobody else where there is no such group.
    assert!(rights::may_order(0) && !rights::may_order(SOMEBODY));
}

#[tokio::test]
async fn what_no_pause_can_be_is_refused_and_so_is_one_that_cannot_be_kept() {
    let served = serve_with(|_| true);
    let (long, fine) = ("x".repeat(201), "x".repeat(200));
    for (bad, said) in [
        (order(&["-101"], "x", None), "names no VM"),
        (order(&[], "x", None), "names no VM"),
        (order(&["@all"], " ", None), "a reason is one line"),
        (order(&["@all"], &long, None), "a reason is one line"),
        (order(&["@all"], "a\u{1b}[2Jb", None), "a reason is one line"),
        (order(&["@all"], "x", Some(0)), "a pause lasts"),
        (order(&["@all"], "x", Some(u64::MAX)), "a pause lasts"),
        (order(&["101"; 1000], "x", None), "too long"),
    ] {
        let refused = served.pause(&bad).await.unwrap_err();
        assert!(refused.to_string().contains(said) && refused.exit_code() == 1, "{refused}");
    }
    served.journal.break_down(Some("the disk is full"));
    let refused = served.pause(&order(&["@all"], &fine, None)).await.unwrap_err().to_string();
    assert!(
        refused.contains("the disk is full") && refused.contains("systemctl stop"),
        "{refused}"
    );
    served.journal.break_down(None);
    for _ in 0..64 {
        served.pause(&order(&["@all"], &fine, None)).await.unwrap();
    }
    let more = served.pause(&order(&["@all"], "x", None)).await.unwrap_err().to_string();
    assert!(more.contains("64 pauses hold already"), "{more}");
}

/// The kernel's word is asked where nothing else is said.
#[tokio::test]
async fn who_asks_is_known_by_the_socket() {
    let desk = Desk::new(Board::default(), Noon, MemoryJournal::default());
    let (one, _other) = UnixStream::pair().unwrap();
    assert_eq!((desk.caller)(&one).unwrap(), nix::unistd::Uid::effective().as_raw());
}

#[tokio::test]
async fn one_user_has_four_connections_and_whoever_is_not_heard_is_told_so() {
    let served = serve_with(|_| true);
    let path = served.dir.path().join("s");
    let mut idle = Vec::new();
    for _ in 0..places::OF_ONE {
        idle.push(UnixStream::connect(&path).await.unwrap());
    }
    let refused = fetch_status(&path).await.unwrap_err();
    assert!(refused.to_string().starts_with("the daemon hung up: "), "{refused}");
    let refused = served.pause(&order(&["@all"], "x", None)).await.unwrap_err();
    assert!(refused.exit_code() == 1 && refused.to_string().contains("root"), "{refused}");
    idle.clear();
    while fetch_status(&path).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A journal that could not be opened at the start, of a machine that has booted since: the order
/// itself has it opened, which moves the clock ahead.
#[tokio::test]
async fn a_pause_lasts_by_the_clock_of_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let file = journal_in(&dir);
    let boots: [fn() -> Duration; 2] = [|| Duration::from_secs(100_000), || Duration::from_secs(9)];
    for (count, since_boot) in boots.into_iter().enumerate() {
        let clock = BootClock::over(since_boot);
        let journal = SqliteJournal::new(&file, &clock);
        let desk = Desk::new(Board::default(), clock.clone(), journal.clone());
        let order = serde_json::to_value(order(&["@all"], "x", Some(3600))).unwrap();
        let reply = orders::pause(&desk, 0, Some(order)).await;
        let pause: PauseStatus = serde_json::from_value(reply.parameters).unwrap();
        assert_eq!(pause.left, Some(3600));
        assert_eq!(journal.pauses(clock.now()).len(), count + 1);
        // The cycles of a worker note how far the clock is.
        let cluster = ClusterName::try_from("home").unwrap();
        journal.recall(&cluster).await.unwrap();
        let (now, decisions, vms, ended) = (clock.now(), vec![], vec![], vec![]);
        journal
            .keep(Notes { cluster, now, decisions, vms, ended, picture: None, samples: vec![] })
            .await
            .unwrap();
        journal.end().await;
    }
}

/// Also `resume --all` as the first order of all.
#[tokio::test]
async fn all_pauses_of_before_are_ended_also_by_the_first_order() {
    let dir = tempfile::tempdir().unwrap();
    let file = journal_in(&dir);
    let desk = || {
        let clock = BootClock::default();
        let journal = SqliteJournal::new(&file, &clock);
        Desk::new(Board::default(), clock, journal)
    };
    let (first, order) = (desk(), order(&["@all"], "x", None));
    orders::pause(&first, 0, Some(serde_json::to_value(order).unwrap())).await;
    first.journal.end().await;
    let reply = orders::resume(&desk(), 0, Some(json!({"all": true}))).await;
    let resumed: Resumed = serde_json::from_value(reply.parameters).unwrap();
    assert_eq!(resumed.ended.len(), 1);
}

fn last_days() -> PastOrder {
    let (since, until) = (wall() - 86_400, wall() + 60);
    let (vms, cluster) = (vec![], None);
    PastOrder { vms, cluster, since, until, points: 24, events: true, decisions: true, limit: 10 }
}

#[tokio::test]
async fn the_past_is_told_to_several_who_ask_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let clock = BootClock::default();
    let journal = SqliteJournal::new(&journal_in(&dir), &clock);
    let cluster = ClusterName::try_from("home").unwrap();
    journal.recall(&cluster).await.unwrap();
    let decided = r#"{"vmid":101,"resource":"cpu","kind":"hold","text":"idle"}"#;
    let decisions = vec![serde_json::from_str(decided).unwrap()];
    let (now, vms, ended, samples) = (clock.now(), vec![], vec![], vec![]);
    let notes = Notes { cluster, now, decisions, vms, ended, picture: None, samples };
    journal.keep(notes).await.unwrap();
    let path = dir.path().join("s");
    let desk = Desk::new(Board::default(), clock, journal.clone());
    let caller = |_: &UnixStream| Ok(0);
    tokio::spawn(serve(bind(&path).unwrap(), Desk { caller, ..desk }));
    let order = last_days();
    let (first, second) = tokio::join!(fetch_past(&path, &order), fetch_past(&path, &order));
    let past = first.unwrap();
    assert_eq!(past, second.unwrap());
    assert_eq!(past.clusters[0].vms[0].decisions[0].text, "idle");
    // The file is still the daemon's, which goes on writing.
    journal.pause(Pause { reason: "x".to_owned(), ..a_pause() }).await.unwrap();
    let wrong = PastOrder { points: 5000, ..order };
    let refused = fetch_past(&path, &wrong).await.unwrap_err().to_string();
    assert!(refused.contains("2016"), "{refused}");
}

fn a_pause() -> Pause {
    let select = Selection::of_words(["@all"].iter().copied()).unwrap();
    Pause { number: 0, select, reason: String::new(), uid: 0, at: 0, until: None }
}

#[tokio::test]
async fn a_daemon_without_a_file_says_that_it_has_no_past() {
    let served = serve_with(|_| false);
    let refused = fetch_past(&served.dir.path().join("s"), &last_days()).await.unwrap_err();
    assert!(refused.to_string().contains("no journal in a file"), "{refused}");
}
