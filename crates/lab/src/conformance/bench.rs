//! All that these tests know of the lab's inside: how to set up a VM by its config.

use std::time::Duration;

use vm_autoscale_proxmox::VmId;

use crate::conf::Conf;
use crate::guest::KERNEL_MIB;
use crate::pmxcfs::Key;
use crate::{Answer, Columns, Control, Lab, Options, VmInfo, command};

/// What the lab gives perl, in seconds; what is recorded contains the real perl's.
pub(super) const PERL_S: f64 = command::PERL_S;

/// A lab made for one case. Its VMs 101 to 121 are placed as needed.
#[derive(Debug)]
pub(super) struct Bench {
    lab: Lab,
}

impl Bench {
    pub(super) fn new(columns: Columns) -> Self {
        let options = Options::new().unwrap();
        let options = Options {
            vms: 21,
            // As the node of the recordings had.
            host_cpus: Some(16),
            columns,
            nodes: Options::numbered(2).unwrap(),
            cluster: Some("home".try_into().unwrap()),
            epoch: Some(1_795_297_200),
            ..options
        };
        let bench = Self { lab: Lab::new(&options).unwrap() };
        let [here, there] = &bench.lab.nodes()[..] else { panic!("two nodes") };
        for vm in bench.lab.cluster().vms.values_mut() {
            vm.node = here.clone();
        }
        let vmid = VmId::try_from(201).unwrap();
        let conf = "memory: 2048\n".to_owned();
        bench.control(Control::Create { vmid, node: there.clone(), conf });
        bench.control(Control::LeaveOut { vmid, on: true });
        bench
    }

    /// A stopped VM with this .conf, which wants little.
    pub(super) fn place(&self, vmid: VmId, conf: &str) {
        self.control(Control::Stop { vmid });
        self.control(Control::Pool { vmid, pool: None });
        self.lab.cluster().vms.get_mut(&vmid).unwrap().conf = Conf::new(conf.to_owned());
        self.control(Control::Load { vmid, cores: 0.1, mib: 300.0 });
    }

    pub(super) fn control(&self, control: Control) {
        let shown = format!("{control:?}");
        if let Control::LeaveOut { vmid, .. } = control {
            // The recorded VM was never measured, where this one's last line would go on.
            self.lab.cluster().rrd.remove(&Key::Guest(vmid));
        }
        self.lab.control(control).unwrap_or_else(|e| panic!("{shown}: {e}"));
    }

    /// Why it is refused.
    pub(super) fn refusal(&self, control: Control) -> String {
        let error = self.lab.control(control).unwrap_err().to_string();
        error.trim_start_matches("the lab refuses: ").to_owned()
    }

    /// The VM as it is, if it is.
    pub(super) fn vm(&self, vmid: VmId) -> Option<VmInfo> {
        self.lab.vms().into_iter().find(|vm| vm.vmid == vmid)
    }

    /// What the line printed, and the seconds it took by the lab's clock; just after a round
    /// of pvestatd.
    pub(super) async fn execute(&self, line: &str) -> (Answer, f64) {
        let start = self.lab.now();
        self.lab.tick(Duration::from_secs_f64(start));
        let answer = self.lab.execute(line).await;
        assert_eq!(self.lab.stats().refused, 0, "{line}");
        (answer, self.lab.now() - start)
    }
}

/// Memory that the guest has online, in MiB.
pub(super) fn online_mib(vm: &VmInfo) -> u32 {
    vm.usable_memory + KERNEL_MIB
}
