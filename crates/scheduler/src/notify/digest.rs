//! A message by calendar: what was so since the last one, and what is now.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use vm_autoscale_calendar::{CalendarEvent, Zone};
use vm_autoscale_planner::{Move, Resource};
use vm_autoscale_proxmox::{ClusterName, VmId};

use super::message::Message;
use super::tally::ChannelStatus;
use crate::Intent;

/// A clock that says less was never set (the beginning of 2020).
const SET: i64 = 1_577_836_800;
/// So many VMs are kept by name; of others the number.
const VMS: usize = 500;
/// So many lines a part of it has.
const LINES: usize = 15;

/// When it is due.
#[derive(Debug)]
pub(super) struct When {
    at: CalendarEvent,
    zone: Zone,
    /// When that was looked at last, in seconds since 1970.
    last: i64,
}

impl When {
    pub(super) fn of(digest: &vm_autoscale_config::Digest, now: i64) -> Self {
        let zone = digest.timezone.clone().unwrap_or_else(Zone::of_machine);
        Self { at: digest.at.clone(), zone, last: now }
    }

    /// Once for all that passed since the last time; once more where the clock was put back over
    /// it, and never where it is set for the first time.
    pub(super) fn is_due(&mut self, now: i64) -> bool {
        let last = std::mem::replace(&mut self.last, now);
        last >= SET && self.at.next_after(last, &self.zone).is_some_and(|next| next <= now)
    }

    fn written(&self, time: i64) -> String {
        self.zone.written(time).unwrap_or_default()
    }
}

/// What happened to a resource of a VM: from which size to which, in how many changes.
type Changed = BTreeMap<(ClusterName, VmId, bool), (String, String, u64)>;

/// What was so since the last one.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// In seconds since 1970.
    since: i64,
    changed: Changed,
    /// Changes of VMs beyond those.
    more: u64,
    /// What was told or came to be known otherwise, by its kind.
    kinds: BTreeMap<&'static str, u64>,
}

impl Summary {
    pub(super) fn since(since: i64) -> Self {
        Self { since, ..Self::default() }
    }

    pub(super) fn note(&mut self, kind: &'static str) {
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// A change that did what it should.
    pub(super) fn changed(&mut self, intent: &Intent) {
        let is_memory = intent.step.resource() == Resource::Memory;
        let key = (intent.cluster.clone(), intent.vmid, is_memory);
        let (from, to) = ends(&intent.step);
        if let Some((_, last, count)) = self.changed.get_mut(&key) {
            (*last, *count) = (to, *count + 1);
        } else if self.changed.len() < VMS {
            self.changed.insert(key, (from, to, 1));
        } else {
            self.more += 1;
        }
    }

    /// As a message; it begins anew with that.
    pub(super) fn take(
        &mut self,
        when: &When,
        blocked: &[String],
        channels: &[ChannelStatus],
    ) -> Message {
        let now = when.last;
        let Self { since, changed, more, kinds } = std::mem::replace(self, Self::since(now));
        let changes = more + changed.values().map(|(.., count)| count).sum::<u64>();
        let title = format!("digest: {changes} changes, {} blocked", blocked.len());
        let mut text = format!("{} to {}\n", when.written(since), when.written(now));
        let lines: Vec<String> = changed.iter().map(one).collect();
        part(&mut text, "What was changed", &lines, more);
        part(&mut text, "What is blocked now", blocked, 0);
        let lines: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind}: {n}")).collect();
        part(&mut text, "What happened, by kind", &lines, 0);
        let lines: Vec<String> = channels.iter().map(told).collect();
        part(&mut text, "Messages since the start", &lines, 0);
        Message::of_digest(&title, &text)
    }
}

fn one(
    ((cluster, vmid, _), (from, to, count)): (&(ClusterName, VmId, bool), &(String, String, u64)),
) -> String {
    let times = if *count == 1 { String::new() } else { format!(", in {count} changes") };
    format!("VM {vmid} of {cluster}: {from} -> {to}{times}")
}

fn told(channel: &ChannelStatus) -> String {
    let ChannelStatus { name, sent, failed, dropped, unlisted, .. } = channel;
    format!(
        "{name}: {sent} sent, {failed} not delivered, {dropped} dropped for want of room, \
         {unlisted} only counted"
    )
}

/// A heading and its lines; none where there is nothing.
fn part(text: &mut String, title: &str, lines: &[String], more: u64) {
    let hidden = u64::try_from(lines.len().saturating_sub(LINES)).unwrap_or(u64::MAX);
    let more = more.saturating_add(hidden);
    // Writing into a text cannot fail.
    let _ = writeln!(text, "\n{title}:");
    if lines.is_empty() {
        let _ = writeln!(text, "- nothing");
    }
    for line in lines.iter().take(LINES) {
        let _ = writeln!(text, "- {}", line.chars().take(200).collect::<String>());
    }
    if more > 0 {
        let _ = writeln!(text, "and {more} more");
    }
}

/// The two sizes of a step, with what they are of.
fn ends(step: &Move) -> (String, String) {
    let text = step.to_string();
    match text.split_once(" -> ") {
        Some((from, to)) => (from.to_owned(), to.to_owned()),
        None => (text.clone(), text),
    }
}
