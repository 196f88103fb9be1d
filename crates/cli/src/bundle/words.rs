//! Takes out of a text what tells whose it is.

use std::collections::BTreeMap;

use vm_autoscale_scheduler::StatusReport;

/// Reasons that hold words of people, of nodes or of guests.
const OF_OTHERS: [&str; 7] =
    ["doubt", "ha-manager", "locked", "ordered", "paused", "pending", "quarantined"];

/// The names of an installation, and what stands for each.
#[derive(Debug, Default)]
pub(super) struct Words(BTreeMap<String, &'static str>);

impl Words {
    /// All that a report names, and further names of the files.
    pub(super) fn of(report: &StatusReport, own: impl Iterator<Item = String>) -> Self {
        let mut words = Self::default();
        for (cluster, nodes) in &report.hosts {
            words.add(cluster.as_str(), "CLUSTER");
            for node in nodes {
                words.add(node.as_str(), "NODE");
            }
        }
        for cluster in &report.clusters {
            words.add(cluster.name.as_str(), "CLUSTER");
            for node in &cluster.nodes {
                words.add(node.name.as_str(), "NODE");
            }
            for vm in &cluster.vms {
                words.add(&vm.vmid.to_string(), "VMID");
                words.add(vm.node.as_str(), "NODE");
                vm.name.iter().for_each(|name| words.add(name, "NAME"));
                vm.tags.iter().for_each(|tag| words.add(tag, "TAG"));
                vm.pool.iter().for_each(|pool| words.add(pool, "POOL"));
                vm.schedules.iter().for_each(|name| words.add(name, "SCHEDULE"));
            }
        }
        own.for_each(|name| words.add(&name, "NAME"));
        words
    }

    fn add(&mut self, name: &str, stands: &'static str) {
        if !name.is_empty() {
            self.0.entry(name.to_lowercase()).or_insert(stands);
        }
    }

    /// The text of a decision or a change of that kind; nothing where it holds words of others.
    pub(super) fn text(&self, kind: &str, text: &str) -> Option<String> {
        let kind = kind.rsplit(": ").next().unwrap_or(kind);
        (!OF_OTHERS.contains(&kind)).then(|| self.replaced(text))
    }

    fn replaced(&self, text: &str) -> String {
        let words = text.split(' ').map(|word| {
            let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
            if looks_like_an_address(inner) {
                word.replace(inner, "ADDRESS")
            } else {
                self.word(word)
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Names within a word, as `web-1` in `(web-1:`, whole only.
    fn word(&self, word: &str) -> String {
        let is_name = |c: char| c.is_alphanumeric() || "-_.+/".contains(c);
        let mut out = String::new();
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let wanted = is_name(first);
            let end = rest.find(|c| is_name(c) != wanted).unwrap_or(rest.len());
            let (part, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let known = self.0.get(&part.trim_end_matches('.').to_lowercase());
            out.push_str(known.filter(|_| wanted).copied().unwrap_or(part));
            rest = after;
        }
        out
    }
}

/// IP and MAC addresses, UUIDs, paths, mail addresses, task numbers and digests.
fn looks_like_an_address(word: &str) -> bool {
    let count = |of: char| word.matches(of).count();
    let is_hex = |word: &str| word.len() >= 16 && word.chars().all(|c| c.is_ascii_hexdigit());
    word.parse::<std::net::IpAddr>().is_ok()
        || count('.') >= 3 && word.split(['.', ':', '/']).all(|part| part.parse::<u16>().is_ok())
        || count(':') >= 3
        || count('-') >= 4
        || count('/') >= 2
        || word.contains('@')
        || is_hex(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_replaced_and_figures_are_left() {
        let mut words = Words::default();
        for (name, stands) in
            [("web-1", "NAME"), ("pve1", "NODE"), ("101", "VMID"), ("a/b", "POOL")]
        {
            words.add(name, stands);
        }
        for (text, said) in [
            ("91.0 % used of 8 vCPUs, p90/10m", "91.0 % used of 8 vCPUs, p90/10m"),
            ("VM 101 (Web-1) on pve1: full", "VM VMID (NAME) on NODE: full"),
            ("web-10 and 1010 and a/b.", "web-10 and 1010 and POOL"),
            ("asked 10.0.0.1, fe80::1 and 10.0.0.1:22", "asked ADDRESS, ADDRESS and ADDRESS"),
            ("52:54:00:12:34:56 in /etc/pve/x.conf", "ADDRESS in /ADDRESS"),
            ("root@pve1's c0ffee00c0ffee00c0ff", "ADDRESS ADDRESS"),
        ] {
            assert_eq!(words.text("hold", text).unwrap(), said);
        }
        assert_eq!(words.text("paused", "paused: the CEO's VM"), None);
        assert_eq!(words.text("would: locked", "x"), None);
    }
}
