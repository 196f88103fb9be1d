//! `recordings/cases.txt`: every recorded case, and how it is replayed or why it is not.

use std::collections::BTreeMap;

/// The table.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Configs to start from, by the name of their VM.
    pub(super) starts: BTreeMap<String, String>,
    pub(super) cases: Vec<Case>,
}

/// What it says of one case.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) file: String,
    pub(super) number: usize,
    pub(super) command: String,
    /// Why it is left out, where it is.
    pub(super) out: Option<String>,
    /// What is to be started, where what it printed is the refusal of a start.
    pub(super) starts: Option<Replay>,
    /// The case after which its output shows the .conf.
    pub(super) shows: Option<usize>,
    pub(super) replays: Vec<Replay>,
}

/// One run of a case, or of a part of it.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// VMs and what is done to them, or `after=N` and what is done then.
    pub(super) words: Vec<String>,
    /// Replaced in the command and in all that was recorded.
    pub(super) reword: Vec<(String, String)>,
    /// Seconds that the recorded call waited for what is left out here.
    pub(super) less: f64,
    /// How standard output and the guest are to be read.
    pub(super) read: Vec<String>,
    /// Numbers that are the machine's or the moment's.
    pub(super) figures: Vec<String>,
    pub(super) note: String,
}

impl Table {
    /// Reads it; panics on a line that is none.
    pub(super) fn parse(text: &str) -> Self {
        let mut table = Self::default();
        let (mut file, mut start) = (String::new(), None);
        let lines = (1..).zip(text.lines());
        for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix("== ") {
                name.clone_into(&mut file);
            } else if let Some(name) = line.strip_prefix("start ") {
                start = Some(table.starts.entry(name.into()).or_default());
            } else if let Some(line) = line.strip_prefix("    ") {
                match (&mut start, table.cases.last_mut()) {
                    (Some(conf), _) => conf.extend([line, "\n"]),
                    (None, Some(case)) => case.line(line, number),
                    (None, None) => panic!("cases.txt line {number} belongs to no case"),
                }
            } else {
                start = None;
                let (place, command) = line.split_once(" $ ").unwrap_or_else(|| {
                    panic!("cases.txt line {number} is not `N $ command`");
                });
                table.cases.push(Case::new(&file, place.parse().unwrap(), command));
            }
        }
        table
    }

    /// The case of that place.
    pub(super) fn case(&self, file: &str, number: usize) -> &Case {
        let found = self.cases.iter().find(|case| case.file == file && case.number == number);
        found.unwrap_or_else(|| panic!("cases.txt has no case {file} {number}"))
    }
}

impl Case {
    fn new(file: &str, number: usize, command: &str) -> Self {
        let (file, command) = (file.to_owned(), command.to_owned());
        Self { file, number, command, out: None, starts: None, shows: None, replays: Vec::new() }
    }

    /// How it is called in messages.
    pub(super) fn name(&self) -> String {
        format!("{} {} `{}`", self.file, self.number, self.command)
    }

    fn line(&mut self, line: &str, number: usize) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words = || rest.split(' ').map(str::to_owned);
        match (word, self.replays.last_mut()) {
            ("out", _) => self.out = Some(rest.into()),
            ("starts", _) => {
                self.starts = Some(Replay { words: words().collect(), ..Replay::default() });
            }
            ("shows", _) => self.shows = Some(rest.parse().unwrap()),
            ("replay", _) => {
                self.replays.push(Replay { words: words().collect(), ..Replay::default() });
            }
            ("reword", Some(replay)) => replay.reword.push(pair(rest, number)),
            ("less", Some(replay)) => replay.less = rest.parse().unwrap(),
            ("read", Some(replay)) => replay.read.extend(words()),
            ("figures", Some(replay)) => replay.figures.extend(words()),
            ("note", Some(replay)) => replay.note += rest,
            _ => panic!("cases.txt line {number}: {word}"),
        }
    }
}

/// `«a» -> «b»`
fn pair(text: &str, number: usize) -> (String, String) {
    let inner = text.strip_prefix('«').and_then(|text| text.strip_suffix('»'));
    let pair = inner.and_then(|inner| inner.split_once("» -> «"));
    let (from, to) = pair.unwrap_or_else(|| panic!("cases.txt line {number} is not «a» -> «b»"));
    // A line of several, written as one.
    let text = |text: &str| text.replace("\\n", "\n");
    (text(from), text(to))
}
