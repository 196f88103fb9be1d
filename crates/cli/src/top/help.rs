//! What the keys do.

use super::model::{Face, Model};

pub(super) const TEXT: &str = "
s, S      the next order, the one before: pressure, vCPU use, memory use, blocked, VMID, name, node
r         the other way round
/         filter by number, name, node, mode, tag, pool or state; Esc drops it
up, down  the VM above, below; also k and j, PgUp and PgDn, Home and End
Enter     all that is known of the VM, and back
Space     hold the picture, and let it go on
q         quit

Pressure is how much of its vCPUs or of its memory a VM uses, whichever is more. The line of
blocks has 24 h of that, an hour each, the last one at the right:
  ▁▂▃▄▅▆▇█  eighths    ·  not known    ▲  the VM grew    ▼  it shrank    ◆  both
";

/// In one line, what matters most first: the screen may be narrow.
pub(super) fn keys(model: &Model) -> String {
    match model.face {
        Face::List | Face::Paper => {
            "q quit  s sort  / filter  Enter details  Space hold  ? help  arrows move  r reverse"
        }
        Face::Details => "q quit  Esc back  arrows the next VM  Space hold  ? help",
        Face::Help => "q quit  any other key: back",
        Face::Filter => return format!("filter: {}_   Enter keeps it, Esc drops it", model.filter),
    }
    .to_owned()
}
