//! The limits of `helper.yaml` that go over a single change, through the real programs.

use std::fs::{Permissions, read_to_string, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::{Value, json};
use vm_autoscale_protocol::{HelperError, Request, Rule};
use vm_autoscale_proxmox::{Ladder, VmConfig};
use vm_autoscale_scheduler::{AskError, Event, Helper as _, HelperClient, Purpose};
use vm_autoscale_tests::stage::Stage;

use crate::{allowed, await_helper, load, play, read_cluster, truth, turn};

const TIME: Duration = Duration::from_secs(60);

/// A stage whose helper.yaml has other words.
fn stage(vms: u32, config: &str, words: &[(&str, &str)]) -> Stage {
    let stage = Stage::set(&play(vms, config)).unwrap();
    reword(&stage, words);
    stage
}

fn reword(stage: &Stage, words: &[(&str, &str)]) {
    let path = stage.path("helper.yaml");
    let mut yaml = read_to_string(&path).unwrap();
    for (from, to) in words {
        assert_eq!(yaml.matches(from).count(), 1, "{from}: {yaml}");
        yaml = yaml.replace(from, to);
    }
    write(&path, yaml).unwrap();
}

fn request(name: &str, parameters: &Value) -> Request {
    serde_json::from_value(json!({"name": name, "parameters": parameters})).unwrap()
}

fn read(vmids: &[u32]) -> Request {
    let read = json!({"cluster": "lab", "node": "pve1", "owner": "pve1", "vmids": vmids});
    request("ReadConfigs", &read)
}

/// A change of one option, by the config that the VM has now.
fn change(stage: &Stage, vmid: u32, (name, key, value): (&str, &str, u32)) -> Request {
    let digest = truth(stage, vmid).digest;
    let target = json!({"cluster": "lab", "node": "pve1", "vmid": vmid, "digest": digest});
    request(name, &json!({"target": target, key: value}))
}

fn memory(stage: &Stage, vmid: u32) -> u32 {
    VmConfig::parse(&truth(stage, vmid).conf).unwrap().memory.get()
}

/// One DIMM more.
fn grown(stage: &Stage, vmid: u32) -> Request {
    let more = Ladder::up(memory(stage, vmid).try_into().unwrap()).unwrap();
    change(stage, vmid, ("SetMemory", "memory", more.get()))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The rule and the words of a refusal, or `sent`.
fn came(result: Result<vm_autoscale_protocol::Executed, AskError>) -> (Option<Rule>, String) {
    match result {
        Ok(executed) => (None, format!("sent: {}", executed.stderr)),
        Err(AskError::Helper(HelperError::Refused { rule, message })) => (Some(rule), message),
        Err(other) => panic!("{other}"),
    }
}

/// Reads the config of VM 101 and asks for as many vCPUs as it has.
fn ask(stage: &Stage) -> (Option<Rule>, String) {
    let client = HelperClient::new(stage.path("helper.sock"));
    block_on(client.read_configs(&read(&[101]), Purpose::Change)).unwrap();
    let vcpus = truth(stage, 101).qemu_vcpus.unwrap();
    came(block_on(client.execute(&change(stage, 101, ("SetVcpus", "vcpus", vcpus)))))
}

fn sent(stage: &Stage) -> u64 {
    stage.node_stats().unwrap().commands.get("SetVcpus").copied().unwrap_or(0)
}

/// Of five changes at once two are let through, whatever becomes of the helper in between.
#[test]
fn a_restart_of_the_helper_does_not_fill_the_rates() {
    let _turn = turn();
    let mut stage = stage(2, "", &[("per_vm: 60", "per_vm: 2")]);
    stage.start_helper().unwrap();
    await_helper(&stage);
    let used = |(rule, said): (Option<Rule>, String), words: &str| {
        assert!(rule == Some(Rule::Rates) && said.contains(words), "{rule:?} {said}");
    };
    assert_eq!(ask(&stage).0, None);
    stage.helper.as_mut().unwrap().crash().unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    assert_eq!(ask(&stage).0, None);
    used(ask(&stage), "helper.yaml:5: 2 a minute are used up (`rates.per_vm`)");
    stage.helper.as_mut().unwrap().stop().unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    used(ask(&stage), "2 a minute are used up");
    // What cannot be believed is no reason to begin anew.
    stage.helper.as_mut().unwrap().crash().unwrap();
    write(stage.path("helper.run/changes.json"), "{").unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    used(ask(&stage), "is not known");
    assert!(stage.last_words().contains("changes.json: "), "{}", stage.last_words());
    assert_eq!(sent(&stage), 2);
    stage.strike().unwrap();
}

#[test]
fn nothing_is_changed_that_cannot_be_written_down() {
    let _turn = turn();
    let mut stage = stage(2, "", &[]);
    stage.start_helper().unwrap();
    await_helper(&stage);
    assert_eq!(ask(&stage).0, None);
    let directory = stage.path("helper.run");
    set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
    // Configs are read all the same.
    let (rule, said) = ask(&stage);
    let unwritten = said.contains("cannot be written down") && said.contains("others can write");
    assert!(rule == Some(Rule::Record) && unwritten, "{rule:?} {said}");
    read_cluster(&stage).unwrap();
    assert_eq!(sent(&stage), 1);
    set_permissions(&directory, Permissions::from_mode(0o700)).unwrap();
    assert_eq!(ask(&stage).0, None);
    stage.strike().unwrap();
}

/// A cluster whose VMs have the room of one DIMM left, and where the first two want one each.
fn narrow(config: &str) -> (Stage, u32) {
    let stage = stage(4, config, &[]);
    let sum: u32 = (101..=104).map(|vmid| memory(&stage, vmid)).sum();
    let limit = sum + 512;
    let most = format!("  max_total_memory: {limit}\n  rules:");
    reword(&stage, &[("  rules:", &most)]);
    (stage, limit)
}

#[test]
fn two_that_grow_at_once_do_not_both_get_the_last_room() {
    let _turn = turn();
    let (mut stage, limit) = narrow("");
    stage.start_helper().unwrap();
    await_helper(&stage);
    let clients = [(); 2].map(|()| HelperClient::new(stage.path("helper.sock")));
    let both = |stage: &Stage| {
        let asks = [101, 103].map(|vmid| grown(stage, vmid));
        block_on(async {
            let [one, other] = &clients;
            tokio::join!(one.execute(&asks[0]), other.execute(&asks[1]))
        })
    };
    block_on(clients[0].read_configs(&read(&[101, 102, 103, 104]), Purpose::Change)).unwrap();
    let (one, other) = both(&stage);
    for (rule, said) in [came(one), came(other)] {
        assert!(rule == Some(Rule::TotalMemory) && said.contains("no look"), "{rule:?} {said}");
    }
    read_cluster(&stage).unwrap();
    block_on(clients[0].read_configs(&read(&[101, 102, 103, 104]), Purpose::Change)).unwrap();
    let (one, other) = both(&stage);
    let (one, other) = (came(one), came(other));
    let refused = [&one, &other].into_iter().filter(|(rule, _)| *rule == Some(Rule::TotalMemory));
    let words: Vec<&String> = refused.map(|(_, said)| said).collect();
    let sum = limit + 512;
    let expected = format!("the VMs would have {sum} MiB of {limit} (`max_total_memory`)");
    assert!(words.len() == 1 && words[0].contains(&expected), "{one:?} {other:?}");
    assert_eq!((101..=104).map(|vmid| memory(&stage, vmid)).sum::<u32>(), limit);
    // To shrink is let through, also where there is no room.
    block_on(clients[0].read_configs(&read(&[101]), Purpose::Change)).unwrap();
    let less = Ladder::down(memory(&stage, 101).try_into().unwrap()).unwrap();
    let less = change(&stage, 101, ("SetMemory", "memory", less.get()));
    assert_eq!(came(block_on(clients[0].execute(&less))).0, None);
    stage.strike().unwrap();
}

/// However much all want, the scheduler takes them to the limit and not beyond it.
#[test]
fn a_scheduler_that_wants_more_gets_what_there_is() {
    let _turn = turn();
    let (mut stage, limit) = narrow("mode: up-only\n");
    for vmid in 101..=104 {
        load(&stage, vmid, 0.5, 100_000.0);
    }
    stage.start_helper().unwrap();
    stage.start_scheduler().unwrap();
    let memory_grew = |event: &Event| {
        event.verified && event.step.resource() == vm_autoscale_planner::Resource::Memory
    };
    stage
        .until(TIME, |status| status.recent.iter().any(memory_grew) && status.counts.asked >= 4)
        .unwrap();
    assert_eq!((101..=104).map(|vmid| memory(&stage, vmid)).sum::<u32>(), limit);
    let said = stage.helper.as_ref().unwrap().said();
    assert!(said.contains("(`max_total_memory`)"), "{said}");
    stage.strike_checked(allowed()).unwrap();
}
