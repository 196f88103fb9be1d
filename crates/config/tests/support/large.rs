//! A large configuration, for the benchmark and for tests of how work grows.

/// A `config.yaml` with that many `virtual_machines`, every key of each written out.
pub(crate) fn large(vms: u32) -> String {
    "mode: full\n".to_owned() + &self::vms(100, vms)
}

/// That many `virtual_machines` from the first on.
pub(crate) fn vms(first: u32, many: u32) -> String {
    let vms = (first..first + many).map(|vmid| {
        let scaling = "scaling_enabled: true\n    cpu_scaling: true\n    ram_scaling: true";
        let thresholds = "cpu: {high: 80, low: 20}\n      ram: {high: 85, low: 25}";
        let limits = "{min_cores: 1, max_cores: 8, min_ram_mb: 1024, max_ram_mb: 16384}";
        format!(
            "  - vm_id: {vmid}\n    proxmox_host: home\n    {scaling}\n    mode: up-only\n    \
             thresholds:\n      {thresholds}\n    scaling_limits: {limits}\n"
        )
    });
    "virtual_machines:\n".to_owned() + &vms.collect::<Vec<_>>().concat()
}
