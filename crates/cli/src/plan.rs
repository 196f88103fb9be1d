//! `plan`: what is to be done next, by the daemon that knows, or else by one look.

use std::fs::canonicalize;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use vm_autoscale_config::SchedulerConfig;
use vm_autoscale_scheduler::{
    ClusterStatus, Planned, PlannedState, StatusReport, VmStatus, fetch_config, fetch_status, look,
};

use crate::args::{Args, Format, PlanArgs};
use crate::environment::environment;
use crate::plain::plain;
use crate::table::{push, table};
use crate::{Error, json, say, terminal_width, wait};

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum By {
    Daemon,
    Look,
}

#[derive(Serialize)]
struct Answer<'a> {
    by: By,
    #[serde(flatten)]
    report: &'a StatusReport,
}

/// The exit code.
pub(crate) fn plan(args: &Args, wanted: &PlanArgs) -> Result<u8, Error> {
    let config = SchedulerConfig::read(&args.config, &environment(args)?)?;
    let socket = wanted.daemon.control_socket.as_ref().unwrap_or(&config.control_socket);
    let asked = if wanted.look { None } else { asked(socket, &args.config)? };
    let (by, mut report) = match asked {
        Some(report) => (By::Daemon, report),
        None => (By::Look, wait(look(&Arc::new(config)))??),
    };
    match args.output_format {
        Format::Json => json(&Answer { by, report: &report })?,
        Format::Text => {
            plain(&mut report);
            say(&text(by, &report, terminal_width()))?;
        }
    }
    Ok(0)
}

/// What the daemon says, where one runs with that file.
fn asked(socket: &Path, file: &Path) -> Result<Option<StatusReport>, Error> {
    let running = match wait(fetch_config(socket))? {
        Ok(running) => running,
        Err(error) if error.exit_code() == 6 => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let real = |path: &Path| canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if real(&running.file) != real(file) {
        // Where standard error is gone, the last line of the answer says that it looked itself.
        let _ = writeln!(
            std::io::stderr(),
            "the daemon runs with {}: what {} would do is looked at here",
            running.file.display(),
            file.display()
        );
        return Ok(None);
    }
    Ok(Some(wait(fetch_status(socket))??))
}

fn text(by: By, report: &StatusReport, width: usize) -> String {
    let mut text = String::new();
    for problem in &report.problems {
        push(&mut text, problem, width);
    }
    text.push_str(&table(report, width));
    let count = report.clusters.iter().flat_map(|cluster| &cluster.vms);
    match count.map(|vm| vm.moves.len()).sum::<usize>() {
        0 => text.push_str("Nothing is to be done.\n"),
        _ => text.push_str("The same by hand, on the node that is named:\n"),
    }
    for cluster in &report.clusters {
        for (vm, planned) in
            cluster.vms.iter().flat_map(|vm| vm.moves.iter().map(move |planned| (vm, planned)))
        {
            push(&mut text, &line(cluster, vm, planned), width);
        }
    }
    text.push_str(match by {
        By::Daemon => {
            "By the daemon's last look; what its files say differently by now: config diff.\n"
        }
        By::Look => {
            "One look: cooldowns and the age of samples are known to the running daemon only.\n"
        }
    });
    text
}

/// The command first: that is never cut.
fn line(cluster: &ClusterStatus, vm: &VmStatus, planned: &Planned) -> String {
    let state = match planned.state {
        PlannedState::Recommended => format!("not done: mode {}", vm.mode),
        PlannedState::Decided => "to be done".to_owned(),
        PlannedState::UnderWay => "being done".to_owned(),
    };
    let Planned { command, step, .. } = planned;
    let name = vm.name.as_deref().unwrap_or("-");
    format!("  {command}    # on {} of {}; {step}; {state}; {name}", vm.node, cluster.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(moves: &str) -> StatusReport {
        let vm = format!(
            r#"{{"vmid":101,"name":"{}","node":"pve1","mode":"recommend","vcpus":2,"memory":2048,
            "cpu_used":null,"memory_used":null,"cpu":"x","memory_decision":"y","moves":[{moves}]}}"#,
            "long".repeat(30)
        );
        let text = format!(
            r#"{{"version":"1","clusters":[{{"name":"home","answered_by":null,"problem":null,
            "looks":1,"look_ms":1,"nodes":[],"vms":[{vm}]}}],"recent":[],
            "counts":{{"asked":0,"verified":0,"failed":0,"reverted":0}},"problems":["no helper"]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_commands_stand_whole_in_lines_that_fit() {
        let step = r#"{"step":{"resource":"cpu","from":2,"to":3},"command":"qm set 101 --vcpus 3",
            "state":"recommended"}"#;
        let told = text(By::Daemon, &report(step), 100);
        assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
        let command =
            "  qm set 101 --vcpus 3    # on pve1 of home; vcpus 2 -> 3; not done: mode recommend";
        assert!(told.contains(command), "{told}");
        assert!(told.starts_with("no helper\n") && told.contains("config diff"), "{told}");
        let none = text(By::Look, &report(""), 100);
        assert!(none.contains("Nothing is to be done.\nOne look: "), "{none}");
    }
}
