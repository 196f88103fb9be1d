use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use vm_autoscale_config::Checked;

use crate::MemoryJournal;

use super::*;

fn config(text: &str) -> SchedulerConfig {
    Checked::new(Path::new("config.yaml"), text.as_bytes()).finish().unwrap()
}

#[test]
fn what_cannot_change_stays_and_is_named() {
    let started = config("logging: {level: info}\nmode: observe\n");
    let new = config(
        "control_socket: /c\nhelper_socket: /h\nlogging: {level: debug}\njournal: {path: /j}\nmode: full\n",
    );
    let (taken, later) = staying(&started, new.clone());
    assert_eq!(later, ["control_socket", "helper_socket", "journal.path", "logging.level"]);
    assert_eq!(
        (&taken.control_socket, &taken.logging),
        (&started.control_socket, &started.logging)
    );
    assert_eq!((&taken.helper_socket, &taken.journal), (&started.helper_socket, &started.journal));
    assert_eq!(taken.mode, new.mode);
    let (same, later) = staying(&started, started.clone());
    assert_eq!((same, later), (started, vec![]));
}

#[test]
fn a_long_list_of_keys_is_cut() {
    let keys = |count: usize| vec!["a.b".to_owned(); count];
    assert_eq!(named(&keys(0)), "the files say what they said before");
    assert_eq!(named(&keys(2)), "a.b, a.b");
    assert!(named(&keys(12)).ends_with(", a.b and 2 more"));
}

/// A file on a mount that hangs: it is told, no more threads hang on it, and a later reload works.
#[tokio::test]
async fn a_reading_that_hangs_is_given_up_and_told() {
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let reread: Reread = Arc::new(move || {
        let _ = wait.lock().unwrap().recv();
        Ok(config("mode: full\n"))
    });
    let start = config("mode: observe\n");
    let mut files = Files::new(start, (Path::new("config.yaml"), reread), Manager::default());
    assert_eq!(files.patience, READING);
    files.patience = Duration::from_millis(20);
    for problem in ["the files could not be read within 0 s", "the reading of before has not ended"]
    {
        files.reload(None).await;
        let reload = files.board.report(&MemoryJournal::default()).reload.unwrap();
        let said = reload.problem.unwrap();
        assert!(!reload.ok && said.starts_with(problem), "{said}");
    }
    assert_eq!(files.config.mode, config("mode: observe\n").mode);
    drop(go);
    files.patience = READING;
    while !files.hung.as_ref().is_none_or(JoinHandle::is_finished) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    files.reload(None).await;
    assert_eq!(files.config.mode, config("mode: full\n").mode);
}

/// The files hold, and that the nodes may be other ones is not passed over in silence.
#[tokio::test]
async fn a_helper_that_does_not_answer_a_reload_is_named() {
    let reread: Reread = Arc::new(|| Ok(config("mode: full\n")));
    let mut files =
        Files::new(config("{}\n"), (Path::new("config.yaml"), reread), Manager::default());
    let helper = HelperClient::new("/nowhere/helper.sock".into());
    let mut hearers = Hearers { cares: Cares::new(), clusters: Clusters::new(), helper };
    files.reload(Some(&mut hearers)).await;
    let reload = files.board.report(&MemoryJournal::default()).reload.unwrap();
    assert!(reload.ok && reload.at_next_start.is_empty(), "{reload:?}");
    let said = "the nodes of helper.yaml: the helper did not answer; reload again";
    assert_eq!(reload.problem.as_deref(), Some(said));
}
