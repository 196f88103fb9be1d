//! `vm-autoscale explain`: why something is done to a VM, or why nothing is.

use serde_json::{Value, json};
use vm_autoscale_scheduler::{ExplainOrder, Explained, fetch_explanation, wall};

use crate::args::{Args, ExplainArgs, Format};
use crate::files::{Places, places};
use crate::plain::one_line;
use crate::{Error, say, terminal_width, wait};

mod at;
mod known;
mod noted;
mod text;
mod then;

pub(crate) use at::shown;
use known::Known;

/// The exit code.
pub(crate) fn explain(args: &Args, wanted: &ExplainArgs) -> Result<u8, Error> {
    if let Some(at) = &wanted.at {
        let now = wall();
        return then::explain(args, wanted, (at::at(at, now).map_err(Error::Usage)?, now));
    }
    let Places { socket, .. } = places(args, wanted.daemon.control_socket.as_deref())?;
    let order = ExplainOrder { vmid: wanted.vm, cluster: wanted.cluster.clone() };
    let mut explained = match wait(fetch_explanation(&socket, &order))? {
        Ok(explained) => explained,
        Err(error) if error.exit_code() == 6 => return noted::explain(args, wanted, wall()),
        Err(error) => return Err(error.into()),
    };
    if explained.vms.is_empty() {
        let why = explained.silent.join("; ");
        let why = if why.is_empty() { "the helper was not met yet".to_owned() } else { why };
        return Err(Error::Journal(format!("nobody knows of VM {}: {why}", wanted.vm)));
    }
    harmless(&mut explained);
    let known = Known::of(args, &explained.hosts);
    match args.output_format {
        Format::Json => say(&format!("{}\n", json_of(&explained, &known)))?,
        Format::Text => say(&text::text(&explained, &known, (terminal_width(), wall())))?,
    }
    Ok(0)
}

/// What nodes and guests wrote is told in one line each.
fn harmless(explained: &mut Explained) {
    explained.silent.iter_mut().for_each(one_line);
    for change in &mut explained.changes {
        one_line(&mut change.text);
    }
    for vm in &mut explained.vms {
        vm.name.iter_mut().for_each(one_line);
        let sides = vm.resources.iter_mut().flat_map(|side| {
            one_line(&mut side.why);
            side.gates.iter_mut()
        });
        vm.gates.iter_mut().chain(sides).for_each(|gate| one_line(&mut gate.said));
    }
}

/// With where each setting stands.
fn json_of(explained: &Explained, known: &Known<'_>) -> Value {
    let vms = explained.vms.iter().map(|vm| {
        let mut told = json!(vm);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("places".to_owned(), json!(known.of_vm(vm).all()));
        }
        told
    });
    json!({
        "vms": vms.collect::<Vec<_>>(),
        "changes": explained.changes,
        "silent": explained.silent,
    })
}
