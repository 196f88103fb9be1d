//! A log that nobody reads.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]
#![expect(
    clippy::disallowed_methods,
    reason = "starts the program that is tested, and waits for it"
)]

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TIME: Duration = Duration::from_secs(20);

fn command(program: &str) -> Command {
    Command::new(program)
}

fn program() -> Command {
    command(env!("CARGO_BIN_EXE_vm-autoscale"))
}

/// It answers although its log stands still: nothing waits for it.
fn answers(socket: &str) {
    let until = Instant::now() + TIME;
    loop {
        let asked = program().args(["status", "--control-socket", socket]).output().unwrap();
        if String::from_utf8_lossy(&asked.stdout).contains("the helper was not met yet") {
            return;
        }
        assert!(Instant::now() < until, "{asked:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn ends(mut child: Child) -> bool {
    let pid = child.id().to_string();
    assert!(command("kill").args(["-TERM", &pid]).status().unwrap().success());
    let until = Instant::now() + TIME;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

/// As where journald stands still: the pipe is full, and nobody reads it.
#[test]
fn a_log_that_nobody_reads_holds_up_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name).display().to_string();
    let (config, socket) = (place("config.yaml"), place("control.sock"));
    let text = format!(
        "control_socket: {socket}\nhelper_socket: {}\njournal: {{path: {}}}\n",
        place("helper.sock"),
        place("journal.db")
    );
    std::fs::write(&config, text).unwrap();
    let (unread, log) = std::io::pipe().unwrap();
    let mut fill = log.try_clone().unwrap();
    // Ends when the pipe does.
    let filling = std::thread::spawn(move || fill.write_all(&vec![b'x'; 4 << 20]).is_err());
    std::thread::sleep(Duration::from_millis(200));
    let mut daemon = program();
    daemon.args(["run", "--config", &config]).stdout(Stdio::null()).stderr(log);
    let child = daemon.spawn().unwrap();
    // It has the other end of the pipe.
    drop(daemon);
    answers(&socket);
    assert!(ends(child), "it does not stop while its log stands still");
    drop(unread);
    assert!(filling.join().unwrap(), "the pipe was read");
}

/// What keeps it from starting is said before it ends, and so are the last lines of the log.
#[test]
fn what_keeps_it_from_starting_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.yaml");
    let text = format!(
        "control_socket: /nowhere/control.sock\njournal: {{path: {}}}\n",
        dir.path().join("journal.db").display()
    );
    std::fs::write(&config, text).unwrap();
    let ended = program().args(["run", "--config"]).arg(&config).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success() && said.contains("/nowhere/control.sock"), "{said}");
}
