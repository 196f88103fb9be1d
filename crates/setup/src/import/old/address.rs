//! A host's address, which the helper must be told.

use std::net::IpAddr;

use vm_autoscale_config::Problem;

use super::Names;
use crate::import::reader::Reader;
use crate::import::section::Section;

/// As `--address` says, as the file says, or as a name is resolved.
pub(super) fn read(
    reader: &mut Reader,
    section: &Section<'_>,
    alias: &str,
    host: Option<&str>,
    names: &Names<'_>,
) -> Option<IpAddr> {
    let host = host?;
    if let Some(given) = names.given.get(alias).or_else(|| names.given.get(host)) {
        reader.note(section.path_of("host"), format!("{given}, as --address says"));
        return Some(*given);
    }
    if let Ok(address) = host.trim_matches(['[', ']']).parse() {
        return Some(address);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let is_name = host.len() <= 253 && host.chars().all(plain);
    let found = if is_name { (names.resolve)(host) } else { Vec::new() };
    let Some(first) = found.first() else {
        reader.refuse(unresolved(section, alias));
        return None;
    };
    let others = if found.len() > 1 { ", one of several" } else { "" };
    let note = format!("{first}{others}, as this machine resolves it now: check it");
    reader.note(section.path_of("host"), note);
    Some(*first)
}

fn unresolved(section: &Section<'_>, alias: &str) -> Problem {
    let problem = section.problem("host", "this name has no address here");
    let rule = "the helper resolves no names: an IP address";
    let word = alias.replace('\'', "'\\''");
    problem.rule(rule).help(format!("name it: --address '{word}=IP'"))
}
