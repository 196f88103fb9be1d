//! What a lab executed, against the oracle's own numbers: nothing but reads of what is listed, and
//! the changes that the oracle allowed, each once.

use vm_autoscale_lab::{Entry, Stats};
use vm_autoscale_tests::reaction::history;
use vm_autoscale_tests::stage::Stage;

use super::oracle::{Oracle, rule_of};
use super::policy::{Cluster, Rule};

const LOOK: &str = "/usr/bin/grep -a -s -H . /etc/pve/.version /etc/pve/.members /etc/pve/.vmlist \
                    /etc/pve/.rrd /etc/pve/ha/manager_status /etc/pve/vm-autoscale.pause \
                    /etc/pve/.vmlist /etc/pve/.rrd";
const POOLS: &str =
    "/usr/bin/grep -a -s -H -e starttime -e pool: /etc/pve/.version /etc/pve/user.cfg";
const QUESTIONS: [&str; 4] = [
    "'info balloon'",
    "'qom-get /machine/peripheral/balloon0 guest-stats'",
    "'info hotpluggable-cpus'",
    "'info memory_size_summary'",
];
/// What the lab keeps of a line.
const KEPT: usize = 512;

/// Judges all that was executed since the lab's start; how many changes there were.
pub(crate) fn judge(stage: &Stage, oracle: &Oracle) -> usize {
    let entries: Vec<Entry> = history(stage, 0).unwrap();
    let stats: Stats = stage.node_stats().unwrap();
    assert_eq!((stats.refused, stats.history_dropped), (0, 0));
    let mut done = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind != "Control") {
        let node = entry.node.as_ref().unwrap().to_string();
        let words: Vec<&str> = entry.line.split(' ').collect();
        let cluster = oracle.policy.clusters.iter().find(|of| of.nodes.contains(&node.as_str()));
        let cluster = cluster.unwrap_or_else(|| panic!("{entry:?}"));
        if words.starts_with(&["/usr/sbin/qm", "set"]) {
            assert!(is_within(cluster, &words), "out of bounds: {entry:?}");
            done.push((node, entry.line.clone()));
        } else {
            assert!(is_read(cluster, &entry.line, &words), "no read: {entry:?}");
        }
    }
    let mut allowed = oracle.changes.clone();
    allowed.sort();
    done.sort();
    assert_eq!(done, allowed, "each that was allowed, once, and nothing else");
    rates(oracle, &entries);
    done.len()
}

/// A minute's worth at once, and as many a minute from then on.
fn rates(oracle: &Oracle, entries: &[Entry]) {
    let changes = entries.iter().filter(|entry| entry.line.starts_with("/usr/sbin/qm set"));
    let changes: Vec<&Entry> = changes.filter(|entry| !entry.line.contains("--revert")).collect();
    let [per_vm, per_node, total] = oracle.policy.rates;
    for first in &changes {
        let (mut of_vm, mut on_node, mut all) = (0_u32, 0_u32, 0_u32);
        for next in changes.iter().filter(|next| next.start >= first.start) {
            of_vm += u32::from(next.vmid == first.vmid);
            on_node += u32::from(next.node == first.node);
            all += 1;
            // One more, since the clocks of helper and node are read one after the other.
            let minutes = 1.0 + (next.start - first.start) / 60.0;
            for (count, limit) in [(of_vm, per_vm), (on_node, per_node), (all, total)] {
                assert!(f64::from(count) <= f64::from(limit) * minutes + 1.0, "{next:?}");
            }
        }
    }
}

fn is_read(cluster: &Cluster, line: &str, words: &[&str]) -> bool {
    let is_node = |name: &str| cluster.nodes.contains(&name);
    let file = |path: &&str| {
        let rest = path.strip_prefix("/etc/pve/nodes/");
        let parts = rest.and_then(|rest| rest.split_once("/qemu-server/"));
        parts.is_some_and(|(node, file)| {
            is_node(node) && file.strip_suffix(".conf").is_some_and(is_number)
        })
    };
    match words {
        ["/usr/bin/tail", "-n", "+1", "-v", "/etc/pve/.version", files @ ..] => {
            let whole = files.len() - usize::from(line.len() == KEPT);
            (1..=64).contains(&files.len()) && files[..whole].iter().all(file)
        }
        ["/usr/bin/pvesh", "create", path, "--command", question @ ..] => {
            let parts: Vec<&str> = path.split('/').collect();
            matches!(parts[..], ["", "nodes", node, "qemu", vm, "monitor"]
                if is_node(node) && is_number(vm))
                && QUESTIONS.contains(&question.join(" ").as_str())
        }
        ["/usr/sbin/qm", "guest", "cmd", vm, "get-vcpus"] => is_number(vm),
        _ => line == LOOK || line == POOLS,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a change is one that the numbers allow, whatever the VM has.
fn is_within(cluster: &Cluster, words: &[&str]) -> bool {
    let [_, _, vm, options @ .., "--digest", digest] = words else { return false };
    let rule = vm.parse().ok().and_then(|vm| rule_of(cluster, vm));
    let fits = |pair: &[&str]| rule.is_some_and(|rule| fits(rule, pair));
    let all = !options.is_empty() && options.chunks(2).all(fits);
    all && digest.len() == 40 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn fits(rule: &Rule, pair: &[&str]) -> bool {
    let [option, value] = pair else { return false };
    let between = |scale: f64, min: Option<u32>, max: Option<u32>| {
        let number = value.parse::<f64>().map_or(f64::NAN, |number| (number * scale).round());
        min.is_some_and(|min| number >= min.into()) && max.is_none_or(|max| number <= max.into())
    };
    let or = |min: Option<u32>, max: Option<u32>, least| max.map(|_| min.unwrap_or(least));
    match *option {
        "--vcpus" => between(1.0, or(rule.min_vcpus, rule.max_vcpus, 1), rule.max_vcpus),
        "--memory" => between(1.0, or(rule.min_memory, rule.max_memory, 1024), rule.max_memory),
        "--balloon" => between(1.0, rule.min_balloon, rule.max_balloon),
        "--cpulimit" if *value == "0" => rule.min_cpulimit.is_some() && rule.max_cpulimit.is_none(),
        "--cpulimit" => between(100.0, rule.min_cpulimit, rule.max_cpulimit),
        "--revert" => {
            value.split(',').all(|name| ["vcpus", "memory", "balloon", "cpulimit"].contains(&name))
        }
        _ => false,
    }
}
