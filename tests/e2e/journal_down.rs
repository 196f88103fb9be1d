//! Nothing is changed while the journal takes nothing; everything else goes on.

use std::time::Duration;

use tokio::time::sleep;
use vm_autoscale_lab::{Control, Lab, Options};
use vm_autoscale_scheduler::MemoryJournal;
use vm_autoscale_tests::near::begin;

const FILE: &str = "mode: full\nselect: [100-200]\ncheck_interval: 10\nscale_cooldown: 30\n";

fn count(lab: &Lab, kind: &str) -> usize {
    lab.history(0).iter().filter(|entry| entry.kind.starts_with(kind)).count()
}

/// A lab whose VMs all want more.
fn busy() -> Lab {
    let lab = Lab::new(&Options { epoch: Some(1_700_000_000), ..Options::new().unwrap() }).unwrap();
    tokio::spawn(lab.clone().pvestatd());
    for vm in lab.vms() {
        lab.control(Control::Load { vmid: vm.vmid, cores: 64.0, mib: 1000.0 }).unwrap();
    }
    lab
}

#[tokio::test(start_paused = true)]
async fn nothing_is_changed_without_a_journal_and_it_recovers_without_a_restart() {
    let (lab, journal) = (busy(), MemoryJournal::default());
    journal.break_down(Some("no space left on device"));
    let board = begin(&lab, FILE, journal.clone()).unwrap();
    sleep(Duration::from_secs(300)).await;
    assert_eq!(count(&lab, "Set"), 0, "before it ever worked");
    assert!(count(&lab, "ReadCluster") >= 25);
    let problem = board.report(&journal).clusters[0].problem.clone().unwrap();
    assert!(problem.contains("no space left on device"), "{problem}");
    journal.break_down(None);
    sleep(Duration::from_secs(90)).await;
    let before = count(&lab, "Set");
    assert!(before > 0, "it recovers");
    assert_eq!(board.report(&journal).clusters[0].problem, None);
    journal.break_down(Some("input/output error"));
    sleep(Duration::from_secs(300)).await;
    // One cycle at most had asked already.
    assert_eq!(count(&lab, "Set"), before);
    assert!(board.report(&journal).clusters[0].problem.is_some());
    journal.break_down(None);
    sleep(Duration::from_secs(90)).await;
    assert!(count(&lab, "Set") > before, "it recovers once more");
}
