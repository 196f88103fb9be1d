//! Every node of helper.yaml, as the helper meets it.

use vm_autoscale_protocol::{GateState, NodeState};

use super::answers::{Node, Probe};
use super::codes::{CLOCK, CLUSTER, GATE, GATE_VERSION, HOST_KEY, LATENCY, REACHED};
use super::finding::Finding;
use super::settings::Settings;

const OWN: &str = env!("CARGO_PKG_VERSION");
/// Milliseconds; a command over an open session takes 3 ms in a room, and 50 ms across a country.
const SLOW: u64 = 1000;
/// Seconds by which two clocks that somebody looks after never differ.
const MAX_SKEW: u64 = 30;

/// `synchronized` is whether somebody keeps this machine's own clock, where that is known.
pub(super) fn judge(
    probe: &Probe,
    settings: &Settings,
    synchronized: Option<bool>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let ours = is_ours_wrong(probe, synchronized);
    for node in &probe.nodes {
        found.extend(way(node, settings));
        found.extend(gate(node));
        found.push(clock(node, ours));
    }
    let mut clusters: Vec<&str> = probe.nodes.iter().map(|node| node.cluster.as_str()).collect();
    clusters.dedup();
    found.extend(clusters.into_iter().map(|name| {
        if let Some(node) = probe.answered_by.get(name) {
            return CLUSTER.ok(format!("{node} answers for {name}"));
        }
        let said = format!("no node answers for {name}: nothing in it is seen or changed");
        CLUSTER.error(said, "vm-autoscale status")
    }));
    found
}

/// Whether it is reached, how fast, and whether it is who it was.
fn way(node: &Node, settings: &Settings) -> Vec<Finding> {
    let name = &node.name;
    let said = || {
        let error = node.error.as_deref().unwrap_or("it does not answer");
        format!("{name}: {}: {error}", node.state.text())
    };
    if node.state == NodeState::HostKeyRefused {
        let help =
            format!("vm-autoscale-setup trust-host {name} {} --replace", place(node, settings));
        return vec![HOST_KEY.error(said(), help)];
    }
    let Some(ms) = node.latency_ms.filter(|_| !node.state.is_trouble()) else {
        return vec![REACHED.error(said(), unreached(node, settings))];
    };
    let mut found = vec![REACHED.ok(name), HOST_KEY.ok(format!("{name}: pinned"))];
    let told = format!("{name}: {ms} ms");
    found.push(if ms > SLOW {
        let ip = place(node, settings);
        LATENCY.warning(told, format!("ping {}", ip.split(':').next().unwrap_or(&ip)))
    } else {
        LATENCY.ok(told)
    });
    found
}

fn unreached(node: &Node, settings: &Settings) -> String {
    let name = &node.name;
    match node.state {
        NodeState::AuthFailed => format!("vm-autoscale-setup authorize {name}"),
        NodeState::Hung => format!("on {name}: systemctl status pve-cluster pvestatd"),
        _ => match found(node, settings) {
            // What every Debian has.
            Some((ip, port)) => format!(
                "timeout 5 bash -c '</dev/tcp/{ip}/{port}'   (on {name}: systemctl status ssh)"
            ),
            None => format!("on {name}: systemctl status ssh"),
        },
    }
}

fn found(node: &Node, settings: &Settings) -> Option<(std::net::IpAddr, u16)> {
    let at = settings.nodes.iter().find(|(name, _, _)| *name == node.name);
    at.map(|(_, address, port)| (*address, *port))
}

/// As `trust-host` takes it.
fn place(node: &Node, settings: &Settings) -> String {
    match found(node, settings) {
        Some((address, 22)) => address.to_string(),
        Some((address, port)) => std::net::SocketAddr::new(address, port).to_string(),
        None => "ADDRESS".to_owned(),
    }
}

/// What guards our key there. Nothing of one that did not say.
fn gate(node: &Node) -> Vec<Finding> {
    let (name, Some(gate)) = (&node.name, &node.gate) else { return Vec::new() };
    let help = format!("vm-autoscale-setup authorize {name}");
    let guard = match gate.state {
        GateState::Forced => GATE.ok(format!("{name}: it is all that the key opens")),
        GateState::Installed => {
            GATE.warning(format!("{name}: the gate is there, and the key opens more"), &help)
        }
        // What `authorized_keys` has before the key is not known: where it names the gate, the key
        // opens nothing.
        GateState::None => GATE.warning(
            format!("{name}: there is no gate: the key opens a shell, or nothing at all"),
            &help,
        ),
    };
    let version = gate.version.as_ref().map(|version| match version.to_string() {
        version if version == OWN => GATE_VERSION.ok(format!("{name}: {version}")),
        other => {
            let said =
                format!("{name}: the gate is of version {other}, and {OWN} is installed here");
            GATE_VERSION.warning(said, &help)
        }
    });
    std::iter::once(guard).chain(version).collect()
}

/// Whether the clock that is wrong is this machine's: where nobody keeps it and it differs from all
/// of several. Nothing where that cannot be told.
fn is_ours_wrong(probe: &Probe, synchronized: Option<bool>) -> Option<bool> {
    let known: Vec<i64> = probe.nodes.iter().filter_map(|node| node.clock_ahead_s).collect();
    let (least, most) = (known.iter().min()?, known.iter().max()?);
    let agree = known.len() > 1 && most.abs_diff(*least) <= MAX_SKEW;
    match synchronized {
        Some(true) => Some(false),
        _ if agree && least.unsigned_abs() > MAX_SKEW => Some(true),
        _ => None,
    }
}

fn clock(node: &Node, ours: Option<bool>) -> Finding {
    let name = &node.name;
    let Some(ahead) = node.clock_ahead_s else {
        let said = format!("{name}: no measurement of its own tells its time");
        return CLOCK.warning(said, format!("on {name}: systemctl status pvestatd; timedatectl"));
    };
    let away = ahead.unsigned_abs();
    if away <= MAX_SKEW {
        return CLOCK.ok(format!("{name}: as here"));
    }
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    let said = format!("{name}: its clock is {away} s {side} this machine's");
    let look = "chronyc tracking   (or: timedatectl)";
    let help = match ours {
        Some(true) => format!("here, as all nodes agree: {look}"),
        Some(false) => format!("on {name}, as this machine's is kept: {look}"),
        None => format!("here and on {name}: {look}"),
    };
    CLOCK.warning(said, help)
}
