//! A case in a lab made for it.

use vm_autoscale_proxmox::VmId;

use super::All;
use super::bench::Bench;
use super::expect::{Expected, Seen};
use super::table::{Case, Replay};
use crate::{Columns, Control};

/// Where there is no .conf to have one.
pub(super) const NO_DIGEST: &str = "0000000000000000000000000000000000000000";

impl All {
    /// A lab made for the case, and what the case did in it.
    pub(super) async fn run(&self, case: &Case, replay: &Replay) -> Seen {
        let mut steps = vec![(case, replay)];
        while let Some(number) = steps.last().and_then(|(_, replay)| replay.after()) {
            let before = self.table.case(&case.file, number);
            steps.push((before, before.replays.first().unwrap()));
        }
        let (_, first) = steps.last().unwrap();
        let eight = first.words.iter().any(|word| word == "columns=eight");
        let bench = Bench::new(if eight { Columns::Eight } else { Columns::Nine });
        let mut seen = None;
        for (case, replay) in steps.into_iter().rev() {
            self.set_up(&bench, case, replay);
            seen = Some(execute(&bench, case, replay).await);
        }
        seen.unwrap()
    }

    /// What differs from the recording.
    pub(super) fn judge(&self, case: &Case, replay: &Replay, seen: &Seen) -> Vec<String> {
        let recorded = self.recorded[&(case.file.clone(), case.number)].clone();
        let mut others = self.table.cases.iter().filter(|other| other.file == case.file);
        let shows = others.find(|other| other.shows == Some(case.number));
        let shown =
            shows.map(|other| self.recorded[&(other.file.clone(), other.number)].stdout.clone());
        let expected = Expected { recorded, shown, replay };
        let unused = |(from, _): &&(String, String)| !expected.has(from);
        if let Some((from, _)) = replay.reword.iter().find(unused) {
            return vec![format!("«{from}» was not recorded")];
        }
        expected.reworded(&replay.reword).differences(seen)
    }

    /// What a start of the VM is refused with, and what the case printed.
    pub(super) fn refusal(&self, case: &Case, start: &Replay) -> (String, String) {
        let bench = Bench::new(Columns::Nine);
        let vmid: VmId = start.words[0].trim_start_matches("vm").parse().unwrap();
        bench.place(vmid, &self.table.starts[&start.words[0]]);
        for word in &start.words[1..] {
            bench.control(control(vmid, word).unwrap());
        }
        let recorded = &self.recorded[&(case.file.clone(), case.number)];
        (bench.refusal(Control::Start { vmid }), recorded.stderr.trim_end().to_owned())
    }

    /// VMs, their faults and whatever else the replay starts from.
    fn set_up(&self, bench: &Bench, case: &Case, replay: &Replay) {
        let mut vmid = subject(&case.command);
        let mut later: Vec<Control> = Vec::new();
        let mut starts: Vec<Control> = Vec::new();
        for word in &replay.words {
            if let Some(conf) = self.table.starts.get(word) {
                let placed: VmId = word.trim_start_matches("vm").parse().unwrap();
                vmid = Some(placed);
                bench.place(placed, conf);
                starts.push(Control::Start { vmid: placed });
            } else if word == "stopped" {
                starts.pop();
            } else if let Some(control) = vmid.and_then(|vmid| control(vmid, word)) {
                // A start would take over what is pending, and forget who is dead.
                // A locked VM would not start.
                let early = match &control {
                    Control::Edit { key, .. } => key != "lock",
                    control => matches!(control, Control::Fault { .. }),
                };
                if early { bench.control(control) } else { later.push(control) }
            } else {
                let known = ["none", "columns=eight"].contains(&word.as_str());
                assert!(known || word.starts_with("after="), "{}: {word}", case.name());
            }
        }
        starts.into_iter().chain(later).for_each(|control| bench.control(control));
    }
}

impl Replay {
    /// The case that goes before it in the same lab.
    fn after(&self) -> Option<usize> {
        self.words.iter().find_map(|word| word.strip_prefix("after="))?.parse().ok()
    }
}

/// What a word of a replay does to a VM.
fn control(vmid: VmId, word: &str) -> Option<Control> {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    let text = || value.to_owned();
    Some(match (key, key.strip_prefix('+')) {
        (_, Some("delete")) => Control::Pending { vmid, key: text(), value: None },
        (_, Some(key)) => Control::Pending { vmid, key: key.into(), value: Some(text()) },
        ("after" | "columns" | "none", _) => return None,
        ("fault", _) => {
            let part = serde_json::from_value(value.into()).unwrap();
            Control::Fault { vmid, part, on: true }
        }
        ("held-seconds", _) => Control::HoldLock { vmid, seconds: value.parse().unwrap() },
        ("wants-mib", _) => Control::Load { vmid, cores: 0.1, mib: value.parse().unwrap() },
        ("unmeasured", _) => Control::LeaveOut { vmid, on: true },
        (key, _) if value.is_empty() => Control::Edit { vmid, key: key.into(), value: None },
        (key, _) => Control::Edit { vmid, key: key.into(), value: Some(text()) },
    })
}

async fn execute(bench: &Bench, case: &Case, replay: &Replay) -> Seen {
    let reworded = |text: String, (from, to): &(String, String)| text.replace(from, to);
    let command = replay.reword.iter().fold(case.command.clone(), reworded);
    let vmid = subject(&command);
    let look = || vmid.and_then(|vmid| bench.vm(vmid));
    let before = look();
    let digest = before.as_ref().map_or(NO_DIGEST.into(), |vm| vm.digest.to_string());
    let (answer, seconds) = bench.execute(&line(&command, &digest)).await;
    Seen { answer, seconds, before, after: look() }
}

/// The recorded command as SSH would carry it: full paths, a quoted literal, a digest.
pub(super) fn line(command: &str, digest: &str) -> String {
    let path = ["qm ", "pvesh "].iter().find(|tool| command.starts_with(**tool));
    let path = path.map_or("", |tool| if *tool == "qm " { "/usr/sbin/" } else { "/usr/bin/" });
    let mut line = format!("{path}{command}");
    if let Some((words, literal)) = line.split_once(" --command ") {
        line = format!("{words} --command '{literal}'");
    }
    if command.starts_with("qm set ") && !command.contains(" --digest ") {
        line = format!("{line} --digest {digest}");
    }
    line
}

/// The VM that the command is about.
fn subject(command: &str) -> Option<VmId> {
    let words = command.split([' ', '/']);
    words.filter(|word| word.len() == 3).find_map(|word| word.parse().ok())
}
