//! The disk under the journal breaks at every write: no change goes out without an intent on the
//! disk, and when the disk is well again all goes on without a restart.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use nix::unistd::Uid;
use tempfile::TempDir;
use vm_autoscale_scheduler::last_pictures;
use vm_autoscale_tests::programs::{command, directory};

use crate::skip;

#[path = "journal_faults/daemon.rs"]
mod daemon;

/// Rounds of the script: enough that the -wal is begun anew once.
const ROUNDS: &str = "10";

/// Whether the machine can do this to a program.
fn can_break() -> bool {
    let strace = command("strace").arg("-V").output().is_ok_and(|said| said.status.success());
    if !strace || !Uid::effective().is_root() {
        skip("faults of the journal's disk: they take root and strace");
        return false;
    }
    true
}

/// A journal's place in memory, where a sync takes no time.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let within = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        Self(TempDir::with_prefix_in("vm-autoscale-", within).unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("journal.db")
    }

    /// The script under strace, with these of its options.
    fn run(&self, options: &[&str]) -> Output {
        let script = directory().unwrap().join("journal-script");
        let mut strace = traced(&self.journal(), &self.0.path().join("log"));
        strace.args(options).arg(script).arg(self.journal()).arg(ROUNDS);
        strace.stdin(Stdio::null()).output().unwrap()
    }

    /// What the journal knows of: how many changes of each VM.
    fn known(&self) -> BTreeMap<String, usize> {
        known(&self.journal())
    }

    /// Every change that went out is in the journal, and after it nothing is left half-done.
    fn check(&self, run: &Output, fault: &str) {
        let said = String::from_utf8_lossy(&run.stdout);
        let known = self.known();
        let asked: Vec<_> = said.lines().filter_map(|line| line.strip_prefix("asked ")).collect();
        for vm in &asked {
            assert!(known.contains_key(*vm), "{fault}: no intent for {vm}\n{said}{known:?}");
        }
        let names = fs::read_dir(self.0.path()).unwrap().map(|file| file.unwrap().file_name());
        let aside = names.filter(|name| name.to_string_lossy().contains("corrupt")).count();
        assert_eq!(aside, 0, "{fault}: a good journal was moved aside\n{said}");
    }
}

/// strace on the files of a journal.
fn traced(journal: &Path, log: &Path) -> std::process::Command {
    let mut strace = command("strace");
    strace.args(["-f", "-qq", "-y", "-o"]).arg(log);
    for new in ["", ".new"] {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            strace.arg("-P").arg(format!("{}{new}{suffix}", journal.display()));
        }
    }
    strace
}

/// How many changes of each VM a journal knows of.
fn known(journal: &Path) -> BTreeMap<String, usize> {
    let known = last_pictures(journal).unwrap();
    let ended = known.recent.iter().map(|event| event.vmid);
    let mut vms = BTreeMap::new();
    for vm in ended.chain(known.open.iter().map(|intent| intent.vmid)) {
        *vms.entry(vm.to_string()).or_default() += 1;
    }
    vms
}

fn is_checkpoint(line: &str) -> bool {
    line.contains(" pwrite64(") && line.contains("/journal.db>")
}

/// How often the thread that does it most calls each of these.
fn calls(names: &[&'static str]) -> Vec<(&'static str, usize)> {
    let place = Place::new();
    let run = place.run(&[]);
    assert!(String::from_utf8_lossy(&run.stdout).ends_with("ended\n"), "{run:?}");
    let log = fs::read_to_string(place.0.path().join("log")).unwrap();
    assert!(log.lines().any(is_checkpoint), "the -wal went into the file nowhere");
    let count = |name: &str| {
        let mut threads = BTreeMap::<&str, usize>::new();
        for line in log.lines().filter(|line| line.contains(&format!(" {name}("))) {
            *threads.entry(line.split(' ').next().unwrap()).or_default() += 1;
        }
        threads.into_values().max().unwrap_or_default()
    };
    names.iter().map(|name| (*name, count(name))).collect()
}

/// With `VM_AUTOSCALE_KILLS` every fault at every point; else they take turns.
fn is_all() -> bool {
    std::env::var_os("VM_AUTOSCALE_KILLS").is_some()
}

/// `ENOSPC`, three times in a row, and `EIO`, once, in turns at every call that changes a file.
#[test]
fn no_change_without_an_intent_on_the_disk() {
    if !can_break() {
        return;
    }
    let calls = calls(&["pwrite64", "fsync", "ftruncate", "openat", "rename"]);
    let mut points = 0;
    for (name, count) in &calls {
        assert!(*count > 0, "no {name}: {calls:?}");
        for n in 1..=*count {
            let faults = [("ENOSPC", 2), ("EIO", 0)].into_iter().enumerate();
            for (_, (error, more)) in faults.filter(|(turn, _)| is_all() || n % 2 == *turn) {
                let fault = format!("inject={name}:error={error}:when={n}..{}", n + more);
                let place = Place::new();
                let run = place.run(&["-e", &fault]);
                place.check(&run, &fault);
                let said = String::from_utf8_lossy(&run.stdout);
                assert!(said.ends_with("ended\n"), "{fault}: it does not recover\n{said}");
                points += 1;
            }
        }
    }
    assert!(points > 200, "only {points} points: {calls:?}");
}

/// Killed at every sync and every third write: what went out is known, and the next start goes on with the file.
#[test]
fn killed_at_any_write_it_knows_what_went_out() {
    if !can_break() {
        return;
    }
    for (name, count) in calls(&["pwrite64", "fsync"]) {
        let step = if is_all() || name == "fsync" { 1 } else { 3 };
        for n in (1..=count).step_by(step) {
            let fault = format!("inject={name}:signal=SIGKILL:when={n}");
            let place = Place::new();
            let run = place.run(&["-e", &fault]);
            // Before the file had its name nothing went out.
            if place.journal().exists() || run.stdout.starts_with(b"asked") {
                place.check(&run, &fault);
            }
            let next = place.run(&[]);
            place.check(&next, &fault);
            assert!(String::from_utf8_lossy(&next.stdout).ends_with("ended\n"), "{fault}");
        }
    }
}

/// What was written is synced before a change goes out: a power cut takes nothing of it.
#[test]
fn the_intent_is_synced_before_the_change_goes_out() {
    if !can_break() {
        return;
    }
    let place = Place::new();
    let log = place.0.path().join("log");
    let mut strace = command("strace");
    strace.args(["-f", "-qq", "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o"]).arg(&log);
    strace.arg(directory().unwrap().join("journal-script")).arg(place.journal()).arg(ROUNDS);
    assert!(strace.stdin(Stdio::null()).output().unwrap().status.success());
    let (mut written, mut asked) = (0, 0);
    for line in fs::read_to_string(&log).unwrap().lines() {
        let of_wal = line.contains("journal.db-wal>");
        if of_wal && line.contains(" pwrite64(") {
            written += 1;
        } else if of_wal && line.contains("sync(") {
            written = 0;
        } else if line.contains("\"asked ") {
            assert_eq!(written, 0, "{line}");
            asked += 1;
        }
    }
    assert!(asked > 10, "{asked}");
}

/// Real short writes: files may grow to so many bytes and no further, until they may.
#[test]
fn short_writes_are_no_changes() {
    if !can_break() {
        return;
    }
    let script = directory().unwrap().join("journal-script");
    let mut refused = 0;
    for limit in (1..70_000).step_by(2999) {
        let place = Place::new();
        // Else the kernel ends a program that writes beyond it.
        let line = "trap '' XFSZ; exec prlimit --fsize=\"$0\":unlimited \"$@\"";
        let mut shell = command("sh");
        shell.args(["-c", line, &limit.to_string()]).arg(&script).arg(place.journal()).arg(ROUNDS);
        let mut run = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(run.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut first: Vec<String> = said.by_ref().take_while(|line| line != "waiting").collect();
        refused +=
            usize::from(first.len() < 5 || first.iter().any(|line| !line.starts_with("asked")));
        let lift = ["--pid", &run.id().to_string(), "--fsize=unlimited"];
        assert!(command("prlimit").args(lift).status().unwrap().success());
        run.stdin.take().unwrap().write_all(b"\n").unwrap();
        first.extend(said);
        assert_eq!(first.last().unwrap(), "ended", "{limit}: {first:?}");
        let status = run.wait().unwrap();
        let stdout = first.join("\n").into_bytes();
        place.check(&Output { status, stdout, stderr: Vec::new() }, &limit.to_string());
    }
    assert!(refused > 10, "only {refused} were in the way");
}
