//! One line a request, and one before a change, for whoever has to know afterwards who asked for what and what came of it:
//! a JSON object on standard error, which systemd keeps.

use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use vm_autoscale_guard::{Masked, one_line};
use vm_autoscale_node::NodeName;
use vm_autoscale_protocol::{HelperError, Request, Rule};

use crate::broker::Done;

/// Who asks, by the kernel's word.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Peer {
    pub(crate) uid: u32,
    pub(crate) pid: i32,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    peer: Peer,
    method: String,
    /// Its arguments: types that hold no free text.
    asked: serde_json::Value,
    /// Who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a NodeName>,
    /// What ran on the node, or would have.
    argv: Vec<String>,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<i64>,
    took_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// What became of a request.
pub(crate) enum Verdict<'a> {
    /// Nothing yet: a change, before anything of it is done.
    Asked,
    Answered(&'a Result<Done, HelperError>),
    /// The asker left before there was an answer.
    Left,
}

/// Writes the line. A log that takes nothing, as on a disk that is full, holds up nothing: a VM that
/// needs more is not to wait for it.
pub(crate) fn audit(peer: Peer, request: &Request, verdict: &Verdict<'_>, took: Duration) {
    let Ok(mut line) = serde_json::to_vec(&line(peer, request, verdict, took)) else { return };
    line.push(b'\n');
    let _ = Masked(std::io::stderr().lock()).write_all(&line);
}

fn line<'a>(peer: Peer, request: &Request, verdict: &Verdict<'a>, took: Duration) -> Line<'a> {
    let (error, done) = match verdict {
        Verdict::Answered(Ok(done)) => (None, Some(done)),
        Verdict::Answered(Err(error)) => (Some(error), None),
        Verdict::Asked | Verdict::Left => (None, None),
    };
    let (method, parameters) =
        request.to_call().map(|call| (call.method, call.parameters)).unwrap_or_default();
    let words = |command: vm_autoscale_node::NodeCommand| {
        command.argv().into_iter().map(std::borrow::Cow::into_owned).collect()
    };
    Line {
        time: now(),
        peer,
        method: method.rsplit('.').next().unwrap_or_default().to_owned(),
        asked: parameters.unwrap_or_default(),
        node: done.and_then(|done| done.node.as_ref()),
        argv: request.command().ok().flatten().map(words).unwrap_or_default(),
        verdict: match verdict {
            Verdict::Answered(Err(error)) => verdict_of(error),
            Verdict::Answered(Ok(_)) => "done",
            Verdict::Asked => "asked",
            Verdict::Left => "left",
        },
        rule: match error {
            Some(HelperError::Refused { rule, .. }) => Some(*rule),
            _ => None,
        },
        exit: exit(done, error),
        took_ms: took.as_millis(),
        message: error.map(|error| one_line(&error.to_string())),
    }
}

fn exit(done: Option<&Done>, error: Option<&HelperError>) -> Option<i64> {
    match error {
        Some(HelperError::Failed { exit, .. }) => Some(*exit),
        _ => done?.exit.map(i64::from),
    }
}

fn verdict_of(error: &HelperError) -> &'static str {
    match error {
        HelperError::BadRequest { .. } => "bad_request",
        HelperError::Failed { .. } => "failed",
        HelperError::HostKey { .. } => "host_key",
        HelperError::Refused { .. } => "refused",
        HelperError::TooLarge { .. } => "too_large",
        HelperError::Unknown { .. } => "unknown",
        HelperError::Unreachable { .. } => "unreachable",
    }
}

/// As the other lines of the log have it.
fn now() -> String {
    let mut text = String::new();
    // A time that cannot be told is left out.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What the log gets of a request that ended so.
    fn written(result: &Result<Done, HelperError>) -> String {
        let request =
            Request::ReadPools { cluster: "c".try_into().unwrap(), node: "n".try_into().unwrap() };
        let peer = Peer { uid: 1, pid: 2 };
        let verdict = Verdict::Answered(result);
        let line = line(peer, &request, &verdict, Duration::from_millis(3));
        let mut out = Vec::new();
        Masked(&mut out).write_all(&serde_json::to_vec(&line).unwrap()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_says_who_what_and_what_came_of_it() {
        let node = Some("n".try_into().unwrap());
        let text = written(&Ok(Done { node, exit: Some(2) }));
        let value: Value = serde_json::from_str(&text).unwrap();
        for (key, expected) in [
            ("/uid", Value::from(1)),
            ("/pid", 2.into()),
            ("/method", "ReadPools".into()),
            ("/asked/cluster", "c".into()),
            ("/node", "n".into()),
            ("/argv/0", "/usr/bin/grep".into()),
            ("/verdict", "done".into()),
            ("/exit", 2.into()),
            ("/took_ms", 3.into()),
        ] {
            assert_eq!(value.pointer(key), Some(&expected), "{key}");
        }
        assert!(value["time"].as_str().unwrap().ends_with('Z'), "{text}");
    }

    /// A node's words are part of some lines.
    #[test]
    fn no_word_of_a_node_forges_a_line_or_carries_a_secret() {
        let message = "x\n{\"verdict\":\"done\"}\u{1b}[2J password=hunter2".to_owned();
        let failed = HelperError::Failed { node: "n".try_into().unwrap(), exit: 1, message };
        let text = written(&Err(failed));
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains("hunter2") && text.contains("(masked)"), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["verdict"], "failed");
    }
}
