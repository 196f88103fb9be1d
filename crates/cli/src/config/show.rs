//! `vm-autoscale config show`.

use serde_json::json;
use vm_autoscale_config::SchedulerConfig;

use super::vm::{self, Found};
use super::{Read, columns, lines};
use crate::args::{Args, Format, Show};
use crate::environment::environment;
use crate::{Error, say};

/// The exit code.
pub(crate) fn show(args: &Args, wanted: &Show) -> Result<u8, Error> {
    let read = Read::new(SchedulerConfig::check(&args.config, &environment(args)?)?)?;
    let text = match (wanted.vm, args.output_format) {
        (Some(vmid), format) => {
            let found = vm::find(&read.config, vmid, wanted)?;
            match format {
                Format::Text => found.iter().map(|found| of_vm(&read, found)).collect(),
                Format::Json => {
                    let vms: Vec<_> = found.iter().map(|found| found.json(&read)).collect();
                    format!("{}\n", json!(vms))
                }
            }
        }
        (None, Format::Text) if wanted.effective => effective(&read),
        (None, Format::Json) if wanted.effective => {
            let classes = read.config.effective_classes(&read.hours, |path| read.place(path));
            let classes: serde_json::Map<_, _> =
                classes.into_iter().map(|(name, values)| (name, json!(values))).collect();
            let plain = read.config.effective_plain(&read.hours, |path| read.place(path));
            format!("{}\n", json!({"file": read.own(), "vms": plain, "classes": classes}))
        }
        (None, format) => written(&read, format),
    };
    say(&text).map(|()| 0)
}

/// What stands in the files, in their order.
fn written(read: &Read, format: Format) -> String {
    let rows = read.entries.iter();
    let rows =
        rows.map(|entry| [entry.path.clone(), entry.shown.clone(), entry.origin.to_string()]);
    match format {
        Format::Text if read.entries.is_empty() => {
            "nothing is set: every default holds\n".to_owned()
        }
        Format::Text => columns(&rows.collect::<Vec<_>>()),
        Format::Json => {
            let row = |[key, value, place]: [String; 3]| json!({"key": key, "value": value, "place": place});
            format!("{}\n", json!(rows.map(row).collect::<Vec<_>>()))
        }
    }
}

fn effective(read: &Read) -> String {
    let plain = read.config.effective_plain(&read.hours, |path| read.place(path));
    let classes = read.config.effective_classes(&read.hours, |path| read.place(path));
    let mut parts = vec![
        ("the file".to_owned(), read.own()),
        ("VMs without class and entry".to_owned(), plain),
    ];
    parts.extend(classes.into_iter().map(|(name, values)| (format!("class {name}"), values)));
    let parts: Vec<String> =
        parts.iter().map(|(head, values)| format!("{head}\n{}", lines(values))).collect();
    let note = match read.config.virtual_machines.len() {
        0 => String::new(),
        own => format!("\n{own} with an entry of their own: --vm shows what holds for one\n"),
    };
    parts.join("\n") + &note
}

fn of_vm(read: &Read, found: &Found) -> String {
    let head = format!("{}\n", found.words(&read.config));
    head + &found.values(read).map(|values| lines(&values)).unwrap_or_default()
}
