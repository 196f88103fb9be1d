//! The new `helper.yaml`: the hosts, and what may be changed there at all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use vm_autoscale_proxmox::{ClusterName, VmId};

use super::old::{Old, Vm};
use super::yaml::text;

/// The file's text; `from` is its head.
pub(crate) fn render(old: &Old, from: &str, identity: &Path, known_hosts: &Path) -> String {
    let path = |path: &Path| text(&path.display().to_string());
    let mut yaml = format!(
        "# yaml-language-server: $schema=helper.schema.json\n{from}\
         # What every key means is in etc/helper.yaml. It must be root's.\n\n\
         known_hosts: {}\n",
        path(known_hosts)
    );
    let mut vms: BTreeMap<&ClusterName, Vec<&Vm>> = BTreeMap::new();
    for vm in old.vms.iter().filter(|vm| vm.enabled) {
        vms.entry(&vm.cluster).or_default().push(vm);
    }
    yaml.push_str(if old.hosts.is_empty() { "clusters: []\n" } else { "clusters:\n" });
    for host in &old.hosts {
        let (Some(cluster), Some(node), Some(address)) = (&host.cluster, &host.node, host.address)
        else {
            continue;
        };
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(
            yaml,
            "  - name: {}\n    user: {}\n    identity: {}\n    nodes:\n      \
             # `name` must be what `hostname` prints on the node.\n      \
             - {{name: {}, address: \"{address}\", port: {}}}",
            text(cluster.as_str()),
            text(&host.user),
            path(identity),
            text(node.as_str()),
            host.port
        );
        rules(&mut yaml, vms.get(cluster).map_or(&[], Vec::as_slice));
    }
    yaml
}

/// What a rule says beside its VMs; none of it where the resource is not looked after.
type Bounds = (Option<(u32, u32)>, Option<(u32, u32)>);

/// One rule for all VMs with the same bounds.
fn rules(yaml: &mut String, vms: &[&Vm]) {
    let mut at: BTreeMap<Bounds, usize> = BTreeMap::new();
    let mut rules: Vec<(Bounds, Vec<VmId>)> = Vec::new();
    for vm in vms.iter().filter(|vm| vm.cpu_scaling || vm.ram_scaling) {
        let cores = vm.cpu_scaling.then_some(vm.limits.cores);
        let bounds = (cores, vm.ram_scaling.then_some(vm.limits.ram));
        let number = *at.entry(bounds).or_insert(rules.len());
        match rules.get_mut(number) {
            Some((_, vmids)) => vmids.push(vm.vmid),
            None => rules.push((bounds, vec![vm.vmid])),
        }
    }
    yaml.push_str(if rules.is_empty() { "    rules: []\n" } else { "    rules:\n" });
    for ((cores, ram), vmids) in rules {
        let _ = writeln!(yaml, "      - vms: [{}]", ranges(vmids));
        if let Some((min, max)) = cores {
            let _ = writeln!(yaml, "        min_vcpus: {min}\n        max_vcpus: {max}");
        }
        if let Some((min, max)) = ram {
            let _ = writeln!(yaml, "        min_memory: {min}\n        max_memory: {max}");
        }
    }
}

/// `101, 200-299`.
fn ranges(mut vmids: Vec<VmId>) -> String {
    vmids.sort_unstable();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for vmid in vmids.into_iter().map(VmId::get) {
        match ranges.last_mut() {
            Some((_, last)) if vmid <= *last + 1 => *last = vmid,
            _ => ranges.push((vmid, vmid)),
        }
    }
    let words = ranges.into_iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_ranges() {
        let of = |numbers: &[u32]| {
            ranges(numbers.iter().map(|number| (*number).try_into().unwrap()).collect())
        };
        assert_eq!(of(&[]), "");
        assert_eq!(of(&[101]), "101");
        assert_eq!(of(&[102, 101]), "101, 102");
        assert_eq!(of(&[200, 101, 103, 102, 999_999_999]), "101-103, 200, 999999999");
    }
}
