//! The keys of `config.yaml` that decide on nothing: whom the daemon speaks with, and what it logs.

use std::fs::{read_dir, read_to_string};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use vm_autoscale_scheduler::fetch_status;
use vm_autoscale_tests::programs::{Program, pause};

/// A daemon with such a file, in a directory of its own.
struct Daemon {
    program: Program,
    dir: TempDir,
}

impl Daemon {
    /// `DIR` in the file is the directory. Two helpers listen there, and say nothing.
    fn start(file: &str) -> (Self, [UnixListener; 2]) {
        let dir = tempfile::tempdir().unwrap();
        let helpers = ["one.sock", "two.sock"].map(|name| {
            let helper = UnixListener::bind(dir.path().join(name)).unwrap();
            helper.set_nonblocking(true).unwrap();
            helper
        });
        // The unit has systemd make it.
        std::fs::create_dir(dir.path().join("log")).unwrap();
        let config = dir.path().join("config.yaml");
        let mut file = file.to_owned();
        if !file.contains("journal:") {
            file += "journal: {path: DIR/journal.db}\n";
        }
        std::fs::write(&config, file.replace("DIR", dir.path().to_str().unwrap())).unwrap();
        let arguments = ["run", "--config", config.to_str().unwrap()];
        let program = Program::start("vm-autoscale", &arguments, dir.path()).unwrap();
        (Self { program, dir }, helpers)
    }

    fn answers(&self, socket: &str) -> bool {
        let path = self.dir.path().join(socket);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(fetch_status(&path)).is_ok()
    }

    /// What it logged so far: on standard error, and into files of that directory.
    fn log(&self) -> [String; 2] {
        [self.program.said(), files(&self.dir.path().join("log"))]
    }
}

/// The names of a directory's files, and what they say.
fn files(dir: &Path) -> String {
    let mut said = String::new();
    for file in read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        said += &(path.display().to_string() + "\n" + &read_to_string(&path).unwrap());
    }
    said
}

/// Waits for something that comes within moments.
fn until(what: &str, wanted: impl Fn() -> bool) {
    let begun = Instant::now();
    while !wanted() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: in vain");
        pause(Duration::from_millis(10));
    }
}

/// `"helper_socket"` and `"control_socket"`.
#[test]
fn the_sockets_are_those_of_the_file() {
    for (helper, control) in [("one", "here"), ("two", "there")] {
        let (mut daemon, [one, two]) = Daemon::start(&format!(
            "helper_socket: DIR/{helper}.sock\ncontrol_socket: DIR/{control}.sock\n"
        ));
        let (its, other) = if helper == "one" { (one, two) } else { (two, one) };
        until("helper", || its.accept().is_ok());
        until("control", || daemon.answers(&format!("{control}.sock")));
        let elsewhere = if control == "here" { "there" } else { "here" };
        assert!(other.accept().is_err() && !daemon.answers(&format!("{elsewhere}.sock")));
        daemon.program.stop().unwrap();
    }
}

/// `"journal.path"`.
#[test]
fn the_journal_is_where_the_file_says() {
    for (here, elsewhere) in [("one", "two"), ("two", "one")] {
        let (mut daemon, _helpers) = Daemon::start(&format!(
            "helper_socket: DIR/one.sock\ncontrol_socket: DIR/c.sock\njournal: {{path: DIR/{here}.db}}\n"
        ));
        until("journal", || daemon.dir.path().join(format!("{here}.db")).exists());
        assert!(!daemon.dir.path().join(format!("{elsewhere}.db")).exists());
        daemon.program.stop().unwrap();
    }
}

/// What a daemon with such a `logging` says by its end, when it has said this: its helper hangs up
/// (an error), and so does someone at its own socket (which only helps to find faults).
fn log(logging: &str, wanted: &str) -> [String; 2] {
    let (mut daemon, [helper, _]) = Daemon::start(&format!(
        "helper_socket: DIR/one.sock\ncontrol_socket: DIR/control.sock\nlogging: {{{logging}}}\n"
    ));
    until("helper", || helper.accept().is_ok());
    until("control", || UnixStream::connect(daemon.dir.path().join("control.sock")).is_ok());
    until("control again", || daemon.answers("control.sock"));
    until(wanted, || daemon.log().concat().contains(wanted));
    daemon.program.stop().unwrap();
    daemon.log()
}

/// `"logging.level"`, `"logging.format"` and `"logging.log_file"`.
#[test]
fn the_log_is_where_and_as_long_as_the_file_says() {
    let [said, files] = log("level: error", "ERROR the helper cannot be reached");
    assert!(!said.contains("DEBUG") && files.is_empty(), "{said}{files}");
    let file = "level: debug, log_file: DIR/log/daemon.txt";
    let [said, files] = log(file, "DEBUG control socket: ");
    assert!(said.is_empty() && files.contains("ERROR the helper"), "{said}{files}");
    assert!(files.contains("/log/daemon.txt\n"), "{files}");
    let file = "format: json, log_file: DIR/log/daemon.txt";
    let [_, files] = log(file, "\"level\":\"ERROR\"");
    assert!(files.contains("\"message\":\"the helper cannot be reached"), "{files}");
}
