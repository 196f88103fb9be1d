//! The programs that have a command line of clap's.

use clap::Command;

/// One of them, and what its own definition does not say.
pub(super) struct Program {
    pub(super) command: Command,
    /// Of the manual.
    pub(super) section: &'static str,
    pub(super) files: &'static [(&'static str, &'static str)],
    pub(super) see: &'static [&'static str],
}

pub(super) fn all() -> [Program; 2] {
    [
        Program {
            command: vm_autoscale::command(),
            section: "1",
            files: &[
                (
                    "/etc/vm-autoscale/config.yaml",
                    "The configuration: `vm-autoscale-config.yaml`(5).",
                ),
                (
                    "/etc/vm-autoscale/scheduler.env",
                    "Variables for it, such as passwords for mail.",
                ),
                ("/var/lib/vm-autoscale/journal.db", "What outlives a restart."),
                ("/run/vm-autoscale-scheduler/control.sock", "Where the running daemon answers."),
                (
                    "/etc/pve/vm-autoscale.pause",
                    "On a node: pauses its whole cluster while it is there.",
                ),
            ],
            see: &[
                "vm-autoscale-config.yaml(5)",
                "vm-autoscale-helper(8)",
                "vm-autoscale-setup(8)",
            ],
        },
        Program {
            command: vm_autoscale_setup::command(),
            section: "8",
            files: &[
                (
                    "/etc/vm-autoscale",
                    "The configuration of both programs, the helper's key and known hosts.",
                ),
                ("/var/lib/vm-autoscale-setup/record.json", "What was installed."),
                ("/usr/libexec/vm-autoscale/gate", "The gate, here and on the nodes."),
            ],
            see: &[
                "vm-autoscale(1)",
                "vm-autoscale-config.yaml(5)",
                "vm-autoscale-helper.yaml(5)",
                "vm-autoscale-helper(8)",
                "vm-autoscale-gate(8)",
            ],
        },
    ]
}
