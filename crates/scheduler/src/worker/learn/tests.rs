//! A daemon that is started anew while its VM needs less than it has.

use vm_autoscale_planner::Verdict;

use crate::worker::usage::tests::{Daemon, daemon};

/// Looks of ten seconds, of which half a core is used of two: after how many the law would take one.
async fn would_take(daemon: &mut Daemon, most: usize) -> Option<usize> {
    for look in 1..=most {
        daemon.look(&[(101, 0.5, 500.0)]).await;
        let [decision] = &daemon.memory.decisions[..] else { panic!() };
        if let Verdict::Recommend(step) = decision.cpu.verdict {
            assert!(step.is_shrink(), "{step}");
            return Some(look);
        }
    }
    None
}

/// The window is ten minutes. What was seen of it before a restart counts: all of it where the
/// daemon was told to stop, and what was noted where it was killed.
#[tokio::test]
async fn a_restart_keeps_its_windows() {
    let conf = |who: &str| format!("{who}cores: 8\nvcpus: 2\nmemory: 2048\nhotplug: disk,cpu\n");
    let (it, another) = ("vmgenid: a\n", "vmgenid: b\n");
    for (told, who, then, looks) in [
        (true, it, it, 20..=34),
        (false, it, it, 30..=44),
        // Another VM of that number inherits nothing, nor one of whom it is not known who it is.
        (true, it, another, 60..=70),
        (true, "", "", 60..=70),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let mut daemon = daemon(&dir);
        daemon.config(&conf(who));
        assert_eq!(would_take(&mut daemon, 40).await, None);
        if told {
            daemon.stop().await;
        }
        let mut daemon = daemon.killed();
        if then != who {
            daemon.config(&conf(then));
        }
        let taken = would_take(&mut daemon, 100).await;
        assert!(
            taken.is_some_and(|taken| looks.contains(&taken)),
            "{taken:?} of {looks:?}, {told}"
        );
    }
}

/// The first process is up for a moment only, the second for another one: neither makes the
/// window begin anew.
#[tokio::test]
async fn restarts_in_a_row_keep_a_window() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = daemon(&dir);
    daemon.config("vmgenid: a\ncores: 8\nvcpus: 2\nmemory: 2048\nhotplug: disk,cpu\n");
    assert_eq!(would_take(&mut daemon, 50).await, None);
    for looks in [1, 2, 3, 4] {
        daemon.stop().await;
        daemon = daemon.killed();
        assert_eq!(would_take(&mut daemon, looks).await, None);
    }
    let taken = would_take(&mut daemon, 100).await;
    assert!(taken.is_some_and(|taken| taken <= 25), "{taken:?}");
}
