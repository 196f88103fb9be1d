//! What stands in place of the programs, each time under the shipped unit.

use vm_autoscale_tests::guest::Guest;

use crate::booted::{in_place_of, shipped};

/// A unit whose program is another one.
pub(super) struct StandIn {
    pub(super) name: &'static str,
    /// Whose unit it is; without one it shows that the attempts succeed.
    pub(super) unit: Option<&'static str>,
    /// What stands below it.
    pub(super) drop_in: DropIn,
    pub(super) attempts: &'static [(&'static str, &'static str)],
    /// An attempt that ends it, and how.
    pub(super) end: Option<(&'static str, &'static str)>,
}

/// What stands below a unit.
pub(super) enum DropIn {
    None,
    /// The node's address alone: what setup made of helper.yaml.
    Nodes,
    LocalMail,
    Network,
}

impl DropIn {
    fn text(&self, guest: &Guest) -> String {
        let offered = |name| shipped("systemd/optional/vm-autoscale.service.d").join(name);
        let from = match self {
            Self::None => return String::new(),
            Self::Nodes => {
                guest.path("/etc/systemd/system/vm-autoscale-helper.service.d/nodes.conf")
            }
            Self::LocalMail => offered("local-mail.conf"),
            Self::Network => offered("network.conf"),
        };
        std::fs::read_to_string(from).unwrap()
    }
}

impl StandIn {
    pub(super) fn unit_name(&self) -> String {
        format!("stand-in-{}", self.name)
    }

    pub(super) fn text(&self, guest: &Guest) -> String {
        let last = self.end.as_ref().map(|(attempt, _)| attempt);
        let attempts = self.attempts.iter().map(|(attempt, _)| attempt).chain(last);
        let attempts: Vec<&str> = attempts.copied().collect();
        let program = format!("/opt/captive {} {}", self.name, attempts.join(" "));
        let unit = self.unit.map_or_else(
            || format!("[Service]\nType=oneshot\nExecStart={program}\n"),
            |unit| in_place_of(unit, &program),
        );
        format!(
            "{unit}{}[Service]\nStandardOutput=append:/var/tmp/said\n",
            self.drop_in.text(guest)
        )
    }

    /// The lines of it, and of how it ended.
    pub(super) fn wanted(&self) -> Vec<String> {
        let line = |(attempt, came): &(&str, &str)| format!("{} {attempt}: {came}", self.name);
        let mut lines: Vec<String> = self.attempts.iter().map(line).collect();
        let result = self.end.map_or("success", |(_, result)| result);
        lines.push(format!("{}: {result}", self.unit_name()));
        lines
    }
}
