//! `top`.

use super::Daemon;
use crate::top::Sort;

/// How it is shown.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TopArgs {
    /// From one picture to the next.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(crate) interval: u16,
    /// Print one picture and end.
    #[arg(long)]
    pub(crate) once: bool,
    /// So many VMs at most in such a picture.
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    pub(crate) rows: u16,
    /// What comes first; on the screen `s` changes it.
    #[arg(long, value_enum, default_value_t = Sort::Pressure)]
    pub(crate) sort: Sort,
    /// Only VMs with this in their number, name, node, mode, tags, pool or state.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) filter: String,
    #[command(flatten)]
    pub(crate) daemon: Daemon,
}

pub(super) const TOP_HELP: &str = "\
Pressure is how much of its vCPUs or of its memory a VM uses, whichever is more. The line of blocks
has 24 h of that, an hour each; a triangle stands for an hour in which the VM grew or shrank, a
diamond for both.

Keys: s and S the next order and the one before, r the other way round, / a filter (Esc drops it),
arrows, j, k, PgUp, PgDn, Home and End move, Enter shows all that is known of a VM (Esc goes back),
Space holds the picture and lets it go on, ? says what the keys do, q quits.

With --once, with --output-format json, and where it does not write to a terminal, it prints one
picture and ends. While the daemon does not answer, the last picture stays, and says how old it is.
NO_COLOR is heeded; nothing is told by colour alone.

Examples:
  vm-autoscale top
  vm-autoscale top --sort memory --filter prod
  vm-autoscale top --once --rows 10
  vm-autoscale top --output-format json

Exit codes: 0 done, 1 failed, 2 wrong usage, 5 not permitted, 6 the daemon cannot be asked and left
nothing to show, 66 file missing";
