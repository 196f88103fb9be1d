//! Whatever samples come.

use super::*;

/// Any stream of samples a node could send.
fn stream() -> impl Strategy<Value = Vec<Option<Sample>>> {
    let one =
        (0u64..3, 0.0f64..130.0, 0.0f64..110.0, 0u8..12).prop_map(|(step, cpu, memory, fault)| {
            let mut made = sample(step, cpu, memory);
            match fault {
                0 => return None,
                1 => made.cores_used = Some(0.0),
                2 => made.memory_used = None,
                3 => made.uptime = 0,
                4 => made.vcpus = Some(2.0),
                _ => {}
            }
            Some(made)
        });
    prop::collection::vec(one, 1..80)
}

proptest! {
    /// Whatever comes: every change is within bounds and the ladder, by one step, and a shrink
    /// rests on as many new, whole, low samples in a row as the config demands.
    #[test]
    fn changes_stay_within_what_is_known(stream in stream(), min in 1u32..6, max in 3u32..12, size in 0usize..12) {
        let memory = Ladder::sizes().nth(size).unwrap();
        let mut world = World::new();
        world.conf = CONF.replace("4096", &memory.to_string());
        world.policy.vcpus = (min, max);
        world.policy.memory_mib = (1500, 6000);
        let mut ctime = 100;
        let (mut low_in_a_row, mut last) = (0, None);
        for mut sample in stream {
            if let Some(sample) = &mut sample {
                ctime += sample.ctime;
                let news = last.replace(ctime) != Some(ctime);
                sample.ctime = ctime;
                sample.uptime = if sample.uptime == 0 { 0 } else { ctime };
                sample.memory = Some(f64::from(memory));
                let low = |used: Option<f64>, of: f64, mark| used.is_some_and(|used| used > 0.0 && 100.0 * used / of < mark);
                let either = low(sample.cores_used, 4.0, 20.0) || low(sample.memory_used, f64::from(memory), 25.0);
                low_in_a_row = if !news { low_in_a_row } else if either { low_in_a_row + 1 } else { 0 };
            } else {
                low_in_a_row = 0;
            }
            let decision = world.see(sample);
            let Some((step, _)) = decision.act() else { continue };
            prop_assert!(step.is_growth() || low_in_a_row >= 2, "{step} after {low_in_a_row}");
            match step {
                Move::Cpu { from, to } => {
                    prop_assert!(to.get().abs_diff(from.get()) == 1 && to.get() <= 8);
                    let inside = if step.is_growth() { to.get() <= max } else { to.get() >= min };
                    prop_assert!(inside, "{}", step);
                }
                Move::Memory { to, .. } => {
                    prop_assert!(Ladder::has(to));
                    let inside = if step.is_growth() { to.get() <= 6000 } else { to.get() >= 1500 };
                    prop_assert!(inside, "{}", step);
                }
                Move::CpuLimit { .. } | Move::Balloon { .. } => {
                    prop_assert!(false, "{step} by a lever that was not given");
                }
            }
        }
    }
}
