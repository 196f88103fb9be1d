//! Reads what is told of the past, a row at a time: as much is kept as is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::Connection;
use serde::Deserialize;
use vm_autoscale_proxmox::{ClusterName, Identity, VmId};

use super::fault::Fault;
use super::value::{name, parse};
use super::{load, reader, schema};
use crate::JournalError;
use crate::past::{Bounds, Past, PastCluster, PastOrder};
use crate::samples::who;

mod columns;
mod line;
mod rows;

use line::Line;

/// What is found of each VM.
type Found = BTreeMap<ClusterName, FoundCluster>;

#[derive(Debug, Default)]
struct FoundCluster {
    vms: BTreeMap<VmId, Line>,
    unreadable: u32,
}

/// What is being read, by what, and how much more may be kept of it.
struct Reading<'a> {
    connection: &'a Connection,
    version: i64,
    order: &'a PastOrder,
    /// The VMs of the order; all where there is none.
    wanted: BTreeSet<VmId>,
    bounds: Bounds,
    truncated: bool,
}

/// Reads it in the journal's file. A daemon may have the file open, or not.
///
/// # Errors
/// There is no such file, it may not be read, it cannot be believed, or more is asked for than can
/// be told; the text says which.
pub fn read_past(path: &Path, order: &PastOrder) -> Result<Past, JournalError> {
    order.check()?;
    reader::read(path, |connection| read(connection, order, Bounds::ALONE))
}

/// The same, by the process that has the file open.
pub(crate) fn past_beside(path: &Path, order: &PastOrder) -> Result<Past, JournalError> {
    order.check()?;
    reader::beside(path, |connection| read(connection, order, Bounds::BESIDE))
}

fn read(connection: &Connection, order: &PastOrder, bounds: Bounds) -> Result<Past, Fault> {
    let version = schema::version(connection)?;
    // What is sorted is bounded, and needs no file of its own.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let wanted = order.vms.iter().copied().collect();
    let mut reading = Reading { connection, version, order, wanted, bounds, truncated: false };
    let mut found = Found::new();
    if order.points > 0 && version >= schema::WITH_SAMPLES {
        columns::read(&mut reading, &mut found)?;
    }
    if order.events {
        rows::events(&mut reading, &mut found)?;
    }
    if order.decisions {
        rows::decisions(&mut reading, &mut found)?;
    }
    reading.told(found)
}

impl Reading<'_> {
    /// Whether this is asked for.
    fn wants(&self, cluster: &ClusterName) -> bool {
        self.order.cluster.as_ref().is_none_or(|wanted| wanted == cluster)
    }

    fn told(&self, found: Found) -> Result<Past, Fault> {
        let PastOrder { since, until, .. } = *self.order;
        let mut clusters = Vec::new();
        for (cluster, FoundCluster { mut vms, unreadable }) in found {
            self.whose(&cluster, &mut vms)?;
            let mut names = self.names(&cluster, &vms)?;
            let vms = vms.into_iter().filter_map(|(vmid, line)| {
                let name = names.remove(&vmid);
                line.told(self.order, vmid, name)
            });
            let vms = vms.collect();
            clusters.push(PastCluster { name: cluster, vms, unreadable });
        }
        clusters.retain(|cluster| !cluster.vms.is_empty() || cluster.unreadable > 0);
        Ok(Past { since, until, clusters, truncated: self.truncated })
    }

    /// Who has the numbers now: only what is of the same VM stays.
    fn whose(&self, cluster: &ClusterName, vms: &mut BTreeMap<VmId, Line>) -> Result<(), Fault> {
        #[derive(Deserialize)]
        struct Known {
            identity: Option<Identity>,
        }
        let query = "SELECT vmid, record FROM vms WHERE cluster = ?";
        let mut statement = self.connection.prepare(query)?;
        let mut rows = statement.query([cluster.as_str()])?;
        while let Some(row) = rows.next()? {
            let Ok(vmid) = row.get::<_, u32>(0)?.try_into() else { continue };
            let Some(line) = vms.get_mut(&vmid) else { continue };
            let known: Known = parse(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
            line.is_now(who(known.identity.as_ref()));
        }
        Ok(())
    }

    /// What they were called when the cluster was noted last.
    fn names(
        &self,
        cluster: &ClusterName,
        of: &BTreeMap<VmId, Line>,
    ) -> Result<BTreeMap<VmId, String>, Fault> {
        #[derive(Deserialize)]
        struct Named {
            vmid: VmId,
            name: Option<String>,
        }
        let mut names = BTreeMap::new();
        if of.is_empty() || self.version < schema::PICTURES_IN_PARTS {
            return Ok(names);
        }
        load::each(self.connection, "SELECT cluster, vms FROM pictures ORDER BY part", |row| {
            if name::<ClusterName>(row.get(0)?)? != *cluster {
                return Ok(());
            }
            let part: Vec<Named> = parse(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
            let part = part.into_iter().filter(|vm| of.contains_key(&vm.vmid));
            names.extend(part.filter_map(|vm| Some((vm.vmid, vm.name?))));
            Ok(())
        })?;
        Ok(names)
    }
}
