//! What of us is on the machine.

use crate::disk::{cannot, look, unfinished};
use crate::error::Error;
use crate::install::seen::{Seen, beside};
use crate::install::wanted::directories;
use crate::manifest::Shipped;
use crate::paths;
use crate::record::Record;
use crate::root::Root;
use crate::units;

/// What systemd makes for the daemons, and leaves.
const RUN: [&str; 3] = [paths::SOCKETS, "/run/vm-autoscale-helper", "/run/vm-autoscale-scheduler"];

/// With what is to be said of the record.
///
/// # Errors
/// Something cannot be looked at.
pub(crate) fn look_round(
    root: &Root,
    shipped: &[Shipped],
) -> Result<(Seen, Option<String>), Error> {
    let (record, complaint) = Record::read(root);
    let mut seen = Seen { record, ..Seen::default() };
    let own = [paths::KEY, paths::PUBLIC_KEY, paths::KNOWN_HOSTS, paths::RECORD];
    let elsewhere = [paths::AUDIT, paths::NODES];
    let files = || shipped.iter().map(|file| file.to).chain(own).chain(elsewhere);
    for path in files().flat_map(|path| [path.to_owned(), beside(path)]) {
        seen.found.extend(look(&root.at(&path))?.map(|found| (path.clone(), found)));
        let name = unfinished(std::path::Path::new(&path)).display().to_string();
        seen.unfinished.extend(look(&root.at(&name))?.map(|_| name));
    }
    for path in directories(files()).into_keys() {
        if let Some(found) = look(&root.at(&path))? {
            seen.found.insert(path.clone(), found);
            let within = within(root, &path)?;
            seen.directories.push((path, within));
        }
    }
    if root.is_live() {
        for path in RUN {
            seen.run.extend(look(&root.at(path))?.map(|_| path.to_owned()));
        }
        seen.live = Some(units::live()?);
    }
    seen.accounts(root)?;
    seen.enabled = units::is_any_enabled(root);
    seen.systemctl = units::can_be_told();
    Ok((seen, complaint))
}

/// The paths of what is in a directory.
fn within(root: &Root, path: &str) -> Result<Vec<String>, Error> {
    let at = root.at(path);
    let read = || -> std::io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&at)?;
        let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        entries.map(|entry| Ok(format!("{path}/{}", name(entry?)))).collect()
    };
    read().map_err(|source| cannot(&at, source))
}
