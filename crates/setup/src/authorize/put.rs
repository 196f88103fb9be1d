//! Putting gate and line on a node, and keeping them there only once they are proven.

use std::net::IpAddr;
use std::path::Path;

use crate::error::Error;
use crate::nodes::{Job, Key, Line, Proven, Remote, Site, Unproven, Way, prove};

/// Where something is put, and how.
pub(crate) struct Place<'a> {
    pub(crate) site: &'a Site,
    pub(crate) way: &'a Way,
    pub(crate) pins: &'a Path,
    pub(crate) gate: Option<&'a [u8]>,
}

/// What there is now.
#[derive(Debug)]
pub(crate) struct Done {
    /// Whether the line was not there before in the same words.
    pub(crate) changed: bool,
    /// Whether the gate was put; `None` where it was not wanted.
    pub(crate) gate: Option<bool>,
    /// The file of the line, on the node.
    pub(crate) file: String,
    pub(crate) proven: Proven,
}

/// What the node answered so far.
#[derive(Debug, Default)]
struct Heard {
    file: String,
    /// The address that the administrator's own connection has for the node.
    seen: Option<IpAddr>,
    gate: Option<bool>,
    changed: bool,
}

/// # Errors
/// It was not put, or not proven and taken out again.
pub(crate) fn put(place: &Place<'_>, key: &Key<'_>, line: &Line) -> Result<Done, Error> {
    let site = place.site;
    let mut remote = Remote::begin(place.way, site, place.pins, Job::Put(line, place.gate))?;
    let heard = match hear(&mut remote, site) {
        Ok(heard) => heard,
        Err(Some(error)) => {
            drop(remote.ended());
            return Err(error);
        }
        Err(None) => return Err(remote.ended()),
    };
    let why = match prove(site, key, place.pins, line.gated) {
        Ok(Ok(proven)) => {
            let Heard { file, gate, changed, .. } = heard;
            return if remote.keep() {
                Ok(Done { changed, gate, file, proven })
            } else {
                Err(Error::unreachable(
                    format!("{}: it works, and the way in was lost before it was kept", site.name),
                    "run this again",
                ))
            };
        }
        Ok(Err(unproven)) => unproven_error(site, line, &heard, place.way, unproven),
        Err(error) => error,
    };
    let was_put = heard.changed || heard.gate == Some(true);
    if !remote.undo() && was_put {
        crate::nodes::note(&format!(
            "warning: {}: whether the line was taken out again is not known: look into {}",
            site.name, heard.file
        ));
    }
    Err(why)
}

/// Until the line is there. The error is `None` where the way itself broke off.
fn hear(remote: &mut Remote, site: &Site) -> Result<Heard, Option<Error>> {
    let mut heard = Heard::default();
    while let Some((word, rest)) = remote.next() {
        match word.as_str() {
            "file" => heard.file = rest,
            "seen" => heard.seen = rest.split(' ').next().and_then(|text| text.parse().ok()),
            "gate" => heard.gate = Some(rest == "put"),
            "ready" => return Ok(Heard { changed: rest == "yes", ..heard }),
            "gate-does-not-run" => return Err(Some(no_gate(site, &rest))),
            "failed" => return Err(Some(failed(site, &rest))),
            _ => {}
        }
    }
    Err(None)
}

/// What a node's own root script says of its failure.
pub(super) fn failed(site: &Site, why: &str) -> Error {
    let help = if why.contains("No space left") {
        "on the node: df -h / /etc/pve /tmp, make room, and run this again"
    } else if why.contains("not root") {
        "--ssh root@HOST"
    } else {
        "mend it on the node, then run this again"
    };
    Error::failed(format!("{}: nothing was authorized: {why}", site.name), help)
}

fn no_gate(site: &Site, why: &str) -> Error {
    let what =
        format!("{}: the gate does not run there, and nothing was authorized: {why}", site.name);
    let help = "a gate that is built for the node's system: --gate FILE";
    Error::failed(what, help)
}

fn unproven_error(site: &Site, line: &Line, heard: &Heard, way: &Way, why: Unproven) -> Error {
    let (name, address) = (&site.name, site.address);
    let undone = "what was put there was taken out again";
    let trust = format!("vm-autoscale-setup trust-host {name} {address} --replace");
    match why {
        Unproven::Refused(why) => match heard.seen.filter(|seen| !line.is_good_from(*seen)) {
            Some(seen) if *way != Way::Local => Error::failed(
                format!(
                    "{name} refuses the key, and {undone}: the line is good from {}, and the node \
                     sees your own login come from {seen}",
                    line.sources()
                ),
                format!("the same with --from {seen}"),
            ),
            _ => Error::failed(
                format!("{name} refuses the key, and {undone}: {why}"),
                format!(
                    "on the node, what sshd says: journalctl -u ssh -n 20; and what it allows: sshd \
                     -T | grep -Ei 'permitroot|pubkeyauth|authorizedkeysfile' (the line was in {})",
                    heard.file
                ),
            ),
        },
        Unproven::HostKey(why) => Error::failed(format!("{why}; {undone}"), trust),
        Unproven::Unreachable(why) => Error::unreachable(format!("{why}; {undone}"), "try again"),
        Unproven::Otherwise(why) => Error::failed(
            format!("{name}: {why}; {undone}"),
            format!("on the node, the other lines of {} and its login shell", heard.file),
        ),
    }
}
