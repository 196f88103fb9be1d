//! Questions on the terminal, for what is neither found nor answered. Each may be left open.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use super::answers::{self, Answers};
use crate::error::Error;

/// Whether somebody can be asked.
pub(crate) fn is_possible() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks for what helper.yaml needs.
///
/// # Errors
/// The terminal is gone.
pub(crate) fn complete(answers: &mut Answers) -> Result<(), Error> {
    if answers.cluster.is_none() {
        let question = "A name for the cluster (letters, digits, hyphens; empty: later)";
        answers.cluster = ask(question, |text| {
            text.try_into().map_err(|error: vm_autoscale_proxmox::Error| error.to_string())
        })?;
    }
    while answers.cluster.is_some() && answers.nodes.len() < 64 {
        let question = "A node, as NAME=IP (empty: that is all)";
        match ask(question, answers::node)? {
            Some(node) => answers.nodes.push(node),
            None => break,
        }
    }
    if answers.name_nodes() && answers.vms.is_empty() {
        let question = "VMs that may be changed, like 101,200-299 (empty: none yet)";
        if let Some(vms) = ask(question, answers::vms)? {
            answers.vms = vms;
            answers.max_vcpus = ask("vCPUs of each at most (empty: not changed)", answers::vcpus)?;
            let question = "MiB of memory of each at most (empty: not changed)";
            answers.max_memory = ask(question, answers::memory)?;
        }
    }
    Ok(())
}

/// Whether all is to be done that was shown.
///
/// # Errors
/// The terminal is gone.
pub(crate) fn go_on() -> Result<bool, Error> {
    Ok(matches!(line("Do all this? [y/N]")?.as_str(), "y" | "Y" | "yes"))
}

/// Until the answer is one, or empty.
fn ask<T>(question: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Error> {
    loop {
        let line = line(question)?;
        if line.is_empty() {
            return Ok(None);
        }
        match parse(&line) {
            Ok(answer) => return Ok(Some(answer)),
            Err(why) => say(&format!("{}\n", vm_autoscale_config::visible(&why)))?,
        }
    }
}

/// On standard error: standard output is the answer's.
fn line(question: &str) -> Result<String, Error> {
    say(&format!("{question}: "))?;
    let mut line = String::new();
    std::io::stdin().lock().take(1024).read_line(&mut line).map_err(Error::Output)?;
    Ok(line.trim().to_owned())
}

fn say(text: &str) -> Result<(), Error> {
    let mut out = std::io::stderr().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)
}
