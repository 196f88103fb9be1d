//! Says of each request what must come of it. Of the project's own code it uses nothing but the
//! protocol's number: the policy is numbers, sizes are what the asker itself read, and lines are put
//! together here.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::policy::{Cluster, Policy, Ranges, Rule};

mod limits;
mod reads;
mod shape;
use reads::Read;

/// The rules that a request breaks; more than one only where one value breaks several.
pub(crate) type Broken = &'static [&'static str];

const CLUSTERS: Broken = &["clusters"];
const NODES: Broken = &["nodes"];
const READ_ONLY: Broken = &["read_only"];
const VMS: Broken = &["vms"];
const DIGEST: Broken = &["digest"];
const PENDING: Broken = &["pending"];
const REVERT: Broken = &["revert"];

/// What must come of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Verdict {
    /// It is none: the connection is closed.
    Malformed,
    /// One of these rules forbids it.
    Refused(Broken),
    /// It happens.
    Allowed,
}

pub(crate) struct Oracle {
    pub(crate) policy: Policy,
    /// By cluster and VM.
    read: HashMap<(String, u64), Read>,
    /// What a change asked for last, by cluster, VM and option.
    asked: HashMap<(String, u64, &'static str), String>,
    /// Every change that was allowed, as node and line, in the order asked.
    pub(crate) changes: Vec<(String, String)>,
}

impl Oracle {
    pub(crate) fn new(policy: Policy) -> Self {
        let (read, asked) = (HashMap::new(), HashMap::new());
        Self { policy, read, asked, changes: Vec::new() }
    }

    /// Judges a request as it stands; the rates are not its business.
    pub(crate) fn judge(&mut self, request: &str) -> Verdict {
        let Ok(call) = serde_json::from_str::<Value>(request) else { return Verdict::Malformed };
        let Some((method, parameters)) = shape::known(&call) else { return Verdict::Malformed };
        match self.rules(method, &parameters) {
            Err(rules) => Verdict::Refused(rules),
            Ok(()) if method == "ReadConfigs" && !shape::few(&parameters["vmids"]) => {
                Verdict::Malformed
            }
            Ok(()) => {
                self.note_change(method, &parameters);
                Verdict::Allowed
            }
        }
    }

    fn rules(&self, method: &str, asked: &Value) -> Result<(), Broken> {
        let target = if asked["target"].is_object() { &asked["target"] } else { asked };
        let Some(name) = target["cluster"].as_str() else { return Ok(()) };
        let cluster = self.cluster(name).ok_or(CLUSTERS)?;
        let nodes = [&target["node"], &target["owner"]];
        if nodes.iter().filter_map(|node| node.as_str()).any(|node| !cluster.nodes.contains(&node))
        {
            return Err(NODES);
        }
        if !asked["target"].is_object() {
            return Ok(());
        }
        if self.policy.read_only || cluster.read_only {
            return Err(READ_ONLY);
        }
        let vm = target["vmid"].as_u64().unwrap();
        let rule = rule_of(cluster, vm).ok_or(VMS)?;
        let read = self.read.get(&(name.to_owned(), vm));
        let digest = target["digest"].as_str();
        let read = read.filter(|read| Some(read.digest.as_str()) == digest);
        let read = read.ok_or(DIGEST)?;
        match method {
            "Revert" => self.may_revert((name, vm), read, &asked["option"]),
            _ if !self.all_ours((name, vm), read) => Err(PENDING),
            _ => limits::check(rule, read, method, asked),
        }
    }

    /// Whether nothing waits but what changes of ours asked for.
    fn all_ours(&self, (cluster, vm): (&str, u64), read: &Read) -> bool {
        let asked = |option: &str| {
            let mut of = self.asked.iter();
            of.find(|((c, v, o), _)| c == cluster && *v == vm && *o == option).map(|(_, it)| it)
        };
        read.pending.iter().all(|(option, value)| asked(option) == Some(value))
    }

    /// Only what waits just as a change of ours asked for it.
    fn may_revert(
        &self,
        (cluster, vm): (&str, u64),
        read: &Read,
        option: &Value,
    ) -> Result<(), Broken> {
        let options = shape::pending_options(option.as_str().unwrap());
        let waits = |option: &&'static str| Some((*option, read.pending.get(*option)?));
        let waiting: Vec<_> = options.iter().filter_map(waits).collect();
        let ours = |(option, value): &(&'static str, &String)| {
            self.asked.get(&(cluster.to_owned(), vm, option)) == Some(value)
        };
        if !waiting.is_empty() && waiting.iter().all(ours) { Ok(()) } else { Err(REVERT) }
    }

    fn note_change(&mut self, method: &str, asked: &Value) {
        let target = &asked["target"];
        let (Some(cluster), Some(vm)) = (target["cluster"].as_str(), target["vmid"].as_u64())
        else {
            return;
        };
        let options = limits::options(method, asked);
        let mut words = format!("/usr/sbin/qm set {vm}");
        for (option, value) in options {
            write!(words, " --{option} {value}").unwrap();
            if option != "revert" {
                self.asked.insert((cluster.to_owned(), vm, option), value);
            }
        }
        let line = format!("{words} --digest {}", target["digest"].as_str().unwrap());
        self.changes.push((target["node"].as_str().unwrap().to_owned(), line));
    }

    /// What a change asked for last.
    pub(crate) fn asked(&self, cluster: &str, vm: u64, option: &'static str) -> Option<String> {
        self.asked.get(&(cluster.to_owned(), vm, option)).cloned()
    }

    pub(crate) fn cluster(&self, name: &str) -> Option<&Cluster> {
        self.policy.clusters.iter().find(|cluster| cluster.name == name)
    }
}

/// The first that names the VM and does not except it.
pub(crate) fn rule_of(cluster: &Cluster, vm: u64) -> Option<&Rule> {
    let has = |ranges: Ranges| {
        ranges.iter().any(|(from, to)| (u64::from(*from)..=u64::from(*to)).contains(&vm))
    };
    cluster.rules.iter().find(|rule| has(rule.vms) && !has(rule.except))
}
