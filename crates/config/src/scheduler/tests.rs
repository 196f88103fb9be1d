use super::*;

fn parse(text: &str) -> Result<SchedulerConfig, String> {
    Checked::new(Path::new("config.yaml"), text.as_bytes()).finish().map_err(|e| e.to_string())
}

fn settings(config: &SchedulerConfig, cluster: &str, vmid: u32) -> Option<VmSettings> {
    config.settings(&cluster.try_into().unwrap(), vmid.try_into().unwrap())
}

#[test]
fn an_empty_file_observes_nothing_and_changes_nothing() {
    let config = parse("{}").unwrap();
    assert_eq!((config.mode, config.memory_shrink), (Mode::Observe, false));
    assert_eq!(settings(&config, "home", 101), None);
}

#[test]
fn a_vm_has_its_own_settings_within_the_files_mode() {
    let config = parse(
        "mode: up-only\nscaling_thresholds: {ram: {high: 60, low: 5}}\nscaling_limits: {max_ram_mb: 12000}\nselect: [100-199]\nvirtual_machines:\n\
         - {vm_id: '101', mode: full, thresholds: {cpu: {high: 70, low: 10}}, scaling_limits: {min_cores: 2, max_cores: 4}}\n\
         - {vm_id: 102, scaling_enabled: false}\n\
         - {vm_id: 103, proxmox_host: home, mode: observe, ram_scaling: false}\n",
    )
    .unwrap();
    let own = settings(&config, "home", 101).unwrap();
    assert_eq!((own.mode, own.cores, own.ram_mb), (Mode::UpOnly, (2, 4), (1024, 12_000)));
    assert_eq!((own.cpu.high, own.ram.high), (70.0, 60.0));
    assert_eq!(settings(&config, "home", 102), None);
    assert_eq!(settings(&config, "home", 103).unwrap().mode, Mode::Observe);
    assert_eq!(settings(&config, "other", 103).unwrap().mode, Mode::UpOnly);
    assert_eq!(settings(&config, "home", 250), None);
}

#[test]
fn what_does_not_go_together_is_said_all_at_once() {
    let message = parse(
        "scaling_thresholds: {cpu: {high: 20, low: 80}}\nscaling_limits: {min_cores: 9, max_cores: 8}\n\
         host_limits: {max_host_cpu_percent: 190}\nobserve_interval: 0\n",
    )
    .unwrap_err();
    for said in [
        "config.yaml:1:43: `low` 80 is not below `high` 20",
        "config.yaml:2:29: `min_cores` 9 exceeds `max_cores` 8",
        "config.yaml:3:37: `max_host_cpu_percent`: 190 is out of range",
        "config.yaml:4:19: `observe_interval` is 0",
    ] {
        assert!(message.contains(said), "{said} is not in {message}");
    }
    assert!(parse("modus: full").unwrap_err().contains("config.yaml:1:1: unknown key `modus`"));
    assert!(
        parse("virtual_machines: [{vm_id: 101}, {vm_id: '101'}]")
            .unwrap_err()
            .contains("VM 101 stands here twice")
    );
}
