//! One VM of a shared lab, with a helper and a scheduler of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use vm_autoscale_lab::{Control, Entry, Reply, Request, VmInfo, ask};
use vm_autoscale_planner::Resource;
use vm_autoscale_scheduler::{ClusterStatus, StatusReport, fetch_status};
use vm_autoscale_tests::programs::{Program, command, directory, pause};
use vm_autoscale_tests::stage::Stage;

use super::{Trap, Who};

/// Each has its own directory; its VM may have been another one's before.
static SCENES: AtomicU64 = AtomicU64::new(0);

/// Longer than a command that was cut off may be at work, and than an intent may have waited.
const LATER: &str = "100";

pub(super) struct Scene {
    pub(super) vm: VmInfo,
    pub(super) resource: Resource,
    pub(super) dir: PathBuf,
    lab: PathBuf,
    helper: Option<Program>,
    scheduler: Option<Program>,
    runtime: tokio::runtime::Runtime,
    /// Before and after.
    pub(super) sizes: [u32; 2],
    /// What the lab's history had before.
    since: usize,
}

pub(super) fn size(vm: &VmInfo, resource: Resource) -> u32 {
    match resource {
        Resource::Cpu => vm.qemu_vcpus.unwrap(),
        Resource::Memory => vm.qemu_memory.unwrap(),
    }
}

impl Scene {
    /// A VM that wants to grow by one step, and nothing else.
    pub(super) fn set(stage: &Stage, vm: VmInfo, resource: Resource) -> Self {
        let from = size(&vm, resource);
        let (of_cpu, to) = match resource {
            Resource::Cpu => (true, from + 1),
            Resource::Memory => (false, from + 512),
        };
        let number = SCENES.fetch_add(1, Ordering::SeqCst);
        let dir = stage.path(&format!("scene-{number}"));
        std::fs::create_dir(&dir).unwrap();
        let file = |name: &str| dir.join(name).display().to_string();
        let helper = std::fs::read_to_string(stage.path("helper.yaml")).unwrap();
        let shared = stage.path("helper.sock").display().to_string();
        write(&dir.join("helper.yaml"), &helper.replace(&shared, &file("helper.sock")));
        let limits = if of_cpu {
            format!("min_cores: {from}, max_cores: {to}")
        } else {
            format!("min_ram_mb: {from}, max_ram_mb: {to}")
        };
        let config = format!(
            "helper_socket: {}\ncontrol_socket: {}\njournal: {{path: {}}}\nmode: full\n\
             select: [{}]\nobserve_interval: 1\ncheck_interval: 1\nscale_cooldown: 2\n\
             cpu_scaling: {of_cpu}\nram_scaling: {}\nscaling_limits: {{{limits}}}\n",
            file("helper.sock"),
            file("control.sock"),
            file("journal.db"),
            vm.vmid,
            !of_cpu
        );
        write(&dir.join("config.yaml"), &config);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (lab, sizes) = (stage.path("lab"), [from, to]);
        let (helper, scheduler, since) = (None, None, 0);
        let mut scene = Self { vm, resource, dir, lab, helper, scheduler, runtime, sizes, since };
        scene.since = scene.history().len();
        let (cores, mib) = if of_cpu { (64.0, 500.0) } else { (0.3, 0.97 * f64::from(from)) };
        scene.ask(&Request::Control(Control::Load { vmid: scene.vm.vmid, cores, mib }));
        scene
    }

    fn ask(&self, request: &Request) -> Reply {
        self.runtime.block_on(ask(&self.lab, request)).unwrap()
    }

    /// The VM as it really is.
    pub(super) fn truth(&self) -> VmInfo {
        let Reply::Vms(vms) = self.ask(&Request::Vms) else { panic!("no VMs") };
        vms.into_iter().find(|vm| vm.vmid == self.vm.vmid).unwrap()
    }

    /// What was asked of the VM in this scene.
    pub(super) fn changes(&self) -> Vec<Entry> {
        let mut all = self.history();
        all.retain(|entry| entry.vmid == Some(self.vm.vmid) && entry.kind.starts_with("Set"));
        all
    }

    /// Of all VMs, since the scene began.
    fn history(&self) -> Vec<Entry> {
        let mut all = Vec::new();
        loop {
            let next = Request::History(self.since + all.len());
            let Reply::History(more) = self.ask(&next) else { panic!("no history") };
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    pub(super) fn status(&self) -> Option<StatusReport> {
        self.runtime.block_on(fetch_status(&self.dir.join("control.sock"))).ok()
    }

    /// Starts a program; with a trap, it dies there.
    pub(super) fn start(&mut self, who: Who, trap: Option<&Trap>, later: bool) {
        let (name, words, config) = match who {
            Who::Helper => ("vm-autoscale-helper", &[][..], "helper.yaml"),
            Who::Scheduler => ("vm-autoscale", &["run"][..], "config.yaml"),
        };
        let config = self.dir.join(config).display().to_string();
        let file = directory().unwrap().join(name).display().to_string();
        let mut line: Vec<String> = Vec::new();
        if let Some(trap) = trap {
            line.extend(trap.line(&self.dir));
        } else if later {
            // As if the machine had been away for so long: nothing of before can be at work.
            line.extend(["unshare", "-T", "--boottime", LATER].map(str::to_owned));
        }
        line.push(file);
        line.extend(words.iter().map(|word| (*word).to_owned()));
        line.extend(["--config".to_owned(), config]);
        let (first, rest) = line.split_first().unwrap();
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let program = Program::start_as(command(first), name, &rest, &self.dir).unwrap();
        *self.program(who) = Some(program);
    }

    pub(super) fn program(&mut self, who: Who) -> &mut Option<Program> {
        match who {
            Who::Helper => &mut self.helper,
            Who::Scheduler => &mut self.scheduler,
        }
    }

    pub(super) fn runs(&mut self, who: Who) -> bool {
        self.program(who).as_mut().is_some_and(Program::runs)
    }

    /// Whether that becomes true in time.
    pub(super) fn within(&mut self, time: Duration, mut so: impl FnMut(&mut Self) -> bool) -> bool {
        let until = Instant::now() + time;
        loop {
            if so(self) {
                return true;
            }
            if Instant::now() > until {
                return false;
            }
            pause(Duration::from_millis(150));
        }
    }

    /// Whether the VM has what is wanted, and the scheduler says that it saw to it: also that the
    /// change has ended, not only that it can be seen.
    pub(super) fn is_done(&mut self) -> bool {
        let (vm, [_, to], resource) = (self.truth(), self.sizes, self.resource);
        let looked = |status: StatusReport| {
            let is_seen = |cluster: &ClusterStatus| cluster.problem.is_none() && cluster.looks >= 4;
            status.clusters.iter().any(is_seen) && status.recent.iter().any(|event| event.verified)
        };
        size(&vm, resource) == to
            && !vm.conf.contains("[PENDING]")
            && self.status().is_some_and(looked)
    }

    /// What the programs said.
    pub(super) fn words(&self) -> String {
        let said = |program: &Option<Program>| program.as_ref().map(Program::said);
        format!("{:?}\n{:?}", said(&self.helper), said(&self.scheduler)).replace("\\n", "\n")
    }
}

fn write(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
