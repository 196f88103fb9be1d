//! What a simulator says to `replay --pipe`.

use std::time::Duration;

use serde_json::Value;
use vm_autoscale_planner::{
    Allow, CpuLever, CpuRule, Marks, MemoryLever, MemoryRule, PlannerConfig, VmPolicy,
};
use vm_autoscale_replay::{Rules, pipe};

const POLICY: VmPolicy = VmPolicy {
    allow: Allow::Everything,
    cpu: Some(CpuRule::Threshold(Marks { high: 80.0, low: 20.0 })),
    memory: Some(MemoryRule::Threshold(Marks { high: 85.0, low: 25.0 })),
    cpu_lever: CpuLever::Vcpus,
    memory_lever: MemoryLever::Dimm,
    caution: false,
    in_steps: false,
    vcpus: (1, 4096),
    memory_mib: (1024, 4_194_304),
    memory_shrink: true,
    check_interval: Duration::ZERO,
    cooldown: Duration::ZERO,
    rest: Duration::ZERO,
    external_change_hold: Duration::ZERO,
    weight: None,
    low_checks: 1,
};

/// # Panics
/// An answer is none, there is not one for each line that was understood, or it asks for what no
/// VM of the simulator's can have.
pub fn replay_pipe(data: &[u8]) {
    let rules = Rules {
        policy: POLICY,
        planner: PlannerConfig {
            max_host_cpu: None,
            max_host_memory: 90.0,
            memory_reserve: 5.0,
            memory_overcommit: 1.0,
            cpu_overcommit: 4.0,
        },
    };
    let mut said = Vec::new();
    let done = pipe(&mut &*data, &mut said, &rules);
    let answers: Vec<Value> = said
        .split_inclusive(|byte| *byte == b'\n')
        .filter_map(|a| serde_json::from_slice(a).ok())
        .collect();
    let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').count() - 1;
    let (lines, count) = (lines(data), lines(&said));
    assert_eq!(answers.len(), count, "an answer is one line of JSON");
    assert!(count == lines || done.is_err() && count <= lines, "{count} answers to {lines} lines");
    let Some(init) = data.split(|byte| *byte == b'\n').next() else { return };
    let Ok(init) = serde_json::from_slice::<Value>(init) else { return };
    for answer in answers.iter().skip(1) {
        within(answer, "cpu", &init, "cpu_max");
        within(answer, "mem_mb", &init, "mem_max_mb");
    }
}

/// Every VM that is named is there, and gets no more than it may have.
fn within(answer: &Value, key: &str, init: &Value, most: &str) {
    for (at, size) in answer.get(key).and_then(Value::as_object).into_iter().flatten() {
        let most = at.parse::<usize>().ok().and_then(|at| init.get(most)?.get(at)?.as_f64());
        let size = size.as_f64();
        assert!(size.zip(most).is_some_and(|(size, most)| size <= most.round()), "{answer}");
    }
}
