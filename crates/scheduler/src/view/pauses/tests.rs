use std::time::Duration;

use vm_autoscale_config::Selection;
use vm_autoscale_planner::Moment;
use vm_autoscale_protocol::FoundConfig;
use vm_autoscale_proxmox::{Digest, Pools};

use super::*;
use crate::view::InFlight;
use crate::view::tests::{CONFIG, care, look};

fn pause(number: u64, select: &str) -> Pause {
    let select = Selection::of_words(select.split(' ')).unwrap();
    Pause { number, select, reason: "moving racks".to_owned(), uid: 7, at: 0, until: None }
}

fn lab() -> ClusterName {
    "lab".try_into().unwrap()
}

fn vmid(number: u32) -> VmId {
    number.try_into().unwrap()
}

fn seen() -> View {
    let (mut view, now) = (View::default(), Moment(Duration::from_secs(10)));
    let look = look("pve1", 1, &[(101, "pve1", 5), (102, "pve2", 6)]);
    view.update(now, look, &care(CONFIG), &InFlight::new());
    view
}

fn held(view: &mut View, select: &str) -> Vec<Option<String>> {
    view.heed(&lab(), &[pause(3, select)]);
    view.vms.values().map(|vm| vm.pause.clone()).collect()
}

fn is_held(view: &mut View, select: &str) -> [bool; 2] {
    held(view, select).iter().map(Option::is_some).collect::<Vec<_>>().try_into().unwrap()
}

#[test]
fn what_a_pause_names_is_left_alone_and_what_it_does_not_is_not() {
    let mut view = seen();
    for (select, who) in [
        ("@all", [true, true]),
        ("101", [true, false]),
        ("@node-pve2", [false, true]),
        ("@all -101", [false, true]),
        ("lab/101", [true, false]),
        ("shop/101", [false, false]),
        ("shop/@tag-web", [false, false]),
        ("@all -shop/101", [true, true]),
    ] {
        assert_eq!(is_held(&mut view, select), who, "{select}");
    }
    assert_eq!(held(&mut view, "101")[0].as_deref(), Some("moving racks (pause 3 by uid 7)"));
    view.heed(&lab(), &[]);
    assert!(view.vms.values().all(|vm| vm.pause.is_none()));
}

/// Tags are not known before the config was read, pools not before they were.
#[test]
fn where_it_is_not_known_whether_it_is_named_it_holds() {
    let mut view = seen();
    assert_eq!(is_held(&mut view, "@tag-web"), [true, true]);
    assert!(held(&mut view, "@tag-web")[0].as_deref().unwrap().contains("not known yet"));
    assert!(!view.pools_wanted);
    let digest = Digest::from_bytes([1; 20]);
    let text = "cores: 2\ntags: web\n".to_owned();
    view.put_config(vmid(101), Some(FoundConfig { digest, text }));
    assert_eq!(is_held(&mut view, "@tag-web 102"), [true, true]);
    assert_eq!(is_held(&mut view, "@tag-other"), [false, true]);

    assert_eq!(is_held(&mut view, "@pool-shop"), [true, true]);
    assert!(view.pools_wanted);
    view.put_pools(Some(Pools::parse("/etc/pve/user.cfg:pool:shop::102::\n")));
    assert_eq!(is_held(&mut view, "@pool-shop"), [false, true]);
    view.drop_pools();
    assert_eq!(is_held(&mut view, "@pool-shop"), [true, true]);
}
