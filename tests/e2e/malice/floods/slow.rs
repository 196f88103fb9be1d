//! Large answers, and nobody who takes them.

use vm_autoscale_lab::Control;

use super::*;
use crate::vmid;

/// KiB. A second answer at the same time takes 18 MiB with all that comes of it, eight take 49.
const TWO: f64 = 32.0 * 1024.0;

#[test]
fn slow_readers_of_configs_do_not_hold_an_answer_each() {
    let _turn = turn();
    // 64 VMs on each node, whose configs are 6.4 MB together.
    let mut site = Site::of(two_clusters(), 192);
    let vms: Vec<u32> = (101..293).step_by(3).collect();
    for vm in &vms {
        let (vmid, value) = (vmid(*vm), Some("x".repeat(100_000)));
        site.stage.control(Control::Edit { vmid, key: "tags".to_owned(), value }).unwrap();
    }
    let read = json!({"cluster": "home", "node": "pve1", "owner": "pve1", "vmids": vms});
    let read = call("ReadConfigs", &read).to_string();
    let Answer::Done(replies) = site.asker.ask(&read) else { panic!("no answer") };
    assert_eq!(replies.len(), 64);
    let (most, _, files) = site.weight();
    let mut deaf: Vec<Asker> = (0..8).map(|_| Asker::new(&site.stage)).collect();
    for asker in &mut deaf {
        asker.write(format!("{read}\0").as_bytes()).unwrap();
    }
    site.settle(files, Duration::from_secs(60));
    let grown = site.weight().0 - most;
    assert!(grown < TWO, "{grown} KiB more");
    // Who reads is heard again.
    assert!(matches!(site.asker.ask(&read), Answer::Done(_)));
    site.stage.strike().unwrap();
}
