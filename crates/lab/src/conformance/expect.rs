//! What was recorded against what the lab gave.

use std::collections::BTreeSet;

use serde_json::Value;

use super::bench::{PERL_S, online_mib};
use super::recording::Recorded;
use super::table::Replay;
use crate::{Answer, VmInfo};

/// Seconds that a call took on the recording bench besides its waiting: perl's start, and what
/// each write and device cost under emulation. The calls that wait for nothing took from 0.65 to
/// 2.45 s, so a wait that is a second too short or too long mostly shows, and one of 3 s always.
const OVERHEAD_S: std::ops::RangeInclusive<f64> = 0.6..=2.5;

/// `MemTotal` is this much less than the memory that was online, on every line recorded.
const RECORDED_KERNEL_KIB: u32 = 118_988;

/// What the lab gave.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) answer: Answer,
    pub(super) seconds: f64,
    pub(super) before: Option<VmInfo>,
    pub(super) after: Option<VmInfo>,
}

/// What is to be compared.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    pub(super) recorded: Recorded,
    /// What `qm pending` showed afterwards.
    pub(super) shown: Option<String>,
    pub(super) replay: &'a Replay,
}

impl Expected<'_> {
    /// With one text for another throughout.
    pub(super) fn reworded(&self, words: &[(String, String)]) -> Self {
        let all = |text: &str| {
            words.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        // A line of which nothing is left is none.
        let left = |line: &String| Some(all(line)).filter(|new| !new.is_empty() || line.is_empty());
        let lines = |lines: &[String]| lines.iter().filter_map(left).collect();
        let old = &self.recorded;
        let recorded = Recorded {
            command: all(&old.command),
            stdout: all(&old.stdout),
            stderr: all(&old.stderr),
            conf: lines(&old.conf),
            guest: lines(&old.guest),
            ..old.clone()
        };
        Self { recorded, shown: self.shown.as_deref().map(all), replay: self.replay }
    }

    /// Whether the text is anywhere in it.
    pub(super) fn has(&self, text: &str) -> bool {
        let Recorded { command, stdout, stderr, conf, guest, .. } = &self.recorded;
        let shown = self.shown.iter();
        let all = [command, stdout, stderr].into_iter().chain(conf).chain(guest).chain(shown);
        all.into_iter().any(|part| part.contains(text))
    }

    /// What differs, one line each.
    pub(super) fn differences(&self, seen: &Seen) -> Vec<String> {
        let mut all = Differences::default();
        let recorded = &self.recorded;
        self.stdout(&mut all, &seen.answer.stdout);
        all.unless_equal("stderr", &recorded.stderr, &seen.answer.stderr);
        all.unless_equal("failed", &recorded.failed, &Some(seen.answer.exit != 0));
        let waited = recorded.seconds.unwrap() - self.replay.less;
        let overhead = waited - (seen.seconds - PERL_S);
        if !OVERHEAD_S.contains(&overhead) {
            all.0.push(format!("time: {:?} recorded, {} here", recorded.seconds, seen.seconds));
        }
        let conf = |vm: &Option<VmInfo>| vm.as_ref().map(|vm| vm.conf.clone());
        if !recorded.stdout.starts_with("update VM ") {
            all.unless_equal("a .conf that nothing wrote", &conf(&seen.before), &conf(&seen.after));
        }
        if let Some(vm) = &seen.after {
            self.conf(&mut all, &vm.conf);
            self.guest(&mut all, vm);
        }
        all.0
    }

    fn stdout(&self, all: &mut Differences, seen: &str) {
        let reads = |how: &str| self.replay.read.iter().any(|word| word == how);
        let recorded = &self.recorded.stdout;
        if reads("by-id") {
            self.by_id(all, recorded, seen);
        } else if reads("json-text") {
            let text: String = serde_json::from_str(recorded).unwrap();
            let masked = |text: &str| mask(text, &self.replay.figures);
            all.unless_equal("stdout", &masked(&(text + "\n")), &masked(seen));
        } else {
            all.unless_equal("stdout", recorded, &seen.to_owned());
        }
    }

    /// Lists of objects, whose order is a hash table's; the lab's may have more of them.
    fn by_id(&self, all: &mut Differences, recorded: &str, seen: &str) {
        let list = |text: &str| serde_json::from_str::<Vec<Value>>(text).unwrap();
        let seen = list(seen);
        for mut object in list(recorded) {
            let mut same = seen.iter().find(|other| other["id"] == object["id"]).cloned();
            for side in [Some(&mut object), same.as_mut()].into_iter().flatten() {
                for figure in &self.replay.figures {
                    if let Some(value) = side.get_mut(figure).filter(|value| value.is_number()) {
                        *value = Value::from("a figure");
                    }
                }
            }
            all.unless_equal("stdout", &Some(object), &same);
        }
    }

    fn conf(&self, all: &mut Differences, seen: &str) {
        let lines = &self.recorded.conf;
        let (main, pending) = sections(seen.lines());
        // A whole file begins with its first key, and then every byte counts.
        if lines.first().is_some_and(|line| line.starts_with("agent:")) {
            all.unless_equal(".conf", &(lines.join("\n") + "\n"), &seen.to_owned());
        } else if !lines.is_empty() {
            let (wanted, waiting) = sections(lines.iter().map(String::as_str));
            let found: BTreeSet<&str> = wanted.intersection(&main).copied().collect();
            all.unless_equal(".conf", &wanted, &found);
            all.unless_equal(".conf [PENDING]", &waiting, &pending);
        }
        if let Some(shown) = &self.shown {
            let of = |kind| shown.lines().filter_map(|line| line.strip_prefix(kind)).collect();
            all.unless_equal("qm pending, cur", &of("cur "), &main);
            all.unless_equal("qm pending, new", &of("new "), &pending);
        }
    }

    fn guest(&self, all: &mut Differences, vm: &VmInfo) {
        if self.replay.read.iter().any(|word| word == "stale-guest") {
            return;
        }
        for line in &self.recorded.guest {
            let Some(guest) = line.strip_prefix("guest: ") else {
                all.unless_equal("dead", &line.contains("Kernel panic"), &vm.dead);
                continue;
            };
            let field = |name: &str| guest.split_once(name).unwrap().1.split(' ').next().unwrap();
            let cpus = |name| field(name).split('-').next_back().unwrap().parse::<u32>().unwrap();
            all.unless_equal("online vCPUs", &(cpus("cpus=0") + 1), &vm.online_vcpus);
            all.unless_equal("present vCPUs", &Some(cpus("present=0") + 1), &vm.qemu_vcpus);
            let kib: u32 = field("MemTotal: ").parse().unwrap();
            let mib = (kib + RECORDED_KERNEL_KIB) / 1024;
            all.unless_equal("MiB online", &mib, &online_mib(vm));
        }
    }
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn unless_equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, recorded: &T, seen: &T) {
        if recorded != seen {
            self.0.push(format!("{what}:\n    recorded {recorded:?}\n    here     {seen:?}"));
        }
    }
}

/// The lines of the main section and of `[PENDING]`. Where an excerpt has lost the header, a
/// key's second line is what is pending.
fn sections<'a>(lines: impl Iterator<Item = &'a str>) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let (mut main, mut pending) = (BTreeSet::new(), BTreeSet::new());
    let mut keys = BTreeSet::new();
    let mut below = false;
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line == "[PENDING]" {
            below = true;
            continue;
        }
        let second = !keys.insert(line.split(':').next());
        let section = if below || second { &mut pending } else { &mut main };
        section.insert(line);
    }
    (main, pending)
}

/// The text with `N` for the number that follows each of the names.
fn mask(text: &str, names: &[String]) -> String {
    let mut masked = text.to_owned();
    for name in names {
        let key = format!("\"{name}\": ");
        let Some(start) = masked.find(&key).map(|at| at + key.len()) else { continue };
        let digits = masked[start..].bytes().take_while(u8::is_ascii_digit).count();
        // What is no number stays, and then differs.
        masked.replace_range(start..start + digits, if digits > 0 { "N" } else { "no number: " });
    }
    masked
}
