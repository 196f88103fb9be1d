//! Answers that are cut, grown or broken off at any point.

use vm_autoscale_lab::Garbled;
use vm_autoscale_protocol::{HelperError, Request};
use vm_autoscale_proxmox::ClusterRead;
use vm_autoscale_scheduler::Purpose;

use super::*;

fn garble(troubled: &Troubled, how: Option<Garbled>) {
    troubled.stage.control(Control::Garble { node: node("pve1"), how }).unwrap();
}

/// What is believed of a part is true of the whole: a look without its end is none, or one without
/// samples.
fn is_part_of(part: &ClusterRead, whole: &ClusterRead) {
    assert_eq!(part.guests, whole.guests, "a guest is missing or elsewhere");
    assert!(part.vms.iter().all(|(vmid, line)| whole.vms.get(vmid) == Some(line)), "{part:?}");
    assert_eq!((&part.version, &part.pause), (&whole.version, &whole.pause));
}

/// One node, measured once.
fn quiet() -> Troubled {
    Troubled::set(&Play { interval: 3600.0, ..play(6, "") })
}

#[test]
fn of_a_cut_answer_nothing_false_is_believed() {
    let _turn = turn();
    let troubled = quiet();
    let text = troubled.look().unwrap().1;
    let whole = ClusterRead::parse(&text).unwrap();
    let (mut errors, mut parts) = (0, 0);
    for cut in (0..text.len()).step_by(text.len() / 60) {
        garble(&troubled, Some(Garbled::Cut(cut)));
        match troubled.look().map(|(_, text)| ClusterRead::parse(&text)) {
            Ok(Ok(read)) => {
                is_part_of(&read, &whole);
                parts += 1;
            }
            Ok(Err(_)) | Err(AskError::Helper(_)) => errors += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(errors > 20 && parts > 0, "{errors} {parts}");
    garble(&troubled, None);
    assert_eq!(ClusterRead::parse(&troubled.look().unwrap().1).unwrap(), whole);
    troubled.stage.strike().unwrap();
}

#[test]
fn an_answer_that_does_not_end_is_no_answer() {
    let _turn = turn();
    let troubled = Troubled::of(3);
    let grow = |name: &str| {
        let how = Some(Garbled::Grown(20 << 20));
        troubled.stage.control(Control::Garble { node: node(name), how }).unwrap();
    };
    assert_eq!(troubled.answered_by(), "pve1");
    grow("pve1");
    assert_eq!(troubled.answered_by(), "pve2", "it takes the look over");
    grow("pve2");
    grow("pve3");
    let client = troubled.client();
    let request = |name: &str, parameters: serde_json::Value| -> Request {
        let request = serde_json::json!({"name": name, "parameters": parameters});
        serde_json::from_value(request).unwrap()
    };
    let running =
        serde_json::json!({"cluster": "lab", "node": "pve2", "vmid": 102, "query": "vcpus"});
    let configs =
        serde_json::json!({"cluster": "lab", "node": "pve3", "owner": "pve3", "vmids": [103]});
    let errors = [
        block_on(client.execute(&request("ReadRunning", running))).unwrap_err(),
        block_on(client.read_configs(&request("ReadConfigs", configs), Purpose::Look)).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, AskError::Helper(HelperError::TooLarge { .. })), "{error}");
    }
    // What came was not kept.
    let most = troubled.stage.helper.as_ref().unwrap().memory("VmHWM").unwrap();
    assert!(most < 40.0 * 1024.0, "{most} KiB");
    troubled.stage.strike().unwrap();
}

/// Connections that break anywhere: in the exchange of keys, in the login, in the answer.
#[test]
fn a_connection_may_break_at_any_point() {
    let _turn = turn();
    let mut troubled = quiet();
    let whole = ClusterRead::parse(&troubled.look().unwrap().1).unwrap();
    let (mut errors, mut answers) = (0, 0);
    for round in 0..32 {
        // A helper that knows nothing of the times before.
        troubled.stage.helper.as_mut().unwrap().crash().unwrap();
        let way = if round % 4 == 0 { Way::In } else { Way::Out };
        troubled.proxies[0].set(Fault::Cut(way, 250 * round));
        troubled.stage.start_helper().unwrap();
        await_helper(&troubled.stage);
        match troubled.look().map(|(_, text)| ClusterRead::parse(&text)) {
            Ok(read) => {
                assert_eq!(read.unwrap(), whole);
                answers += 1;
            }
            Err(AskError::Helper(HelperError::Unreachable { message, .. })) => {
                assert!(!message.contains("does not let"), "nobody refused it: {message}");
                errors += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(errors > 10 && answers > 3, "{errors} {answers}");
    troubled.stage.strike().unwrap();
}
