//! A client with the right uid in the hands of an attacker: it asks for everything, in every form,
//! in bytes of its own. What it gets is what an independent oracle of the policy says, and the
//! nodes execute nothing else.

use serde_json::{Value, json};
use vm_autoscale_tests::stage::{Play, Stage};

use crate::{await_helper, play};

mod asker;
mod cases;
mod floods;
mod judge;
mod junk;
mod oracle;
mod policy;
mod rates;
mod strangers;
mod walk;
mod whole;

use asker::{Answer, Asker};
use oracle::{Oracle, Verdict};
use policy::Policy;

/// A lab, a helper with that policy, and what it must do.
struct Site {
    stage: Stage,
    oracle: Oracle,
    asker: Asker,
}

impl Site {
    fn set(policy: Policy) -> Self {
        Self::of(policy, 12)
    }

    fn of(policy: Policy, vms: u32) -> Self {
        let mut stage = Stage::set(&Play { nodes: 3, qm_time: 0.0, ..play(vms, "") }).unwrap();
        write_policy(&stage, &policy);
        stage.start_helper().unwrap();
        await_helper(&stage);
        let asker = Asker::new(&stage);
        Self { stage, oracle: Oracle::new(policy), asker }
    }

    /// Asks, and holds what comes of it against the oracle.
    fn ask(&mut self, request: &str) -> Verdict {
        let verdict = self.oracle.judge(request);
        let answer = self.asker.ask(request);
        self.compare(request, verdict, &answer);
        if answer == Answer::HungUp {
            self.asker = Asker::new(&self.stage);
        }
        verdict
    }

    fn compare(&mut self, request: &str, verdict: Verdict, answer: &Answer) {
        match (verdict, answer) {
            (Verdict::Malformed, Answer::HungUp) => {}
            (Verdict::Refused(rules), Answer::Refused(rule, _))
                if rules.contains(&rule.as_str()) => {}
            (Verdict::Allowed, Answer::Done(replies)) => self.oracle.heard(request, replies),
            _ => panic!("{verdict:?} expected: {request}\n{answer:?}\n{}", self.stage.last_words()),
        }
    }

    /// Reads the config of a VM where it is.
    fn read(&mut self, cluster: &str, vm: u64) {
        let owner = owner(vm);
        let asked = json!({"cluster": cluster, "node": owner, "owner": owner, "vmids": [vm]});
        let request = call("ReadConfigs", &asked).to_string();
        assert_eq!(self.ask(&request), Verdict::Allowed);
    }

    /// What a change is for, by the config that was read last.
    fn target(&self, cluster: &str, vm: u64) -> Value {
        let digest = self.oracle.last(cluster, vm).map(|read| read.digest.clone());
        let digest = digest.unwrap_or_else(|| "0".repeat(40));
        json!({"cluster": cluster, "node": owner(vm), "vmid": vm, "digest": digest})
    }
}

fn write_policy(stage: &Stage, policy: &Policy) {
    let places = stage.nodes();
    let node = |name: &str| {
        let (_, address) = places.iter().find(|(of, _)| of == name).unwrap();
        format!("{{name: {name}, address: {}, port: {}}}", address.ip(), address.port())
    };
    let login = format!("identity: {}", stage.path("lab").join("id_ed25519").display());
    let yaml = policy.yaml(stage.path("").as_path(), &login, node);
    std::fs::create_dir_all(stage.path("helper-run")).unwrap();
    std::fs::write(stage.path("helper.yaml"), yaml).unwrap();
}

/// VMs are dealt out to three nodes in turn.
fn owner(vm: u64) -> String {
    format!("pve{}", (vm - 101) % 3 + 1)
}

fn call(method: &str, parameters: &Value) -> Value {
    let more = ["ReadCluster", "ReadConfigs"].contains(&method);
    let interface = "io.github.vm-autoscale.Helper";
    let method =
        if method.contains('.') { method.to_owned() } else { format!("{interface}.{method}") };
    json!({"method": method, "parameters": parameters, "more": more})
}

/// The call with this at that place, as it is written, or with nothing there.
fn with(call: &Value, place: &str, raw: Option<&str>) -> String {
    let (parent, key) = place.rsplit_once('/').unwrap();
    let mut call = call.clone();
    let parent = call.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.remove(key);
    let Some(raw) = raw else { return call.to_string() };
    parent.insert(key.to_owned(), json!("@@"));
    call.to_string().replace("\"@@\"", raw)
}
