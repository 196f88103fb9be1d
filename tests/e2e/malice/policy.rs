//! What is allowed, as plain numbers, and the `helper.yaml` that says the same.

use std::fmt::Write as _;
use std::path::Path;

/// The file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    pub(crate) read_only: bool,
    /// Per VM, per node, in all.
    pub(crate) rates: [u32; 3],
    pub(crate) clusters: Vec<Cluster>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Cluster {
    pub(crate) name: &'static str,
    pub(crate) nodes: &'static [&'static str],
    pub(crate) read_only: bool,
    pub(crate) max_total_memory: Option<u32>,
    pub(crate) rules: Vec<Rule>,
}

/// From and to, both included.
pub(crate) type Ranges = &'static [(u32, u32)];

#[derive(Debug, Clone, Default)]
pub(crate) struct Rule {
    pub(crate) vms: Ranges,
    pub(crate) except: Ranges,
    pub(crate) min_vcpus: Option<u32>,
    pub(crate) max_vcpus: Option<u32>,
    pub(crate) max_vcpus_step: Option<u32>,
    pub(crate) min_memory: Option<u32>,
    pub(crate) max_memory: Option<u32>,
    pub(crate) max_memory_step: Option<u32>,
    /// In hundredths of a core.
    pub(crate) min_cpulimit: Option<u32>,
    pub(crate) max_cpulimit: Option<u32>,
    pub(crate) min_balloon: Option<u32>,
    pub(crate) max_balloon: Option<u32>,
}

/// So many that they are never in the way.
pub(crate) const NO_RATES: [u32; 3] = [1_000_000; 3];

/// Two clusters out of the lab's three nodes. VMs are dealt out to the nodes in turn, from 101 on.
pub(crate) fn two_clusters() -> Policy {
    let first = Rule {
        vms: &[(101, 101), (104, 105)],
        min_vcpus: Some(2),
        max_vcpus: Some(6),
        min_memory: Some(2048),
        max_memory: Some(8192),
        min_cpulimit: Some(50),
        min_balloon: Some(1024),
        ..Rule::default()
    };
    let second = Rule {
        vms: &[(105, 105), (107, 108)],
        max_vcpus: Some(5),
        max_memory: Some(4096),
        ..Rule::default()
    };
    let nothing = Rule { vms: &[(110, 110)], ..Rule::default() };
    let away = Rule { vms: &[(103, 106)], max_vcpus: Some(4), ..Rule::default() };
    let rules = vec![first, second, nothing];
    let home = Cluster { name: "home", nodes: &["pve1", "pve2"], rules, ..Cluster::default() };
    let rules = vec![away];
    let away = Cluster { name: "away", nodes: &["pve3"], rules, ..Cluster::default() };
    Policy { read_only: false, rates: NO_RATES, clusters: vec![home, away] }
}

/// The same with every key that narrows it further.
pub(crate) fn narrow() -> Policy {
    let mut policy = two_clusters();
    let first = &mut policy.clusters[0].rules[0];
    first.except = &[(105, 105)];
    first.max_vcpus_step = Some(2);
    first.max_memory_step = Some(1024);
    first.max_cpulimit = Some(400);
    first.max_balloon = Some(3072);
    policy
}

impl Policy {
    /// As `helper.yaml` has it; `node` says where a node is, `login` is the line of the key.
    pub(crate) fn yaml(&self, dir: &Path, login: &str, node: impl Fn(&str) -> String) -> String {
        let uid = nix::unistd::Uid::effective();
        let [per_vm, per_node, total] = self.rates;
        let mut yaml = format!(
            "scheduler_user: {uid}\nsocket: {dir}/helper.sock\nknown_hosts: {dir}/lab/known_hosts\n\
             rates: {{per_vm: {per_vm}, per_node: {per_node}, total: {total}}}\n",
            dir = dir.display()
        );
        writeln!(yaml, "runtime_directory: {}/helper-run", dir.display()).unwrap();
        if self.read_only {
            yaml += "read_only: true\n";
        }
        yaml += "clusters:\n";
        for cluster in &self.clusters {
            let nodes: Vec<String> = cluster.nodes.iter().map(|name| node(name)).collect();
            writeln!(yaml, "- name: {}\n  user: root\n  {login}", cluster.name).unwrap();
            writeln!(yaml, "  nodes: [{}]", nodes.join(", ")).unwrap();
            if cluster.read_only {
                yaml += "  read_only: true\n";
            }
            if let Some(most) = cluster.max_total_memory {
                writeln!(yaml, "  max_total_memory: {most}").unwrap();
            }
            yaml += "  rules:\n";
            for rule in &cluster.rules {
                writeln!(yaml, "  - {}", rule.yaml()).unwrap();
            }
        }
        yaml
    }
}

impl Rule {
    fn yaml(&self) -> String {
        let set = |ranges: Ranges| {
            let range = |(from, to): &(u32, u32)| format!("{from}-{to}");
            ranges.iter().map(range).collect::<Vec<_>>().join(", ")
        };
        let mut keys = vec![format!("vms: [{}]", set(self.vms))];
        if !self.except.is_empty() {
            keys.push(format!("except: [{}]", set(self.except)));
        }
        let cores = |hundredths: u32| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let whole = |number: u32| number.to_string();
        for (key, text) in [
            ("min_vcpus", self.min_vcpus.map(whole)),
            ("max_vcpus", self.max_vcpus.map(whole)),
            ("max_vcpus_step", self.max_vcpus_step.map(whole)),
            ("min_memory", self.min_memory.map(whole)),
            ("max_memory", self.max_memory.map(whole)),
            ("max_memory_step", self.max_memory_step.map(whole)),
            ("min_cpulimit", self.min_cpulimit.map(cores)),
            ("max_cpulimit", self.max_cpulimit.map(cores)),
            ("min_balloon", self.min_balloon.map(whole)),
            ("max_balloon", self.max_balloon.map(whole)),
        ] {
            keys.extend(text.map(|text| format!("{key}: {text}")));
        }
        format!("{{{}}}", keys.join(", "))
    }
}
