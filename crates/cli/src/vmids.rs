//! The VMIDs that shells complete: what their scripts in `deploy/completions` ask for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use tokio::time::timeout;
use vm_autoscale_proxmox::VmId;
use vm_autoscale_scheduler::{StatusReport, fetch_status};

use crate::args::{Args, Command};
use crate::files::places;
use crate::{Error, wait};

/// Stands where a command does. It is none of clap's, which would offer it to people.
const WORD: &str = "__vmids";
/// Somebody has just pressed a key.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether they are asked for; what follows is as behind `status`.
pub(crate) fn asked(line: &[OsString]) -> Option<Args> {
    let [program, word, rest @ ..] = line else { return None };
    let status = || [program.clone(), "status".into()].into_iter().chain(rest.iter().cloned());
    (word == WORD).then(|| Args::of(status()))
}

/// Says those of the daemon, each in a line with a tab and the VM's name; none where it does not
/// answer soon.
///
/// # Errors
/// It is not known where it listens, or nobody takes the answer.
pub(crate) fn offer(args: &Args) -> Result<(), Error> {
    let named = match &args.command {
        Some(Command::Status(status)) => status.daemon.control_socket.as_deref(),
        _ => None,
    };
    let socket = places(args, named)?.socket;
    let answer = wait(async { timeout(PATIENCE, fetch_status(&socket)).await })?;
    let Ok(Ok(report)) = answer else { return Ok(()) };
    // Not by `say`, which lets no tab through.
    let mut out = std::io::stdout().lock();
    let text = lines(&report);
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)
}

/// A number that several clusters have stands there once. Of names a shell sees only such as
/// Proxmox itself allows.
fn lines(report: &StatusReport) -> String {
    let all = report.clusters.iter().flat_map(|cluster| &cluster.vms);
    let names: BTreeMap<VmId, &str> =
        all.map(|vm| (vm.vmid, vm.name.as_deref().unwrap_or_default())).collect();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut text = String::new();
    for (vmid, name) in names {
        let name = if name.chars().all(allowed) { name } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{vmid}\t{name}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vm_is_one_harmless_line() {
        let vm = |vmid: u32, name: &str| {
            serde_json::json!({
                "vmid": vmid, "name": name, "node": "pve1", "mode": "full", "vcpus": 2,
                "memory": 4096, "cpu_used": null, "memory_used": null, "cpu": "idle",
                "memory_decision": "idle",
            })
        };
        let cluster = |vms: &[serde_json::Value]| {
            let cluster = serde_json::json!({
                "name": "a", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
                "nodes": [], "vms": vms,
            });
            serde_json::from_value(cluster).unwrap()
        };
        let clusters = vec![
            cluster(&[vm(102, "web-1.example"), vm(101, "$(reboot)\n666\tx")]),
            cluster(&[vm(102, "web-1.example")]),
        ];
        let report = StatusReport { clusters, ..StatusReport::default() };
        assert_eq!(lines(&report), "101\t\n102\tweb-1.example\n");
    }

    #[test]
    fn only_the_word_itself_asks() {
        let asked = |line: &[&str]| asked(&line.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(asked(&["vm-autoscale", "status"]).is_none());
        assert!(asked(&["vm-autoscale"]).is_none());
        let args = asked(&["vm-autoscale", "__vmids", "--config", "/x"]).unwrap();
        assert_eq!(args.config, std::path::Path::new("/x"));
    }
}
