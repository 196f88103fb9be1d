//! A VM that is not looked after: what of the file keeps it out, and what would let it in.

use vm_autoscale_config::{OFF_TAG, Why};

use super::gates::{Gates, Name};
use super::{Explanation, Remedy, Setting};

/// Tells it; `is_there` where the cluster has such a VM, as far as anyone looks.
pub(super) fn tell(told: &mut Explanation, why: &Why, is_there: bool) {
    let vmid = told.vmid;
    let (said, key, way_out) = match why {
        Why::EntryOff(at) => {
            let key = format!("virtual_machines[{at}].scaling_enabled");
            (
                "its entry says `scaling_enabled: false`",
                key,
                "say `scaling_enabled: true` there".to_owned(),
            )
        }
        Why::Excluded => {
            let said = "`select` takes it out, which holds over everything";
            (said, "select".to_owned(), "take that item with a hyphen out of `select`".to_owned())
        }
        Why::OffTag => {
            let tags = told.tags.iter().flatten().filter(|tag| *tag != OFF_TAG);
            let tags: Vec<&str> = tags.map(String::as_str).collect();
            let line = format!("qm set {vmid} --tags \"{}\"", tags.join(";"));
            ("it has the tag `autoscale-off`, which holds over everything", String::new(), line)
        }
        Why::Nothing => {
            let said = "neither `select`, nor a class, nor an entry names it";
            (said, "select".to_owned(), format!("add {vmid} to `select`, or what else names it"))
        }
        Why::Unknown if is_there => {
            told.looked_after = None;
            let said = "not known: that hangs on its config or the pools, which could not be read";
            (said, String::new(), "see vm-autoscale status: it says what cannot be read".to_owned())
        }
        Why::Unknown | Why::Entry(_) | Why::Class(_) | Why::Selected => {
            let said = "no such VM was seen in this cluster";
            (said, String::new(), format!("qm config {vmid} says on a node whether it is there"))
        }
    };
    let key = (!key.is_empty()).then_some(key);
    let setting = |key: &String| Setting { key: key.clone(), value: String::new() };
    let mut gates = Gates::default();
    gates.add(Name::Selection, Err(said.to_owned()), key.iter().map(setting).collect());
    told.gates = gates.told(false);
    told.to_allow = vec![Remedy { said: way_out, key }];
}
