use vm_autoscale_config::Selection;
use vm_autoscale_planner::Moment;

use super::*;
use crate::MemoryJournal;

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

fn serve_with(rights: fn(u32) -> bool) -> Served {
    let (dir, journal) = (tempfile::tempdir().unwrap(), MemoryJournal::default());
    let listener = bind(&dir.path().join("s")).unwrap();
    let desk = Desk { rights, ..Desk::new(Board::default(), Noon, journal.clone()) };
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

#[tokio::test]
async fn a_pause_is_kept_told_and_ended_by_its_number() {
    let served = serve_with(|_| true);
    let first = served.pause(&order(&["@all", "-101"], " racks ", Some(7200))).await.unwrap();
    let own = nix::unistd::Uid::effective().as_raw();
    assert_eq!((first.reason.as_str(), first.uid, first.left), ("racks", own, Some(7200)));
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
    assert!(rights::may_order(0) && !rights::may_order(4_000_000_000));
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
