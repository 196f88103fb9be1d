//! The pages of the two configurations: every key of `etc/reference.md`, which is made from the
//! types.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::page::{Page, sentence};
use crate::pages::root;

/// What the types do not say of a file.
struct About {
    file: &'static str,
    purpose: &'static str,
    text: &'static str,
    example: &'static str,
    check: &'static str,
    see: &'static str,
}

const ALL: [About; 2] = [
    About {
        file: "config.yaml",
        purpose: "which VMs vm-autoscale looks after, and when it acts",
        text: "\
The configuration of `vm-autoscale`(1), `/etc/vm-autoscale/config.yaml`, belongs to root and the \
group vm-autoscale, mode 0640. Nodes, keys and what may be done at all are not here but in \
`vm-autoscale-helper.yaml`(5), whose limits hold whatever this file says.

Every key may be left out; an unknown one is an error. After a change `systemctl reload \
vm-autoscale` reads it anew; with a mistake in it, what was read before holds on.

Files `/etc/vm-autoscale/conf.d/*.yaml` add to it in the order of their names: sections key by \
key, lists one behind the other, and of any other value the last one holds.

A value may hold variables: `${NAME}`, or `${NAME:-default}` for where it is not set or empty. They \
come from the environment, then from `/etc/vm-autoscale/scheduler.env`, whose lines are NAME=value.",
        example: "\
mode: recommend
select: [\"@tag-autoscale\", -105]
scaling_limits: {max_cores: 8, max_ram_mb: 16384}
classes:
  - {name: web, select: [\"@name-web*\"], mode: full, profile: steady}
virtual_machines:
  - {vm_id: 101, cpu_lever: cpulimit, memory_shrink: true}",
        check: "vm-autoscale --validate-only --strict",
        see: "`vm-autoscale`(1), `vm-autoscale-config-show`(1), `vm-autoscale-helper.yaml`(5)",
    },
    About {
        file: "helper.yaml",
        purpose: "which nodes there are, and what vm-autoscale may do to their VMs",
        text: "\
The rules of `vm-autoscale-helper`(8), `/etc/vm-autoscale/helper.yaml`, belong to root, mode 0600. \
They are root's word, whatever `vm-autoscale-config.yaml`(5) says and whatever becomes of the \
scheduler. An unknown key is an error. After a change `systemctl restart vm-autoscale-helper` \
reads it anew.

The first rule that names a VM and does not except it holds; a VM that none names is never changed, \
nor is anything that its rule does not bound. A refusal names the rule, the limit, what was asked, \
and the line.

Each node's host key has to be in `/etc/vm-autoscale/known_hosts`; it gets there by \
`vm-autoscale-setup-trust-host`(8). A password, where a login has one, is in \
`/etc/vm-autoscale/helper.env`, never here.",
        example: "\
rates: {per_vm: 4, per_node: 20, total: 60}
clusters:
  - name: home
    identity: /etc/vm-autoscale/id_ed25519
    nodes: [{name: pve1, address: 192.168.1.11}]
    max_total_memory: 262144
    rules:
      - {vms: [101], max_vcpus: 4}
      - {vms: [200-299], except: [250], max_vcpus: 8, max_memory: 16384}",
        check: "/usr/libexec/vm-autoscale/vm-autoscale-helper --validate-only --strict",
        see: "`vm-autoscale-helper`(8), `vm-autoscale-setup`(8), `vm-autoscale-config.yaml`(5)",
    },
];

/// By their files' names.
pub(super) fn pages() -> Vec<(String, String)> {
    let reference = fs::read_to_string(root().join("etc/reference.md")).unwrap();
    ALL.iter().map(|about| page(about, &reference)).collect()
}

fn page(about: &About, reference: &str) -> (String, String) {
    let name = format!("vm-autoscale-{}", about.file);
    let heading = format!("\n## {}\n", about.file);
    let (_, keys) = reference.split_once(&heading).unwrap();
    let keys = keys.split("\n## ").next().unwrap();
    let mut page = Page::new(&name, "5", about.purpose)
        .section("DESCRIPTION")
        .text(about.text)
        .paragraph()
        .text(&format!("`{}` says all that is wrong with it.", about.check))
        .section("EXAMPLE")
        .example(&about.example.lines().collect::<Vec<_>>())
        .section("KEYS");
    for line in keys.lines() {
        page = key(page, line);
    }
    let page = page
        .section("FILES")
        .item(
            &format!("`/etc/vm-autoscale/{}`", about.file),
            "As it was installed, it shows every key with its default.",
        )
        .item(
            &format!("`/usr/share/vm-autoscale/{}`", about.file.replace("yaml", "schema.json")),
            "A JSON Schema, for editors.",
        )
        .section("SEE ALSO")
        .text(about.see);
    (format!("{name}.5"), page.finish())
}

/// A line of the reference: a part's name, a key, a word, or prose.
fn key(page: Page, line: &str) -> Page {
    if let Some(part) = line.strip_prefix("### ") {
        return page.subsection(part);
    }
    if let Some((word, said)) = line.strip_prefix("- ").and_then(|rest| rest.split_once(": ")) {
        return page.item(word, said);
    }
    if let Some(row) = line.strip_prefix("| `") {
        let cells: Vec<String> =
            row.replace("\\|", "\u{1}").trim_end_matches('|').split(" | ").map(cell).collect();
        let [key, kind, default, said] = cells.as_slice() else { panic!("{line}") };
        let default = match default.as_str() {
            "–" => String::new(),
            "must be there" => "; must be there".to_owned(),
            default => format!("; {default} where it is left out"),
        };
        let kind = sentence(&format!("{kind}{default}"));
        return page.item(&format!("`{key}"), &kind).line_break().text(said);
    }
    if line.is_empty() || line.starts_with('|') { page } else { page.text(line) }
}

/// Without links, which name a part of the same page.
fn cell(text: &str) -> String {
    let text = text.trim().replace('\u{1}', "|");
    let Some((before, rest)) = text.split_once('[').filter(|_| text.contains("](#")) else {
        return text;
    };
    let (name, rest) = rest.split_once("](#").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    format!("{before}{name} (see there){after}")
}

/// What the pages show can be used.
#[test]
fn the_examples_of_the_pages_hold() {
    use vm_autoscale_config::{Environment, HelperConfig, SchedulerConfig};

    let directory = tempfile::tempdir().unwrap();
    let [scheduler, helper] = ALL.map(|about| {
        let file = directory.path().join(about.file);
        fs::write(&file, about.example).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    });
    let config = SchedulerConfig::read(&scheduler, &Environment::of_process()).unwrap();
    assert_eq!((config.classes.len(), config.virtual_machines.len()), (1, 1));
    assert_eq!(HelperConfig::read(&helper).unwrap().clusters.len(), 1);
}

#[test]
fn a_row_becomes_an_item() {
    let row = "| `mode` | list of [Mode](#mode) | `a` | One \\| `b`. |";
    let text = key(Page::new("x", "5", "y"), row).finish();
    let said = "\\fBmode\\fR\nList of Mode (see there); \\fBa\\fR where it is left out.\n.br\nOne | \\fBb\\fR.\n";
    assert!(text.ends_with(said), "{text}");
}
