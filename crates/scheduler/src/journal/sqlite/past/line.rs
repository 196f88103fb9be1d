//! What is found of one number, and of whom: numbers are given anew.

use vm_autoscale_proxmox::VmId;

use super::columns::Cell;
use crate::past::{Column, PastDecision, PastEvent, PastOrder, PastVm};

/// What is found of a VM, the newest rows first.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Whose the cells are; 0 where nobody said it.
    who: u32,
    pub(super) cells: Vec<Cell>,
    /// With whose they are.
    pub(super) events: Vec<(u32, PastEvent)>,
    pub(super) decisions: Vec<PastDecision>,
    /// Until then, in seconds since 1970, another VM had the number, or may have had it.
    others_until: Option<u64>,
}

impl Line {
    /// What began then was used by that one. Where it is another one than before, what was found so
    /// far is not its own, also what is of nobody said whom.
    pub(super) fn used_by(&mut self, who: u32, begin: u64) {
        if who == 0 {
            return;
        }
        if self.who != 0 && self.who != who {
            self.are_others(begin);
        }
        self.who = who;
    }

    /// That one has the number now.
    pub(super) fn is_now(&mut self, who: u32) {
        self.used_by(who, 0);
    }

    fn are_others(&mut self, until: u64) {
        self.cells.iter_mut().for_each(|cell| *cell = Cell::default());
        self.others_until = self.others_until.max(Some(until));
    }

    /// What is the VM's own, oldest first; nothing where there is nothing.
    pub(super) fn told(
        mut self,
        order: &PastOrder,
        vmid: VmId,
        name: Option<String>,
    ) -> Option<PastVm> {
        let newest = self.events.iter().map(|(who, _)| *who).find(|who| *who != 0);
        let who = if self.who == 0 { newest.unwrap_or_default() } else { self.who };
        let others = self.events.iter().filter(|(of, _)| ![0, who].contains(of));
        let until = others.map(|(_, event)| event.at).max().max(self.others_until);
        if let Some(until) = until {
            self.events.retain(|(of, event)| *of == who || *of == 0 && event.at > until);
            self.decisions.retain(|decision| decision.at > until);
        }
        let columns: Vec<_> = self.cells.iter().map(Cell::told).collect();
        let has_use = columns.iter().any(|column| *column != Column::default());
        let columns = if has_use { columns } else { Vec::new() };
        let is_empty = !has_use && self.events.is_empty() && self.decisions.is_empty();
        let mut events: Vec<_> = self.events.into_iter().map(|(_, event)| event).collect();
        events.reverse();
        self.decisions.reverse();
        let (decisions, of_others) = (self.decisions, until.is_some());
        let vm = PastVm { vmid, name, columns, events, decisions, of_others };
        (!is_empty || of_others && order.vms.contains(&vmid)).then_some(vm)
    }
}
