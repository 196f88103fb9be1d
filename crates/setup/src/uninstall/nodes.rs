//! The nodes let our key in until its line is taken from them.

use vm_autoscale_config::HelperConfig;

use crate::args::Format;
use crate::authorize::{Removed, unauthorize};
use crate::error::Error;
use crate::paths;
use crate::root::Root;

/// Takes the line from each node; what was done, as notes.
///
/// # Errors
/// A node still has it, and `anyway` is not said: with the key the way there would be gone.
pub(crate) fn take_away(root: &Root, ssh: &[String], anyway: bool) -> Result<Vec<String>, Error> {
    let config = HelperConfig::read(&root.at(paths::POLICY))?;
    let (mut notes, mut left) = (Vec::new(), Vec::new());
    for (site, removed) in unauthorize(&config, ssh)? {
        match removed {
            Ok(done @ Removed::Done(_)) => notes.push(done.told(&site, Format::Text)),
            Ok(other) => left.push(other.told(&site, Format::Text)),
            Err(error) => left.push(format!("{}: {error}", site.name)),
        }
    }
    if left.is_empty() || anyway {
        notes.append(&mut left);
        return Ok(notes.iter().map(|note| note.trim_end().to_owned()).collect());
    }
    let what =
        format!("nothing was removed here, because nodes still let the key in:\n{}", left.concat());
    Err(Error::failed(what, "name a way in with --ssh [NODE=]root@HOST, or go on with --yes"))
}

/// What is said where nothing is taken from them.
pub(crate) fn left(root: &Root) -> Option<String> {
    let config = HelperConfig::read(&root.at(paths::POLICY)).ok()?;
    let nodes: Vec<_> = config.clusters.iter().flat_map(|it| &it.nodes).collect();
    let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
    let names = names.join(", ");
    (!names.is_empty()).then(|| {
        format!("left: our line in authorized_keys on {names} (uninstall --nodes takes it away)")
    })
}
