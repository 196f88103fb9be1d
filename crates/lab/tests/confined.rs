//! What is no command of ours is refused and written down, and nothing outside the lab's
//! directory is touched, whatever it is told.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use vm_autoscale_lab::{Control, Entry, Reply, Request, Stats, ask};

/// A lab whose home, temporary directory and working directory are `outside`.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
async fn start(dir: &Path, outside: &Path) -> Running {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale-lab"));
    command.args(["serve", "--vms", "2", "--qm-time", "0", "--interval", "1", "--dir"]).arg(dir);
    command.current_dir(outside).env("HOME", outside).env("TMPDIR", outside);
    let running = Running(command.stdin(Stdio::null()).spawn().unwrap());
    for _ in 0..500 {
        if dir.join("addresses").exists() {
            return running;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the lab does not start");
}

async fn exec(dir: &Path, line: &str) -> u8 {
    let request = Request::Exec { line: line.to_owned(), node: None };
    let Reply::Answer(answer) = ask(dir, &request).await.unwrap() else { panic!("no answer") };
    answer.exit
}

async fn books(dir: &Path) -> (Stats, Vec<Entry>) {
    let Reply::Stats(stats) = ask(dir, &Request::Stats).await.unwrap() else { panic!("no stats") };
    let Reply::History(entries) = ask(dir, &Request::History(0)).await.unwrap() else {
        panic!("no history")
    };
    (stats, entries)
}

#[tokio::test]
async fn it_refuses_what_it_does_not_know_and_stays_where_it_is() {
    let all = tempfile::tempdir().unwrap();
    let (dir, outside) = (all.path().join("lab"), all.path().join("outside"));
    std::fs::create_dir(&outside).unwrap();
    let running = start(&dir, &outside).await;
    let (stats, _) = books(&dir).await;
    if !stats.confined {
        let text =
            "SKIPPED: no Landlock here: that the lab cannot write elsewhere was not tested\n";
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        assert!(std::env::var_os("VM_AUTOSCALE_NO_SKIP").is_none(), "nothing may be skipped here");
    }
    let touch = format!("/usr/bin/touch {}/x", outside.display());
    let lines = [
        "cat /etc/shadow",
        "/usr/sbin/qm set 101 --args x",
        "/usr/sbin/qm set 101 --vcpus 2 --digest 0123456789012345678901234567890123456789; id",
        "/usr/sbin/qm destroy 101",
        "/usr/bin/tail -n +1 -v /etc/pve/.version /etc/passwd",
        "",
        &touch,
    ];
    for line in lines {
        assert_eq!(exec(&dir, line).await, 127, "{line}");
    }
    // Free text of a control lands in no path.
    let text = Some("../../outside/x".to_owned());
    for control in [Control::Pause { text: text.clone() }, Control::HaStatus { text }] {
        assert_eq!(ask(&dir, &Request::Control(control)).await.unwrap(), Reply::Done);
    }
    let (stats, entries) = books(&dir).await;
    let refused = entries.iter().filter(|entry| entry.kind == "Refused");
    assert_eq!(refused.map(|entry| entry.line.as_str()).collect::<Vec<_>>(), lines);
    assert_eq!((stats.refused, stats.execs), (7, 7));
    drop(running);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0, "something was written outside");
    let beside = std::fs::read_dir(all.path()).unwrap().count();
    assert_eq!(beside, 2, "something was written beside");
}
