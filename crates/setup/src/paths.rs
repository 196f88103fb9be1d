//! Where things are on the machine. The programs' own defaults and the units name the same places.

/// Configuration, keys, pins.
pub(crate) const ETC: &str = "/etc/vm-autoscale";
pub(crate) const CONFIG: &str = "/etc/vm-autoscale/config.yaml";
pub(crate) const POLICY: &str = "/etc/vm-autoscale/helper.yaml";
pub(crate) const KEY: &str = "/etc/vm-autoscale/id_ed25519";
pub(crate) const PUBLIC_KEY: &str = "/etc/vm-autoscale/id_ed25519.pub";
pub(crate) const KNOWN_HOSTS: &str = "/etc/vm-autoscale/known_hosts";
/// The scheduler's program.
pub(crate) const SCHEDULER: &str = "/usr/bin/vm-autoscale";
/// The helper's program.
pub(crate) const HELPER: &str = "/usr/libexec/vm-autoscale/vm-autoscale-helper";
/// The gate: here, to be copied to nodes, and there, as the forced command. Where this machine is a
/// node itself, it is the same file.
pub(crate) const GATE: &str = "/usr/libexec/vm-autoscale/gate";
/// Of the helper's socket.
pub(crate) const SOCKETS: &str = "/run/vm-autoscale";
/// The journal's directory.
pub(crate) const STATE: &str = "/var/lib/vm-autoscale";
/// The file log's directory.
pub(crate) const LOGS: &str = "/var/log/vm-autoscale";
/// What install did. Not in [`STATE`], where the scheduler's user could write it.
pub(crate) const RECORD: &str = "/var/lib/vm-autoscale-setup/record.json";
/// Watched by auditd where it is offered and taken.
pub(crate) const AUDIT: &str = "/etc/audit/rules.d/vm-autoscale.rules";
/// The scheduler's user and group.
pub(crate) const USER: &str = "vm-autoscale";
/// Who may pause and resume.
pub(crate) const ADMINS: &str = "vm-autoscale-admin";
/// The addresses that the helper may send to, in place of its unit's own list.
pub(crate) const NODES: &str = "/etc/systemd/system/vm-autoscale-helper.service.d/nodes.conf";
