//! Taking the line away again.

use std::path::Path;

use serde_json::json;
use vm_autoscale_config::HelperConfig;

use super::key_path;
use super::put::failed;
use crate::args::Format;
use crate::error::Error;
use crate::nodes::{Job, Line, Remote, Site, Way, Ways, identity, note, sites};
use crate::paths;

/// What was done on a node.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Whether there was a line.
    pub(crate) line: bool,
    /// `gone`, `none` or, where another line needs it, `needed`; nothing where it was not to go.
    pub(crate) gate: Option<String>,
    /// The file of the line, on the node.
    pub(crate) file: String,
}

/// Removes every line that has the key and, with `gate`, the gate.
///
/// # Errors
/// Nothing, or not all, was removed.
pub(crate) fn take(
    site: &Site,
    way: &Way,
    pins: &Path,
    line: &Line,
    gate: bool,
) -> Result<Taken, Error> {
    let mut remote = Remote::begin(way, site, pins, Job::Take(line, gate))?;
    let mut taken = Taken { line: false, gate: None, file: String::new() };
    while let Some((word, rest)) = remote.next() {
        match word.as_str() {
            "file" => taken.file = rest,
            "line" => taken.line = rest == "yes",
            "gate" => taken.gate = Some(rest),
            "failed" => {
                drop(remote.ended());
                return Err(failed(site, &rest));
            }
            "ready" => {
                drop(remote.ended());
                return Ok(taken);
            }
            _ => {}
        }
    }
    Err(remote.ended())
}

/// A node, and what became of its line.
pub(crate) type AtNode = (Site, Result<Removed, Error>);

/// For `uninstall --nodes`: at each node that has a key, what was done or, where there is no way in,
/// what is to be done.
///
/// # Errors
/// A way in is for no node of the file. What fails at a node is in its own place.
pub(crate) fn unauthorize(config: &HelperConfig, ssh: &[String]) -> Result<Vec<AtNode>, Error> {
    let sites = sites(config).into_iter().filter(|site| site.identity.is_some());
    let sites: Vec<Site> = sites.collect();
    let ways = Ways::new(ssh, &sites)?;
    let of = |site: Site| {
        let removed = remove(config, &site, ways.of(&site).as_ref());
        (site, removed)
    };
    Ok(sites.into_iter().map(of).collect())
}

/// What became of the line of a node.
#[derive(Debug)]
pub(crate) enum Removed {
    /// It is gone.
    Done(Taken),
    /// There is no way in; what the line has.
    Left(Line),
}

/// Takes the line of one node away, and the gate where no other line needs it.
///
/// # Errors
/// Nothing, or not all, was removed.
pub(super) fn remove(
    config: &HelperConfig,
    site: &Site,
    way: Option<&Way>,
) -> Result<Removed, Error> {
    let path = key_path(site)?;
    let key = identity(&path)?;
    let line = Line::new(&key, Vec::new(), true)?;
    let Some(way) = way else { return Ok(Removed::Left(line)) };
    note(&format!("{}: removes the line and the gate…", site.name));
    // Where this machine is the node, the gate is the installation's own.
    take(site, way, &config.known_hosts, &line, *way != Way::Local).map(Removed::Done)
}

impl Removed {
    /// For the administrator.
    pub(crate) fn told(&self, site: &Site, format: Format) -> String {
        let name = &site.name;
        if let Format::Json = format {
            let value = match self {
                Self::Done(taken) => json!({
                    "node": name, "removed": taken.line, "file": taken.file, "gate": taken.gate,
                }),
                Self::Left(line) => json!({"node": name, "removed": false, "key": line.key()}),
            };
            return value.to_string() + "\n";
        }
        match self {
            Self::Done(taken) => taken.told(name),
            Self::Left(line) => format!(
                "On {name}, as root, remove the line with this key from authorized_keys\n  {}\n\
                 and, where no other line there names it, the gate\n  rm {}\n",
                line.key(),
                paths::GATE
            ),
        }
    }
}

impl Taken {
    fn told(&self, node: &str) -> String {
        let line = if self.line { "was removed from" } else { "was not in" };
        let gate = match self.gate.as_deref() {
            Some("gone") => "; the gate was removed",
            Some("needed") => "; the gate stays: another line of that file needs it",
            Some(_) => "; the gate was not there",
            None => "",
        };
        format!("{node}: our line {line} {}{gate}.\n", self.file)
    }
}
