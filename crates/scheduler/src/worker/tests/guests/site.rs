//! VMs of one kind whose guests can be asked, and their time.

use std::fmt::Write as _;

use vm_autoscale_planner::{GuestAnswer, GuestSays};

use super::*;

/// What every guest of the site is like.
#[derive(Clone, Copy)]
pub(super) struct Guest {
    pub(super) node: &'static str,
    /// Used by Proxmox's figure, in MiB, and what it says is available of 4096 MiB.
    pub(super) used: u32,
    pub(super) available: u32,
    /// Bytes a second.
    pub(super) swaps: u64,
    /// It does not answer.
    pub(super) hangs: bool,
}

#[derive(Clone)]
pub(super) struct Site(Arc<Mutex<State>>);

struct State {
    now: Duration,
    guest: Guest,
    /// Of each VM.
    memory: Vec<u32>,
    version: u64,
    swapped: u64,
    sizes: Vec<u32>,
    questions: usize,
    asked: BTreeSet<u32>,
}

impl Site {
    pub(super) fn new(vms: usize) -> Self {
        let guest = Guest { node: "pve1", used: 2000, available: 2000, swaps: 0, hangs: false };
        Self(Arc::new(Mutex::new(State {
            now: Duration::from_secs(1000),
            guest,
            memory: vec![4096; vms],
            version: 1,
            swapped: 0,
            sizes: Vec::new(),
            questions: 0,
            asked: BTreeSet::new(),
        })))
    }

    pub(super) fn guest(&self, edit: impl Fn(&mut Guest)) {
        edit(&mut self.0.lock().unwrap().guest);
    }

    /// The next time that is a multiple of 10 s.
    pub(super) fn next_cycle(&self) {
        let mut state = self.0.lock().unwrap();
        state.now = Duration::from_secs((state.now.as_secs() / 10 + 1) * 10);
        state.swapped += 10 * state.guest.swaps;
    }

    /// To which memory was set, one after the other.
    pub(super) fn sizes(&self) -> Vec<u32> {
        self.0.lock().unwrap().sizes.clone()
    }

    /// How often guests were asked, also to see whether they took a change.
    pub(super) fn questions(&self) -> usize {
        self.0.lock().unwrap().questions
    }

    /// Which guests were asked.
    pub(super) fn asked(&self) -> BTreeSet<u32> {
        self.0.lock().unwrap().asked.clone()
    }

    /// An answer of 4096 MiB.
    pub(super) fn says(available: u32) -> GuestAnswer {
        GuestAnswer::Says(GuestSays {
            total: 3979,
            available,
            free: None,
            swapped: None,
            major_faults: None,
            at: None,
        })
    }
}

impl State {
    fn text(&self) -> String {
        let Guest { node, used, .. } = self.guest;
        let (version, at) = (self.version, 9000 + self.now.as_secs());
        let (mut ids, mut rrd) = (Vec::new(), String::new());
        for (vmid, memory) in (101..).zip(&self.memory) {
            ids.push(format!(
                "\"{vmid}\": {{\"node\": \"{node}\", \"type\": \"qemu\", \"version\": {version}}}"
            ));
            let (used, memory) = (u64::from(used) << 20, u64::from(*memory) << 20);
            let line = format!("{at}:4:0.5:{memory}:{used}:0:0:1:2:3:4");
            writeln!(rrd, "/etc/pve/.rrd:pve2.3-vm/{vmid}:{at}:x:running:0:{line}").unwrap();
        }
        let line = format!("{at}::{at}:0.5:16:0.2:0.01:{}:{}", 1u64 << 40, 1u64 << 38);
        writeln!(rrd, "/etc/pve/.rrd:pve2-node/{node}:{line}:0:0:1:1:1:1").unwrap();
        let vmlist = format!("/etc/pve/.vmlist:{{\"ids\": {{{}}}}}\n", ids.join(", "));
        format!(
            "/etc/pve/.version:{{\"starttime\": 1}}\n/etc/pve/.members:{{\"nodename\": \"pve1\"}}\n\
             {vmlist}{rrd}{vmlist}{rrd}"
        )
    }

    fn stats(&self, memory: u32) -> String {
        let bytes = |mib: u32| u64::from(mib) << 20;
        let available = (self.guest.available + memory).saturating_sub(4096);
        let total = memory - 117;
        let free = total.saturating_sub(self.guest.used);
        format!(
            "{{\"stats\": {{\"stat-total-memory\": {}, \"stat-available-memory\": {}, \
             \"stat-free-memory\": {}, \"stat-swap-in\": {}, \"stat-swap-out\": 0, \
             \"stat-major-faults\": 0}}, \"last-update\": {}}}\r\n",
            bytes(total),
            bytes(available),
            bytes(free),
            self.swapped,
            9000 + self.now.as_secs(),
        )
    }

    /// What it prints, and whether it ever ends.
    fn execute(&mut self, request: &Request) -> (String, bool) {
        let index = |vmid: &VmId| usize::try_from(vmid.get() - 101).unwrap();
        match request {
            Request::SetMemory { target, memory, .. } => {
                self.memory[index(&target.vmid)] = memory.get();
                self.version += 1;
                self.sizes.push(memory.get());
                (String::new(), false)
            }
            Request::ReadRunning { vmid, query: RunningQuery::GuestMemory, .. } => {
                self.questions += 1;
                self.asked.insert(vmid.get());
                (self.stats(self.memory[index(vmid)]), self.guest.hangs)
            }
            Request::ReadRunning { vmid, query: RunningQuery::Memory, .. } => {
                let plugged = u64::from(self.memory[index(vmid)] - 1024) << 20;
                (format!("base memory: 1073741824\nplugged memory: {plugged}\n"), false)
            }
            other => panic!("{other:?}"),
        }
    }
}

impl Clock for Site {
    fn now(&self) -> Moment {
        Moment(self.0.lock().unwrap().now)
    }

    async fn sleep_until(&self, moment: Moment) {
        let mut state = self.0.lock().unwrap();
        state.now = state.now.max(moment.0);
    }
}

impl Helper for Site {
    async fn hello(&self) -> Result<Hello, AskError> {
        panic!("no look says hello")
    }

    fn generation(&self) -> u64 {
        1
    }

    async fn read_cluster(&self, _: &ClusterName) -> Result<(NodeName, String), AskError> {
        Ok(("pve1".try_into().unwrap(), self.0.lock().unwrap().text()))
    }

    async fn read_configs(
        &self,
        request: &Request,
        _: Purpose,
    ) -> Result<Vec<ConfigReply>, AskError> {
        let Request::ReadConfigs { vmids, .. } = request else { panic!("{request:?}") };
        let state = self.0.lock().unwrap();
        let found = |vmid: &VmId| {
            let memory = state.memory[usize::try_from(vmid.get() - 101).unwrap()];
            let text =
                format!("cores: 8\nvcpus: 4\nmemory: {memory}\nnuma: 1\nhotplug: cpu,memory\n");
            let found = Some(FoundConfig { digest: Digest::from_bytes([1; 20]), text });
            ConfigReply { vmid: *vmid, found }
        };
        Ok(vmids.iter().map(found).collect())
    }

    async fn read_pools(&self, _: &ClusterName, _: &NodeName) -> Result<String, AskError> {
        panic!("no pools are asked for")
    }

    async fn execute(&self, request: &Request) -> Result<Executed, AskError> {
        let (stdout, hangs) = self.0.lock().unwrap().execute(request);
        if hangs {
            std::future::pending::<()>().await;
        }
        Ok(Executed { exit: 0, stdout, stderr: String::new(), took_ms: 1 })
    }
}
