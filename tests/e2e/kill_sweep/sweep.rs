//! Many points at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vm_autoscale_lab::VmInfo;
use vm_autoscale_planner::Resource;
use vm_autoscale_tests::stage::Stage;

use super::scene::Scene;
use super::{Came, Point, Who, can_grow, counts, run};

/// So many points at once.
const AT_ONCE: usize = 16;

/// What is to be played, and what came of what was.
#[derive(Default)]
pub(super) struct Sweep {
    pub(super) points: VecDeque<Point>,
    pub(super) vms: VecDeque<VmInfo>,
    pub(super) came: BTreeMap<String, BTreeMap<Came, u64>>,
    pub(super) counted: Vec<(Who, Resource, BTreeMap<String, u64>)>,
}

/// Plays all points, several at once.
pub(super) fn play_all(stage: &Stage, sweep: &Mutex<Sweep>, patience: Duration, later: bool) {
    let lock = || sweep.lock().unwrap_or_else(PoisonError::into_inner);
    let work = || {
        loop {
            let (point, vm) = {
                let mut sweep = lock();
                let Some(point) = sweep.points.pop_front() else { return };
                (point, sweep.vms.pop_front().expect("too few VMs"))
            };
            let mut scene = Scene::set(stage, vm, point.resource);
            let came = run(&mut scene, &point, patience, later);
            // Where something may be at work still, nobody else is to have it.
            let again = Some(scene.truth()).filter(|vm| came != Came::Waits && can_grow(vm));
            let mut sweep = lock();
            sweep.vms.extend(again);
            if point.trap.call.is_none() {
                sweep.counted.push((point.who, point.resource, counts(&scene.dir)));
            } else {
                *sweep.came.entry(point.kind()).or_default().entry(came).or_default() += 1;
            }
        }
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        for one in all {
            if let Err(panic) = one.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}
