use super::*;

fn parse(text: &str) -> Result<SchedulerConfig, String> {
    Checked::new(Path::new("config.yaml"), text.as_bytes()).finish().map_err(|e| e.to_string())
}

#[test]
fn an_empty_file_observes_nothing_and_changes_nothing() {
    let config = parse("{}").unwrap();
    assert_eq!(config, SchedulerConfig::default());
    assert_eq!(
        config.resolve(None, None, crate::schedule::Holding::default()).0,
        crate::VmSettings::DEFAULT
    );
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
