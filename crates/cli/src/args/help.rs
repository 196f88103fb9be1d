//! What stands behind the options in the help of the shorter commands; the man pages have it, too.

pub(super) const RUN: &str = "\
It looks, decides and has the helper change VMs until it is told to stop, and says how it goes in
its log. SIGHUP has it read the files anew; with a mistake in them, what was read before holds on.
SIGTERM ends it: it begins nothing and waits at most 75 s for changes that are under way.

Examples:
  systemctl start vm-autoscale
  vm-autoscale run --config try.yaml --env-file try.env

Exit codes: 0 stopped as it was told, 1 failed, 2 wrong usage, 3 configuration invalid,
66 file missing";

pub(super) const DIFF: &str = "\
Secrets are not compared, nor VMs that the daemon does not look after now.

Examples:
  vm-autoscale config diff
  vm-autoscale config diff --output-format json

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 5 not permitted, 6 the daemon
does not answer, 66 file missing";

pub(super) const CONFIG: &str = "\
Examples:
  vm-autoscale config show --effective
  vm-autoscale config diff

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 5 not permitted, 6 the daemon
does not answer (diff), 66 file missing";

pub(super) const SIZES_BEFORE: &str = "\
It reads the journal, as far back as that goes. A value that somebody else set counts as the one of
before. Run the commands on the nodes that they name; vm-autoscale-setup uninstall --restore-vms
shows them, too.

Examples:
  vm-autoscale sizes-before
  vm-autoscale sizes-before --output-format json

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 configuration invalid, 5 not permitted, 66 file
missing";
