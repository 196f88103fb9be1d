//! A running QEMU.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use serde_json::json;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use vm_autoscale_proxmox::VmId;

use super::agent::Agent;
use super::arguments;
use super::error::Error;
use super::image::{Image, QEMU};
use super::qmp::Qmp;
use super::spec::Spec;

/// How long QEMU may take until its monitor answers; on a quiet machine it takes 0.2 s.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end.
const END: Duration = Duration::from_secs(5);

/// A VM that runs. Its QEMU ends with it.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(super) vmid: VmId,
    pub(super) spec: Spec,
    /// CPU threads that QEMU can still start.
    pub(super) threads: AtomicU32,
    pub(super) qmp: Qmp,
    pub(super) agent: Agent,
    pub(super) pid: u32,
    child: Mutex<Child>,
}

impl Machine {
    /// Starts QEMU; its guest then boots for some seconds (see [`Self::booted`]). In the lab's
    /// directory come to be `ID.qmp`, `ID.serial1`, `ID.console` and `ID.stderr`.
    ///
    /// QEMU ends also with the thread that calls this, so that a lab that is killed leaves none:
    /// that has to be a thread which lasts, as a runtime's own do.
    pub(crate) async fn start(image: &Image, spec: &Spec) -> Result<Self, Error> {
        let vmid = spec.vmid;
        let arguments = arguments::all(spec, image)?;
        let mut child = spawn(&image.dir, vmid, &arguments)?;
        let qmp = greeted(&image.dir, vmid, &mut child).await?;
        let pid = child.id().ok_or_else(|| ended(&image.dir, vmid))?;
        if spec.balloon {
            let (path, property) = ("/machine/peripheral/balloon0", "guest-stats-polling-interval");
            let arguments = json!({"path": path, "property": property, "value": 2});
            qmp.call("qom-set", arguments).await?;
        }
        let agent = Agent::new(vmid, &image.dir);
        let threads = AtomicU32::new(spec.threads().saturating_sub(spec.vcpus));
        let (spec, child) = (spec.clone(), Mutex::new(child));
        Ok(Self { vmid, spec, threads, qmp, agent, pid, child })
    }

    /// QEMU's process.
    #[cfg(test)]
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether QEMU runs; a guest that crashed leaves it running.
    pub(crate) async fn running(&self) -> bool {
        matches!(self.child.lock().await.try_wait(), Ok(None))
    }

    /// Ends QEMU at once, whatever the guest does.
    pub(crate) async fn stop(&self) -> Result<(), Error> {
        // Where that fails or another command is under way, there is the other way.
        let _ = timeout(END, self.qmp.call("quit", json!({}))).await;
        let mut child = self.child.lock().await;
        let waited = match timeout(END, child.wait()).await {
            Ok(waited) => waited.map(drop),
            Err(_) => child.kill().await,
        };
        waited.map_err(Error::io(format!("the end of VM {}'s QEMU", self.vmid)))
    }
}

fn spawn(dir: &Path, vmid: VmId, arguments: &[String]) -> Result<Child, Error> {
    let path = dir.join(format!("{vmid}.stderr"));
    let stderr = std::fs::File::create(&path).map_err(Error::io(path.display()))?;
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--", QEMU])
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .kill_on_drop(true)
        .spawn()
        .map_err(Error::io("setpriv, which starts QEMU (apt-get install util-linux)"))
}

/// Waits until QEMU has its monitor, or has ended for want of something.
async fn greeted(dir: &Path, vmid: VmId, child: &mut Child) -> Result<Qmp, Error> {
    let deadline = Instant::now() + START;
    loop {
        if !matches!(child.try_wait(), Ok(None)) {
            return Err(ended(dir, vmid));
        }
        match Qmp::connect(vmid, dir, &format!("{vmid}.qmp")).await {
            Ok(qmp) => return Ok(qmp),
            Err(e) if Instant::now() > deadline => {
                let why = format!("QEMU's monitor does not answer: {e}");
                return Err(Error::Start { vmid, why });
            }
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// QEMU's last words.
fn ended(dir: &Path, vmid: VmId) -> Error {
    use std::io::Read as _;
    let path = dir.join(format!("{vmid}.stderr"));
    let mut words = Vec::new();
    if let Ok(file) = std::fs::File::open(&path) {
        let _ = file.take(4096).read_to_end(&mut words);
    }
    let words = String::from_utf8_lossy(&words);
    Error::Start { vmid, why: format!("QEMU has ended: {}", words.trim()) }
}
