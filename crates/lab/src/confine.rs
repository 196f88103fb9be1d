//! The lab writes nowhere but in its own directory: not by good intention, but because the kernel
//! takes it at its word.

use std::fs::OpenOptions;
use std::path::Path;

use landlock::{ABI, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, path_beneath_rules};

use crate::Error;

/// Gives up writing anywhere but beneath `dir` (and into `/dev/null`), for this thread and all
/// that it starts from now on, its QEMU processes among them. Says whether that holds: a kernel
/// without Landlock goes on as before.
pub(crate) fn to(dir: &Path) -> Result<bool, Error> {
    let writes = AccessFs::from_write(ABI::V5);
    let allowed = [dir, Path::new("/dev/null")];
    let enforced = Ruleset::default()
        .handle_access(writes)
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(allowed, writes)))
        .and_then(landlock::RulesetCreated::restrict_self);
    enforced.map_err(|e| Error::Confine(e.to_string()))?;
    Ok(is_refused(dir))
}

/// Tries it, beside the directory.
fn is_refused(dir: &Path) -> bool {
    let Some(parent) = dir.parent() else { return false };
    let probe = parent.join(format!(".vm-autoscale-lab.{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).open(&probe);
    if made.is_ok() {
        // It was ours to make, so it is ours to take away; that it was made is what is told.
        let _ = std::fs::remove_file(&probe);
    }
    made.is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied)
}
