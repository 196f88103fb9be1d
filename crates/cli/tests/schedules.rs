//! `vm-autoscale config show` of a file with schedules, as an administrator runs it.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

const FILE: &str = "\
scaling_limits: {max_cores: 6}
schedules:
  - {name: always, at: daily, for: 1d, scaling_limits: {min_cores: 3}}
  - {name: over, at: 2021-06-01 12:00, for: 1h, timezone: Europe/Berlin, profile: economy}
  - {name: calm, at: hourly, for: 2h, timezone: UTC, profile: steady}
";

/// On a machine whose time zone is that.
#[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
fn shown(zone: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("config.yaml"), FILE).unwrap();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_vm-autoscale"));
    program.args(["config", "show", "--effective", "--config", "config.yaml"]).env("TZ", zone);
    let output = program.current_dir(directory.path()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn each_schedule_is_shown_and_each_value_with_the_line_that_says_it() {
    let lines = shown("Asia/Kathmandu");
    for (key, said) in [
        ("schedules.always ", "daily for 1d, Asia/Kathmandu: holds since 20"),
        ("schedules.always ", " 00:00  config.yaml:3:24"),
        (
            "schedules.over ",
            "2021-06-01 12:00 for 1h, Europe/Berlin: never again  config.yaml:4:22",
        ),
        ("schedules.calm ", "hourly for 2h, UTC: holds since 20"),
        ("scaling_limits.min_cores ", " 3 "),
        ("scaling_limits.min_cores ", "config.yaml:3:68 (schedule always)"),
        ("scaling_limits.max_cores ", "config.yaml:1:29"),
        ("adaptive.memory.target ", " 0.8 "),
        ("adaptive.memory.target ", "config.yaml:5:63 (profile steady of schedule calm)"),
    ] {
        let found = lines.iter().any(|line| line.contains(key) && line.contains(said));
        assert!(found, "{key}{said}: {lines:#?}");
    }
    assert!(shown("UTC").iter().any(|line| line.contains("daily for 1d, UTC: holds since 20")));
}
