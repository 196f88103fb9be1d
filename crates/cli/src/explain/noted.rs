//! Without a daemon: what it noted last.

use std::fmt::Write as _;

use vm_autoscale_scheduler::{ClusterStatus, Source};

use crate::args::{Args, ExplainArgs, Format};
use crate::detail::details;
use crate::plain::plain;
use crate::status::asked_or_remembered;
use crate::{Error, json, say};

/// What it decided last on the VM, of when it noted that; the exit code.
pub(super) fn explain(args: &Args, wanted: &ExplainArgs, now: u64) -> Result<u8, Error> {
    let mut report = asked_or_remembered(args, &wanted.daemon, now)?;
    let is_meant =
        |cluster: &ClusterStatus| wanted.cluster.as_ref().is_none_or(|name| *name == cluster.name);
    report.clusters.retain(is_meant);
    for cluster in &mut report.clusters {
        cluster.vms.retain(|vm| vm.vmid == wanted.vm);
    }
    report.clusters.retain(|cluster| !cluster.vms.is_empty());
    report.recent.retain(|event| event.vmid == wanted.vm);
    if args.output_format == Format::Json {
        return json(&report).map(|()| 1);
    }
    plain(&mut report);
    let ills = report.ills().into_iter().map(|ill| format!("NOT WELL: {ill}\n"));
    let mut text: String = ills.collect();
    if report.clusters.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "VM {}: nothing was noted of it", wanted.vm);
    }
    text.push_str(&details(&report, now));
    if report.source == Source::Journal {
        text.push_str("Each gate with its figures is known to the running daemon only.\n");
    }
    say(&text).map(|()| 1)
}
