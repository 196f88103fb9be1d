//! Each field of each request, one at a time, with what it must not hold.

use serde_json::{Value, json};
use vm_autoscale_protocol::PROTOCOL;

use super::policy::two_clusters;
use super::{Site, Verdict, call, judge, with};
use crate::turn;

/// Whatever a field is, none of these is more than one field's value; the oracle knows whose.
const VALUES: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "15",
    "16",
    "63",
    "99",
    "100",
    "101",
    "102",
    "4097",
    "4194304",
    "4194305",
    "999999999",
    "1000000000",
    "2147483648",
    "4294967295",
    "4294967296",
    "4294967397",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "1e400",
    "-1e400",
    "1e-400",
    "2.0",
    "2.5",
    "0.5",
    "0.505",
    "1e1",
    "1E2",
    "NaN",
    "Infinity",
    "0x10",
    "+4",
    "04",
    "4.",
    ".5",
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[101]",
    "[101,101]",
    "[99]",
    "[101,\"102\"]",
    "[null]",
    "[[101]]",
    "[4]",
    "{\"vcpus\":null}",
    "{\"a\":1}",
    "\"\"",
    "\"4\"",
    "\"home\"",
    "\"HOME\"",
    "\"pve1\"",
    "\"\\u0070ve1\"",
    "\"pve2\"",
    "\"pve3\"",
    "\"pve9\"",
    "\"PVE1\"",
    "\"pve1 \"",
    "\"pve1;id\"",
    "\"pve1\\nid\"",
    "\"pve1\\u0000\"",
    "\"$(id)\"",
    "\"`id`\"",
    "\"pve1 && id\"",
    "\"../../etc\"",
    "\"-oProxyCommand=id\"",
    "\"-pve1\"",
    "\"pve1-\"",
    "\"pve1.lan\"",
    "\"pve\u{301}1\"",
    "\"vcpus\"",
    "\"memory\"",
    "\"VCPUS\"",
    "\"vcpus,args\"",
    "\"args\"",
    "\"hookscript\"",
    "\"info version\"",
    "\"\\ud800\"",
    "\"0000000000000000000000000000000000000000\"",
    "\"000000000000000000000000000000000000000\"",
    "\"000000000000000000000000000000000000000G\"",
    "\"io.github.vm-autoscale.Helper\"",
    "\"io.github.vm-autoscale.Helper.SetArgs\"",
    "\"io.github.vm-autoscale.Helper.SetVcpus\"",
    "\"org.varlink.service.GetInfo\"",
];

/// A good one of each.
fn requests(site: &Site) -> Vec<Value> {
    let target = site.target("home", 101);
    let node = json!({"cluster": "home", "node": "pve1"});
    let read = |more: Value| {
        let mut asked = node.clone();
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        asked
    };
    vec![
        call("Hello", &json!({"protocol": PROTOCOL})),
        call("ReadCluster", &json!({"cluster": "home"})),
        call("ReadConfigs", &read(json!({"owner": "pve1", "vmids": [101, 104]}))),
        call("ReadNodes", &json!({})),
        call("ReadPools", &node),
        call("ReadRunning", &read(json!({"vmid": 101, "query": "vcpus"}))),
        call("Revert", &json!({"target": target, "option": "vcpus"})),
        call("SetBalloon", &json!({"target": target, "balloon": 1024})),
        call("SetCpuLimit", &json!({"target": target, "cpulimit": 1.5})),
        call("SetMemory", &json!({"target": target, "memory": 4096, "balloon": 1024})),
        call("SetVcpus", &json!({"target": target, "vcpus": 4})),
        call("org.varlink.service.GetInfo", &json!({})),
        call(
            "org.varlink.service.GetInterfaceDescription",
            &json!({"interface": "io.github.vm-autoscale.Helper"}),
        ),
    ]
}

/// Every place of it, from the call itself down.
fn places(request: &Value) -> Vec<String> {
    let mut places: Vec<String> = ["/method", "/more", "/oneway", "/upgrade", "/parameters"]
        .map(str::to_owned)
        .into_iter()
        .chain(["/parameters/args".to_owned()])
        .collect();
    let keys = |at: &str| {
        let object = request.pointer(at).and_then(Value::as_object);
        let keys = object.into_iter().flat_map(|object| object.keys());
        keys.map(|key| format!("{at}/{key}")).collect::<Vec<_>>()
    };
    places.extend(keys("/parameters"));
    places.extend(keys("/parameters/target"));
    if request.pointer("/parameters/target").is_some() {
        places.push("/parameters/target/skiplock".to_owned());
    }
    places
}

#[test]
fn every_field_of_every_request_holds_what_it_must_or_the_connection_ends() {
    let _turn = turn();
    let mut site = Site::set(two_clusters());
    site.read("home", 101);
    let (mut malformed, mut refused, mut allowed) = (0, 0, 0);
    for request in requests(&site) {
        // A revert of what does not wait may be refused.
        assert_ne!(site.ask(&request.to_string()), Verdict::Malformed, "{request}");
        for place in places(&request) {
            for value in [None].into_iter().chain(VALUES.iter().copied().map(Some)) {
                match site.ask(&with(&request, &place, value)) {
                    Verdict::Malformed => malformed += 1,
                    Verdict::Refused(_) => refused += 1,
                    Verdict::Allowed => allowed += 1,
                }
            }
        }
    }
    // The last of two counts: what is judged is what is executed.
    let asked = call("SetVcpus", &json!({"target": site.target("home", 101)}));
    for (values, verdict) in
        [("7, \"vcpus\": 4", Verdict::Allowed), ("4, \"vcpus\": 7", Verdict::Refused(&["bounds"]))]
    {
        assert_eq!(site.ask(&with(&asked, "/parameters/vcpus", Some(values))), verdict, "{values}");
    }
    // As many VMs as one call reads, and one more; and one VM twice.
    for (vmids, expected) in [
        ((101..165).collect::<Vec<u64>>(), Verdict::Allowed),
        ((101..166).collect(), Verdict::Malformed),
        (vec![101, 101], Verdict::Malformed),
    ] {
        let count = vmids.len();
        let asked = json!({"cluster": "home", "node": "pve1", "owner": "pve1"});
        let vmids = json!(vmids).to_string();
        let request = with(&call("ReadConfigs", &asked), "/parameters/vmids", Some(&vmids));
        assert_eq!(site.ask(&request), expected, "{count}");
    }
    assert!(malformed > 3000 && refused > 100 && allowed > 100, "{malformed} {refused} {allowed}");
    judge::judge(&site.stage, &site.oracle);
    site.stage.strike().unwrap();
}
