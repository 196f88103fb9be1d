//! `vm-autoscale top` in a real terminal, and what `headroom` says beside it.

use std::fs::read_to_string;
use std::path::PathBuf;
use std::process::Output;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use vm_autoscale_tests::programs::{command, directory, pause};
use vm_autoscale_tests::stage::Stage;

use crate::{load, play, skip, turn};

const TIME: Duration = Duration::from_secs(30);

/// A shell in a terminal, of a tmux server of its own, which ends with this.
struct Terminal {
    dir: PathBuf,
}

impl Terminal {
    /// With a line that was there before; nothing where there is no tmux.
    fn open(stage: &Stage) -> Option<Self> {
        let terminal = Self { dir: stage.path(".") };
        let shell = ["new-session", "-d", "-x", "120", "-y", "24", "env", "PS1=$ ", "sh"];
        let Some(begun) = terminal.tmux(&shell) else {
            skip("tmux is not installed: top was not driven in a terminal");
            return None;
        };
        assert!(begun.status.success(), "{begun:?}");
        terminal.keys(&["echo before-$((40 + 2))", "Enter"]);
        terminal.until("the shell", |text| text.contains("before-42"));
        Some(terminal)
    }

    /// What it says, where there is one.
    fn tmux(&self, arguments: &[&str]) -> Option<Output> {
        let mut tmux = command("tmux");
        tmux.env("LC_ALL", "C.UTF-8").env_remove("TMUX").env("TMUX_TMPDIR", &self.dir);
        tmux.args(["-u", "-L", "top", "-f", "/dev/null"]).args(arguments).output().ok()
    }

    fn keys(&self, keys: &[&str]) {
        let sent = self.tmux(&[&["send-keys"], keys].concat()).unwrap();
        assert!(sent.status.success(), "{sent:?}");
    }

    fn top(&self, more: &str) {
        let program = directory().unwrap().join("vm-autoscale");
        let config = self.dir.join("config.yaml");
        let line = format!("{} top --config {} {more}", program.display(), config.display());
        self.keys(&[&line, "Enter"]);
    }

    /// To what runs in the shell.
    fn signal(&self, signal: Signal) {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]).unwrap().stdout;
        let shell = String::from_utf8(shell).unwrap();
        let shell = shell.trim();
        let children = read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        let child = children.trim().parse().unwrap();
        kill(Pid::from_raw(child), signal).unwrap();
    }

    /// What is on the screen, once `wanted` is true of it.
    fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + TIME;
        loop {
            let seen = self.tmux(&["capture-pane", "-p"]).unwrap();
            let text = String::from_utf8(seen.stdout).unwrap();
            if wanted(&text) {
                return text;
            }
            assert!(Instant::now() < until, "{what}:\n{text}");
            pause(Duration::from_millis(100));
        }
    }

    /// The shell has its terminal back: its lines, what is typed is seen, and the cursor.
    fn is_given_back(&self, mark: &str) {
        self.until("the shell", |text| text.trim_end().ends_with('$'));
        self.keys(&[&format!("echo {mark}-$((40 + 2))"), "Enter"]);
        let text = self.until("the shell's answer", |text| text.contains(&format!("{mark}-42")));
        assert!(text.contains(&format!("$ echo {mark}-$((40 + 2))")), "what is typed: {text}");
        assert!(text.contains("before-42"), "what was there before: {text}");
        assert!(!text.contains("by pressure"), "nothing is left of it: {text}");
        let flags = ["display-message", "-p", "#{cursor_flag} #{alternate_on}"];
        assert_eq!(self.tmux(&flags).unwrap().stdout, b"1 0\n");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// The VMIDs in the order that they are shown in: a row begins with the mark or a blank.
fn order(text: &str) -> Vec<u32> {
    let rows = text.lines().filter_map(|line| {
        let row = line.strip_prefix(['>', ' '])?.trim_start();
        row.split(' ').next()?.parse::<u32>().ok()
    });
    rows.filter(|number| (100..200).contains(number)).collect()
}

/// Three VMs that are seen, under a pressure that rises with their numbers.
fn set() -> Stage {
    let mut stage = Stage::set(&play(3, "mode: observe\n")).unwrap();
    for (number, cores, mib) in [(101, 0.1, 300.0), (102, 0.3, 900.0), (103, 64.0, 100_000.0)] {
        load(&stage, number, cores, mib);
    }
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let full = |used: Option<f64>| used.is_some_and(|used| used > 90.0);
    stage
        .until(TIME, |status| {
            let vms = status.clusters.first().map(|cluster| cluster.vms.as_slice());
            vms.is_some_and(|vms| vms.len() == 3 && full(vms[2].cpu_used))
        })
        .unwrap();
    stage
}

#[test]
fn keys_do_what_the_screen_says() {
    let _turn = turn();
    let stage = set();
    let Some(terminal) = Terminal::open(&stage) else { return };
    terminal.top("--interval 1");
    let first = terminal.until("the VMs", |text| order(text).len() == 3);
    assert_eq!(order(&first)[0], 103, "{first}");
    for said in ["3 VMs", "by pressure", "lab  pve1 cpu ", "obs", "q quit  s sort  / filter"] {
        assert!(first.contains(said), "{said}: {first}");
    }
    terminal.keys(&["s", "s", "s", "s"]);
    let sorted = terminal.until("the order", |text| text.contains("by VMID"));
    assert_eq!(order(&sorted), [101, 102, 103]);
    terminal.keys(&["Down", "Enter"]);
    let details = terminal.until("the details", |text| text.contains("VM 102 "));
    assert!(details.contains(" on pve1, cluster lab, mode observe"), "{details}");
    assert!(details.contains("by the file") && details.contains("24 h of vCPUs"), "{details}");
    terminal.keys(&["Escape"]);
    terminal.until("the list", |text| order(text).len() == 3);
    terminal.keys(&["/", "1", "0", "3"]);
    terminal.until("the filter", |text| text.contains("filter: 103_") && order(text) == [103]);
    terminal.keys(&["Enter"]);
    terminal.until("the filter kept", |text| text.contains("3 VMs, 1 with `103`"));
    terminal.keys(&["Escape"]);
    terminal.until("all again", |text| order(text).len() == 3);

    terminal.tmux(&["resize-window", "-x", "20", "-y", "5"]);
    terminal.until("a small window", |text| {
        text.lines().count() <= 5 && text.contains("\nq quit  s sort") && order(text).len() == 2
    });
    terminal.tmux(&["resize-window", "-x", "160", "-y", "40"]);
    terminal.until("a large window", |text| text.contains("NODE") && order(text).len() == 3);
    terminal.keys(&["q"]);
    terminal.is_given_back("after");
    drop(terminal);
    stage.strike().unwrap();
}

#[test]
fn a_daemon_that_goes_away_leaves_its_picture_and_comes_back() {
    let _turn = turn();
    let mut stage = set();
    let Some(terminal) = Terminal::open(&stage) else { return };
    terminal.top("--interval 1");
    terminal.until("the VMs", |text| order(text).len() == 3);
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    let gone = |text: &str| text.starts_with("NOT WELL: no daemon answers for ");
    let left = terminal.until("that it is gone", gone);
    assert_eq!(order(&left).len(), 3, "the last picture stays: {left}");
    stage.start_scheduler().unwrap();
    terminal.until("that it is back", |text| !gone(text) && order(text).len() == 3);
    // Whoever ends it by a signal finds the terminal as it was, too.
    terminal.signal(Signal::SIGTERM);
    terminal.is_given_back("ended");

    // It is not there from the start: the journal has its last picture.
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    terminal.keys(&["clear; echo before-$((40 + 2))", "Enter"]);
    terminal.top("--interval 1");
    let noted = terminal.until("what was noted", |text| order(text).len() == 3);
    assert!(gone(&noted) && noted.contains("this is what it noted last"), "{noted}");
    terminal.signal(Signal::SIGINT);
    terminal.is_given_back("interrupted");
    drop(terminal);
    stage.strike().unwrap();
}

/// For who has no terminal, and for programs.
#[test]
fn one_picture_is_printed_where_no_terminal_is() {
    let _turn = turn();
    let stage = set();
    let say = |arguments: &[&str]| {
        let mut program = command(directory().unwrap().join("vm-autoscale"));
        let output = program.args(arguments).arg("--config").arg(stage.path("config.yaml"));
        let output = output.env_remove("COLUMNS").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = say(&["top", "--rows", "2"]);
    assert_eq!((order(&text)[0], order(&text).len()), (103, 2), "{text}");
    assert!(text.ends_with("and 1 more: see --rows and --filter\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let json: Value = serde_json::from_str(&say(&["top", "--output-format", "json"])).unwrap();
    assert_eq!(json["vms"].as_array().unwrap().len(), 3);
    assert_eq!((&json["vms"][0]["vmid"], &json["source"]), (&103.into(), &"daemon".into()));

    // What the node has is told by who grants it; in this mode nobody is given any of it.
    let text = say(&["headroom", "--node", "pve1"]);
    assert!(text.starts_with("node pve1\n  memory ") && text.contains(" free (cpu_overcommit)"));
    let json: Value = serde_json::from_str(&say(&["headroom", "--output-format", "json"])).unwrap();
    let node = &json["clusters"][0]["nodes"][0];
    assert_eq!((node["limits"].as_array().unwrap().len(), &node["unknown"]), (3, &Value::Null));
    // Who uses most comes first: 103 cannot grow, and 101 would if it might.
    let end = |index: usize| (&node["vms"][index]["vmid"], &node["vms"][index]["memory"]["end"]);
    assert_eq!((end(0), end(2)), ((&103.into(), &"vm".into()), (&101.into(), &"mode".into())));
    stage.strike().unwrap();
}
