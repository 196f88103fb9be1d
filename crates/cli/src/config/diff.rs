//! `vm-autoscale config diff`: the files against the running daemon.

use std::path::Path;

use serde_json::json;
use vm_autoscale_config::{Answer, Difference, Roster, SchedulerConfig};
use vm_autoscale_scheduler::{ClusterStatus, StatusReport, fetch_config, fetch_status, wall};

use super::vm::answer;
use super::{Row, columns};
use crate::args::{Args, Format};
use crate::environment::environment;
use crate::{Error, say, wait};

/// The exit code.
pub(crate) fn diff(args: &Args, socket: Option<&Path>) -> Result<u8, Error> {
    let after = SchedulerConfig::read(&args.config, &environment(args)?)?;
    // The daemon does not listen on a socket yet that the file names since its start.
    let socket = socket.unwrap_or(&after.control_socket);
    let running = wait(fetch_config(socket))??;
    let status = wait(fetch_status(socket))??;
    let keys = running.config.differences(&after);
    let vms = of_vms(&running.config, &after, &status);
    say(&match args.output_format {
        Format::Json => format!("{}\n", json!({"keys": keys, "vms": vms})),
        Format::Text => text(args, &keys, &vms),
    })
    .map(|()| 0)
}

fn text(args: &Args, keys: &[Difference], vms: &[Difference]) -> String {
    const NOTE: &str = "Secrets are not compared, nor VMs that it does not look after now.\n";
    if keys.is_empty() && vms.is_empty() {
        return format!("{}: what the daemon runs with. {NOTE}", args.config.display());
    }
    let table = |rows: &[Difference]| columns(&rows.iter().map(row).collect::<Vec<_>>());
    let of_vms = match vms {
        [] => "none that it looks after is affected\n".to_owned(),
        vms => table(vms),
    };
    let head = "what the daemon runs with, and what a reload would make of it";
    format!("{head}\n{}VMs\n{of_vms}{NOTE}", table(keys))
}

fn row(difference: &Difference) -> Row {
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [difference.key.clone(), said(&difference.before), format!("-> {}", said(&difference.after))]
}

/// What becomes of the VMs that the daemon looks after.
fn of_vms(
    before: &SchedulerConfig,
    after: &SchedulerConfig,
    status: &StatusReport,
) -> Vec<Difference> {
    let now = wall();
    let roster = |config: &SchedulerConfig, cluster: &ClusterStatus| {
        let mut roster = Roster::new(config.clone().into(), &cluster.name, &status.hosts);
        roster.turn(now);
        roster
    };
    let mut found = Vec::new();
    for cluster in &status.clusters {
        let rosters = [roster(before, cluster), roster(after, cluster)];
        for vm in &cluster.vms {
            let answers = rosters.each_ref().map(|roster| answer(roster, cluster, vm));
            found.extend(changes(&format!("VM {} of {}", vm.vmid, cluster.name), &answers));
        }
    }
    found
}

fn changes(name: &str, answers: &[Answer; 2]) -> Vec<Difference> {
    let difference = |key: &str, before: String, after: String| Difference {
        key: format!("{name}: {key}"),
        before: Some(before),
        after: Some(after),
    };
    if let [Answer::Yes(before), Answer::Yes(after)] = answers {
        let pairs = before.settings.each().into_iter().zip(after.settings.each());
        let is_known = |key: &str| before.settings.knows(key) || after.settings.knows(key);
        let differ = pairs.filter(|((key, before), (_, after))| before != after && is_known(key));
        return differ.map(|((key, before), (_, after))| difference(key, before, after)).collect();
    }
    let [before, after] = answers.each_ref().map(|answer| match answer {
        Answer::Yes(_) => "yes".to_owned(),
        Answer::No => "no".to_owned(),
        Answer::Unknown => "not known".to_owned(),
    });
    if before == after && before != "not known" {
        Vec::new()
    } else {
        vec![difference("looked after", before, after)]
    }
}
