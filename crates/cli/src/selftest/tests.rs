use serde_json::json;
use vm_autoscale_scheduler::GoalEnd;

use super::*;
use crate::errand::tests::status;

fn plan(vcpus: u32, memory: u32) -> ErrandStatus {
    status(&[
        json!({"resource": "cpu", "from": vcpus, "to": vcpus + 1}),
        json!({"resource": "memory", "from": memory, "to": memory + 512}),
    ])
}

#[test]
fn what_is_left_is_told_with_the_command_that_undoes_it() {
    let before = plan(2, 2048);
    assert_eq!(left(&before, Some(&plan(2, 2048))), Left::Nothing);
    assert_eq!(left(&before, None), Left::NotKnown);
    assert_eq!(left(&before, Some(&status(&[]))), Left::NotKnown);
    let commands = ["qm set 101 --vcpus 2", "qm set 101 --memory 2048"].map(str::to_owned);
    assert_eq!(left(&before, Some(&plan(3, 2560))), Left::These(commands.to_vec()));
}

#[test]
fn the_transcript_has_no_names() {
    let mut order = plan(2, 2048);
    let step = json!({
        "step": {"resource": "cpu", "from": 2, "to": 3}, "kind": "moved", "verified": false,
        "argv": ["/usr/sbin/qm", "set", "101", "--vcpus", "3", "--digest", "ab"],
        "reverted": false, "text": "moved to pve2: nothing, as pve22 and shop's web say",
        "took_ms": 7, "qemu": 3, "guest": null,
    });
    order.steps.push(serde_json::from_value(step).unwrap());
    order.goals[0].end = Some(GoalEnd::Reached);
    order.goals[1].end = Some(GoalEnd::Skipped);
    order.goals[1].why = Some("not able".to_owned());
    order.end = Some(ErrandEnd::Stopped { why: "web on pve2.".to_owned() });
    let names = ["pve1", "pve2", "home", "web", "shop"].map(str::to_owned).into();
    anonymous(&mut order, &names);
    let tested = Selftest {
        program: ProgramVersion::own(),
        daemon: None,
        system: System::here(),
        passed: false,
        left: Left::These(vec!["qm set 101 --vcpus 2".to_owned()]),
        order,
    };
    let said = transcript(&tested);
    let step = "\
1. vcpus 2 -> 3
   /usr/sbin/qm set 101 --vcpus 3 --digest ab
   moved to NAME: nothing, as pve22 and NAME's NAME say; 7 ms; QEMU has 3, the guest says nothing
skipped: memory 2048 -> 2560 MiB: not able
-- end of the transcript --
";
    assert!(said.contains(step), "{said}");
    assert!(said.contains("LEFT: ") && said.ends_with("  qm set 101 --vcpus 2\n"), "{said}");
    let json = serde_json::to_string(&tested).unwrap();
    assert!(!json.contains("home") && !json.contains("pve1\""), "{json}");
}
