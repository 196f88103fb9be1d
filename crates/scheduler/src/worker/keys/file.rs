//! The keys that only the file, only a class or only an entry has.

use serde_json::{Value, json};

use super::case::Case;
use super::layers::{BUSY, FULL};

const PLUGS: &str = "110: vcpus 4 -> 5";
const LEAVES: &str = "cpu: not looked after\n";
const ONE: &[&str] = &["home 101"];

/// Where, two values, what is said with one of them only, and the rest of the file.
type Row = (&'static str, [&'static str; 2], [&'static str; 2], Value);

/// Of the whole file.
pub(super) fn all() -> Vec<Case> {
    let none = || json!({});
    let said = [PLUGS, "110: would: vcpus 4 -> 5"];
    let cpu = [PLUGS, "cpu: wants more, node would be at 50.0 % of 40.0 %\n"];
    let memory = |refused| ["110: memory 4096 -> 4608", refused];
    let unused = memory("memory: wants 512 MiB more, node has 0.0 of 25.6 GiB unused\n");
    let committed = memory("memory: wants 512 MiB more, node has 0.1 of 8.1 GiB free for guests\n");
    let vcpus = [PLUGS, "cpu: wants 1 vCPUs more, node has 0 of 8 free\n"];
    let reserve = json!({"host_limits": {"memory_reserve_percent": 50}});
    let limit = ["90", "40"];
    let mut all = vec![
        case(("dry_run", ["false", "true"], said, none())),
        case(("host_limits.max_host_cpu_percent", limit, cpu, none())),
        Case { scene: FULL, ..case(("host_limits.max_host_ram_percent", limit, unused, none())) },
        Case {
            scene: FULL,
            ..case(("host_limits.memory_reserve_percent", ["5", "87.4"], committed, none()))
        },
        Case {
            scene: FULL,
            ..case(("host_limits.memory_overcommit", ["1", "0.252"], committed, reserve))
        },
        case(("host_limits.cpu_overcommit", ["4", "0.5"], vcpus, none())),
    ];
    all.extend(of_classes());
    all.extend(of_vms().into_iter().map(case));
    all
}

/// The names of classes, and what is of them.
fn of_classes() -> Vec<Case> {
    let classes = json!([
        {"name": "web", "select": ["@tag-web"]},
        {"name": "calm", "select": ["@tag-calm"], "cpu_scaling": false},
        {"name": "loud", "select": ["@tag-loud"], "ram_scaling": false},
    ]);
    let calm = json!({"classes": [{"name": "web", "cpu_scaling": false}]});
    let named = json!({
        "classes": [{"name": "web", "select": ["@tag-web"]}],
        "virtual_machines": [{"vm_id": 101, "class": "web"}],
    });
    vec![
        file((
            "classes[0].name",
            ["\"web\"", "\"www\""],
            ["good", "there is no class `web`"],
            named,
        )),
        case((
            "classes[0].inherits",
            ["\"calm\"", "\"loud\""],
            [LEAVES, PLUGS],
            json!({"classes": classes}),
        )),
        case(("classes[0].select", [r#"["@tag-web"]"#, r#"["@tag-ftp"]"#], [LEAVES, PLUGS], calm)),
    ]
}

/// Which VM an entry is for, and whose settings it takes.
fn of_vms() -> Vec<Row> {
    let entry = |entry: Value| json!({"virtual_machines": [entry]});
    let calm = json!({"vm_id": 101, "cpu_scaling": false});
    let mut classes = entry(json!({"vm_id": 101, "proxmox_host": "home"}));
    classes["classes"] = json!([
        {"name": "calm", "select": ["@tag-calm"], "cpu_scaling": false},
        {"name": "loud", "select": ["@tag-loud"]},
    ]);
    let host = "virtual_machines[0].proxmox_host";
    let unsaid = "cpu: not known which cluster's VM 101 is meant";
    vec![
        (
            "virtual_machines[0].vm_id",
            ["101", "102"],
            [LEAVES, PLUGS],
            entry(json!({"proxmox_host": "home", "cpu_scaling": false})),
        ),
        (host, ["\"home\"", "\"away\""], [LEAVES, PLUGS], entry(calm.clone())),
        // By a node: any of the cluster's, whichever the VM is on.
        (host, ["\"pve2\"", "\"far1\""], [LEAVES, PLUGS], entry(calm.clone())),
        (host, ["null", "\"home\""], [unsaid, LEAVES], entry(calm)),
        (
            "virtual_machines[0].scaling_enabled",
            ["true", "false"],
            [PLUGS, "not looked after at all"],
            entry(json!({"vm_id": 101, "proxmox_host": "home"})),
        ),
        ("virtual_machines[0].class", ["\"calm\"", "\"loud\""], [LEAVES, PLUGS], classes),
    ]
}

fn base(more: Value) -> Value {
    let mut base = json!({
        "mode": "full",
        "check_interval": 10,
        "scale_cooldown": 60,
        "select": ["100-199"],
    });
    let Value::Object(more) = more else { panic!("no section: {more}") };
    base.as_object_mut().unwrap().extend(more);
    base
}

/// Of VM 101 while all are busy.
fn case((path, values, said, more): Row) -> Case {
    let (path, base) = (path.to_owned(), base(more));
    Case { path, base, values, scene: BUSY, of: ONE, said, same: &[] }
}

/// Of the file itself: whether it is taken.
fn file(row: Row) -> Case {
    Case { of: &["file"], ..case(row) }
}
