//! The gates that are a VM's as a whole, in the order in which they are asked.

use vm_autoscale_config::Why;
use vm_autoscale_planner::{Reason, Resource, VmInput};

use super::facts::Facts;
use super::gates::{Gates, Name};
use crate::worker::Memory;

/// Each with its figures; it stops where the planner says so, or what stands above it.
pub(super) fn gates(facts: &Facts<'_>) -> Gates {
    let (input, memory) = (&facts.input, &*facts.inside.memory);
    let mut gates = Gates::default();
    let mut add = |name, said| gates.add(name, said, Vec::new());
    add(Name::Selection, Ok(selection(&facts.why)));
    add(Name::Cluster, cluster(memory));
    add(Name::Journal, journal(memory));
    let unread = if input.in_flight { Reason::InFlight } else { Reason::ConfigUnknown };
    let of_vm = [
        (Name::Config, input.config.map(|_| ()).ok_or(unread), "read"),
        (Name::Template, holds(input.config.is_some_and(|c| c.template), Reason::Template), "no"),
        (Name::Meant, absent(input.doubt, Reason::Doubt), "for this VM"),
    ];
    for (name, said, fine) in of_vm {
        add(name, said.map(|()| fine.to_owned()).map_err(|why| why.to_string()));
    }
    add(Name::Pause, pause(facts));
    add(Name::Node, node(input));
    add(Name::Running, running(input));
    let of_proxmox = [
        (Name::Ha, absent(input.ha_move, Reason::HaManager), "steady"),
        (Name::UnderWay, holds(input.in_flight, Reason::InFlight), "nothing of ours"),
        (Name::Lock, absent(input.config.and_then(|c| c.lock.as_deref()), Reason::Locked), "none"),
        (Name::Pending, pending(input), "nothing"),
    ];
    for (name, said, fine) in of_proxmox {
        add(name, said.map(|()| fine.to_owned()).map_err(|why| why.to_string()));
    }
    others_and_sample(&mut gates, facts);
    gates
}

fn others_and_sample(gates: &mut Gates, facts: &Facts<'_>) {
    let (planner, now) = (&facts.inside.memory.planner, facts.inside.now);
    let others = match planner.waits(now, &facts.input).others {
        Some(wait) => Err(Reason::ChangedByOthers(wait).to_string()),
        None => Ok("nobody else changed its size of late".to_owned()),
    };
    gates.add(Name::Others, others, facts.settings(&["external_change_hold"]));
    let age = planner.sample_age(facts.input.vmid, now);
    let sample = age
        .map_or_else(|| Err("none yet".to_owned()), |age| Ok(format!("{} s old", age.as_secs())));
    gates.add(Name::Sample, sample, Vec::new());
    for resource in [Resource::Cpu, Resource::Memory] {
        let Some(choice) = facts.decision.map(|decision| decision.on(resource)) else { continue };
        // What concerns one resource alone is no gate of these, and is not found.
        if choice.verdict == vm_autoscale_planner::Verdict::Hold {
            gates.stop(Name::of(&choice.reason), &choice.reason.to_string());
        }
    }
}

fn selection(why: &Why) -> String {
    match why {
        Why::Entry(at) => format!("its entry in `virtual_machines`, number {}", at + 1),
        Why::Class(name) => format!("class {name}"),
        _ => "`select`".to_owned(),
    }
}

/// What keeps the whole cluster from being changed.
fn cluster(memory: &Memory) -> Result<String, String> {
    if let Some(problem) = &memory.problem {
        return Err(format!("not seen: {problem}"));
    }
    match &memory.view.entry {
        None => Err("not seen yet".to_owned()),
        Some(_) if !memory.view.quorate => {
            Err("the cluster has no quorum and takes no writes".to_owned())
        }
        Some((node, _)) => Ok(format!("seen by {node}, quorate")),
    }
}

fn journal(memory: &Memory) -> Result<String, String> {
    match &memory.journal {
        Some(problem) => Err(problem.clone()),
        None if !memory.recalled => Err("what it knows was not read yet".to_owned()),
        None => Ok("takes notes".to_owned()),
    }
}

/// By an order, or by the file on the nodes.
fn pause(facts: &Facts<'_>) -> Result<String, String> {
    if let Some(why) = facts.input.pause {
        return Err(Reason::Paused(why.to_owned()).to_string());
    }
    match &facts.inside.memory.view.pause {
        Some(text) => {
            let line = text.lines().next().unwrap_or_default();
            Err(format!("paused by /etc/pve/vm-autoscale.pause: {line}"))
        }
        None => Ok("none".to_owned()),
    }
}

fn node(input: &VmInput<'_>) -> Result<String, String> {
    let fine = format!("{} is online", input.node);
    holds(!input.node_online, Reason::NodeOffline).map(|()| fine).map_err(|why| why.to_string())
}

fn running(input: &VmInput<'_>) -> Result<String, String> {
    match input.running {
        Some(true) => Ok("yes".to_owned()),
        Some(false) => Err(Reason::Stopped.to_string()),
        None => Ok("not known".to_owned()),
    }
}

fn pending(input: &VmInput<'_>) -> Result<(), Reason> {
    let names = input.config.map(|config| config.pending.keys().map(String::as_str));
    let names: Vec<&str> = names.into_iter().flatten().collect();
    holds(!names.is_empty(), Reason::Pending(names.join(", ")))
}

fn holds(is_so: bool, why: Reason) -> Result<(), Reason> {
    if is_so { Err(why) } else { Ok(()) }
}

fn absent(text: Option<&str>, why: impl Fn(String) -> Reason) -> Result<(), Reason> {
    text.map_or(Ok(()), |text| Err(why(text.to_owned())))
}
