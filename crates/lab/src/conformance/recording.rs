//! What Proxmox's own tools printed, read from the files that it was recorded in.

/// One `$ ` block: a command, what it printed, and what was seen afterwards.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorded {
    /// The file without its ending.
    pub(super) file: String,
    /// Its place in the file, from 1.
    pub(super) number: usize,
    /// The command; [`CUT`] where only its output was kept.
    pub(super) command: String,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// Absent where no exit code was recorded.
    pub(super) failed: Option<bool>,
    pub(super) seconds: Option<f64>,
    /// Lines of the VM's .conf, whole or an excerpt.
    pub(super) conf: Vec<String>,
    /// What the guest or its console said.
    pub(super) guest: Vec<String>,
}

/// Stands for a command that is not in the recording although its output is.
pub(super) const CUT: &str = "(cut)";

/// All blocks of a file.
pub(super) fn read(file: &str, text: &str) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    // Before its `[rc=`, a line is what the command printed; after it, what was seen then.
    let mut ended = true;
    // Not `lines`, as the monitor prints a `\r` that counts.
    for line in text.split_terminator('\n') {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push(Recorded::new(file, all.len() + 1, command));
            ended = false;
        } else if let Some(end) = line.strip_prefix("[rc=") {
            if ended {
                let cut = all.last_mut().map(|last| last.cut_off(file)).unwrap();
                all.push(cut);
            }
            all.last_mut().unwrap().end(end);
            ended = true;
        } else if let Some(last) = all.last_mut() {
            last.take(line, ended);
        }
    }
    for recorded in &mut all {
        recorded.trim();
    }
    all
}

impl Recorded {
    fn new(file: &str, number: usize, command: &str) -> Self {
        Self { file: file.into(), number, command: command.into(), ..Self::default() }
    }

    /// A second end without a command: what stands before it was printed by one that was cut.
    fn cut_off(&mut self, file: &str) -> Self {
        let stdout = std::mem::take(&mut self.conf).join("\n") + "\n";
        Self { stdout, ..Self::new(file, self.number + 1, CUT) }
    }

    fn end(&mut self, end: &str) {
        let (code, seconds) = end.strip_suffix("s]").unwrap().split_once(' ').unwrap();
        self.failed = Some(code != "0");
        self.seconds = Some(seconds.trim().parse().unwrap());
    }

    fn take(&mut self, line: &str, ended: bool) {
        if !ended {
            let stderr = line.strip_prefix("[stderr] ").or(line.strip_prefix("[stderr]"));
            let (out, text) = stderr.map_or((&mut self.stdout, line), |e| (&mut self.stderr, e));
            out.push_str(text);
            out.push('\n');
        } else if line.starts_with("guest: ") || line.starts_with("[ ") {
            self.guest.push(line.trim_end().into());
        } else if !line.starts_with("###") && line != "--" {
            // Headings are the file's own, and `--` is grep's.
            self.conf.push(line.trim_end().into());
        }
    }

    fn trim(&mut self) {
        while self.conf.last().is_some_and(String::is_empty) {
            self.conf.pop();
        }
        let blank = self.conf.iter().take_while(|line| line.is_empty()).count();
        self.conf.drain(..blank);
    }
}
