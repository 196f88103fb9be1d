//! What a VM uses, measured as pvestatd does: by its process and its balloon device.

use std::io::Read as _;

use serde_json::json;

use super::error::Error;
use super::machine::Machine;
use crate::num::real;

/// Ticks a second in `/proc`, the same on every machine that Linux runs VMs on.
const TICKS: f64 = 100.0;

/// The guest's memory by its balloon driver, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BalloonStats {
    pub(crate) total: u64,
    pub(crate) free: u64,
    pub(crate) available: u64,
    /// In seconds since 1970.
    pub(crate) last_update: u64,
}

impl Machine {
    /// CPU time that QEMU has used since its start, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, Error> {
        let path = format!("/proc/{}/stat", self.pid);
        let mut stat = String::new();
        let file = std::fs::File::open(&path).map_err(Error::io(&path))?;
        file.take(4096).read_to_string(&mut stat).map_err(Error::io(&path))?;
        // After the name, which may have blanks: the state, ten others, then both times.
        let times = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
        let times: Vec<u64> = times.take(2).filter_map(|time| time.parse().ok()).collect();
        match times.as_slice() {
            [user, system] => Ok(real(user + system) / TICKS),
            _ => Err(Error::io(&path)(std::io::ErrorKind::InvalidData.into())),
        }
    }

    /// The balloon driver's latest figures, at most 2 s old; none before its first.
    pub(crate) async fn balloon_stats(&self) -> Result<Option<BalloonStats>, Error> {
        let (path, property) = ("/machine/peripheral/balloon0", "guest-stats");
        let arguments = json!({"path": path, "property": property});
        let stats = self.qmp.call("qom-get", arguments).await?;
        // What the driver does not know is all ones.
        let number = |path: &str| stats.pointer(path)?.as_u64().filter(|n| *n != u64::MAX);
        let read = || {
            Some(BalloonStats {
                total: number("/stats/stat-total-memory")?,
                free: number("/stats/stat-free-memory")?,
                available: number("/stats/stat-available-memory")?,
                last_update: number("/last-update").filter(|time| *time > 0)?,
            })
        };
        Ok(read())
    }
}
