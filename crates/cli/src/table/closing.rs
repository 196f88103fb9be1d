//! The line below the VMs: how many there are, and how full their nodes are.

use std::cmp::Reverse;

use vm_autoscale_scheduler::{ClusterStatus, NodeStatus};

/// Counts, and the nodes with the fullest first; of those for which there is no room only how many.
pub(super) fn line(cluster: &ClusterStatus, width: usize) -> String {
    let blocked = cluster.vms.iter().filter(|vm| vm.blocked.contains(&true)).count();
    let mut line = format!("{} managed, {blocked} blocked", cluster.vms.len());
    let mut nodes: Vec<(u32, String)> = cluster.nodes.iter().filter_map(budget).collect();
    nodes.sort_by_key(|(full, _)| Reverse(*full));
    for (at, (_, node)) in nodes.iter().enumerate() {
        let begin = if at == 0 { "; node budgets (memory, vCPUs):" } else { "," };
        let rest = nodes.len() - at;
        let more = format!(" and {rest} more");
        // What follows has to find its place, too.
        let needs = line.chars().count() + begin.len() + node.len() + 1 + more.len();
        if needs > width {
            line.push_str(&more);
            break;
        }
        line = format!("{line}{begin} {node}");
    }
    line
}

/// In percent: of memory and vCPUs, as far as it is known.
fn budget(node: &NodeStatus) -> Option<(u32, String)> {
    let percent = |(taken, of): (f64, f64)| (of > 0.0).then(|| 100.0 * taken / of);
    let memory = node.memory_budget.and_then(percent);
    let vcpus = node.vcpus_budget.and_then(percent);
    let fullest = memory.into_iter().chain(vcpus).reduce(f64::max)?;
    let said =
        |part: Option<f64>| part.map_or_else(|| "?".to_owned(), |part| format!("{part:.0}%"));
    // Only an order: what is more than full is all the same.
    let full = format!("{:.0}", fullest.clamp(0.0, 1e6)).parse().unwrap_or_default();
    Some((full, format!("{} {} {}", node.name, said(memory), said(vcpus))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::cells::tests::vm;

    fn node(number: u32, memory: Option<(f64, f64)>) -> NodeStatus {
        NodeStatus {
            name: format!("pve{number}").as_str().try_into().unwrap(),
            cpu: None,
            memory: None,
            online: true,
            fresh: true,
            memory_budget: memory,
            vcpus_budget: Some((4.0, 64.0)),
        }
    }

    #[test]
    fn counts_and_budgets_are_told_in_one_line_that_fits() {
        let cluster = serde_json::json!({
            "name": "home", "answered_by": null, "problem": null, "looks": 1, "look_ms": 1,
            "nodes": [], "vms": [],
        });
        let mut cluster: ClusterStatus = serde_json::from_value(cluster).unwrap();
        assert_eq!(line(&cluster, 100), "0 managed, 0 blocked");
        cluster.vms = vec![vm("x", "y"), vm("x", "y")];
        cluster.vms[1].blocked = [false, true];
        cluster.nodes =
            vec![node(1, Some((71.0, 100.0))), node(2, Some((88.0, 100.0))), node(3, None)];
        let said = "2 managed, 1 blocked; node budgets (memory, vCPUs): pve2 88% 6%, pve1 71% 6%, pve3 ? 6%";
        assert_eq!(line(&cluster, 110), said);
        cluster.nodes = (1..=32).map(|number| node(number, Some((50.0, 100.0)))).collect();
        for width in [60, 80, 100] {
            let line = line(&cluster, width);
            assert!(line.chars().count() <= width && line.ends_with(" more"), "{line}");
        }
    }
}
