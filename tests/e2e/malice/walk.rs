//! Hundreds of requests at random, several under way at once, each in two halves.

use fastrand::Rng;
use serde_json::{Value, json};
use vm_autoscale_lab::Control;

use super::policy::{narrow, two_clusters};
use super::{Answer, Asker, Policy, Site, Verdict, call, judge, owner};
use crate::{turn, vmid};

const ROUNDS: usize = 300;
const CONNECTIONS: usize = 6;
const VMS: [u64; 12] = [101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 113];

#[test]
fn whatever_is_asked_in_whatever_order_the_oracle_agrees() {
    let _turn = turn();
    walk(two_clusters());
}

#[test]
fn by_every_key_the_oracle_agrees_too() {
    let _turn = turn();
    walk(narrow());
}

fn walk(policy: Policy) {
    let seed = std::env::var("VM_AUTOSCALE_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    // Told by the test runner where it fails.
    #[expect(clippy::print_stdout, reason = "the seed of a failure")]
    {
        println!("VM_AUTOSCALE_SEED={seed}");
    }
    let (mut site, mut rng) = (Site::set(policy), Rng::with_seed(seed));
    let mut askers: Vec<Asker> = (0..CONNECTIONS).map(|_| Asker::new(&site.stage)).collect();
    let (mut met, mut asked) = ([0_usize; 3], 0);
    for _ in 0..ROUNDS {
        if rng.u8(..4) == 0 {
            touch(&site, &mut rng);
        }
        // Of different VMs, so that their order does not matter.
        let mut vms = VMS;
        rng.shuffle(&mut vms);
        let count = rng.usize(1..=CONNECTIONS);
        let batch: Vec<(String, Verdict)> = vms[..count]
            .iter()
            .map(|vm| {
                let request = request(&site, &mut rng, *vm);
                let verdict = site.oracle.judge(&request);
                (request, verdict)
            })
            .collect();
        rng.shuffle(&mut askers);
        say(&mut askers, &batch, &mut rng);
        for (asker, (request, verdict)) in askers.iter_mut().zip(&batch) {
            let answer = asker.answer();
            site.compare(request, *verdict, &answer);
            if answer == Answer::HungUp {
                *asker = Asker::new(&site.stage);
            }
            met[match verdict {
                Verdict::Malformed => 0,
                Verdict::Refused(_) => 1,
                Verdict::Allowed => 2,
            }] += 1;
            asked += 1;
        }
    }
    assert!(asked > 2 * ROUNDS && met.iter().all(|count| *count > 20), "{met:?}");
    let done = judge::judge(&site.stage, &site.oracle);
    assert!(done > 20, "{done}");
    site.stage.strike().unwrap();
}

/// The first halves of all, and then the second ones.
fn say(askers: &mut [Asker], batch: &[(String, Verdict)], rng: &mut Rng) {
    let whole: Vec<String> = batch.iter().map(|(request, _)| format!("{request}\0")).collect();
    let cuts: Vec<usize> = whole.iter().map(|whole| rng.usize(1..whole.len())).collect();
    for (asker, (whole, cut)) in askers.iter_mut().zip(whole.iter().zip(&cuts)) {
        asker.write(&whole.as_bytes()[..*cut]).unwrap();
    }
    for (asker, (whole, cut)) in askers.iter_mut().zip(whole.iter().zip(&cuts)) {
        asker.write(&whole.as_bytes()[*cut..]).unwrap();
    }
}

/// Somebody else edits a VM: the digest that was read is none any more.
fn touch(site: &Site, rng: &mut Rng) {
    let (vmid, value) = (vmid(rng.u32(101..=112)), Some(format!("t{}", rng.u32(..))));
    site.stage.control(Control::Edit { vmid, key: "tags".to_owned(), value }).unwrap();
}

/// Mostly right, so that much comes through, and every part of it wrong at times.
fn request(site: &Site, rng: &mut Rng, vm: u64) -> String {
    let ours = if owner(vm) == "pve3" { "away" } else { "home" };
    let cluster =
        if rng.u8(..12) == 0 { rng.choice(["home", "away", "none"]).unwrap() } else { ours };
    let node = if rng.u8(..8) == 0 { format!("pve{}", rng.u8(1..=4)) } else { owner(vm) };
    let mut target = site.target(ours, vm);
    (target["cluster"], target["node"]) = (json!(cluster), json!(node));
    if rng.u8(..12) == 0 {
        target["digest"] = site.target("home", 101)["digest"].take();
    }
    let read = site.oracle.last(ours, vm);
    let (vcpus, memory) = read.map_or((2, 2048), |read| (read.vcpus, read.memory));
    let near =
        |rng: &mut Rng, now: u64, unit: u64| (now + unit * rng.u64(..5)).saturating_sub(2 * unit);
    let change = |name, key: &str, value: Value| call(name, &json!({"target": target, key: value}));
    let at = json!({"cluster": cluster, "node": node, "owner": node, "vmids": [vm], "vmid": vm, "query": "vcpus"});
    let only = |name, keys: &[&str]| {
        let kept = keys.iter().map(|key| ((*key).to_owned(), at[*key].clone()));
        call(name, &Value::Object(kept.collect()))
    };
    let whole = match rng.u8(..16) {
        0..4 => only("ReadConfigs", &["cluster", "node", "owner", "vmids"]),
        4 => only("ReadRunning", &["cluster", "node", "vmid", "query"]),
        5 => only("ReadPools", &["cluster", "node"]),
        6..9 => change("SetVcpus", "vcpus", json!(near(rng, vcpus, 1))),
        9..11 => change("SetMemory", "memory", json!(near(rng, memory, 512))),
        11 => change(
            "SetCpuLimit",
            "cpulimit",
            rng.choice([json!(0), json!(0.5), json!(0.49), json!(3)]).unwrap(),
        ),
        12 => change("SetBalloon", "balloon", json!(rng.u32(900..2500))),
        13 => {
            change("Revert", "option", json!(rng.choice(["vcpus", "memory", "cpulimit"]).unwrap()))
        }
        14 => only("ReadCluster", &["cluster"]),
        _ => return spoilt(rng, &change("SetVcpus", "vcpus", json!(vcpus)).to_string()),
    };
    whole.to_string()
}

/// With one printable byte in place of another, which may be as good.
fn spoilt(rng: &mut Rng, request: &str) -> String {
    let mut bytes = request.as_bytes().to_vec();
    let at = rng.usize(..bytes.len());
    bytes[at] = rng.u8(0x20..0x7f);
    String::from_utf8(bytes).unwrap()
}
