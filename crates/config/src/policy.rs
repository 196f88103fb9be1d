//! What of `helper.yaml` is policy, in the form that the broker takes, with the lines that say it.

use vm_autoscale_policy::{Cluster, Lines, Policy, Rates, VmRule};

use crate::{Checked, HelperConfig, Origin};

/// The keys of a rule that refusals name.
const RULE: &[&str] =
    &["vms", "min_vcpus", "max_vcpus", "min_memory", "max_memory", "min_cpulimit", "min_balloon"];

impl Checked<HelperConfig> {
    /// The rules of a sound file; `config` is what it says.
    #[must_use]
    pub fn policy(&self, config: &HelperConfig) -> Policy {
        let clusters = config.clusters.iter().enumerate();
        let rates = config.rates;
        Policy {
            file: self.files().next().map(Into::into).unwrap_or_default(),
            rates: Rates { per_vm: rates.per_vm, per_node: rates.per_node, total: rates.total },
            clusters: clusters.map(|(at, cluster)| self.cluster(at, cluster)).collect(),
            lines: self.lines("rates", &["per_vm", "per_node", "total"]),
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
            lines: self.lines(&path, &["name", "nodes", "rules"]),
        }
    }

    fn rule(&self, path: &str, rule: &crate::Rule) -> VmRule {
        VmRule {
            vms: rule.vms.ranges().collect(),
            min_vcpus: rule.min_vcpus,
            max_vcpus: rule.max_vcpus,
            min_memory: rule.min_memory,
            max_memory: rule.max_memory,
            min_cpulimit: rule.min_cpulimit,
            min_balloon: rule.min_balloon,
            lines: self.lines(path, RULE),
        }
    }

    /// Of the section itself and of those of its keys that the file has.
    fn lines(&self, section: &str, keys: &[&str]) -> Lines {
        let line = |path: &str| match self.origin(path)? {
            Origin::File { line, .. } => Some(line),
            Origin::Variable(_) => None,
        };
        let own = line(section).map(|line| (String::new(), line));
        let keys = keys
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), line(&format!("{section}.{key}"))?)));
        Lines::new(own.into_iter().chain(keys))
    }
}
