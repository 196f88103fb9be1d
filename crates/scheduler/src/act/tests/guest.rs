//! What QEMU has is one thing, what the guest makes of it another.

use super::*;

/// What the guest agent says: so many vCPUs, so many of them online.
fn agent(there: usize, online: usize) -> Answer {
    let cpu =
        |i| format!("{{\"can-offline\": true, \"logical-id\": {i}, \"online\": {}}}", i < online);
    let cpus: Vec<String> = (0..there).map(cpu).collect();
    Answer::Says(format!("[\n{}\n]\n", cpus.join(",\n")))
}

/// What the balloon driver says, in MiB, and when.
fn stats(total: u64, at: u64) -> Answer {
    stats_text(&(total << 20).to_string(), at)
}

fn stats_text(total: &str, at: u64) -> Answer {
    Answer::Says(format!(
        "{{\r\n    \"stats\": {{\r\n        \"stat-total-memory\": {total}\r\n    }},\r\n    \"last-update\": {at}\r\n}}\r\n\n"
    ))
}

/// What QEMU says, in MiB on top of the static 1024.
fn size(dimms: u64) -> Answer {
    Answer::Says(format!("base memory: 1073741824\r\nplugged memory: {}\r\n\n", dimms << 20))
}

fn balloon(actual: u64) -> Answer {
    Answer::Says(format!("balloon: actual={actual}\r\n\n"))
}

fn stopped() -> Answer {
    Answer::Says("ERROR: VM 101 not running\n\n".to_owned())
}

/// Memory 2048 -> 2560 MiB, which `qm` did, and then this.
async fn dimm(script: Vec<Answer>) -> (Outcome, Counts, usize) {
    let step = Move::Memory { from: 2048.try_into().unwrap(), to: 2560.try_into().unwrap() };
    let mut all = vec![Answer::Ran(0, ""), Answer::Config(Some("memory: 2560\n"))];
    all.extend(script);
    let (outcome, counts, asked, _) = played_for(Intent { step, ..intent() }, all).await;
    // The change itself is none of the reads.
    (outcome, counts, asked.len() - 1)
}

const AGENT: &str = "agent: 1\nvcpus: 4\n";

/// vCPUs 2 -> 4 of a VM with an agent, which `qm` did, and then this.
async fn cpus(script: Vec<Answer>) -> (Outcome, Counts, usize) {
    let mut all = vec![Answer::Ran(0, ""), Answer::Config(Some(AGENT))];
    all.extend(script);
    let (outcome, counts, asked, _) = played(all).await;
    assert_eq!(sets(&asked), 1);
    (outcome, counts, asked.len() - 1)
}

/// Two reads, and the third is the config at the next look: its version moved.
#[tokio::test]
async fn a_guest_that_takes_it_costs_two_reads() {
    let (outcome, counts, reads) = cpus(vec![agent(4, 4)]).await;
    assert_eq!((outcome, counts.verified, reads), (Outcome::Applied, 1, 2));
    let (outcome, counts, reads) = dimm(vec![stats(2444, 100)]).await;
    assert_eq!((outcome, counts.verified, reads), (Outcome::Applied, 1, 2));
}

#[tokio::test]
async fn a_guest_that_onlines_nothing_is_no_success() {
    let (outcome, counts, reads) = cpus(vec![agent(4, 2), Answer::Cpus(4), agent(4, 2)]).await;
    let said =
        "no effect: QEMU has 4 vCPUs, the guest uses 2; see \"What a guest needs\" in the README";
    assert_eq!((outcome.to_string().as_str(), reads), (said, 4));
    assert_eq!((counts.verified, counts.failed, counts.reverted), (0, 1, 0));
    assert!(
        outcome.consequence().then.rests()
            && outcome.consequence().then == crate::outcome::Then::RestLonger
    );

    let (outcome, counts, reads) =
        dimm(vec![stats(907, 100), size(1536), balloon(2560), stats(907, 103)]).await;
    let said = "no effect: QEMU has 2560 MiB, the guest uses 907; see \"What a guest needs\" in the README";
    assert_eq!((outcome.to_string().as_str(), reads), (said, 5));
    assert_eq!((counts.verified, counts.failed), (0, 1));
    // One that took all DIMMs but this one.
    let (outcome, ..) =
        dimm(vec![stats(1931, 100), size(1536), balloon(2560), stats(1931, 103)]).await;
    assert!(matches!(outcome, Outcome::NoEffect { guest: 1931, .. }), "{outcome}");
}

#[tokio::test]
async fn a_guest_under_load_is_asked_once_more() {
    let (outcome, _, reads) = cpus(vec![agent(4, 2), Answer::Cpus(4), agent(4, 4)]).await;
    assert_eq!((outcome, reads), (Outcome::Applied, 4));
    let late = vec![stats(1931, 100), size(1536), balloon(2560), stats(2443, 103)];
    assert_eq!(dimm(late).await.0, Outcome::Applied);
}

/// One of its vCPUs may be switched off by hand; QEMU must have them all.
#[tokio::test]
async fn a_guest_that_uses_more_than_before_took_something() {
    let (outcome, _, reads) = cpus(vec![agent(4, 3), Answer::Cpus(4)]).await;
    assert_eq!((outcome, reads), (Outcome::Applied, 3));
    let (outcome, ..) = cpus(vec![agent(4, 3), Answer::Cpus(3)]).await;
    assert_eq!(outcome, Outcome::Differs(4, 3));
}

/// Who does not say, or says what cannot be, counts for nothing: QEMU decides as without an agent.
#[tokio::test]
async fn an_agent_that_does_not_answer_decides_nothing() {
    let silent: [fn() -> Answer; 7] = [
        || Answer::Ran(255, "QEMU guest agent is not running\n"),
        || Answer::Says("command get-vcpus is not allowed\n".to_owned()),
        || Answer::Says("[{\"online\": \"yes\"}]".to_owned()),
        || Answer::Says("[]".to_owned()),
        || Answer::Exits(255, "[{\"online\": true}]".to_owned()),
        || agent(9, 9),
        || Answer::Error(AskError::NoAnswer("cut".to_owned())),
    ];
    for (case, answer) in silent.into_iter().enumerate() {
        let (outcome, _, reads) = cpus(vec![answer(), Answer::Cpus(4)]).await;
        assert_eq!((outcome, reads), (Outcome::Applied, 3), "case {case}");
        let (outcome, ..) = cpus(vec![answer(), Answer::Cpus(2)]).await;
        assert_eq!(outcome, Outcome::Differs(4, 2), "case {case}");
        // It fell silent before the second answer.
        let (outcome, ..) = cpus(vec![agent(4, 2), Answer::Cpus(4), answer()]).await;
        assert_eq!(outcome, Outcome::Applied, "case {case}");
    }
    let (outcome, ..) = cpus(vec![agent(4, 2), Answer::Says(String::new())]).await;
    assert_eq!(outcome, Outcome::Unconfirmed);
}

#[tokio::test]
async fn a_balloon_driver_that_says_nothing_decides_nothing() {
    let silent: [fn() -> Answer; 8] = [
        || stats_text("18446744073709551615", 100),
        || stats_text("-1", 100),
        || stats_text("\"much\"", 100),
        // More than there is.
        || stats(2561, 100),
        || stats(907, 0),
        || Answer::Says("Error: Device '/machine/peripheral/balloon0' not found\r\n\n".to_owned()),
        || Answer::Says("{\"stats\": {}}".to_owned()),
        || Answer::Ran(255, "VM 101 qmp command 'human-monitor-command' failed - got timeout\n"),
    ];
    for (case, answer) in silent.into_iter().enumerate() {
        let (outcome, _, reads) = dimm(vec![answer(), size(1536)]).await;
        assert_eq!((outcome, reads), (Outcome::Applied, 3), "case {case}");
        let (outcome, ..) = dimm(vec![answer(), size(1024)]).await;
        assert_eq!(outcome, Outcome::Differs(2560, 2048), "case {case}");
        let later = vec![stats(907, 100), size(1536), balloon(2560), answer()];
        assert_eq!(dimm(later).await.0, Outcome::Applied, "case {case}");
    }
    // Nothing new in 3 s: the figure is of a time before the DIMM.
    let stuck = vec![stats(907, 100), size(1536), balloon(2560), stats(907, 100)];
    assert_eq!(dimm(stuck).await.0, Outcome::Applied);
}

/// What the balloon holds is missing in the guest's total, and is no sign of a DIMM that is not
/// used.
#[tokio::test]
async fn what_the_balloon_holds_is_counted() {
    let (outcome, _, reads) = dimm(vec![stats(1444, 100), size(1536), balloon(1560)]).await;
    assert_eq!((outcome, reads), (Outcome::Applied, 4));
    let (outcome, ..) =
        dimm(vec![stats(931, 100), size(1536), balloon(1560), stats(931, 103)]).await;
    assert!(matches!(outcome, Outcome::NoEffect { .. }), "{outcome}");
    let unknown = Answer::Says("Error: No balloon device has been activated\r\n\n".to_owned());
    assert_eq!(dimm(vec![stats(931, 100), size(1536), unknown]).await.0, Outcome::Applied);
}

/// Less is QEMU's word alone, and so is what has neither agent nor balloon device.
#[tokio::test]
async fn the_guest_is_asked_only_where_it_grew_and_can_say() {
    let shrink = Move::Cpu { from: 4.try_into().unwrap(), to: 2.try_into().unwrap() };
    let less =
        vec![Answer::Ran(0, ""), Answer::Config(Some("agent: 1\nvcpus: 2\n")), Answer::Cpus(2)];
    let (outcome, _, asked, waited) = played_for(Intent { step: shrink, ..intent() }, less).await;
    assert_eq!((outcome, asked.len(), waited), (Outcome::Applied, 3, 0));

    // What others want of it is pending: it is not asked whether it took ours.
    let theirs = "agent: 1\nvcpus: 4\n[PENDING]\nvcpus: 7\n";
    let (outcome, _, asked, waited) =
        played(vec![Answer::Ran(0, ""), Answer::Config(Some(theirs)), Answer::Cpus(4)]).await;
    assert_eq!((outcome, asked.len(), waited), (Outcome::Applied, 3, 0));

    let shrink = Move::Memory { from: 2560.try_into().unwrap(), to: 2048.try_into().unwrap() };
    let less = vec![Answer::Ran(0, ""), Answer::Config(Some("memory: 2048\n")), size(1024)];
    let (outcome, ..) = played_for(Intent { step: shrink, ..intent() }, less).await;
    assert_eq!(outcome, Outcome::Applied);

    let step = Move::Memory { from: 2048.try_into().unwrap(), to: 2560.try_into().unwrap() };
    let none =
        vec![Answer::Ran(0, ""), Answer::Config(Some("balloon: 0\nmemory: 2560\n")), size(1536)];
    let (outcome, ..) = played_for(Intent { step, ..intent() }, none).await;
    assert_eq!(outcome, Outcome::Applied);
}

/// `qm set` on a VM that has just stopped writes the config and exits 0.
#[tokio::test]
async fn a_vm_that_stopped_is_said_to_have() {
    let said = "stopped: the VM does not run, the config has it for its next start";
    let no_agent = vec![Answer::Ran(0, ""), Answer::Config(Some("vcpus: 4\n")), stopped()];
    let (outcome, counts, _, waited) = played(no_agent).await;
    assert_eq!((outcome.to_string().as_str(), counts.failed, waited), (said, 1, 0));
    assert!(
        outcome.consequence().then.rests()
            && outcome.consequence().then != crate::outcome::Then::RestLonger
    );

    let agent_too = Answer::Ran(2, "VM 101 is not running\n");
    assert_eq!(cpus(vec![agent_too, stopped()]).await.0, Outcome::Stopped(true));
    assert_eq!(dimm(vec![stopped()]).await.0, Outcome::Stopped(true));
    let in_between = vec![stats(907, 100), size(1536), balloon(2560), stopped()];
    assert_eq!(dimm(in_between).await.0, Outcome::Stopped(true));

    // It died while `qm` was at work: what waits would be there at the next start.
    let (outcome, counts, ..) = played(vec![
        Answer::Ran(255, "VM 101 not running\n"),
        Answer::Config(Some(PENDING)),
        Answer::Ran(255, "VM 101 not running\n"),
        Answer::Ran(0, ""),
        Answer::Config(Some("vcpus: 2\n")),
    ])
    .await;
    assert_eq!((outcome, counts.reverted), (Outcome::Stopped(false), 1));
}

#[tokio::test]
async fn what_a_guest_keeps_is_refused_by_it() {
    for (stderr, said) in [
        (
            "vcpus: hotplug problem - 400 Parameter verification failed.\nvcpus: error unplugging cpu4\n",
            "failed: refused by the guest: it did not release a vCPU",
        ),
        (
            "memory: hotplug problem - 400 Parameter verification failed.\ndimm1: error unplug memory module\n",
            "failed: refused by the guest: it did not release a DIMM",
        ),
    ] {
        let shrink = Move::Cpu { from: 4.try_into().unwrap(), to: 2.try_into().unwrap() };
        let script =
            vec![Answer::Ran(255, stderr), Answer::Config(Some("vcpus: 4\n")), Answer::Cpus(4)];
        let (outcome, ..) = played_for(Intent { step: shrink, ..intent() }, script).await;
        assert_eq!(outcome.to_string(), said);
    }
}

/// The balloon 4096 -> 2048 MiB, which `qm` did, and then this; how many reads that took.
async fn inflated(script: Vec<Answer>) -> (Outcome, usize) {
    let step = Move::Balloon { from: None, to: 2048.try_into().unwrap() };
    let conf = "memory: 4096\nballoon: 2048\nshares: 0\n";
    let mut all = vec![Answer::Ran(0, ""), Answer::Config(Some(conf))];
    all.extend(script);
    let (outcome, _, asked, _) = played_for(Intent { step, ..intent() }, all).await;
    assert!(asked[0].contains("--balloon 2048"), "{asked:?}");
    (outcome, asked.len() - 1)
}

#[tokio::test]
async fn a_balloon_is_waited_for_as_long_as_it_moves() {
    assert_eq!(inflated(vec![balloon(2048)]).await, (Outcome::Applied, 2));
    let moves = vec![balloon(3900), balloon(2900), balloon(2049)];
    assert_eq!(inflated(moves).await, (Outcome::Applied, 4));
    let sticks = vec![balloon(3900), balloon(3000), balloon(3000)];
    assert_eq!(inflated(sticks).await, (Outcome::AppliedInPart(3000, None), 4));
    let never = vec![balloon(4096), balloon(4096)];
    assert_eq!(inflated(never).await, (Outcome::AppliedInPart(4096, None), 3));
    assert_eq!(inflated(vec![stopped()]).await, (Outcome::Stopped(true), 2));
    let no_device = vec![Answer::Says("Error: No balloon device\n".to_owned())];
    assert_eq!(inflated(no_device).await, (Outcome::Unconfirmed, 2));
}

/// Neither QEMU nor the guest has a word in it: one read.
#[tokio::test]
async fn a_limit_costs_one_read() {
    let limit = |hundredths| vm_autoscale_proxmox::CpuLimit::from_hundredths(hundredths).unwrap();
    let step = Move::CpuLimit { from: limit(0), to: limit(250) };
    let applied = vec![Answer::Ran(0, ""), Answer::Config(Some("cpulimit: 2.5\n"))];
    let (outcome, counts, asked, _) = played_for(Intent { step, ..intent() }, applied).await;
    assert_eq!((outcome, counts.verified, asked.len()), (Outcome::Applied, 1, 2));
    assert!(asked[0].contains("--cpulimit 2.5"), "{asked:?}");

    let left = "[PENDING]\ncpulimit: 2.5\n";
    let dbus = "Operation \"ne\": no method found, Net::DBus::Error";
    let failed = vec![
        Answer::Ran(2, dbus),
        Answer::Config(Some(left)),
        Answer::Ran(0, ""),
        Answer::Config(Some("")),
    ];
    let (outcome, counts, asked, _) = played_for(Intent { step, ..intent() }, failed).await;
    assert_eq!((outcome, counts.reverted), (Outcome::Failed(Failure::CpuLimit), 1));
    assert!(asked[2].contains("--revert cpulimit"), "{asked:?}");
}
