//! What is known of a cluster, and how well.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use vm_autoscale_config::{Managed, Placement, Roster, VmFacts};
use vm_autoscale_planner::{Moment, NodeInput, VmInput};
use vm_autoscale_protocol::FoundConfig;
use vm_autoscale_proxmox::{
    ClusterRead, GuestKind, Identity, Members, NodeLine, NodeName, Pools, Tags, VmConfig, VmId,
    VmList,
};

use crate::claims::Care;
use crate::said::Said;

mod held;
mod law;
mod others;
mod pauses;
mod pools;
mod vm;
use held::Shared;
use others::Others;
pub(crate) use pauses::Nameable;
use pools::PoolsRead;
pub use vm::vm_policy;
pub(crate) use vm::{KnownConfig, KnownVm};

const MIB: f64 = 1024.0 * 1024.0;
/// A config that says less of who its VM is than before may be one whose end is missing: it is read
/// so often more.
const LACKS: u8 = 2;
/// A node's figures that did not advance for this long are not believed.
pub(crate) const FRESH: Duration = Duration::from_secs(30);

/// One cluster.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// Who answered the last time and since when its pmxcfs runs: config versions compare only
    /// within one of these.
    pub(crate) entry: Option<(NodeName, u64)>,
    pub(crate) quorate: bool,
    /// Lines of `.rrd` that the last look could not read, torn ones aside.
    pub(crate) unread: usize,
    /// Nodes that the answering one does not see.
    pub(crate) offline: BTreeSet<NodeName>,
    pub(crate) pause: Option<String>,
    /// Each in a place of its own: a tree of them would be a third empty.
    pub(crate) vms: BTreeMap<VmId, Box<KnownVm>>,
    pub(crate) nodes: BTreeMap<NodeName, KnownNode>,
    /// Which VM is in which pool; `None` when that is not known, or nobody asks.
    pub(crate) pools: Option<Pools>,
    pub(crate) pools_read: PoolsRead,
    others: Others,
    shared: Shared,
    /// Who VMs were that have not been seen since the start.
    remembered: BTreeMap<VmId, Identity>,
    /// Whether a pause names VMs by their pools.
    pub(crate) pools_wanted: bool,
    /// That they cannot be read.
    pub(crate) pools_said: Said,
    pub(crate) configs_said: Said,
    /// Numbers whose VM is gone or another one: nothing that is remembered of them holds.
    strangers: Vec<VmId>,
}

/// A node's figures and when they last advanced.
#[derive(Debug)]
pub(crate) struct KnownNode {
    line: NodeLine,
    advanced: Option<Moment>,
}

static NO_TAGS: Tags = Tags::none();

/// Changes under way: on which node.
pub(crate) type InFlight = HashMap<VmId, NodeName>;

/// So many of them are on that node.
pub(crate) fn changing(in_flight: &InFlight, node: &NodeName) -> usize {
    in_flight.values().filter(|changing| *changing == node).count()
}

/// Configs to read: by the node that owns them.
pub(crate) type ToRead = BTreeMap<NodeName, Vec<VmId>>;

impl View {
    /// Takes one look; what has to be read for it to be whole.
    pub(crate) fn update(
        &mut self,
        now: Moment,
        read: ClusterRead,
        care: &Care,
        in_flight: &InFlight,
    ) -> ToRead {
        let entry = Some((read.members.answering.clone(), read.version.starttime));
        if self.entry != entry {
            self.entry = entry;
            self.forget_configs();
        }
        (self.pause, self.unread) = (read.pause, read.unread);
        self.update_members(read.members);
        self.update_nodes(now, read.nodes);
        for (vmid, vm) in &mut self.vms {
            vm.begin_look(now, is_listed(&read.guests, *vmid));
        }
        for (vmid, entry) in read.guests.iter().filter(|(_, entry)| entry.kind == GuestKind::Qemu) {
            let vm = match self.vms.entry(vmid) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => {
                    let pools = self.pools.as_ref();
                    let facts = facts(vmid, &entry.node, pools, &care.roster, None);
                    if !care.roster.may_mean(&facts) {
                        continue;
                    }
                    let identity = self.remembered.remove(&vmid);
                    free.insert(Box::new(KnownVm::new(&entry.node, identity)))
                }
            };
            vm.update(entry, read.vms.get(&vmid), in_flight.contains_key(&vmid));
            vm.ha_move = read.ha_moves.get(vmid).map(str::to_owned);
        }
        self.drop_gone(now);
        let lines = [&read.vms, &read.containers];
        self.others.update(now, &read.guests, lines, |vmid| self.vms.contains_key(&vmid));
        // One that is in no list for a moment is there all the same.
        let has = |vmid: VmId| is_listed(&read.guests, vmid) || self.vms.contains_key(&vmid);
        care.claims.post(&care.cluster, care.roster.listed().filter(|vmid| has(*vmid)).collect());
        self.to_read(in_flight)
    }

    /// Takes the pools, or that they are not known.
    pub(crate) fn put_pools(&mut self, pools: Option<Pools>) {
        self.pools = pools;
        self.unsettle(|_| true);
    }

    /// Who a VM was, by a process of before.
    pub(crate) fn remember(&mut self, vmid: VmId, identity: Option<Identity>) {
        self.remembered.extend(identity.map(|identity| (vmid, identity)));
    }

    /// The file says something else of those VMs, by what it said of each until now.
    pub(crate) fn unsettle(&mut self, concerned: impl Fn(Option<&Managed>) -> bool) {
        for vm in self.vms.values_mut() {
            vm.is_settled &= !concerned(vm.managed());
        }
    }

    /// Asks the file anew about every VM of which something changed that it may select by.
    pub(crate) fn settle(&mut self, care: &Care) {
        let Self { vms, pools, shared, .. } = self;
        for (vmid, vm) in vms {
            let config = vm.config.as_ref().map(|known| &known.config);
            // As long as none has been read, one without name and tags is assumed: nothing is done
            // without a config.
            if !vm.is_settled && (config.is_some() || vm.held.is_none()) {
                let mut facts = facts(*vmid, &vm.node, pools.as_ref(), &care.roster, config);
                facts.described = facts.described.or(Some((None, &NO_TAGS)));
                let (answer, for_good) = (care.roster.answer(&facts), config.is_some());
                vm.settle(&answer, for_good, shared);
                vm.schedules = vm.managed().map_or_else(Vec::new, |m| care.roster.holding(m));
            }
            let placement = vm.managed().map_or(Placement::Sure, |managed| managed.placement);
            vm.elsewhere = care.doubt(*vmid, placement);
        }
    }

    /// One that comes back later is a new one.
    fn drop_gone(&mut self, now: Moment) {
        let Self { vms, strangers, .. } = self;
        vms.retain(|vmid, vm| {
            let gone = vm.is_gone(now);
            if gone {
                tracing::info!(%vmid, node = %vm.node, kind = "gone", "gone: in no list any more");
                strangers.push(*vmid);
            }
            !gone
        });
    }

    /// The numbers whose VM went or was replaced since this was asked the last time.
    pub(crate) fn take_strangers(&mut self) -> Vec<VmId> {
        std::mem::take(&mut self.strangers)
    }

    /// A change found the VM gone, or another one in its place: it is met anew.
    pub(crate) fn forget(&mut self, vmid: VmId) {
        self.vms.remove(&vmid);
    }

    /// Whether it is still the VM that was known as this one.
    pub(crate) fn is_still(&self, vmid: VmId, identity: Option<&Identity>) -> bool {
        let known = self.vms.get(&vmid);
        known.is_some_and(|vm| !Identity::is_another(identity, vm.identity.as_ref()))
    }

    /// A look that failed: nothing is known of now, everything of before stays.
    pub(crate) fn blind(&mut self) {
        for vm in self.vms.values_mut() {
            vm.running = None;
            vm.sample = None;
        }
    }

    /// No config counts any more: the node's or the helper's memory of them is another one.
    pub(crate) fn forget_configs(&mut self) {
        for vm in self.vms.values_mut() {
            vm.config = None;
            vm.unreadable = None;
        }
    }

    /// What changed, but for the VMs that a change of ours is under way on: it reads itself.
    fn to_read(&self, in_flight: &InFlight) -> ToRead {
        let mut wanted = ToRead::new();
        for (vmid, vm) in &self.vms {
            let known = vm.config.as_ref().is_some_and(|config| config.version == vm.version)
                || vm.unreadable == Some(vm.version);
            if vm.seen && !known && !in_flight.contains_key(vmid) {
                wanted.entry(vm.node.clone()).or_default().push(*vmid);
            }
        }
        wanted
    }

    /// Takes a config that was read for the version of the last look. One that cannot be
    /// understood is not known.
    pub(crate) fn put_config(&mut self, vmid: VmId, found: Option<FoundConfig>) {
        let Some(vm) = self.vms.get_mut(&vmid) else { return };
        vm.unreadable = None;
        vm.config = found.and_then(|FoundConfig { digest, text }| match VmConfig::parse(&text) {
            Ok(config) => {
                vm.is_settled = false;
                Some(Arc::new(KnownConfig { version: vm.version, digest, config }))
            }
            Err(error) => {
                tracing::warn!(%vmid, node = %vm.node, kind = "unreadable", "{error}");
                vm.unreadable = Some(vm.version);
                None
            }
        });
        let Some(known) = &vm.config else { return };
        let identity = &known.config.identity;
        if Identity::is_less(vm.identity.as_ref(), identity.as_ref()) && vm.lacked < LACKS {
            tracing::warn!(%vmid, node = %vm.node, kind = "lacks", "its config says less of who it is than before: it is read again");
            vm.lacked += 1;
            vm.config = None;
            return;
        }
        vm.lacked = 0;
        if Identity::is_another(vm.identity.as_ref(), identity.as_ref()) {
            tracing::warn!(%vmid, node = %vm.node, kind = "replaced", "another VM has this number now (or an earlier state of it): what was known of it is forgotten");
            self.strangers.push(vmid);
        }
        vm.identity.clone_from(identity);
    }

    fn update_members(&mut self, members: Members) {
        self.quorate = members.quorate;
        let offline = members.nodes.into_iter().filter(|(_, member)| !member.online);
        self.offline = offline.map(|(name, _)| name).collect();
    }

    /// Of a node that turns up later it is not known how old its first figures are; one that is
    /// missing this time goes stale by itself.
    fn update_nodes(&mut self, now: Moment, lines: BTreeMap<NodeName, NodeLine>) {
        let first_look = self.nodes.is_empty();
        for (name, line) in lines {
            match self.nodes.get_mut(&name) {
                Some(node) if node.line.ctime == line.ctime => {}
                Some(node) => *node = KnownNode { line, advanced: Some(now) },
                None => {
                    let advanced = first_look.then_some(now);
                    self.nodes.insert(name, KnownNode { line, advanced });
                }
            }
        }
    }

    /// The nodes as the planner sees them.
    pub(crate) fn node_inputs(
        &self,
        now: Moment,
        in_flight: &InFlight,
    ) -> BTreeMap<NodeName, NodeInput> {
        let others = self.others.by_node(now, self.vms.values().map(Box::as_ref));
        let input = |(name, node): (&NodeName, &KnownNode)| {
            let others = others.get(name);
            let input = NodeInput {
                cpu: node.line.cpu,
                memory: node.line.memtotal.map(|bytes| bytes / MIB),
                memory_used: node.line.memused.map(|bytes| bytes / MIB),
                cpus: node.line.maxcpu,
                others_memory: others.map(|others| others.mib),
                others_vcpus: others.map(|others| others.vcpus),
                fresh: node.advanced.is_some_and(|at| now.since(at) <= FRESH),
                changing: changing(in_flight, name),
            };
            (name.clone(), input)
        };
        self.nodes.iter().map(input).collect()
    }

    /// The VMs as the planner sees them.
    pub(crate) fn vm_inputs(&self, in_flight: &InFlight) -> Vec<VmInput<'_>> {
        let mut inputs = Vec::with_capacity(self.vms.len());
        let all = self.vms.iter().filter_map(|(vmid, vm)| self.input(*vmid, vm, in_flight));
        inputs.extend(all);
        inputs
    }

    /// One of them; nothing where it is not looked after.
    pub(crate) fn vm_input(&self, vmid: VmId, in_flight: &InFlight) -> Option<VmInput<'_>> {
        self.input(vmid, self.vms.get(&vmid)?, in_flight)
    }

    fn input<'a>(
        &'a self,
        vmid: VmId,
        vm: &'a KnownVm,
        in_flight: &InFlight,
    ) -> Option<VmInput<'a>> {
        Some(VmInput {
            vmid,
            node: &vm.node,
            running: vm.running,
            config: vm.current().map(|known| &known.config),
            sample: vm.sample,
            policy: vm.policy()?,
            in_flight: in_flight.contains_key(&vmid),
            node_online: !self.offline.contains(&vm.node),
            ha_move: vm.ha_move.as_deref(),
            doubt: vm.doubt(),
            pause: vm.pause.as_deref(),
            quarantine: vm.quarantine.each_ref().map(Option::as_deref),
        })
    }

    /// What is known of a VM that the file may select by, also of one that is in no list.
    pub(crate) fn facts<'a>(&'a self, vmid: VmId, roster: &Roster) -> VmFacts<'a> {
        let pools = self.pools.as_ref();
        match self.vms.get(&vmid) {
            Some(vm) => {
                let config = vm.config.as_ref().map(|known| &known.config);
                facts(vmid, &vm.node, pools, roster, config)
            }
            None => VmFacts {
                vmid,
                cluster: None,
                node: None,
                described: None,
                pool: pool(vmid, pools, roster),
            },
        }
    }
}

/// What is known of a VM that the file may select by.
fn facts<'a>(
    vmid: VmId,
    node: &'a NodeName,
    pools: Option<&'a Pools>,
    roster: &Roster,
    config: Option<&'a VmConfig>,
) -> VmFacts<'a> {
    let described = config.map(|config| (config.name.as_deref(), &config.tags));
    VmFacts { vmid, cluster: None, node: Some(node), described, pool: pool(vmid, pools, roster) }
}

/// Its pool. Where nobody asks for the pools, it does not matter which it is in.
#[expect(clippy::option_option, reason = "not known, known to be in none, known")]
fn pool<'a>(vmid: VmId, pools: Option<&'a Pools>, roster: &Roster) -> Option<Option<&'a str>> {
    match pools {
        Some(pools) => Some(pools.of(vmid)),
        None => (!roster.config().wants_pools()).then_some(None),
    }
}

/// Whether a VM of that number may be in the list; a container is another guest.
fn is_listed(guests: &VmList, vmid: VmId) -> bool {
    let kind = guests.get(vmid).map(|entry| entry.kind);
    guests.names(vmid) && kind.is_none_or(|kind| kind == GuestKind::Qemu)
}

#[cfg(test)]
pub(crate) mod tests;
