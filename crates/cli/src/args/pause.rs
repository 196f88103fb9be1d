//! `pause` and `resume`.

use std::ffi::OsString;

use vm_autoscale_proxmox::ClusterName;

use super::Daemon;

/// Which VMs, for how long, and why.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct PauseArgs {
    /// As in `select`: 101, 200-299, @tag-web, @pool-shop, @node-pve3, @name-db*; lab/101 means
    /// that cluster only, a hyphen before it takes out.
    #[arg(value_name = "SELECTOR", default_value = "@all", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// It ends by itself after this: 90s, 30m, 2h, 3d. Without it, it holds until resumed.
    #[arg(long = "for", value_name = "TIME", value_parser = crate::pause::seconds)]
    pub(crate) time: Option<u64>,
    /// Why: whoever looks at the status reads it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

/// Which pauses.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ResumeArgs {
    /// The numbers that `pause` and `status` say.
    #[arg(value_name = "NUMBER", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) numbers: Vec<u64>,
    /// Every pause.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

/// The command line with a blank before what begins with a hyphen and is a selector all the same:
/// clap would take it for an option, or every option for a selector. The selector's own reading
/// drops the blank.
pub(crate) fn spelled(all: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut selects_vms = false;
    all.map(move |argument| {
        selects_vms |= argument == "pause" || argument == "doctor";
        let rest = argument.to_str().and_then(|text| text.strip_prefix('-'));
        if selects_vms && rest.is_some_and(is_selector) {
            let mut spaced = OsString::from(" ");
            spaced.push(argument);
            return spaced;
        }
        argument
    })
}

/// Whether that is VMs, of a cluster or of any.
fn is_selector(text: &str) -> bool {
    let selects = |c: char| c == '@' || c.is_ascii_digit();
    let of_cluster = text.split_once('/').filter(|(name, _)| ClusterName::try_from(*name).is_ok());
    text.starts_with(selects) || of_cluster.is_some_and(|(_, rest)| rest.starts_with(selects))
}

pub(super) const PAUSE_HELP: &str = "\
Changes under way go on to their end; none begins on these VMs after the answer. Observing goes on.
A VM of which it is not known whether it is meant is left alone, too. The pause outlives a restart.

Examples:
  vm-autoscale pause --for 2h --reason 'moving racks'
  vm-autoscale pause 101 200-299 --reason 'ticket 4711'
  vm-autoscale pause @pool-shop -250 --for 3d --reason 'sale'
  vm-autoscale pause shop/101 lab/@all --reason 'two clusters have a VM 101'
  vm-autoscale resume 3

Only root and members of the group vm-autoscale-admin may pause and resume. Without this program:
echo 'moving racks' > /etc/pve/vm-autoscale.pause on any node pauses its whole cluster.

Exit codes: 0 paused, 1 failed, 2 wrong usage, 5 not permitted, 6 the daemon does not answer,
66 file missing";

pub(super) const RESUME_HELP: &str = "\
Examples:
  vm-autoscale resume 3
  vm-autoscale resume --all

A file /etc/pve/vm-autoscale.pause is not ended by this: remove it on a node.

Exit codes: 0 ended, 1 failed, or no pause has such a number, 2 wrong usage, 5 not permitted, 6 the
daemon does not answer, 66 file missing";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_selects_is_no_option_whatever_it_begins_with() {
        for (line, spaced) in [
            ("pause -101 -@tag-a -lab/101 -lab/@all", [true; 4]),
            ("pause -v -lab -lab/ -/101", [false; 4]),
            ("status -101 -@tag-a -lab/101 -lab/@all", [false; 4]),
        ] {
            let words: Vec<_> = spelled(line.split(' ').map(OsString::from)).collect();
            let begins = |word: &OsString| word.to_str().is_some_and(|word| word.starts_with(' '));
            assert_eq!(words[1..].iter().map(begins).collect::<Vec<_>>(), spaced, "{line}");
        }
    }
}
