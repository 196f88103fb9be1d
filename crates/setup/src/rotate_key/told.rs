//! What is said of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::args::Format;
use crate::error::Error;
use crate::import::shown;
use crate::nodes::{Line, Site};

/// A key that was rotated.
pub(super) struct Told {
    pub(super) key: PathBuf,
    pub(super) nodes: Vec<String>,
    /// Whether the helper was started anew.
    pub(super) restarted: bool,
}

pub(super) fn text(all: &[Told], format: Format) -> String {
    if let Format::Json = format {
        let of = |told: &Told| json!({"key": told.key, "nodes": told.nodes, "helper_restarted": told.restarted});
        return Value::Array(all.iter().map(of).collect()).to_string() + "\n";
    }
    let mut text = String::new();
    for told in all {
        let nodes = told.nodes.join(", ");
        let _ = writeln!(
            text,
            "{}: a new key, proven at {nodes}; the old one is refused there and was removed.",
            shown(&told.key)
        );
    }
    if all.iter().any(|told| told.restarted) {
        text + "The helper was started anew with it.\n"
    } else {
        text + "The helper does not run under systemd here. It reads the key when it starts:\n  \
                systemctl restart vm-autoscale-helper\n"
    }
}

/// Nodes that have no way in and do not let the new key in.
pub(super) fn to_add(missing: &[(&Site, Line)]) -> Error {
    let mut what = "the new key is not let in everywhere yet, and the old one stays. As root, put \
                    the gate and the line there:"
        .to_owned();
    for (site, line) in missing {
        let _ = write!(what, "\n  {}: {line}", site.name);
    }
    Error::failed(what, "then run this again, or with a way in: --ssh root@")
}

/// Nodes that have no way in and still let the old key in.
pub(super) fn to_remove(left: &[&Site], line: &Line) -> Error {
    let names: Vec<&str> = left.iter().map(|site| site.name.as_str()).collect();
    Error::failed(
        format!(
            "the new key is in use, and the old one is still let in by {}. As root, remove the \
             line with it from authorized_keys there:\n  {}",
            names.join(", "),
            line.key()
        ),
        "then run this again, or with a way in: --ssh root@",
    )
}

/// The line is gone, and the key is let in.
pub(super) fn still_in(site: &Site, file: &str, old: &Path) -> Error {
    let name = &site.name;
    Error::failed(
        format!("{name} still lets the old key in, by something else than {file}"),
        format!(
            "on {name}: sshd -T | grep -i authorizedkeys; remove the key there, then run this again \
             ({} is kept until then)",
            shown(old)
        ),
    )
}
