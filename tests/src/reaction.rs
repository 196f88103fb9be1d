//! From a saturated sample to the request, by the lab's own history.

use std::io;
use std::time::{Duration, Instant};

use vm_autoscale_lab::{Control, Entry, Reply, Request};
use vm_autoscale_proxmox::{ClusterRead, NodeCommand, NodeName, VmId};

use crate::programs::pause;
use crate::stage::Stage;

/// For a sample, and for a request, to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a scheduler answered to a saturated VM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reaction {
    /// Looks that must have shown the saturated sample and passed without a request; 0 where the
    /// request came of the first one.
    pub looks_passed: usize,
    /// From the start of the request's look to the start of `qm`.
    pub wait: Duration,
}

/// Saturates the VM's vCPUs and waits for the request of more. The lab is asked in the meantime on
/// its last node, which must not be the one that the helper looks at.
///
/// # Errors
/// The lab or the scheduler does not do its part in time.
pub fn saturate(stage: &Stage, vmid: VmId) -> io::Result<Reaction> {
    let since = history(stage, 0)?.len();
    stage.control(Control::Load { vmid, cores: 64.0, mib: 200.0 })?;
    let nodes = stage.nodes();
    let name = nodes.last().map_or("pve1", |(name, _)| name.as_str());
    let own = NodeName::try_from(name).map_err(io::Error::other)?;
    let there = await_sample(stage, &own, vmid)?;
    let is_request = |entry: &&Entry| entry.kind == "SetVcpus" && entry.vmid == Some(vmid);
    let begun = Instant::now();
    loop {
        let entries = history(stage, since)?;
        if let Some(request) = entries.iter().find(is_request) {
            let looks = entries.iter().filter(|entry| is_look(entry, &own));
            return reaction(looks.map(|look| look.start), there, request.start);
        }
        if begun.elapsed() > PATIENCE {
            return Err(io::Error::other(format!("no request\n{}", stage.last_words())));
        }
        pause(Duration::from_millis(100));
    }
}

/// Everything that was executed from that entry on.
///
/// # Errors
/// The lab does not answer.
pub fn history(stage: &Stage, since: usize) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    loop {
        match stage.ask_lab(&Request::History(since + entries.len()))? {
            Reply::History(more) if more.is_empty() => return Ok(entries),
            Reply::History(more) => entries.extend(more),
            other => return Err(io::Error::other(format!("{other:?}"))),
        }
    }
}

/// What one look at the cluster prints on that node.
///
/// # Errors
/// The lab does not answer.
pub fn look(stage: &Stage, node: &NodeName) -> io::Result<String> {
    let line = NodeCommand::ReadCluster.line();
    match stage.ask_lab(&Request::Exec { line, node: Some(node.clone()) })? {
        Reply::Answer(answer) => Ok(answer.stdout),
        other => Err(io::Error::other(format!("{other:?}"))),
    }
}

/// Waits until a look would show all vCPUs busy; the lab's time at which it certainly did.
fn await_sample(stage: &Stage, own: &NodeName, vmid: VmId) -> io::Result<f64> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let read = ClusterRead::parse(&look(stage, own)?).map_err(io::Error::other)?;
        if read.vms.get(&vmid).and_then(|vm| vm.cpu).is_some_and(|share| share > 0.97) {
            let entries = history(stage, 0)?;
            let ours = entries.iter().rev().find(|entry| is_own(entry, own));
            return ours.map(|entry| entry.start).ok_or_else(|| io::ErrorKind::NotFound.into());
        }
        pause(Duration::from_millis(20));
    }
    Err(io::Error::other("the lab measures no saturated sample"))
}

fn is_own(entry: &Entry, own: &NodeName) -> bool {
    entry.kind == "ReadCluster" && entry.node.as_ref() == Some(own)
}

fn is_look(entry: &Entry, own: &NodeName) -> bool {
    entry.kind == "ReadCluster" && entry.node.as_ref() != Some(own)
}

/// All in seconds of the lab's time.
fn reaction(looks: impl Iterator<Item = f64>, there: f64, request: f64) -> io::Result<Reaction> {
    let before: Vec<f64> = looks.filter(|look| *look < request).collect();
    let last = before.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let certain = before.iter().filter(|look| **look >= there).count();
    let wait = Duration::try_from_secs_f64(request - last);
    Ok(Reaction {
        looks_passed: certain.saturating_sub(1),
        wait: wait.map_err(|_| io::Error::other("a request without a look"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_looks_that_must_have_shown_it_count() {
        let passed = |there, request| {
            reaction([1.0, 2.0, 3.0].into_iter(), there, request).unwrap().looks_passed
        };
        assert_eq!(passed(1.5, 2.1), 0);
        // The look before may have seen it already.
        assert_eq!(passed(1.05, 1.1), 0);
        assert_eq!((passed(0.5, 2.1), passed(0.5, 3.1)), (1, 2));
        assert!(reaction([5.0].into_iter(), 1.0, 4.0).is_err());
    }
}
