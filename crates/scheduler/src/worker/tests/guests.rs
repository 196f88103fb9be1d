//! Guests that are asked before their memory is changed, and after some was taken.

use std::collections::BTreeSet;
use std::time::Duration;

use vm_autoscale_planner::{
    Allow, CpuLever, Decision, Marks, MemoryLaw, MemoryLever, MemoryRule, VmPolicy,
};
use vm_autoscale_protocol::{FoundConfig, RunningQuery};
use vm_autoscale_proxmox::{Digest, VmId};

use super::*;
use crate::logging::tests::Heard;
use crate::observe::observe;
use crate::worker::questions::Question;

mod site;
use site::Site;

const POLICY: VmPolicy = VmPolicy {
    allow: Allow::Everything,
    cpu: None,
    memory: Some(MemoryRule::Adaptive(MemoryLaw::BALANCED)),
    vcpus: (1, 8),
    memory_mib: (3584, 16_384),
    memory_shrink: true,
    check_interval: Duration::ZERO,
    cooldown: Duration::ZERO,
    rest: Duration::ZERO,
    external_change_hold: Duration::ZERO,
    low_checks: 1,
    cpu_lever: CpuLever::Vcpus,
    memory_lever: MemoryLever::Dimm,
    weight: None,
    caution: false,
    in_steps: true,
};

/// A worker on VMs 101 to 104 at pve1, cycle by cycle.
struct Play {
    site: Site,
    worker: Worker<Site, Site, MemoryJournal>,
    memory: Memory,
    policy: VmPolicy,
    done: Done,
    finished: mpsc::UnboundedReceiver<Finished>,
}

impl Play {
    fn new(site: Site) -> Self {
        let care = care("select: [101-104]\n");
        let worker = Worker {
            cares: orders(care.clone()),
            care,
            clock: site.clone(),
            helper: site.clone(),
            journal: MemoryJournal::default(),
            board: Board::default(),
            notifier: Notifier::default(),
            stop: watch::channel(false).1,
        };
        let mut memory = Memory::new(planner_config(worker.care.roster.config()), 1);
        memory.recalled = true;
        let (done, finished) = mpsc::unbounded_channel();
        Self { site, worker, memory, policy: POLICY, done, finished }
    }

    /// One cycle under that policy, and what comes of what it begins. What is decided on the first.
    async fn cycle(&mut self) -> Decision {
        let Self { site, worker, memory, policy, done, .. } = self;
        site.next_cycle();
        let begun = worker.clock.now();
        let Memory { view, in_flight, .. } = memory;
        observe(&worker.clock, &worker.helper, &worker.care, view, in_flight).await.unwrap();
        let Memory { planner, view, decisions, in_flight, .. } = memory;
        for held in view.vms.values_mut().filter_map(|vm| vm.held.as_mut()) {
            Arc::make_mut(held).policy = *policy;
        }
        let nodes = view.node_inputs(begun, in_flight);
        planner.plan(begun, &view.vm_inputs(in_flight), &nodes, decisions);
        worker.act(memory, Vec::new(), done);
        self.take_in().await;
        self.memory.decisions[0].clone()
    }

    /// What ends by itself has ended then.
    async fn take_in(&mut self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
            while let Ok(finished) = self.finished.try_recv() {
                if let Some(vmid) = self.worker.note(&mut self.memory, finished) {
                    self.worker.decide_now(&mut self.memory, vmid, &self.done);
                }
            }
        }
    }

    /// Cycles that are noted, too, under the span that a worker has.
    async fn looks(&mut self, count: u64) {
        use tracing::Instrument as _;

        for _ in 0..count {
            let span = tracing::error_span!("cluster", cluster = "home");
            async {
                self.cycle().await;
                self.worker.keep(&mut self.memory, self.worker.clock.now()).await;
            }
            .instrument(span)
            .await;
        }
    }

    async fn cycles(&mut self, count: u64) -> Decision {
        for _ in 1..count {
            self.cycle().await;
        }
        self.cycle().await
    }
}

#[tokio::test]
async fn a_vm_full_of_page_cache_is_asked_and_not_grown() {
    let mut play = Play::new(Site::new(1));
    play.site.guest(|guest| (guest.used, guest.available) = (3900, 1050));
    let last = play.cycles(360).await;
    assert!(last.memory.reason.to_string().ends_with("used with page cache"), "{last:?}");
    // In an hour after 1, 2, 4, 8 and then 15 minutes, beside the looks.
    assert_eq!((play.site.sizes(), play.site.questions()), (vec![], 7));
}

#[tokio::test]
async fn real_need_is_grown_by_what_the_guest_says() {
    let mut play = Play::new(Site::new(1));
    play.site.guest(|guest| (guest.used, guest.available) = (3900, 100));
    // In the very cycle that saw it: the answer is not kept waiting for the next look.
    let grown = play.cycle().await;
    let said = "the guest has 100 of 3979 MiB available";
    assert!(grown.act().unwrap().1.to_string().ends_with(said), "{grown:?}");
    assert_eq!(play.site.sizes(), [6144]);
}

#[tokio::test]
async fn a_shrink_that_makes_the_guest_swap_is_undone_within_a_cycle() {
    down_and_up_again(Play::new(Site::new(1)), 0).await;
}

/// Also where it is marks that took the memory.
#[tokio::test]
async fn a_shrink_by_marks_that_makes_the_guest_swap_is_undone_within_a_cycle() {
    let mut play = Play::new(Site::new(1));
    play.policy.memory = Some(MemoryRule::Threshold(Marks { high: 85.0, low: 25.0 }));
    down_and_up_again(play, 1).await;
}

/// The whole way down and up again: the guest swaps after the shrink, and is given back what was
/// taken in the cycle in which it said so; for a day nothing is taken.
async fn down_and_up_again(mut play: Play, first: usize) {
    play.site.guest(|guest| (guest.used, guest.available) = (800, 3200));
    while play.site.sizes().is_empty() {
        play.cycle().await;
    }
    assert_eq!(play.site.sizes(), [3584]);
    play.site.guest(|guest| guest.swaps = 1 << 20);
    let before = play.site.questions();
    let undone = loop {
        let decision = play.cycle().await;
        if decision.act().is_some() {
            break decision;
        }
        // By marks nothing was said before, so that the first answer is what rates count from.
        assert!(play.site.questions() <= before + first, "an answer undid nothing");
    };
    let (step, why) = undone.act().unwrap();
    assert_eq!(step.to_string(), "memory 3584 -> 4096 MiB");
    assert!(why.to_string().contains("it swaps"), "{why}");
    play.site.guest(|guest| guest.swaps = 0);
    play.cycles(23 * 360).await;
    assert_eq!(play.site.sizes(), [3584, 4096], "not for a day");
    play.cycles(2 * 360).await;
    assert_eq!(play.site.sizes()[..3], [3584, 4096, 3584]);
}

/// At most two at once on a node; one that hangs is given up, so that the next are asked.
#[tokio::test]
async fn questions_that_hang_hold_up_nothing() {
    let mut play = Play::new(Site::new(4));
    play.site.guest(|guest| (guest.used, guest.hangs) = (3750, true));
    for _ in 0..12 {
        let before = play.site.questions();
        play.cycle().await;
        assert!(play.site.questions() <= before + 2);
    }
    assert_eq!(play.site.asked(), BTreeSet::from([101, 102, 103, 104]));
    assert!(play.site.sizes().is_empty());
}

/// What a VM said that went to another node meanwhile says nothing of it there.
#[tokio::test]
async fn an_answer_of_before_a_move_is_dropped() {
    for (node, counts) in [("pve1", true), ("pve2", false)] {
        let mut play = Play::new(Site::new(1));
        play.site.guest(|guest| (guest.used, guest.hangs) = (3750, true));
        play.cycle().await;
        play.site.guest(|guest| guest.node = node);
        play.cycle().await;
        let (vmid, node, identity) = (101.try_into().unwrap(), "pve1".try_into().unwrap(), None);
        let says = Site::says(100);
        play.memory.said(play.worker.clock.now(), &Question { vmid, node, identity }, Some(says));
        let said = play.cycle().await.memory.reason.to_string();
        assert_eq!(said.contains("the guest has 100"), counts, "{said}");
    }
}

/// What stays as it is has no line, however often it is looked at; what changes has one.
#[tokio::test]
async fn a_line_is_logged_for_each_change_of_state_and_none_for_a_look() {
    let mut play = Play::new(Site::new(4));
    // Neither too much nor too little.
    play.site.guest(|guest| (guest.used, guest.available) = (3200, 800));
    play.looks(1).await;
    let (heard, _guard) = Heard::listen();
    play.looks(100).await;
    assert_eq!(heard.take(), Vec::<serde_json::Value>::new());
    // One VM is paused, and then it is not any more.
    for reason in [Some("moving racks"), None] {
        let vm = play.memory.view.vms.get_mut(&101.try_into().unwrap()).unwrap();
        vm.pause = reason.map(str::to_owned);
        play.looks(100).await;
        let lines = heard.take();
        let resources: BTreeSet<_> =
            lines.iter().map(|line| line["resource"].as_str().unwrap()).collect();
        assert!(resources.len() == lines.len() && resources.contains("Memory"), "{lines:?}");
        for line in &lines {
            assert_eq!(line["kind"] == "paused", reason.is_some(), "{line}");
            for (field, value) in
                [("vmid", "101"), ("node", "pve1"), ("cluster", "home"), ("level", "INFO")]
            {
                assert_eq!(line[field], value, "{line}");
            }
        }
    }
}
