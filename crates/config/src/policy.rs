//! What of `helper.yaml` is policy, in the form that the broker takes, with the lines that say it.

use vm_autoscale_policy::{Cluster, Lines, Policy, Rates, VmRule};

use crate::{Checked, HelperConfig, Origin};

/// Those of a cluster.
const CLUSTER: &[&str] = &["name", "nodes", "rules", "read_only", "max_total_memory"];

/// The keys of a rule that refusals name.
const RULE: &[&str] = &[
    "vms",
    "except",
    "min_vcpus",
    "max_vcpus",
    "max_vcpus_step",
    "min_memory",
    "max_memory",
    "max_memory_step",
    "min_cpulimit",
    "max_cpulimit",
    "min_balloon",
    "max_balloon",
];

impl Checked<HelperConfig> {
    /// The rules of a sound file; `config` is what it says.
    #[must_use]
    pub fn policy(&self, config: &HelperConfig) -> Policy {
        let clusters = config.clusters.iter().enumerate();
        let rates = config.rates;
        let lines = self.lines("rates", &["per_vm", "per_node", "total"]);
        let read_only = self.line("read_only").map(|line| ("read_only".to_owned(), line));
        Policy {
            file: self.files().next().map(Into::into).unwrap_or_default(),
            rates: Rates { per_vm: rates.per_vm, per_node: rates.per_node, total: rates.total },
            clusters: clusters.map(|(at, cluster)| self.cluster(at, cluster)).collect(),
            read_only: config.read_only,
            lines: Lines::new(lines.chain(read_only)),
        }
    }

    fn cluster(&self, at: usize, cluster: &crate::Cluster) -> Cluster {
        let path = format!("clusters[{at}]");
        let rules = cluster.rules.iter().enumerate();
        Cluster {
            name: cluster.name.clone(),
            nodes: cluster.nodes.iter().map(|node| node.name.clone()).collect(),
            rules: rules
                .map(|(at, rule)| self.rule(&format!("{path}.rules[{at}]"), rule))
                .collect(),
            read_only: cluster.read_only,
            max_total_memory: cluster.max_total_memory,
            lines: Lines::new(self.lines(&path, CLUSTER)),
        }
    }

    fn rule(&self, path: &str, rule: &crate::Rule) -> VmRule {
        VmRule {
            vms: rule.vms.ranges().collect(),
            except: rule.except.ranges().collect(),
            min_vcpus: rule.min_vcpus,
            max_vcpus: rule.max_vcpus,
            max_vcpus_step: rule.max_vcpus_step,
            min_memory: rule.min_memory,
            max_memory: rule.max_memory,
            max_memory_step: rule.max_memory_step,
            min_cpulimit: rule.min_cpulimit,
            max_cpulimit: rule.max_cpulimit,
            min_balloon: rule.min_balloon,
            max_balloon: rule.max_balloon,
            lines: Lines::new(self.lines(path, RULE)),
        }
    }

    /// Of the section itself and of those of its keys that the file has.
    fn lines(&self, section: &str, keys: &[&str]) -> impl Iterator<Item = (String, usize)> {
        let own = self.line(section).map(|line| (String::new(), line));
        let keys = keys.iter().filter_map(move |key| {
            Some(((*key).to_owned(), self.line(&format!("{section}.{key}"))?))
        });
        own.into_iter().chain(keys)
    }

    fn line(&self, path: &str) -> Option<usize> {
        match self.origin(path)? {
            Origin::File { line, .. } => Some(line),
            Origin::Variable(_) => None,
        }
    }
}
