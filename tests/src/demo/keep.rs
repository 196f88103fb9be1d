//! The demo's cluster stays for whoever wants to try the commands on it.

use std::fmt::Write as _;
use std::io;

use crate::programs::directory;
use crate::stage::Stage;

/// What can be tried, each with what it answers.
pub const TRY: &[(&str, &str)] = &[
    ("status", "how all of it is"),
    ("top", "the same, live; q ends it"),
    ("explain 106", "why something happened to a VM, or nothing"),
    ("history", "what was changed"),
    ("plan", "what the next cycle would do"),
    ("headroom", "what the nodes have left"),
    ("doctor", "which VMs cannot be scaled, and what enables them"),
    ("report --since 1h", "what came of it"),
    ("pause 101 --for 5m --reason trying", "leaves a VM alone"),
];

/// How to type them.
///
/// # Errors
/// Nobody knows where the programs are.
pub(super) fn commands(stage: &Stage) -> io::Result<String> {
    let (program, config) = (directory()?.join("vm-autoscale"), stage.path("config.yaml"));
    let mut text = format!(
        "\nIt goes on until you press Enter here. In another terminal:\n  \
         alias desk='{} --config {}'\n",
        program.display(),
        config.display()
    );
    for (command, answers) in TRY {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  desk {command:<36} {answers}");
    }
    Ok(text)
}

/// Also until standard input ends.
pub(super) fn until_enter() -> io::Result<()> {
    io::stdin().read_line(&mut String::new()).map(drop)
}
