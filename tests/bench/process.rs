//! What the system counted of a process.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use vm_autoscale_tests::programs::{Program, pause};

/// Less CPU time than this between two looks at a process is a timer, not a cycle.
const NOISE: Duration = Duration::from_micros(50);
/// And less than this in a row, an SSH keepalive.
const KEEPALIVE: Duration = Duration::from_millis(5);
/// After so long without work a cycle has ended.
const QUIET: Duration = Duration::from_millis(200);

/// CPU time of all its threads, user and system; in hundredths of a second.
///
/// # Errors
/// It is gone.
pub(crate) fn cpu_time(program: &Program) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", program.pid()))?;
    // The second field is the name in brackets, which may hold blanks; 14 and 15 are the times.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
    // USER_HZ is 100 on every Linux that Proxmox and we run on.
    Ok(Duration::from_millis(10 * ticks))
}

/// CPU time of the threads that there are now, by the scheduler's own count: fine enough to see
/// when a process begins and ends to work.
fn busy(programs: &[&Program]) -> io::Result<Duration> {
    let mut nanos = 0;
    for program in programs {
        for task in fs::read_dir(format!("/proc/{}/task", program.pid()))? {
            let Ok(stat) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
            nanos += stat.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0_u64);
        }
    }
    Ok(Duration::from_nanos(nanos))
}

/// How long the programs were at work in each of so many cycles: from the first to the last CPU
/// time that they took together, looked at every millisecond from outside. That is from the start
/// of a look to the published plan.
///
/// # Errors
/// One of them is gone.
pub(crate) fn cycles(programs: &[&Program], count: usize) -> io::Result<Vec<Duration>> {
    let (mut lengths, mut before) = (Vec::new(), (Instant::now(), busy(programs)?));
    let mut work: Option<Work> = None;
    while lengths.len() < count {
        pause(Duration::from_millis(1));
        let now = (Instant::now(), busy(programs)?);
        if now.1.saturating_sub(before.1) > NOISE {
            let begun = work.map_or(before, |work| work.begun);
            work = Some(Work { begun, ended: now });
        }
        before = now;
        if let Some(Work { begun, ended }) = work.filter(|work| work.ended.0.elapsed() > QUIET) {
            if ended.1.saturating_sub(begun.1) > KEEPALIVE {
                lengths.push(ended.0 - begun.0);
            }
            work = None;
        }
    }
    Ok(lengths)
}

/// When it began and ended, and the CPU time by then.
#[derive(Clone, Copy)]
struct Work {
    begun: (Instant, Duration),
    ended: (Instant, Duration),
}
