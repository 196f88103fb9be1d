//! Recorded loads, out of the same files as `vm-autoscale replay` reads.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use vm_autoscale_replay::{Row, each_row};

use super::Demand;
use crate::Error;
use crate::num::whole32;

/// One VM of a trace.
#[derive(Debug, Clone)]
pub(crate) struct TraceVm {
    /// Its name in the trace.
    pub(crate) name: String,
    /// The most vCPUs that it had.
    pub(crate) vcpus: u32,
    /// The most memory that it had in MiB, where the trace says.
    pub(crate) memory: Option<f64>,
    /// What it used.
    pub(crate) series: Arc<Series>,
}

/// What one VM used: steps from the trace's start, repeated for ever.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    times: Vec<f64>,
    demands: Vec<Demand>,
    length: f64,
}

impl Series {
    /// The step that holds at `t`.
    pub(crate) fn at(&self, t: f64) -> Demand {
        let t = if self.length > 0.0 { t % self.length } else { 0.0 };
        let next = self.times.partition_point(|&start| start <= t);
        let demand = self.demands.get(next.saturating_sub(1));
        demand.copied().unwrap_or(Demand { cpu: 0.0, mem: 0.0 })
    }
}

/// Reads the `n` VMs whose CPU use varies most (of equal ones the first), in that order.
///
/// # Errors
/// The file cannot be read or is no trace; the message tells the line.
pub(crate) fn read(path: &Path, n: u32) -> Result<Vec<TraceVm>, Error> {
    let mut chosen = most_varying(&survey(path)?, n);
    let index: HashMap<String, usize> =
        chosen.iter().enumerate().map(|(i, vm)| (vm.name.clone(), i)).collect();
    let mut series = vec![Series::default(); chosen.len()];
    let mut start = f64::INFINITY;
    each_row(path, |row| {
        start = start.min(row.t);
        if let Some(series) = index.get(row.vm).and_then(|&i| series.get_mut(i)) {
            series.times.push(row.t);
            series.demands.push(Demand { cpu: row.cpu, mem: row.mem.unwrap_or(f64::NAN) });
        }
        Ok(())
    })
    .map_err(own)?;
    for (vm, mut series) in chosen.iter_mut().zip(series) {
        let total = vm.memory.unwrap_or(4096.0);
        series.finish(start, f64::from(vm.vcpus), total);
        vm.series = Arc::new(series);
    }
    Ok(chosen)
}

impl Series {
    /// Counts time from the trace's start, and fills in memory where it was not recorded.
    fn finish(&mut self, start: f64, vcpus: f64, total: f64) {
        for time in &mut self.times {
            *time -= start;
        }
        for demand in self.demands.iter_mut().filter(|demand| demand.mem.is_nan()) {
            demand.mem = total * (0.25 + 0.2 * (demand.cpu / vcpus).min(1.0));
        }
        let end = self.times.last().copied().unwrap_or(0.0);
        let step = match self.times.as_slice() {
            [.., before, last] => last - before,
            _ => 1.0,
        };
        self.length = end + step;
    }
}

#[derive(Default)]
struct Survey {
    name: String,
    last: f64,
    rows: f64,
    mean: f64,
    squares: f64,
    vcpus: f64,
    memory: Option<f64>,
}

impl Survey {
    /// Welford's step.
    fn add(&mut self, row: &Row<'_>) {
        self.last = row.t;
        self.rows += 1.0;
        let off = row.cpu - self.mean;
        self.mean += off / self.rows;
        self.squares += off * (row.cpu - self.mean);
        self.vcpus = self.vcpus.max(row.vcpus);
        self.memory = row.total.map(|total| total.max(self.memory.unwrap_or(0.0))).or(self.memory);
    }
}

fn survey(path: &Path) -> Result<Vec<Survey>, Error> {
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut surveys: Vec<Survey> = Vec::new();
    each_row(path, |row| {
        let next = surveys.len();
        let i = index.get(row.vm).copied().unwrap_or(next);
        if i == next {
            index.insert(row.vm.to_owned(), next);
            surveys.push(Survey { name: row.vm.to_owned(), last: -1.0, ..Survey::default() });
        }
        let Some(survey) = surveys.get_mut(i) else { return Ok(()) };
        if row.t <= survey.last {
            return Err("time does not rise within this VM".into());
        }
        survey.add(row);
        Ok(())
    })
    .map_err(own)?;
    Ok(surveys)
}

fn most_varying(surveys: &[Survey], n: u32) -> Vec<TraceVm> {
    let variance = |survey: &Survey| survey.squares / survey.rows;
    let mut order: Vec<&Survey> = surveys.iter().collect();
    // A stable sort: the first of equal ones stays first.
    order.sort_by(|a, b| variance(b).total_cmp(&variance(a)));
    order.truncate(usize::try_from(n).unwrap_or(usize::MAX));
    let vm = |survey: &&Survey| TraceVm {
        name: survey.name.clone(),
        vcpus: whole32(survey.vcpus).max(1),
        memory: survey.memory,
        series: Arc::default(),
    };
    order.iter().map(vm).collect()
}

/// The error as the lab's own.
fn own(error: vm_autoscale_replay::Error) -> Error {
    use vm_autoscale_replay::Error as Of;
    match error {
        Of::Io { what, source } => Error::Io { what, source },
        Of::Trace { path, line, what } => Error::Trace { path, line, what },
        other => Error::Usage(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const TRACE: &str = "vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb\n\
        calm,100,1.0,2,,\ncalm,400,1.0,2,,\n\
        wild,100,0.5,8,1000,8192\nwild,400,7.5,8,2000,8192\n\
        calm2,100,1.0,4,,\ncalm2,400,1.0,4,,\n";

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[test]
    fn plain_and_gzip_are_told_apart_by_content() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(TRACE.as_bytes()).unwrap();
        for content in [TRACE.as_bytes().to_vec(), gzip.finish().unwrap()] {
            let vms = read(file(&content).path(), 2).unwrap();
            let names: Vec<&str> = vms.iter().map(|vm| vm.name.as_str()).collect();
            assert_eq!(names, ["wild", "calm"]);
            assert_eq!((vms[0].vcpus, vms[0].memory, vms[1].memory), (8, Some(8192.0), None));
            let at = |t| vms[0].series.at(t);
            assert_eq!(at(0.0), Demand { cpu: 0.5, mem: 1000.0 });
            assert_eq!(at(301.0), Demand { cpu: 7.5, mem: 2000.0 });
            assert_eq!((at(600.0), at(899.0)), (at(0.0), at(299.0)), "wraps around");
            assert!((900.0..2000.0).contains(&vms[1].series.at(0.0).mem), "made up");
        }
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_line() {
        let head = "vm_id,t_s,cpu_cores_used,vcpus,mem_used_mb,mem_total_mb\n";
        for (text, line) in [
            ("a,b\n1,2\n".to_owned(), 1),
            (String::new(), 1),
            (head.to_owned(), 1),
            (format!("{head}a,0,1,2,,\na,300,x,2,,\n"), 3),
            (format!("{head}a,0,1,2,,\na,300,-1,2,,\n"), 3),
            (format!("{head}a,0,nan,2,,\n"), 2),
            (format!("{head}a,0,1,0,,\n"), 2),
            (format!("{head}a,0,1,2,,\na,0,1,2,,\n"), 3),
            (format!("{head}a,0,1,2\n"), 2),
            (format!("{head},0,1,2,,\n"), 2),
        ] {
            match read(file(text.as_bytes()).path(), 2) {
                Err(Error::Trace { line: at, .. }) => assert_eq!(at, line, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        let cut = &[0x1f, 0x8b, 8, 0, 0][..];
        assert!(matches!(read(file(cut).path(), 2), Err(Error::Trace { .. })));
        assert!(matches!(read(file(&[0xff; 64]).path(), 2), Err(Error::Trace { .. })));
        assert!(matches!(read(Path::new("/nowhere"), 2), Err(Error::Io { .. })));
    }
}
