use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use vm_autoscale_planner::Moment;
use vm_autoscale_protocol::{ConfigReply, FoundConfig, Hello, Rule};
use vm_autoscale_proxmox::{ClusterName, Identity, NodeCommand, NodeName};

use super::*;
use crate::{Counts, MemoryJournal, Purpose};

mod guest;
mod held;
mod place;

/// Answers by a script, and notes what was asked.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<Answer>, Vec<String>)>>);

enum Answer {
    Ran(i64, &'static str),
    Config(Option<&'static str>),
    Cpus(usize),
    Cluster(String),
    /// This exit with this on standard output.
    Exits(i64, String),
    /// Exit 0 and this on standard output.
    Says(String),
    Error(AskError),
}

impl Script {
    fn next(&self, asked: &NodeCommand) -> Answer {
        let mut script = self.0.lock().unwrap();
        script.1.push(asked.line());
        script.0.pop_front().expect("more was asked than expected")
    }

    fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().1.clone()
    }
}

impl Helper for Script {
    async fn hello(&self) -> Result<Hello, AskError> {
        panic!("no change says hello")
    }

    fn generation(&self) -> u64 {
        1
    }

    async fn read_cluster(&self, _cluster: &ClusterName) -> Result<(NodeName, String), AskError> {
        match self.next(&NodeCommand::ReadCluster) {
            Answer::Cluster(text) => Ok(("pve1".try_into().unwrap(), text)),
            Answer::Error(error) => Err(error),
            _ => panic!("a look at the cluster was asked for"),
        }
    }

    async fn read_configs(
        &self,
        request: &Request,
        _purpose: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        match self.next(&request.command().unwrap().unwrap()) {
            Answer::Config(text) => {
                let found = text.map(|text| FoundConfig {
                    digest: digest(2),
                    text: format!("cores: 8\n{text}"),
                });
                Ok(vec![ConfigReply { vmid: 101u32.try_into().unwrap(), found }])
            }
            Answer::Error(error) => Err(error),
            _ => panic!("a config was asked for"),
        }
    }

    async fn read_pools(&self, _: &ClusterName, _: &NodeName) -> Result<String, AskError> {
        panic!("no pools are asked for")
    }

    async fn execute(&self, request: &Request) -> Result<Executed, AskError> {
        match self.next(&request.command().unwrap().unwrap()) {
            Answer::Ran(exit, stderr) => {
                Ok(Executed { exit, stdout: String::new(), stderr: stderr.to_owned(), took_ms: 1 })
            }
            Answer::Cpus(count) => {
                let cpu = "  type: \"x\"\n  qom_path: \"/machine/peripheral/cpu\"\n".repeat(count);
                let stdout = format!("Hotpluggable CPUs:\n{cpu}\n");
                Ok(Executed { exit: 0, stdout, stderr: String::new(), took_ms: 1 })
            }
            Answer::Exits(exit, stdout) => {
                Ok(Executed { exit, stdout, stderr: String::new(), took_ms: 1 })
            }
            Answer::Says(stdout) => {
                Ok(Executed { exit: 0, stdout, stderr: String::new(), took_ms: 1 })
            }
            Answer::Error(error) => Err(error),
            Answer::Config(_) | Answer::Cluster(_) => panic!("a command was asked for"),
        }
    }
}

/// Time passes by waiting only.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Duration>>);

impl Clock for Waits {
    fn now(&self) -> Moment {
        Moment(*self.0.lock().unwrap())
    }

    async fn sleep_until(&self, moment: Moment) {
        *self.0.lock().unwrap() = moment.0;
    }
}

fn full_disk() -> MemoryJournal {
    let journal = MemoryJournal::default();
    journal.break_down(Some("no space left on device"));
    journal
}

fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 20])
}

fn intent() -> Intent {
    Intent {
        cluster: "home".try_into().unwrap(),
        node: "pve1".try_into().unwrap(),
        vmid: 101u32.try_into().unwrap(),
        step: Move::Cpu { from: 2.try_into().unwrap(), to: 4.try_into().unwrap() },
        identity: None,
        reason: "busy".to_owned(),
    }
}

/// vCPUs 2 -> 4 by this script: the outcome, the counts, what was asked, and seconds waited.
async fn played(script: Vec<Answer>) -> (Outcome, Counts, Vec<String>, u64) {
    played_for(intent(), script).await
}

async fn played_for(intent: Intent, script: Vec<Answer>) -> (Outcome, Counts, Vec<String>, u64) {
    let (clock, journal) = (Waits::default(), MemoryJournal::default());
    let helper = Script(Arc::new(Mutex::new((script.into(), Vec::new()))));
    let Settled { outcome, duty, .. } =
        carry_out((&clock, &helper, &journal), &intent, digest(1), || None).await.1;
    assert!(helper.0.lock().unwrap().0.is_empty(), "less was asked than expected");
    let left = matches!(outcome, Outcome::Moved { tried: true, .. } | Outcome::Unknown)
        || reverts_in(&helper) == 3;
    assert_eq!(duty, left, "{outcome}");
    (outcome, journal.counts(), helper.asked(), clock.now().0.as_secs())
}

fn reverts_in(helper: &Script) -> usize {
    helper.asked().iter().filter(|line| line.contains("--revert")).count()
}

const PENDING: &str = "vcpus: 2\n[PENDING]\nvcpus: 4\n";
const UNPLUGGED: &str =
    "vcpus: hotplug problem - 400 Parameter verification failed.\nvcpus: error hotplugging cpu3\n";

fn sets(asked: &[String]) -> usize {
    asked.iter().filter(|line| line.contains("--vcpus")).count()
}

#[tokio::test]
async fn applied_is_what_config_and_qemu_both_have() {
    let (outcome, counts, asked, _) =
        played(vec![Answer::Ran(0, ""), Answer::Config(Some("vcpus: 4\n")), Answer::Cpus(4)]).await;
    assert_eq!((outcome, counts.verified, asked.len()), (Outcome::Applied, 1, 3));
}

#[tokio::test]
async fn exit_0_with_the_value_still_pending_is_a_failure_and_is_reverted() {
    let (outcome, counts, asked, _) = played(vec![
        Answer::Ran(0, ""),
        Answer::Config(Some(PENDING)),
        Answer::Cpus(2),
        Answer::Ran(0, ""),
        Answer::Config(Some("vcpus: 2\n")),
    ])
    .await;
    assert_eq!(outcome, Outcome::NotHotPluggable);
    assert!(outcome.to_string().contains("not hot-pluggable"));
    assert_eq!((counts.failed, counts.reverted, counts.verified), (1, 1, 0));
    // By the digest of the read-back, and exactly our own option.
    assert_eq!(asked[3], format!("/usr/sbin/qm set 101 --revert vcpus --digest {}", digest(2)));
}

#[tokio::test]
async fn a_pending_value_that_is_not_ours_is_left_alone() {
    let (outcome, counts, asked, _) = played(vec![
        Answer::Ran(255, UNPLUGGED),
        Answer::Config(Some("vcpus: 2\n[PENDING]\nvcpus: 7\n")),
        Answer::Cpus(2),
    ])
    .await;
    assert_eq!((outcome, counts.reverted), (Outcome::Failed(Failure::CpuPlug), 0));
    assert!(!asked.iter().any(|line| line.contains("--revert")));
}

#[tokio::test]
async fn an_unknown_outcome_is_read_and_never_asked_for_again() {
    let node = || NodeName::try_from("pve1").unwrap();
    let unknown =
        AskError::Helper(HelperError::Unknown { node: node(), message: "cut".to_owned() });
    let away =
        || AskError::Helper(HelperError::Unreachable { node: node(), message: "down".to_owned() });
    let (outcome, _, asked, waited) = played(vec![
        Answer::Error(unknown),
        Answer::Error(away()),
        Answer::Error(AskError::NotAsked("the helper is gone".to_owned())),
        Answer::Config(Some("vcpus: 4\n")),
        Answer::Cpus(4),
    ])
    .await;
    assert_eq!((outcome, sets(&asked)), (Outcome::Applied, 1));
    assert!(waited >= 10, "it did not wait between attempts");
}

/// The command is cut off and goes on: what is there at first is not what becomes of it.
#[tokio::test]
async fn a_command_that_is_still_at_work_is_waited_for() {
    let cut = || Answer::Error(AskError::NoAnswer("the helper was killed".to_owned()));
    let (outcome, _, asked, _) = played(vec![
        cut(),
        Answer::Config(Some("vcpus: 2\n")),
        Answer::Cpus(2),
        Answer::Config(Some(PENDING)),
        Answer::Cpus(3),
        Answer::Config(Some("vcpus: 4\n")),
        Answer::Cpus(4),
    ])
    .await;
    assert_eq!((outcome, sets(&asked)), (Outcome::Applied, 1));
    assert!(!asked.iter().any(|line| line.contains("--revert")), "it was reverted at work");

    let mut script = vec![cut()];
    for _ in 0..8 {
        script.extend([Answer::Config(Some(PENDING)), Answer::Cpus(2)]);
    }
    script.extend([Answer::Config(Some(PENDING)), Answer::Cpus(2), Answer::Ran(0, "")]);
    script.push(Answer::Config(Some("vcpus: 2\n")));
    let (outcome, counts, _, waited) = played(script).await;
    assert_eq!((outcome, counts.reverted), (Outcome::Failed(Failure::Unseen), 1));
    assert!(waited >= 75, "{waited}");
}

/// It hung, and the command with it, for longer than any command takes.
#[tokio::test]
async fn what_hung_with_its_node_goes_on_when_that_answers() {
    let silent = || Answer::Error(AskError::NoAnswer("nothing in 30 s".to_owned()));
    // After 75 s the VM is looked for elsewhere, too.
    let mut script: Vec<Answer> = (0..9 + 2).map(|_| silent()).collect();
    script.extend([Answer::Config(Some(PENDING)), Answer::Cpus(2)]);
    script.extend([Answer::Config(Some("vcpus: 4\n")), Answer::Cpus(4)]);
    let (outcome, counts, asked, waited) = played(script).await;
    assert_eq!((outcome, counts.reverted, sets(&asked)), (Outcome::Applied, 0, 1));
    assert!(waited > 75, "{waited}");
}

#[tokio::test]
async fn a_node_that_never_answers_is_given_up_and_leaves_a_duty() {
    let mut script = vec![Answer::Error(AskError::NoAnswer("cut".to_owned()))];
    // After 75 s the VM is looked for elsewhere, too, each time.
    script.extend((0..36 + 28).map(|_| Answer::Error(AskError::NotAsked("down".to_owned()))));
    let (outcome, ..) = played(script).await;
    assert_eq!(outcome, Outcome::Unknown);
}

#[tokio::test]
async fn what_was_told_to_stop_sends_nothing() {
    let helper = Script::default();
    let intent = intent();
    let ports = (&Waits::default(), &helper, &MemoryJournal::default());
    let Settled { outcome, .. } =
        carry_out(ports, &intent, digest(1), || Some("stopping".to_owned())).await.1;
    assert!(matches!(outcome, Outcome::NotSent(_)) && helper.asked().is_empty());
}

#[tokio::test]
async fn a_revert_is_a_duty_until_it_is_done() {
    let (outcome, counts, asked, waited) = played(vec![
        Answer::Ran(255, UNPLUGGED),
        Answer::Config(Some(PENDING)),
        Answer::Cpus(2),
        Answer::Ran(255, "VM is locked (backup)\n"),
        Answer::Config(Some(PENDING)),
        Answer::Ran(0, ""),
        Answer::Config(Some("vcpus: 2\n")),
    ])
    .await;
    assert_eq!((outcome, counts.reverted, sets(&asked)), (Outcome::Failed(Failure::CpuPlug), 1, 1));
    assert!(waited >= 10, "{waited}");
}

/// A backup holds the lock for hours: the change has ended, its leftover is for later looks.
#[tokio::test]
async fn a_revert_that_keeps_failing_is_left_as_a_duty() {
    let mut script =
        vec![Answer::Ran(255, UNPLUGGED), Answer::Config(Some(PENDING)), Answer::Cpus(2)];
    for _ in 0..3 {
        script.push(Answer::Ran(255, "VM is locked (backup)\n"));
        script.push(Answer::Config(Some(PENDING)));
    }
    let (outcome, counts, ..) = played(script).await;
    assert_eq!((outcome, counts.reverted), (Outcome::Failed(Failure::CpuPlug), 0));
}

#[tokio::test]
async fn what_was_not_sent_is_not_read_back() {
    for rule in [Rule::Rates, Rule::Digest, Rule::Record, Rule::TotalMemory] {
        let refused = HelperError::Refused { rule, message: "too many".to_owned() };
        let (outcome, counts, asked, _) = played(vec![Answer::Error(refused.into())]).await;
        // It is the moment that is wrong, not the change.
        assert_eq!(
            (&outcome, counts.failed, asked.len()),
            (&Outcome::NotSent("too many".to_owned()), 1, 1)
        );
        assert!(!outcome.consequence().then.rests());
    }
    let refused = HelperError::Refused { rule: Rule::Bounds, message: "8 at most".to_owned() };
    let (outcome, ..) = played(vec![Answer::Error(refused.into())]).await;
    assert_eq!(outcome, Outcome::Refused("8 at most".to_owned()));
    let (outcome, ..) =
        played(vec![Answer::Error(AskError::NotAsked("no helper".to_owned()))]).await;
    assert!(matches!(outcome, Outcome::NotSent(_)) && !outcome.consequence().then.rests());
}

#[tokio::test]
async fn without_a_journal_nothing_is_changed() {
    let helper = Script::default();
    let intent = intent();
    let ports = (&Waits::default(), &helper, &full_disk());
    let Settled { outcome, .. } = carry_out(ports, &intent, digest(1), || None).await.1;
    assert!(matches!(outcome, Outcome::NotSent(why) if why.contains("no space left")));
    assert_eq!(helper.asked(), Vec::<String>::new());
}
