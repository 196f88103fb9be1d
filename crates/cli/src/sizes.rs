//! The way back to the sizes of before, as commands for the nodes.

use std::path::Path;

use serde::Serialize;
use vm_autoscale_planner::Move;
use vm_autoscale_proxmox::{ClusterName, NodeName, VmId};
use vm_autoscale_scheduler::{Moved, moved};

use crate::args::{Args, Format};
use crate::files::places;
use crate::{Error, json, say};

/// Prints them; nothing where no VM is another size than before.
///
/// # Errors
/// The journal cannot be read.
pub(crate) fn before(args: &Args) -> Result<u8, Error> {
    let Some(journal) = places(args, None)?.journal else { return Ok(0) };
    if !journal.exists() {
        // Where no daemon ever ran, nothing was changed.
        return Ok(0);
    }
    let moved = moved(&journal).map_err(|error| Error::Journal(error.to_string()))?;
    let ways: Vec<Way<'_>> = moved.iter().filter_map(way).collect();
    match args.output_format {
        Format::Json => json(&ways)?,
        Format::Text => say(&ways.iter().map(line).collect::<String>())?,
    }
    Ok(0)
}

/// Those of one VM, a line each; a number may be several clusters'.
///
/// # Errors
/// The journal cannot be read.
pub(crate) fn lines_of(journal: &Path, vmid: VmId) -> Result<String, Error> {
    let moved = moved(journal).map_err(|error| Error::Journal(error.to_string()))?;
    let its = moved.iter().filter(|moved| moved.vmid == vmid);
    Ok(its.filter_map(way).map(|way| line(&way)).collect())
}

/// One value of one VM.
#[derive(Serialize)]
struct Way<'a> {
    cluster: &'a ClusterName,
    node: &'a NodeName,
    vmid: VmId,
    /// What brings it back, on that node.
    command: String,
    /// What it has by our last change.
    has: String,
}

fn line(way: &Way<'_>) -> String {
    let Way { cluster, node, command, has, .. } = way;
    format!("{command}    # on {node} of {cluster}, where it has {has} by us\n")
}

fn way(moved: &Moved) -> Option<Way<'_>> {
    let Moved { cluster, node, vmid, .. } = moved;
    let (option, has) = match (moved.first, moved.last) {
        (Move::Cpu { from, .. }, Move::Cpu { to, .. }) => {
            (format!("--vcpus {from}"), to.to_string())
        }
        (Move::CpuLimit { from, .. }, Move::CpuLimit { to, .. }) => {
            (format!("--cpulimit {from}"), to.to_string())
        }
        (Move::Memory { from, .. }, Move::Memory { to, .. }) => {
            (format!("--memory {from}"), to.to_string())
        }
        (Move::Balloon { from: Some(from), .. }, Move::Balloon { to, .. }) => {
            (format!("--balloon {from}"), to.to_string())
        }
        (Move::Balloon { from: None, .. }, Move::Balloon { to, .. }) => {
            ("--delete balloon".to_owned(), to.to_string())
        }
        // One of each kind is never another kind's.
        _ => return None,
    };
    Some(Way { cluster, node, vmid: *vmid, command: format!("qm set {vmid} {option}"), has })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_command() {
        let moved = |step: &str| {
            let step: Move = serde_json::from_str(step).unwrap();
            let (cluster, node) = ("home".try_into().unwrap(), "pve1".try_into().unwrap());
            let vmid = 101.try_into().unwrap();
            line(
                &way(&Moved {
                    cluster,
                    node,
                    vmid,
                    identity: None,
                    first: step,
                    last: step,
                    at: 0,
                })
                .unwrap(),
            )
        };
        for (step, command) in [
            (r#"{"resource":"cpu","from":2,"to":4}"#, "qm set 101 --vcpus 2 "),
            (r#"{"resource":"memory","from":2048,"to":4096}"#, "qm set 101 --memory 2048 "),
            (r#"{"resource":"balloon","from":null,"to":1024}"#, "qm set 101 --delete balloon "),
            (r#"{"resource":"balloon","from":2048,"to":1024}"#, "qm set 101 --balloon 2048 "),
        ] {
            assert!(moved(step).starts_with(command), "{}", moved(step));
        }
        assert!(moved(r#"{"resource":"cpu","from":2,"to":4}"#).contains("on pve1 of home"));
    }
}
