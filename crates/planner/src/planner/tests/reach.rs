//! Whatever the lever: no change leaves the bounds, takes what is used, or touches what is others'.

use vm_autoscale_proxmox::CpuLimit;

use super::*;

#[derive(Debug, Clone, Copy)]
struct Case {
    cpu: CpuLever,
    memory: MemoryLever,
    vcpus: u32,
    /// Hundredths of a core; 0 is none.
    limit: u32,
    balloon: Option<u32>,
    cores: (u32, u32),
    mib: (u32, u32),
    used: (f64, f64),
    caution: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let cpu = prop::sample::select(vec![CpuLever::Auto, CpuLever::Limit, CpuLever::Vcpus]);
    let memory = prop::sample::select(vec![MemoryLever::Balloon, MemoryLever::Dimm]);
    let limit = prop_oneof![Just(0u32), 1u32..1400];
    let balloon = prop::option::of(600u32..4096);
    let cores = (1u32..8, 0u32..8).prop_map(|(min, more)| (min, min + more));
    let mib = (1000u32..4000, 0u32..9000).prop_map(|(min, more)| (min, min + more));
    let used = (0.01f64..9.0, 50.0f64..4300.0);
    let all = (cpu, memory, 1u32..9, limit, balloon, cores, mib, used, any::<bool>());
    all.prop_map(|(cpu, memory, vcpus, limit, balloon, cores, mib, used, caution)| Case {
        cpu,
        memory,
        vcpus,
        limit,
        balloon,
        cores,
        mib,
        used,
        caution,
    })
}

/// Three new samples alike, of a VM that has been looked after for more than a day.
fn decided(case: Case) -> Vec<Decision> {
    let mut world = World::new();
    world.policy = VmPolicy {
        cpu_lever: case.cpu,
        memory_lever: case.memory,
        vcpus: case.cores,
        memory_mib: case.mib,
        caution: case.caution,
        ..POLICY
    };
    let limit = CpuLimit::from_hundredths(case.limit).unwrap();
    let balloon = case.balloon.map(|mib| format!("balloon: {mib}\n")).unwrap_or_default();
    world.conf = format!(
        "cores: 8\nvcpus: {}\ncpulimit: {limit}\nmemory: 4096\n{balloon}shares: 0\nnuma: 1\n\
         hotplug: cpu,memory\n",
        case.vcpus
    );
    (0..3)
        .map(|_| {
            let at = world.now.0.as_secs();
            world.see(Some(Sample {
                cores_used: Some(case.used.0),
                vcpus: Some(f64::from(case.vcpus)),
                memory_used: Some(case.used.1),
                ..sample(at, 0.0, 0.0)
            }))
        })
        .collect()
}

fn check(case: Case, step: Move) -> Result<(), TestCaseError> {
    let Case { vcpus, limit, cores, mib, used, .. } = case;
    let (grows, high) = (step.is_growth(), 0.8);
    // Bounds hold back a change; what lies outside of them is not brought back by force.
    let inside = |to: u32, (min, max): (u32, u32)| if grows { to <= max } else { to >= min };
    match step {
        Move::Cpu { from, to } => {
            prop_assert_ne!(from, to);
            prop_assert!(inside(to.get(), cores) && to.get() <= 8);
            prop_assert!(from.get().saturating_sub(to.get()) <= 3);
            prop_assert!(grows || used.0 <= high * f64::from(to.get()));
            prop_assert!(case.cpu != CpuLever::Limit);
        }
        Move::CpuLimit { from, to } => {
            prop_assert_ne!(from, to);
            let size = if to == CpuLimit::Unlimited { vcpus * 100 } else { to.hundredths() };
            prop_assert!(inside(size, (cores.0 * 100, cores.1 * 100)), "{}", size);
            prop_assert!(grows || used.0 * 100.0 <= high * f64::from(size));
            // It never sets one where vCPUs can be had, nor touches one that it did not set.
            prop_assert!(case.cpu == CpuLever::Limit, "{} beside {}", step, limit);
        }
        Move::Memory { to, .. } => {
            prop_assert!(Ladder::has(to) && inside(to.get(), mib));
            prop_assert!(case.memory == MemoryLever::Dimm && case.balloon.is_none());
        }
        Move::Balloon { from, to } => {
            prop_assert_ne!(from, Some(to));
            prop_assert!(inside(to.get(), mib) && to.get() <= 4096);
            prop_assert!(grows || used.1 <= 0.85 * f64::from(to.get()));
            prop_assert!(case.memory == MemoryLever::Balloon);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn no_lever_goes_out_of_bounds(case in case()) {
        for decision in decided(case) {
            for choice in [decision.cpu, decision.memory] {
                if let Some(step) = choice.act() {
                    check(case, step)?;
                }
            }
        }
    }
}
