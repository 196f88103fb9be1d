//! Old files of every kind, broken and large.

use proptest::prelude::*;

use super::*;

/// A line of a fixture, and what is done to it.
fn edit() -> impl Strategy<Value = (prop::sample::Index, u8, prop::sample::Index)> {
    (any::<prop::sample::Index>(), 0..7u8, any::<prop::sample::Index>())
}

const VALUES: [&str; 22] = [
    "0",
    "1",
    "-1",
    "99999999999999999999",
    "1e400",
    ".nan",
    "true",
    "no",
    "''",
    "~",
    "text",
    "[]",
    "{}",
    "[1, {a: b}]",
    "{name: x}",
    "!x y",
    "&a x",
    "*a",
    "\"\\0\\u2028\"",
    "192.0.2.9",
    "a.b",
    "\"a: # b\"",
];

fn mutate(fixture: &str, edits: &[(prop::sample::Index, u8, prop::sample::Index)]) -> String {
    let mut lines: Vec<String> = fixture.lines().map(str::to_owned).collect();
    for (at, how, value) in edits {
        let at = at.index(lines.len());
        let value = VALUES[value.index(VALUES.len())];
        let line = lines[at].clone();
        let key = line.split_once(": ").map_or(line.as_str(), |(key, _)| key);
        match how {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, line),
            2 | 3 => lines[at] = format!("{key}: {value}"),
            4 => lines[at] = format!("  {line}"),
            5 => lines[at] = line.trim_start().to_owned(),
            _ => lines[at] = format!("{key}x: {value}"),
        }
        if lines.is_empty() {
            lines.push(String::new());
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    /// Either what is wrong has a place, or both files are ones that the programs take.
    #[test]
    fn any_file_gives_good_files_or_problems_with_places(
        which in 0..3usize,
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        let yaml = mutate(FIXTURES[which], &edits);
        let told = match import(&yaml) {
            Ok(made) => {
                let rows = table::render(&made.rows, 80);
                format!("{}{}{rows}", made.config, made.helper)
            }
            Err(Error::Config(vm_autoscale_config::Error::Invalid(report))) => {
                prop_assert!(!report.problems().is_empty());
                for problem in report.problems() {
                    prop_assert!(problem.line > 0 || problem.path.is_empty(), "{problem:?}\n{yaml}");
                }
                report.render(false) + &report.to_json()
            }
            Err(other) => return Err(TestCaseError::fail(format!("{other}\n{yaml}"))),
        };
        prop_assert!(!told.contains("canary"), "{told}\n{yaml}");
    }
}

#[test]
fn more_than_the_programs_read_is_refused_with_its_place() {
    let hosts =
        (0..=1000).map(|n| format!("- {{name: h{n}, host: 192.0.{}.{}}}\n", n / 250, n % 250));
    let report = refused(&format!("proxmox_hosts:\n{}", hosts.collect::<String>()));
    assert!(report.contains("old.yaml:1002:3: more than 1000 of them"), "{report}");
    // As many VMs as may be, with all that one can have.
    let vms = (100..10_100).map(|n| {
        format!(
            "- {{vm_id: {n}, proxmox_host: a, scaling_enabled: yes, cpu_scaling: yes, ram_scaling: yes, \
             thresholds: {{cpu_low: 1, ram_low: 2}}, scaling_limits: {{max_ram_mb: {}}}}}\n",
            2048 + n
        )
    });
    let made = import(&format!("{HOST}virtual_machines:\n{}", vms.collect::<String>())).unwrap();
    assert_eq!(made.old.vms.len(), 10_000);
}

#[test]
fn many_hosts_and_vms_take_no_time_that_grows_faster_than_they() {
    let hosts = (0..200).map(|n| format!("- {{name: h{n}, host: 192.0.2.{}}}\n", n % 250));
    let vms = (0..5000).map(|n| {
        format!("- {{vm_id: {}, proxmox_host: h{}, cpu_scaling: true}}\n", 100 + n, n % 200)
    });
    let yaml = format!(
        "proxmox_hosts:\n{}virtual_machines:\n{}",
        hosts.collect::<String>(),
        vms.collect::<String>()
    );
    let made = import(&yaml).unwrap();
    let counts = made.rows.iter().fold(BTreeMap::new(), |mut counts, row| {
        *counts.entry(row.general.as_str()).or_insert(0) += 1;
        counts
    });
    assert_eq!((counts["virtual_machines[].vm_id"], counts["proxmox_hosts[].name"]), (5000, 200));
    // Every row once in the JSON, and few lines in the table.
    assert!(table::render(&made.rows, 100).lines().count() < 6000);
}
