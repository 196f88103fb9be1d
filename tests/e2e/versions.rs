//! Programs of different releases, side by side, as while an upgrade goes on.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use vm_autoscale_protocol::{INTERFACE, PROTOCOL};
use vm_autoscale_scheduler::StatusReport;
use vm_autoscale_tests::programs::{command, directory, pause};
use vm_autoscale_tests::stage::Stage;

use crate::wall::say;
use crate::{await_helper, play, turn};

const OWN: &str = env!("CARGO_PKG_VERSION");
const TIME: Duration = Duration::from_secs(60);

/// Something at the helper's socket, until it is dropped.
struct Other {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    socket: std::path::PathBuf,
}

impl Other {
    fn at(socket: &Path, serve: fn(UnixStream, &Path)) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let (ends, own) = (Arc::new(AtomicBool::new(false)), socket.to_owned());
        let ended = ends.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let own = own.clone();
                std::thread::spawn(move || serve(stream, &own));
            }
        });
        Self { ends, thread: Some(thread), socket: socket.to_owned() }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        drop(UnixStream::connect(&self.socket));
        drop(self.thread.take().unwrap().join());
        drop(std::fs::remove_file(&self.socket));
    }
}

/// A helper of a later protocol: it answers one question, and refuses ours.
fn later(mut stream: UnixStream, _: &Path) {
    let mut call = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).is_ok_and(|count| count == 1) && byte[0] != 0 {
        call.push(byte[0]);
    }
    let Ok(call) = serde_json::from_slice::<Value>(&call) else { return };
    let reply = if call["method"] == "org.varlink.service.GetInfo" {
        json!({"parameters": {"version": "7.8.9", "vendor": "vm-autoscale"}})
    } else {
        assert_eq!(call["method"], format!("{INTERFACE}.Hello"), "nothing else is asked");
        json!({"error": format!("{INTERFACE}.BadRequest"), "parameters": {"message": "no"}})
    };
    let _ = stream.write_all(format!("{reply}\0").as_bytes());
}

fn refused(text: &str) -> bool {
    text.contains("the helper (7.8.9) speaks another protocol")
        && text.contains(&format!("this program ({OWN}) protocol {PROTOCOL}"))
        && text.contains("systemctl restart vm-autoscale-helper vm-autoscale")
}

fn well(status: &StatusReport) -> bool {
    let seen = status.clusters.first().is_some_and(|it| it.problem.is_none() && it.looks > 0);
    seen && status.problems.is_empty()
}

#[test]
fn a_helper_of_another_protocol_is_refused_in_words_until_the_right_one_comes() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    let socket = stage.path("helper.sock");
    let other = Other::at(&socket, later);
    stage.start_scheduler().unwrap();
    stage.until(TIME, |status| status.problems.iter().any(|it| refused(it))).unwrap();
    assert!(refused(&stage.scheduler.as_ref().unwrap().said()));
    let stats = stage.node_stats().unwrap();
    assert_eq!((stats.connections, stats.execs), (0, 0), "nothing is done");
    drop(other);
    stage.start_helper().unwrap();
    stage.until(TIME, well).unwrap();

    // The same in the middle of its life.
    stage.helper.as_mut().unwrap().stop().unwrap();
    let _ = std::fs::remove_file(&socket);
    let other = Other::at(&socket, later);
    let blind = |status: &StatusReport| {
        let problem = status.clusters.first().and_then(|it| it.problem.as_deref());
        problem.is_some_and(refused)
    };
    let told = stage.until(TIME, blind).unwrap();
    let execs = stage.node_stats().unwrap().execs;
    pause(Duration::from_secs(3));
    let later = stage.status().unwrap();
    assert_eq!(stage.node_stats().unwrap().execs, execs, "no node hears of it");
    assert_eq!(later.counts.asked, told.counts.asked, "and nothing is changed");
    drop(other);
    stage.start_helper().unwrap();
    stage.until(TIME, well).unwrap();
    stage.strike().unwrap();
}

#[test]
fn a_scheduler_of_another_protocol_is_refused_in_words() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "")).unwrap();
    stage.start_helper().unwrap();
    await_helper(&stage);
    for protocol in [0, PROTOCOL - 1, PROTOCOL + 1, u32::MAX] {
        let method = format!("{INTERFACE}.Hello");
        let call = json!({"method": method, "parameters": {"protocol": protocol}});
        // It returns when the helper hung up.
        let answer = say(&stage, format!("{call}\0").as_bytes());
        let words = format!("this helper ({OWN}) speaks protocol {PROTOCOL}, not {protocol}: ");
        assert!(answer.contains("BadRequest") && answer.contains(&words), "{answer}");
        assert!(answer.contains("systemctl restart vm-autoscale-helper vm-autoscale"), "{answer}");
    }
    assert_eq!(stage.node_stats().unwrap().connections, 0);
    stage.start_scheduler().unwrap();
    stage.until(TIME, well).unwrap();
    stage.strike().unwrap();
}

/// Between the two, the real helper says that it is older.
fn older(stream: UnixStream, socket: &Path) {
    let real = UnixStream::connect(socket.with_extension("real")).unwrap();
    let (mut to, mut from) = (real.try_clone().unwrap(), stream.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
    let (mut real, mut stream) = (real, stream);
    let mut bytes = vec![0; 256 * 1024];
    while let Ok(count @ 1..) = real.read(&mut bytes) {
        let text = String::from_utf8_lossy(&bytes[..count]);
        let text = text.replacen(&format!(r#""version":"{OWN}""#), r#""version":"0.0.9""#, 1);
        if stream.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

/// As between the upgrade of the files and the helper's restart.
#[test]
fn a_helper_of_another_version_and_the_same_protocol_works_and_is_told() {
    let _turn = turn();
    let mut stage = Stage::set(&play(2, "mode: full\n")).unwrap();
    let socket = stage.path("helper.sock");
    stage.start_helper().unwrap();
    await_helper(&stage);
    std::fs::rename(&socket, socket.with_extension("real")).unwrap();
    let other = Other::at(&socket, older);
    stage.start_scheduler().unwrap();
    crate::load(&stage, 101, 64.0, 2000.0);
    stage.until(TIME, |status| well(status) && status.counts.verified > 0).unwrap();
    let mut nodes = command(directory().unwrap().join("vm-autoscale"));
    nodes.args(["nodes", "--output-format", "json", "--config"]).arg(stage.path("config.yaml"));
    let answer: Value = serde_json::from_slice(&nodes.output().unwrap().stdout).unwrap();
    let helper = json!({"version": "0.0.9", "protocol": PROTOCOL});
    for (key, value) in helper.as_object().unwrap() {
        assert_eq!(answer["helper"][key], *value);
    }
    stage.scheduler.as_mut().unwrap().stop().unwrap();
    drop(other);
    stage.strike().unwrap();
}
