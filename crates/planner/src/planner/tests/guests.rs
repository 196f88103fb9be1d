//! Simulated guests and the levers: what is decided comes about, as far as the guest lets it.

use vm_autoscale_proxmox::CpuLimit;

use super::*;
use crate::{CpuLaw, MemoryLaw};

/// A guest, its config and the planner, by steps of 10 s.
struct Guest {
    world: World,
    vcpus: u32,
    limit: CpuLimit,
    memory: u32,
    balloon: Option<u32>,
    /// The rest of its config.
    rest: &'static str,
    keeps_vcpus: bool,
    /// MiB that it uses, and threads that want a core each.
    used: f64,
    done: Vec<(u64, String)>,
}

const NEW: u64 = 86_400;
const REST: &str = "shares: 0\nnuma: 1\nhotplug: cpu,memory\n";

impl Guest {
    fn new(vcpus: u32) -> Self {
        let mut world = World::new();
        world.policy = VmPolicy { vcpus: (1, 16), caution: true, rest: Duration::ZERO, ..POLICY };
        Self {
            world,
            vcpus,
            limit: CpuLimit::Unlimited,
            memory: 4096,
            balloon: None,
            rest: REST,
            keeps_vcpus: false,
            used: 3300.0,
            done: Vec::new(),
        }
    }

    /// It goes by what it was seen to use.
    fn by_law(mut self) -> Self {
        self.world.policy.cpu = Some(CpuRule::Adaptive(CpuLaw::BALANCED));
        self.world.policy.memory = Some(MemoryRule::Adaptive(MemoryLaw::BALANCED));
        self
    }

    /// For so many seconds so many threads want a core each.
    fn run(&mut self, seconds: u64, threads: f64) -> &mut Self {
        let end = self.seconds() + seconds;
        while self.seconds() < end {
            self.step(threads);
        }
        self
    }

    fn seconds(&self) -> u64 {
        self.world.now.0.as_secs() - 1000
    }

    fn step(&mut self, threads: f64) {
        let limit = match self.limit {
            CpuLimit::Unlimited => f64::INFINITY,
            limit @ CpuLimit::Hundredths(_) => f64::from(limit),
        };
        let balloon = self.balloon.map(|mib| format!("balloon: {mib}\n")).unwrap_or_default();
        self.world.conf = format!(
            "cores: 16\nvcpus: {}\ncpulimit: {}\nmemory: {}\n{balloon}{}",
            self.vcpus, self.limit, self.memory, self.rest
        );
        let ctime = self.world.now.0.as_secs() + 10;
        let sample = Sample {
            ctime,
            uptime: ctime,
            cores_used: Some(threads.min(f64::from(self.vcpus)).min(limit).max(0.01)),
            vcpus: Some(f64::from(self.vcpus)),
            memory_used: Some(self.used),
            memory: Some(f64::from(self.memory)),
        };
        let decision = self.world.see(Some(sample));
        let Some((step, _)) = decision.act() else { return };
        self.done.push((self.seconds(), step.to_string()));
        let (planner, vmid, now) =
            (&mut self.world.planner, 101u32.try_into().unwrap(), self.world.now);
        match step {
            Move::Cpu { .. } if step.is_unplug() && self.keeps_vcpus => {
                return planner.unplug_refused(vmid, step, now);
            }
            Move::Cpu { to, .. } => self.vcpus = to.get(),
            Move::CpuLimit { to, .. } => self.limit = to,
            Move::Memory { to, .. } => self.memory = to.get(),
            Move::Balloon { to, .. } => self.balloon = Some(to.get()),
        }
        planner.changed(vmid, step, true, now);
    }

    /// What was done since the last time.
    fn done(&mut self) -> Vec<String> {
        self.done.drain(..).map(|(_, step)| step).collect()
    }
}

#[test]
fn one_pegged_thread_does_not_keep_a_second_vcpu() {
    let mut guest = Guest::new(1);
    guest.run(600, 1.0);
    assert_eq!(guest.done(), ["vcpus 1 -> 2", "vcpus 2 -> 1"]);
    // Every hour, two, four, eight, sixteen.
    guest.run(NEW - 600, 1.0);
    assert_eq!((guest.done().len(), guest.vcpus), (8, 1));
    let said = guest.world.again().cpu;
    assert_eq!(said.reason, Reason::Repeated);
    // Whoever does use more gets it, when the rest is over.
    guest.run(NEW, 3.5);
    assert_eq!(guest.done().join(", "), "vcpus 1 -> 2, vcpus 2 -> 3, vcpus 3 -> 4, vcpus 4 -> 5");
}

/// Where nothing is known of a guest's threads, they count as usable.
#[test]
fn without_caution_a_pegged_thread_keeps_it() {
    let mut guest = Guest::new(1);
    guest.world.policy.caution = false;
    guest.run(NEW, 1.0);
    assert_eq!(guest.done(), ["vcpus 1 -> 2"]);
}

#[test]
fn on_its_first_day_a_guest_keeps_what_it_used() {
    let mut guest = Guest::new(16).by_law();
    guest.run(600, 3.5).run(NEW - 700, 0.5);
    let done = std::mem::take(&mut guest.done);
    let steps: Vec<&str> = done.iter().map(|(_, step)| step.as_str()).collect();
    let four = ["vcpus 16 -> 13", "vcpus 13 -> 10", "vcpus 10 -> 7", "vcpus 7 -> 4"];
    assert_eq!(steps, four);
    assert!(done.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 3600), "{done:?}");
    // It grows freely all the same.
    guest.run(100, 9.0);
    assert_eq!(guest.done(), ["vcpus 4 -> 8", "vcpus 8 -> 16"]);
    guest.run(7200, 0.5);
    assert_eq!(guest.vcpus, 1);
}

/// Three at a time, whatever the law would take at once.
#[test]
fn later_it_goes_down_in_steps() {
    let mut guest = Guest::new(16).by_law();
    guest.run(NEW, 14.0).run(7200, 0.5);
    assert_eq!(guest.vcpus, 1);
    let done = std::mem::take(&mut guest.done);
    for (_, step) in &done {
        let sizes: Vec<i64> = step.split(' ').filter_map(|word| word.parse().ok()).collect();
        assert!((1..=3).contains(&(sizes[0] - sizes[1])), "{done:?}");
    }
    assert!(done.len() >= 5, "{done:?}");
}

#[test]
fn what_it_needs_again_meanwhile_is_not_taken() {
    let mut guest = Guest::new(16).by_law();
    guest.run(NEW, 14.0);
    while guest.vcpus >= 13 {
        guest.step(0.5);
    }
    guest.run(600, 8.0);
    assert!(guest.vcpus >= 9, "{:?}", guest.done);
}

/// It is asked three times, and after that it is the limit that goes down and up.
#[test]
fn a_guest_that_keeps_its_vcpus_is_capped() {
    let mut guest = Guest::new(4);
    guest.keeps_vcpus = true;
    guest.run(NEW, 2.0).run(7200, 0.5);
    let refused = "vcpus 4 -> 3";
    let capped = ["cpulimit none -> 3 cores", "cpulimit 3 cores -> 2 cores"];
    assert_eq!(guest.done(), [&[refused; 3], &capped[..]].concat());
    // More is needed again: first what was taken, and then there are more vCPUs.
    guest.run(120, 16.0);
    let up = ["cpulimit 2 cores -> 3 cores", "cpulimit 3 cores -> none", "vcpus 4 -> 5"];
    assert_eq!(guest.done()[..3], up);
}

#[test]
fn windows_is_not_asked_for_vcpus() {
    let mut guest = Guest::new(4);
    guest.rest = "ostype: win11\nnuma: 1\nhotplug: cpu,memory\n";
    guest.run(NEW, 2.0).run(3600, 0.5);
    assert_eq!(guest.done(), ["cpulimit none -> 3 cores", "cpulimit 3 cores -> 2 cores"]);
}

/// Use is relative to it: at the limit it is saturated.
#[test]
fn a_limit_of_others_is_the_size_and_is_left_alone() {
    let mut guest = Guest::new(8);
    guest.limit = CpuLimit::from_hundredths(300).unwrap();
    guest.run(600, 8.0);
    assert_eq!(guest.done(), [""; 0]);
    guest.step(8.0);
    let decision = guest.world.see(Some(Sample {
        ctime: 99_999_999,
        cores_used: Some(3.0),
        vcpus: Some(8.0),
        ..sample(99_999_999, 0.0, 50.0)
    }));
    assert_eq!(decision.cpu.reason.to_string(), "`cpulimit` 3 is someone else's");
}

#[test]
fn by_the_limit_alone_no_hotplug_is_needed() {
    let mut guest = Guest::new(4);
    guest.rest = "hotplug: disk\n";
    guest.world.policy.cpu_lever = CpuLever::Limit;
    guest.world.policy.vcpus = (2, 3);
    guest.run(NEW, 2.0).run(7200, 0.1);
    assert_eq!(guest.done(), ["cpulimit none -> 3 cores", "cpulimit 3 cores -> 2 cores"]);
    guest.run(100, 8.0);
    assert_eq!(guest.done(), ["cpulimit 2 cores -> 3 cores"]);
}

#[test]
fn a_balloon_takes_and_gives_within_its_bounds() {
    let mut guest = Guest::new(4);
    guest.world.policy.memory_lever = MemoryLever::Balloon;
    guest.world.policy.memory_mib = (2000, 16_384);
    guest.used = 1500.0;
    guest.run(NEW, 2.0);
    guest.used = 300.0;
    guest.run(7200, 2.0);
    let down = ["none -> 3584", "3584 -> 3072", "3072 -> 2560", "2560 -> 2048"];
    assert_eq!(guest.done(), down.map(|step| format!("balloon {step} MiB")));
    guest.used = 1950.0;
    guest.run(100, 2.0);
    assert_eq!(guest.done(), ["balloon 2048 -> 2560 MiB"]);
    guest.used = 4050.0;
    guest.run(200, 2.0);
    let up = ["2560 -> 3072", "3072 -> 3584", "3584 -> 4096"];
    assert_eq!(guest.done(), up.map(|step| format!("balloon {step} MiB")));
    assert_eq!(guest.memory, 4096, "there is no more than its memory");
}

#[test]
fn a_balloon_needs_shares_of_0_and_a_device() {
    for (rest, said) in [
        ("memory_lever: x\n", "not able until `qm set ID --shares 0`"),
        ("shares: 0\nballoon: 0\n", "not able: `qm set ID --delete balloon`"),
    ] {
        let mut guest = Guest::new(4);
        guest.rest = rest;
        guest.world.policy.memory_lever = MemoryLever::Balloon;
        guest.step(1.0);
        guest.step(1.0);
        let at = guest.world.now.0.as_secs() + 10;
        let decision = guest.world.see(Some(sample(at, 50.0, 50.0)));
        assert!(decision.memory.reason.to_string().starts_with(said), "{:?}", decision.memory);
    }
}
