//! How much memory the VMs of a cluster may have together.

use super::*;

/// A growth is let through while the sum is known and small enough.
#[test]
fn the_sum_of_memory_holds() {
    let _turn = turn();
    // The VMs that rules of the cluster name, and that there are.
    let named = [101, 104, 105, 107, 108, 110];
    let mut policy = two_clusters();
    policy.clusters[0].rules[0].max_memory = Some(131_072);
    let mut wide = Site::set(policy.clone());
    wide.read_all(named);
    let of = |site: &Site, vm| site.oracle.last("home", vm).unwrap().memory;
    let sum: u64 = named.into_iter().map(|vm| of(&wide, vm)).sum();
    wide.stage.strike().unwrap();
    policy.clusters[0].max_total_memory = Some(u32::try_from(sum + 1024).unwrap());
    let mut site = Site::set(policy);
    site.read("home", 101);
    let first = of(&site, 101);
    let refused =
        |answer: &Answer| matches!(answer, Answer::Refused(rule, _) if rule == "total_memory");
    // Nobody has looked yet, and then not at every VM.
    let grow = |site: &mut Site, by| site.set_to("SetMemory", 101, "memory", first + by);
    assert!(refused(&grow(&mut site, 512)));
    site.look();
    assert!(refused(&grow(&mut site, 512)));
    site.read_all(named);
    let beyond = grow(&mut site, 1536);
    let Answer::Refused(_, message) = &beyond else { panic!("{beyond:?}") };
    assert!(refused(&beyond) && message.contains(&(sum + 1024).to_string()), "{message}");
    assert!(matches!(grow(&mut site, 512), Answer::Done(_)));
    // What was asked for counts, although nobody has read it since.
    let more = of(&site, 104) + 1024;
    assert!(refused(&site.set_to("SetMemory", 104, "memory", more)));
    // Another's edit makes it unknown until it is read.
    let (key, value) = ("tags".to_owned(), Some("x".to_owned()));
    site.stage.control(Control::Edit { vmid: vmid(108), key, value }).unwrap();
    site.look();
    site.read("home", 104);
    let more = of(&site, 104) + 512;
    assert!(refused(&site.set_to("SetMemory", 104, "memory", more)));
    site.read_all(named);
    site.look();
    assert!(matches!(site.set_to("SetMemory", 104, "memory", more), Answer::Done(_)));
    judge::judge(&site.stage, &site.oracle);
    site.stage.strike().unwrap();
}
