//! The VMs: by their numbers as pve-exporter has them (`id="qemu/101"`), so that names and tags come
//! from there and stand on no figure here.

use std::fmt::{self, Write as _};

use prometheus_client::encoding::{
    EncodeLabel, EncodeLabelSet, EncodeLabelValue, LabelSetEncoder, LabelValueEncoder,
};
use vm_autoscale_proxmox::VmId;

use super::{Facts, MIB, share};
use crate::VmStatus;
use crate::metrics::series::Sheet;

/// Whose figure it is.
#[derive(Clone, Copy)]
struct Of<'f> {
    cluster: &'f str,
    vmid: VmId,
}

struct Id(VmId);

impl EncodeLabelValue for Id {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        write!(encoder, "qemu/{}", self.0)
    }
}

impl EncodeLabelSet for Of<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        EncodeLabel::encode(&("cluster", self.cluster), encoder.encode_label())?;
        EncodeLabel::encode(&("id", Id(self.vmid)), encoder.encode_label())
    }
}

impl Facts {
    pub(super) fn vms(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let infos = self.each_vm(Some);
        let infos = infos.map(|(of, vm)| {
            ((of, [("node", vm.node.as_str()), ("mode", vm.mode.as_str())]), 1_u32)
        });
        sheet.gauges(
            ("vm_info", "Where a VM is, and how far decisions on it are carried out."),
            infos,
        )?;
        sheet.gauges(
            ("vm_actual_vcpus", "Plugged vCPUs by the config."),
            self.each_vm(|vm| vm.vcpus),
        )?;
        let help =
            "Plugged vCPUs that are decided on: other than the actual ones where it is to change.";
        let vcpus = self.each_vm(|vm| vm.wanted.first().copied().flatten().or(vm.vcpus));
        sheet.gauges(("vm_target_vcpus", help), vcpus)?;
        let bytes = |mib: u32| f64::from(mib) * MIB;
        let memory = self.each_vm(|vm| vm.memory.map(bytes));
        sheet.gauges(("vm_actual_memory_bytes", "Plugged memory by the config."), memory)?;
        let help =
            "Plugged memory that is decided on: other than the actual one where it is to change.";
        let memory =
            self.each_vm(|vm| vm.wanted.last().copied().flatten().or(vm.memory).map(bytes));
        sheet.gauges(("vm_target_memory_bytes", help), memory)?;
        self.use_of_vms(sheet)
    }

    fn use_of_vms(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let cpu = self.each_vm(|vm| vm.cpu_used.map(share));
        sheet.gauges(("vm_cpu_used_ratio", "Used vCPUs of the plugged ones, 0 to 1."), cpu)?;
        let memory = self.each_vm(|vm| vm.memory_used.map(share));
        sheet.gauges(
            ("vm_memory_used_ratio", "Used memory as Proxmox counts it, 0 to 1."),
            memory,
        )?;
        let age = self.each_vm(|vm| vm.sample_age);
        sheet.gauges(("vm_sample_age_seconds", "Since its last new sample came."), age)?;
        let blocked = self.each_vm(Some).flat_map(|(of, vm)| {
            let words = ["cpu", "memory"].into_iter().zip(vm.blocked).zip(&vm.kinds);
            words.filter(|((_, is_blocked), _)| *is_blocked).map(move |((resource, _), kind)| {
                ((of, [("resource", resource), ("reason", &**kind)]), 1_u32)
            })
        });
        sheet.gauges(
            ("vm_blocked", "1 where something keeps a VM from being looked after."),
            blocked,
        )
    }

    fn each_vm<'f, V>(
        &'f self,
        value: impl Fn(&'f VmStatus) -> Option<V>,
    ) -> impl Iterator<Item = (Of<'f>, V)> {
        let vms = self.clusters.iter().flat_map(|cluster| {
            cluster
                .vms
                .iter()
                .map(move |vm| (Of { cluster: cluster.name.as_str(), vmid: vm.vmid }, vm))
        });
        vms.filter_map(move |(of, vm)| Some((of, value(vm)?)))
    }
}
