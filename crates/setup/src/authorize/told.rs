//! What is said of it.

use serde_json::json;
use vm_autoscale_node::GateVersion;

use super::What;
use super::put::Done;
use crate::args::Format;
use crate::import::shown;
use crate::nodes::{Line, Site};
use crate::paths;

/// What an administrator does by hand.
pub(super) fn printed(site: &Site, line: &Line, what: &What, format: Format) -> String {
    let (name, user, ip) = (&site.name, &site.user, site.address.ip());
    if let Format::Json = format {
        let value = json!({"node": name, "authorized": false, "line": line.to_string()});
        return value.to_string() + "\n";
    }
    let port = match site.address.port() {
        22 => String::new(),
        port => format!("-p {port} "),
    };
    let home = if user == "root" { "/root".to_owned() } else { format!("~{user}") };
    let gate = if what.no_gate {
        String::new()
    } else {
        format!(
            "1. Put the gate there as {to}, root's, mode 755.\n   With a login of your own:\n\
             ssh {port}root@{ip} 'install -D -m 755 /dev/stdin {to}' \\\n  <{from}\n\
             2. ",
            to = paths::GATE,
            from = shown(&what.gate)
        )
    };
    format!(
        "On {name}, as root:\n{gate}Add this line to {home}/.ssh/authorized_keys:\n{line}\n\n\
         In a Proxmox cluster root's file is one for all nodes (a link to\n\
         /etc/pve/priv/authorized_keys): every node needs the gate before the line is there.\n\
         Then try it: vm-autoscale-setup check\n\
         With a login of your own, all of this is done and proven by\n  \
         vm-autoscale-setup authorize {name} --ssh root@{ip}\n"
    )
}

/// What was done and seen.
pub(super) fn done(site: &Site, line: &Line, done: &Done, format: Format) -> String {
    let name = &site.name;
    if let Format::Json = format {
        let value = json!({
            "node": name, "authorized": true, "changed": done.changed, "line": line.to_string(),
            "file": done.file, "gate_put": done.gate, "forced": line.gated,
            "cluster_read": done.proven.cluster, "gate": done.proven.gate,
        });
        return value.to_string() + "\n";
    }
    let put = if done.changed { "is now" } else { "was already" };
    let gate = match done.gate {
        Some(true) => "The gate was put there.\n",
        Some(false) => "The gate was there already.\n",
        None => "",
    };
    let read = if done.proven.cluster { "a look at the cluster" } else { "asking the gate" };
    let other = if line.gated {
        ", and `id` does not"
    } else {
        ". There is no gate: the key opens a root shell"
    };
    let older = |gate: &GateVersion| Some(*gate) < own_version();
    let old = done.proven.gate.filter(older).map_or_else(String::new, |gate| {
        format!(
            "The gate there is of version {gate}, older than this program: --gate FILE puts another.\n"
        )
    });
    format!(
        "{name}: the line {put} in {}.\n{gate}Proven with the helper's key: {read} works{other}.\n\
         {old}",
        done.file
    )
}

fn own_version() -> Option<GateVersion> {
    env!("CARGO_PKG_VERSION").to_owned().try_into().ok()
}
