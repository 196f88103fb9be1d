//! What systemd is told, and what is said when the helper stands still.

use std::cell::RefCell;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use vm_autoscale_tests::programs::{Program, command, directory};
use vm_autoscale_tests::stage::Stage;

use crate::{play, turn};

const TIME: Duration = Duration::from_secs(30);

/// What a systemd would hear.
struct Manager {
    socket: UnixDatagram,
    heard: RefCell<Vec<String>>,
}

impl Manager {
    /// Starts the scheduler, which speaks to it.
    fn start(stage: &mut Stage) -> Self {
        let path = stage.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut program = command(directory().unwrap().join("vm-autoscale"));
        program.env("NOTIFY_SOCKET", &path);
        let config = stage.path("config.yaml").display().to_string();
        let arguments = ["run", "--config", &config];
        let dir = stage.path(".");
        let program = Program::start_as(program, "vm-autoscale", &arguments, &dir).unwrap();
        stage.scheduler = Some(program);
        Self { socket, heard: RefCell::default() }
    }

    /// Listens until something was heard after the first `from` words; how many there are then.
    fn until(&self, from: usize, wanted: &str) -> usize {
        let begun = Instant::now();
        let mut bytes = [0; 4096];
        loop {
            let heard = self.heard.borrow();
            let found = heard.iter().skip(from).position(|word| word.contains(wanted));
            if let Some(at) = found {
                return from + at + 1;
            }
            drop(heard);
            assert!(begun.elapsed() < TIME, "no {wanted} in {:?}", self.heard.borrow());
            if let Ok(length) = self.socket.recv(&mut bytes) {
                let word = String::from_utf8(bytes[..length].to_vec()).unwrap();
                self.heard.borrow_mut().push(word);
            }
        }
    }

    fn count(&self, from: usize, word: &str) -> usize {
        self.heard.borrow().iter().skip(from).filter(|heard| heard.contains(word)).count()
    }
}

#[test]
fn systemd_hears_how_it_goes() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let manager = Manager::start(&mut stage);
    let ready = manager.until(0, "READY=1\n");
    assert_eq!(ready, 1, "{:?}", manager.heard.borrow());
    let waits = manager.until(ready, "STATUS=waiting for the helper\n");
    // It waits, and lives.
    manager.until(manager.until(waits, "WATCHDOG=1\n"), "WATCHDOG=1\n");

    stage.start_helper().unwrap();
    let well = manager.until(waits, "STATUS=2 VMs in 1 cluster, 0 changes, all well\n");
    let looks = stage.until(TIME, |status| !status.clusters.is_empty()).unwrap().clusters[0].looks;
    let mut last = well;
    for _ in 0..3 {
        last = manager.until(last, "WATCHDOG=1\n");
    }
    let now = stage.status().unwrap().clusters[0].looks;
    // Not by a timer of its own: no more often than it looked. (One may be on its way.)
    assert!(now > looks, "{looks} {now}");
    assert!(manager.count(well, "WATCHDOG=1") <= usize::try_from(now).unwrap(), "{now}");
    assert_eq!(manager.count(well, "STATUS="), 0, "told when it changes");

    stage.scheduler.as_ref().unwrap().signal(Signal::SIGHUP);
    let reloading = manager.until(last, "RELOADING=1\nMONOTONIC_USEC=");
    let again = manager.until(reloading, "READY=1\n");

    let scheduler = stage.scheduler.as_mut().unwrap();
    scheduler.signal(Signal::SIGTERM);
    manager.until(again, "STOPPING=1\n");
    assert!(scheduler.stop().unwrap().success());
    stage.strike().unwrap();
}

/// A look ends although nothing answers, the daemon lives on and says what is wrong, and it goes
/// on when the helper does.
#[test]
fn a_helper_that_stands_still_is_told_within_two_cycles() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let manager = Manager::start(&mut stage);
    stage.start_helper().unwrap();
    let well = manager.until(0, "all well\n");
    let helper = stage.helper.as_ref().unwrap();
    helper.signal(Signal::SIGSTOP);
    // Two cycles of the usual 10 s; here one begins a second.
    let time = Duration::from_secs(20);
    let says = |status: &vm_autoscale_scheduler::StatusReport| {
        let problem = status.clusters[0].problem.as_deref();
        problem.is_some_and(|problem| problem.contains("the helper"))
    };
    let status = stage.until(time, says).unwrap();
    assert_eq!(status.ills().len(), 1, "{status:?}");
    let mut ask = command(directory().unwrap().join("vm-autoscale"));
    let asked = ask.arg("status").arg("--config").arg(stage.path("config.yaml")).output().unwrap();
    let said = String::from_utf8(asked.stdout).unwrap();
    assert_eq!(asked.status.code(), Some(1), "{said}");
    assert!(said.starts_with("NOT WELL: cluster lab: "), "{said}");
    // The look ends by its deadline; a new process would meet the same helper.
    let ill =
        manager.until(well, "STATUS=cluster lab: the helper did not answer: none within 15 s");
    manager.until(ill, "WATCHDOG=1\n");
    helper.signal(Signal::SIGCONT);
    manager.until(ill, "all well\n");
    stage.until(TIME, |status| status.ills().is_empty()).unwrap();
    stage.strike().unwrap();
}
