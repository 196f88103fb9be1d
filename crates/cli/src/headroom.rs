//! `vm-autoscale headroom`.

use vm_autoscale_scheduler::{
    GrowthEnd, GrowthStatus, HeadroomOrder, HeadroomReport, NodeRoom, Room, VmRoom, fetch_headroom,
};

use crate::args::{Args, Format, HeadroomArgs};
use crate::files::{Places, places};
use crate::plain::one_line;
use crate::table::push;
use crate::{Error, json, say, terminal_width, wait};

/// The exit code.
pub(crate) fn headroom(args: &Args, wanted: &HeadroomArgs) -> Result<u8, Error> {
    let Places { socket, .. } = places(args, wanted.daemon.control_socket.as_deref())?;
    let order = HeadroomOrder { node: wanted.node.clone() };
    let report = wait(fetch_headroom(&socket, &order))??;
    let found = report.clusters.iter().any(|cluster| !cluster.nodes.is_empty());
    if let (Some(node), false, true) = (&wanted.node, found, report.problems.is_empty()) {
        return Err(Error::Usage(format!("no node {node} was seen: see `vm-autoscale status`")));
    }
    match args.output_format {
        Format::Json => json(&report)?,
        Format::Text => say(&text(&report, wanted.all, terminal_width()))?,
    }
    Ok(u8::from(!report.problems.is_empty()))
}

fn text(report: &HeadroomReport, all: bool, width: usize) -> String {
    let mut text = String::new();
    for problem in &report.problems {
        push(&mut text, &format!("NOT WELL: {problem}"), usize::MAX);
    }
    for cluster in &report.clusters {
        if cluster.nodes.is_empty() {
            push(&mut text, &format!("cluster {}: no node was seen yet", cluster.name), width);
        }
        for room in &cluster.nodes {
            node(&mut text, room, all, width);
        }
    }
    text
}

fn node(text: &mut String, room: &NodeRoom, all: bool, width: usize) {
    let of = |room: &Option<Room>, told: fn(&Room) -> String| {
        room.as_ref().map_or_else(|| "not known".to_owned(), told)
    };
    let memory = of(&room.memory, |Room { free, of, keys, .. }| {
        format!("{:.1} of {:.1} GiB free ({keys})", free / 1024.0, of / 1024.0)
    });
    let vcpus = of(&room.vcpus, |Room { free, of, keys, .. }| {
        format!("{:.0} of {:.0} free ({keys})", free.floor(), of.floor())
    });
    push(text, &format!("node {}", room.name), width);
    push(text, &format!("  memory {memory}"), width);
    push(text, &format!("  vCPUs  {vcpus}"), width);
    if let Some(unknown) = &room.unknown {
        push(text, &format!("  what is not known is given to nobody: {unknown}"), width);
    }
    group(text, "would be refused the next step", room, width, refused);
    group(text, "may grow, each if nobody else does", room, width, grows);
    if all {
        group(text, "do not grow, whatever the node has", room, width, stays);
        return;
    }
    let count = |of: fn(&VmRoom) -> &GrowthStatus| {
        room.vms.iter().filter(|vm| stays("", of(vm)).is_some()).count()
    };
    let (cpu, memory) = (count(|vm| &vm.cpu), count(|vm| &vm.memory));
    if cpu + memory > 0 {
        let whose = format!("vCPUs of {cpu} VMs, memory of {memory}");
        push(text, &format!("  do not grow, whatever the node has: {whose} (--all)"), width);
    }
}

fn refused(what: &str, growth: &GrowthStatus) -> Option<String> {
    let is_refused = growth.most.is_none() && growth.end == GrowthEnd::Node;
    is_refused.then(|| format!("{what}: {}", growth.why))
}

fn grows(_: &str, growth: &GrowthStatus) -> Option<String> {
    let most = growth.most?;
    Some(match growth.end {
        GrowthEnd::Bounds => format!("{most}, its maximum ({})", growth.why),
        // What it says was reckoned of a step that nobody wants.
        GrowthEnd::Node => format!("{most}, then its node is full"),
        GrowthEnd::Vm | GrowthEnd::Mode => format!("{most}, then {}", growth.why),
    })
}

fn stays(what: &str, growth: &GrowthStatus) -> Option<String> {
    let why = &growth.why;
    match growth.end {
        _ if growth.most.is_some() => None,
        GrowthEnd::Node => None,
        GrowthEnd::Bounds => Some(format!("{what}: at its maximum ({why})")),
        GrowthEnd::Vm | GrowthEnd::Mode => Some(format!("{what}: {why}")),
    }
}

/// A line for each resource of which something is to be told.
fn group(
    text: &mut String,
    title: &str,
    room: &NodeRoom,
    width: usize,
    told: fn(&str, &GrowthStatus) -> Option<String>,
) {
    let mut lines = String::new();
    for vm in &room.vms {
        let mut name = vm.name.clone().unwrap_or_else(|| "-".to_owned());
        one_line(&mut name);
        let mut who = format!("{:>9} {:<10.10}", vm.vmid.get(), name);
        for (what, growth) in [("vCPUs", &vm.cpu), ("memory", &vm.memory)] {
            let Some(mut told) = told(what, growth) else { continue };
            one_line(&mut told);
            push(&mut lines, &format!("{who} {told}"), width);
            who = " ".repeat(who.chars().count());
        }
    }
    if !lines.is_empty() {
        push(text, &format!("  {title}"), width);
        text.push_str(&lines);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn vm(vmid: u32, [cpu, memory]: [Value; 2]) -> Value {
        json!({"vmid": vmid, "name": format!("vm\n{vmid}"), "mode": "full", "pressure": 50.0,
               "cpu": cpu, "memory": memory})
    }

    fn growth(most: &Value, end: &str, why: &str) -> Value {
        json!({"most": most, "end": end, "why": why})
    }

    #[test]
    fn each_is_told_where_it_belongs() {
        let none = || Value::Null;
        let memory = json!({"resource": "memory", "from": 2048, "to": 11264});
        let cpu = json!({"resource": "cpu", "from": 2, "to": 8});
        let full = "wants 512 MiB more, node has 0.2 of 4.6 GiB free for guests";
        let vms = [
            vm(
                102,
                [growth(&none(), "mode", "its mode adds nothing"), growth(&none(), "node", full)],
            ),
            vm(101, [growth(&cpu, "bounds", "max_cores"), growth(&memory, "node", full)]),
            vm(
                103,
                [growth(&none(), "bounds", "max_cores"), growth(&none(), "vm", "locked (backup)")],
            ),
        ];
        let room = |limit: &str, free: f64, of: f64| json!({"limit": limit, "keys": format!("{limit}_key"), "taken": 1.0, "of": of, "free": free});
        let node = json!({
            "name": "pve1", "unknown": null, "memory": room("used", 205.0, 4710.0),
            "vcpus": room("vcpus", 3.5, 64.0), "limits": [], "vms": vms,
        });
        let report = json!({"clusters": [{"name": "home", "nodes": [node]}], "problems": ["x"]});
        let mut report: HeadroomReport = serde_json::from_value(report).unwrap();
        let said = text(&report, false, 100);
        let (head, tail) = said.split_once("  may grow").unwrap();
        assert_eq!(
            head,
            "NOT WELL: x\n\
             node pve1\n\
             \x20 memory 0.2 of 4.6 GiB free (used_key)\n\
             \x20 vCPUs  3 of 64 free (vcpus_key)\n\
             \x20 would be refused the next step\n\
             \x20     102 vm 102     memory: wants 512 MiB more, node has 0.2 of 4.6 GiB free for guests\n"
        );
        assert_eq!(
            tail,
            ", each if nobody else does\n\
             \x20     101 vm 101     vcpus 2 -> 8, its maximum (max_cores)\n\
             \x20                    memory 2048 -> 11264 MiB, then its node is full\n\
             \x20 do not grow, whatever the node has: vCPUs of 2 VMs, memory of 1 (--all)\n"
        );
        let all = text(&report, true, 100);
        assert!(
            all.contains("\n      103 vm 103     vCPUs: at its maximum (max_cores)\n"),
            "{all}"
        );
        assert!(all.contains("\n                     memory: locked (backup)\n"), "{all}");
        let narrow = text(&report, true, 40);
        assert!(narrow.lines().skip(1).all(|line| line.chars().count() <= 40), "{narrow}");
        let node = &mut report.clusters[0].nodes[0];
        (node.memory, node.vcpus) = (None, None);
        node.unknown = Some("it is offline".to_owned());
        let said = text(&report, false, 100);
        let unknown = "node pve1\n  memory not known\n  vCPUs  not known\n  what is not known is given to nobody: it is offline\n";
        assert!(said.contains(unknown), "{said}");
    }
}
