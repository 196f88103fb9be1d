use std::path::Path;

use super::*;
use crate::{Checked, Mode};
use vm_autoscale_proxmox::Tags;

static NONE: Tags = Tags::none();

struct Vm {
    vmid: u32,
    node: &'static str,
    name: Option<&'static str>,
    tags: &'static [&'static str],
    pool: Option<&'static str>,
}

const VM: Vm = Vm { vmid: 101, node: "pve1", name: Some("web1"), tags: &[], pool: None };

fn roster(text: &str) -> Roster {
    let config = Checked::<SchedulerConfig>::new(Path::new("config.yaml"), text.as_bytes());
    Roster::new(Arc::new(config.finish().unwrap()), &"home".try_into().unwrap(), &clusters())
}

/// Of two hosts that are no cluster, one is named as a node of the other is.
fn clusters() -> Clusters {
    let nodes = |names: &[&str]| names.iter().map(|name| (*name).try_into().unwrap()).collect();
    [("home", nodes(&["pve1", "pve2", "pve"])), ("pve2", nodes(&["x"])), ("far", nodes(&["pve"]))]
        .map(|(name, nodes)| (name.try_into().unwrap(), nodes))
        .into()
}

/// The answer for a VM of which all is known.
fn answer(roster: &Roster, vm: &Vm) -> Option<VmSettings> {
    let tags = vm.tags.join(";").parse().unwrap();
    match roster.answer(&facts(vm, &tags)) {
        Answer::No => None,
        Answer::Yes(managed) => Some(managed.settings),
        Answer::Unknown => panic!("all is known"),
    }
}

/// All that is known of a VM.
fn facts<'a>(vm: &Vm, tags: &'a Tags) -> VmFacts<'a> {
    VmFacts {
        vmid: vm.vmid.try_into().unwrap(),
        cluster: None,
        node: Some(Box::leak(Box::new(vm.node.try_into().unwrap()))),
        described: Some((vm.name, tags)),
        pool: Some(vm.pool),
    }
}

fn is_in(text: &str, vm: &Vm) -> bool {
    answer(&roster(text), vm).is_some()
}

#[test]
fn vms_are_named_by_everything_that_there_is() {
    for select in
        ["101", "'101'", "100-199", "'@all'", "'@node-pve1'", "'@name-web1'", "'@name-w*1'"]
    {
        assert!(is_in(&format!("select: [{select}]"), &VM), "{select}");
    }
    for select in ["102", "200-299", "'@node-pve2'", "'@name-web'", "'@name-*2'", "'@tag-web'"] {
        assert!(!is_in(&format!("select: [{select}]"), &VM), "{select}");
    }
    let tagged = Vm { tags: &["prod", "Web"], pool: Some("shop/front"), ..VM };
    assert!(is_in("select: ['@tag-web']", &tagged));
    assert!(is_in("select: ['@pool-shop/front']", &tagged));
    // A pool holds what is in the pools within it.
    assert!(is_in("select: ['@pool-shop']", &tagged));
    assert!(!is_in("select: ['@pool-sho', '@pool-front']", &tagged));
    assert!(!is_in("{}", &tagged));
    // One without a name is none of them.
    let nameless = Vm { name: None, ..VM };
    assert!(is_in("select: ['@all', '-@name-web*']", &nameless));
    assert!(!is_in("select: ['@name-*']", &nameless));
}

#[test]
fn what_is_taken_out_is_out_whoever_names_it() {
    for out in ["-101", "-100-150", "'-@name-web*'", "'-@node-pve1'", "'-@tag-db'"] {
        let tagged = Vm { tags: &["db"], ..VM };
        let text = format!(
            "select: ['@all', {out}]\nclasses: [{{name: a, select: [100-199]}}, {{name: b, select: []}}]\nvirtual_machines: [{{vm_id: 300, class: b}}]"
        );
        assert!(!is_in(&text, &tagged), "{out}");
        assert!(is_in(&text, &Vm { vmid: 200, name: Some("x"), node: "pve2", ..VM }), "{out}");
    }
    let off = Vm { tags: &["x", "Autoscale-Off"], ..VM };
    assert!(!is_in("select: ['@all']\nvirtual_machines: [{vm_id: 101}]", &off));
    let disabled = "select: ['@all']\nvirtual_machines: [{vm_id: 101, scaling_enabled: false}]";
    assert!(!is_in(disabled, &VM));
}

#[test]
fn nearer_layers_hold_over_those_below() {
    let text = "
mode: full
profile: economy
scaling_limits: {max_cores: 6}
classes:
  - {name: base, select: ['@tag-base'], scaling_limits: {min_cores: 2, max_cores: 5}, profile: steady}
  - {name: web, inherits: base, select: ['@tag-web'], thresholds: {cpu_high: 60}, mode: up-only}
virtual_machines:
  - {vm_id: '102', class: web, mode: full, check_interval: 30, thresholds: {cpu: {high: 50}}}
  - {vm_id: 103, proxmox_host: pve1, memory_shrink: true}
  - {vm_id: 104, proxmox_host: elsewhere}
select: [101, 104]
";
    let roster = roster(text);
    let plain = answer(&roster, &VM).unwrap();
    assert_eq!((plain.cpu_high, plain.max_cores, plain.mode), (85.0, 6, Mode::Full));
    let web = answer(&roster, &Vm { vmid: 200, tags: &["web", "base"], ..VM }).unwrap();
    // Of two classes that name it the first is its own: `base`.
    assert_eq!((web.cpu_high, web.cpu_low, web.scale_cooldown), (70.0, 10.0, 600));
    let web = answer(&roster, &Vm { vmid: 200, tags: &["web"], ..VM }).unwrap();
    assert_eq!((web.cpu_high, web.cpu_low, web.min_cores, web.max_cores), (60.0, 10.0, 2, 5));
    assert_eq!(web.mode, Mode::UpOnly);
    let own = answer(&roster, &Vm { vmid: 102, ..VM }).unwrap();
    assert_eq!((own.cpu_high, own.check_interval, own.mode), (50.0, 30, Mode::UpOnly));
    assert!(answer(&roster, &Vm { vmid: 103, ..VM }).unwrap().memory_shrink);
    // Another cluster's entry is none here.
    assert_eq!(answer(&roster, &Vm { vmid: 104, ..VM }).unwrap(), plain);
}

#[test]
fn dry_run_holds_everything_to_recommend() {
    let text = "mode: full\ndry_run: true\nselect: ['@all']";
    assert_eq!(answer(&roster(text), &VM).unwrap().mode, Mode::Recommend);
}

/// What hangs on the config or the pools is not decided without them.
#[test]
fn what_is_not_known_is_not_guessed() {
    let tags = Tags::default();
    let facts =
        |vmid: u32| VmFacts { described: None, pool: None, ..facts(&Vm { vmid, ..VM }, &tags) };
    let answer = |text: &str, vmid: u32| roster(text).answer(&facts(vmid));
    // It may be tagged `autoscale-off`.
    assert_eq!(answer("select: [101]", 101), Answer::Unknown);
    assert_eq!(answer("select: [101]", 102), Answer::No);
    assert_eq!(answer("select: ['@tag-a']", 102), Answer::Unknown);
    assert_eq!(answer("select: ['@all', -102]", 102), Answer::No);
    let facts = VmFacts { described: Some((None, &tags)), ..facts(101) };
    for text in ["select: [101, '-@pool-x']", "select: ['@pool-x']"] {
        assert_eq!(roster(text).answer(&facts), Answer::Unknown, "{text}");
        assert!(roster(text).may_mean(&facts));
    }
    let class = "classes: [{name: a, select: ['@pool-x']}]\nselect: [101]";
    assert_eq!(roster(class).answer(&facts), Answer::Unknown);
}

/// `proxmox_host` names a cluster or, where none has that name, a node.
#[test]
fn an_entry_is_placed_by_its_host() {
    let text = "virtual_machines: [{vm_id: 1000}, {vm_id: 1001, proxmox_host: home}, {vm_id: 1002, proxmox_host: pve1}, {vm_id: 1003, proxmox_host: pve2}, {vm_id: 1004, proxmox_host: pve}, {vm_id: 1005, proxmox_host: gone}]";
    let config = roster(text).config().clone();
    let listed = |cluster: &str| {
        let roster = Roster::new(config.clone(), &cluster.try_into().unwrap(), &clusters());
        let of = |vmid: VmId| {
            let vm = Vm { vmid: vmid.get(), ..VM };
            let tags = Tags::default();
            let Answer::Yes(managed) = roster.answer(&facts(&vm, &tags)) else { panic!("{vmid}") };
            (vmid.get(), managed.placement)
        };
        roster.listed().map(of).collect::<Vec<_>>()
    };
    let [sure, shared, nowhere] = [Placement::Sure, Placement::Shared, Placement::Nowhere];
    let home = [(1000, shared), (1001, sure), (1002, sure), (1004, shared), (1005, nowhere)];
    assert_eq!(listed("home"), home);
    assert_eq!(listed("pve2"), [(1000, shared), (1003, sure), (1005, nowhere)]);
    assert_eq!(listed("far"), [(1000, shared), (1004, shared), (1005, nowhere)]);
    assert_eq!(config.misplaced(&clusters()), [(1005.try_into().unwrap(), "gone")]);
}

/// What is said of one cluster's VM holds over what may be said of it, in whatever order, and an
/// entry that switches off is never lost.
#[test]
fn the_surest_entry_is_its_own() {
    let of = |text: &str| {
        let facts = facts(&VM, &NONE);
        match roster(&format!("mode: full\nselect: ['@all']\nvirtual_machines: [{text}]"))
            .answer(&facts)
        {
            Answer::No => None,
            Answer::Yes(managed) => Some((managed.settings.mode, managed.placement)),
            Answer::Unknown => panic!("all is known"),
        }
    };
    assert_eq!(of("{vm_id: 101}, {vm_id: 101, proxmox_host: home, scaling_enabled: false}"), None);
    let placed = "{vm_id: 101, mode: observe}, {vm_id: 101, proxmox_host: pve1, mode: up-only}";
    assert_eq!(of(placed), Some((Mode::UpOnly, Placement::Sure)));
    assert_eq!(of("{vm_id: 101, proxmox_host: Home, scaling_enabled: false}"), None);
    let (_, placement) = of("{vm_id: 101, proxmox_host: Home, mode: observe}").unwrap();
    assert_eq!(placement, Placement::Nowhere);
    let twice = |second: &str| {
        of(&format!(
            "{{vm_id: 101, proxmox_host: home}}, {{vm_id: 101, proxmox_host: pve1{second}}}"
        ))
    };
    assert_eq!(twice("").unwrap().1, Placement::Twice);
    assert_eq!(twice(", scaling_enabled: false"), None);
}

#[test]
fn what_decides_on_a_vm_is_named() {
    let file = "select: [101-103, -103]\nclasses:\n- {name: web, select: ['@tag-web']}\n\
                virtual_machines:\n- {vm_id: 105}\n- {vm_id: 106, scaling_enabled: false}\n";
    let roster = roster(file);
    let off: &[&str] = &["autoscale-off"];
    for (vmid, tags, why) in [
        (101, &[][..], Why::Selected),
        (102, &["web"], Why::Class("web".to_owned())),
        (102, off, Why::OffTag),
        (103, &[], Why::Excluded),
        (104, &[], Why::Nothing),
        (105, &[], Why::Entry(0)),
        (106, off, Why::EntryOff(1)),
    ] {
        let set = tags.join(";").parse().unwrap();
        let vm = Vm { vmid, tags, ..VM };
        assert_eq!(roster.why(&facts(&vm, &set)), why, "{vmid} {tags:?}");
        // And as it is answered.
        let is_in = matches!(why, Why::Selected | Why::Class(_) | Why::Entry(_));
        assert_eq!(answer(&roster, &vm).is_some(), is_in, "{vmid} {tags:?}");
    }
    let tags = Tags::none();
    let unread = VmFacts { described: None, ..facts(&VM, &tags) };
    assert_eq!(roster.why(&unread), Why::Unknown);
}
