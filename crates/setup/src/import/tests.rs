//! What holds for any old file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use vm_autoscale_config::{Answer, Clusters, Mode, Roster, VmFacts};
use vm_autoscale_proxmox::Tags;

mod hostile;

use super::*;
use crate::args::Format;
use crate::import::keys::Verdict;

const FIXTURES: [&str; 3] = [
    include_str!("../../tests/fixtures/original.yaml"),
    include_str!("../../tests/fixtures/secure-ssh.yaml"),
    include_str!("../../tests/fixtures/secure-api.yaml"),
];

/// Every key of the three programs, written down from their schemas and examples, and not from
/// our own table: `section: key key`.
const KNOWN: &str = "
: min_cores max_cores min_ram max_ram check_interval scale_cooldown scale_down_after_cycles
: notification_dedup_seconds auto_configure_hotplug dry_run ssh_host_key_policy ssh_known_hosts
scaling_thresholds.cpu: high low
scaling_thresholds.ram: high low
scaling_limits: min_cores max_cores min_ram_mb max_ram_mb
proxmox_hosts[]: name host ssh_user ssh_password ssh_key ssh_port
proxmox_hosts[]: api_port api_username api_password api_token_id api_token_secret verify_ssl
proxmox_hosts[]: ca_cert_path node_name auto_discover_nodes timeout max_retries
virtual_machines[]: vm_id proxmox_host scaling_enabled cpu_scaling ram_scaling
virtual_machines[].thresholds: cpu_high cpu_low ram_high ram_low
virtual_machines[].thresholds.cpu: high low
virtual_machines[].thresholds.ram: high low
virtual_machines[].scaling_limits: min_cores max_cores min_ram_mb max_ram_mb
host_limits: max_host_cpu_percent max_host_ram_percent
logging: level log_file
alerts: email_enabled email_recipient smtp_server smtp_port smtp_user smtp_password
gotify: enabled server_url app_token priority
metrics: enabled bind port path
billing: enabled billing_period_days cost_per_cpu_core_per_hour cost_per_gb_ram_per_hour
billing: csv_output_dir webhook_script webhook_url";

fn arguments() -> Import {
    Import {
        old: "old.yaml".into(),
        output: "out".into(),
        address: Vec::new(),
        from: None,
        identity: "/etc/vm-autoscale/id_ed25519".into(),
        known_hosts: "/etc/vm-autoscale/known_hosts".into(),
        output_format: Format::Text,
    }
}

/// Knows every name that has a dot.
fn resolver(name: &str) -> Vec<IpAddr> {
    if name.contains('.') { vec!["192.0.2.1".parse().unwrap()] } else { Vec::new() }
}

fn import(yaml: &str) -> Result<Made, Error> {
    import_from(None, yaml)
}

fn import_from(from: Option<Tool>, yaml: &str) -> Result<Made, Error> {
    let file = Foreign::new(Path::new("old.yaml"), yaml.as_bytes());
    let file = file.map_err(vm_autoscale_config::Error::from)?.hiding(said::is_secret);
    make(&file, &Import { from, ..arguments() }, &resolver)
}

fn refused(yaml: &str) -> String {
    match import(yaml) {
        Err(Error::Config(vm_autoscale_config::Error::Invalid(report))) => report.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_key_of_the_three_programs_has_a_verdict() {
    let lines = KNOWN.lines().filter_map(|line| line.split_once(':'));
    let known: BTreeSet<String> = lines
        .flat_map(|(section, keys)| {
            let dot = if section.is_empty() { "" } else { "." };
            keys.split_whitespace().map(move |key| format!("{section}{dot}{key}"))
        })
        .collect();
    let table: Vec<&str> = keys::all().map(|key| key.path).collect();
    assert_eq!(table.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>(), known);
    assert_eq!(table.len(), known.len(), "a key stands twice in the table");
    for key in keys::all() {
        assert!(!key.tools.is_empty() && key.did.len() > 10 && key.now.len() > 10, "{key:?}");
        let names_its_place =
            key.now.starts_with("config.yaml: ") || key.now.starts_with("helper.yaml: ");
        assert!(names_its_place || key.verdict != Verdict::Carried, "{key:?}");
        // The forks have none of these versions.
        let versions = [key.did, key.now].concat().contains(" 1.");
        let is_told_whose = key.did.contains("the original") || key.tools == [Tool::Original];
        assert!(!versions || is_told_whose, "{key:?}");
    }
}

/// The fixtures have all of them, so that each was read and told.
#[test]
fn every_key_is_in_a_fixture_and_told() {
    let told: BTreeSet<String> = FIXTURES
        .iter()
        .flat_map(|fixture| import(fixture).unwrap().rows)
        .filter(|row| row.line.is_some())
        .map(|row| row.general)
        .collect();
    let missing: Vec<&str> =
        keys::all().map(|key| key.path).filter(|path| !told.contains(*path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn an_unknown_key_is_told_with_the_one_that_was_meant_and_without_its_value() {
    let made = import(FIXTURES[0]).unwrap();
    let find = |key: &str| made.rows.iter().find(|row| row.key.ends_with(key)).unwrap();
    assert_eq!(find("max_core").now, "left out. Did you mean `max_cores`?");
    assert_eq!(find("].scaling_limit").now, "left out. Did you mean `scaling_limits`?");
    let row = find("ssh_pass");
    assert_eq!((row.said.as_str(), row.verdict), ("(not shown)", Verdict::Refused));
}

#[test]
fn what_holds_for_a_vm_is_what_held() {
    let made = import(FIXTURES[0]).unwrap();
    let config: SchedulerConfig =
        Checked::expanded(Path::new("x"), made.config.as_bytes(), &made.old.secrets())
            .finish()
            .unwrap();
    let clusters: Clusters = made
        .old
        .hosts
        .iter()
        .map(|host| (host.cluster.clone().unwrap(), [host.node.clone().unwrap()].into()))
        .collect();
    let config = Arc::new(config);
    let of = |cluster: &str, vmid: u32| {
        let cluster = cluster.try_into().unwrap();
        let roster = Roster::new(config.clone(), &cluster, &clusters);
        let (node, tags) = (&clusters[&cluster].first().unwrap(), Tags::default());
        let (described, pool) = (Some((None, &tags)), Some(None));
        let vm = VmFacts {
            vmid: vmid.try_into().unwrap(),
            cluster: None,
            node: Some(node),
            described,
            pool,
        };
        match roster.answer(&vm) {
            Answer::Yes(managed) => Some(managed.settings),
            _ => None,
        }
    };
    let own = of("host1", 101).unwrap();
    assert_eq!((own.cpu_high, own.cpu_low, own.ram_high), (70.0, 10.0, 80.0));
    assert_eq!((own.min_cores, own.max_cores), (2, 6));
    assert_eq!((own.min_ram_mb, own.max_ram_mb), (2048, 8192));
    let wide = of("host1", 102).unwrap();
    assert_eq!((wide.min_cores, wide.max_cores), (1, 16));
    // What a VM's own marks leave out is what all have.
    let half = of("host1", 105).unwrap();
    assert_eq!((half.cpu_high, half.cpu_low, half.ram_low), (60.0, 15.0, 40.0));
    assert!(!of("pve-2-lan", 201).unwrap().ram_scaling);
    // The original left alone a VM without `scaling_enabled`.
    assert_eq!((of("pve-2-lan", 202), of("backup", 301)), (None, None));
    assert_eq!((own.mode, own.memory_shrink), (Mode::Observe, false));
    assert!(config.dry_run, "{}", made.config);
    assert_eq!((own.check_interval, own.scale_cooldown), (60, 1));
}

#[test]
fn the_helper_lets_happen_what_the_old_limits_allowed_and_no_more() {
    let made = import(FIXTURES[0]).unwrap();
    let helper: HelperConfig =
        Checked::new(Path::new("x"), made.helper.as_bytes()).finish().unwrap();
    let cluster = |name: &str| helper.cluster(&name.try_into().unwrap()).unwrap();
    assert!(made.helper.contains("vms: [101, 103-105]"), "{}", made.helper);
    let rule = |name: &str, vmid: u32| {
        let rule = cluster(name).rule(vmid.try_into().unwrap())?;
        Some((rule.max_vcpus.map(u32::from), rule.max_memory.map(u32::from)))
    };
    assert_eq!(rule("host1", 101), Some((Some(6), Some(8192))));
    assert_eq!(rule("host1", 102), Some((Some(16), Some(32768))));
    assert_eq!(rule("pve-2-lan", 201), Some((Some(6), None)));
    assert_eq!(
        (rule("pve-2-lan", 202), rule("backup", 301), rule("host1", 106)),
        (None, None, None)
    );
    let nodes = &cluster("pve-2-lan").nodes;
    assert_eq!(
        (nodes[0].name.as_str(), nodes[0].address.to_string().as_str()),
        ("pve-2", "192.168.1.11")
    );
    let backup = cluster("backup");
    assert_eq!((backup.user.as_str(), backup.nodes[0].port), ("autoscale", 2222));
}

const HOST: &str = "proxmox_hosts: [{name: a, host: 192.0.2.1}]\n";

/// A channel that the new program does not take is switched off, and told.
#[test]
fn messages_that_cannot_be_sent_are_not_promised() {
    for (section, key, said) in [
        (
            "gotify: {enabled: true, server_url: 'http://gotify.lan', app_token: x}",
            "gotify.enabled",
            "in the clear",
        ),
        (
            "alerts: {email_enabled: true, email_recipient: me, smtp_server: mail.lan}",
            "alerts.email_enabled",
            "`me` is no mail address",
        ),
    ] {
        let made = import(&format!("{HOST}{section}\n")).unwrap();
        let row = made.rows.iter().find(|row| row.key == key).unwrap();
        assert!(row.verdict == Verdict::Replaced && row.now.contains(said), "{row:?}");
        assert!(made.config.contains("nabled: false"), "{}", made.config);
        let left = format!("{:?}", steps::all(&made.rows, &made.old, &arguments()));
        assert!(left.contains(&format!("\"{key}: ")) && left.contains(said), "{left}");
        assert!(!left.contains("network.conf"), "{left}");
    }
    // Where it is known what they are, the new file names them.
    let home = "gotify: {enabled: true, server_url: 'http://192.168.1.5:8080', app_token: x}\n\
                alerts: {email_enabled: true, email_recipient: a@b.de, smtp_server: localhost}";
    let made = import(&format!("{HOST}{home}\n")).unwrap();
    let wanted = "\nnotify_allow: [localhost, \"192.168.1.5\"]\n";
    assert!(
        made.config.contains(wanted) && !made.config.contains("nabled: false"),
        "{}",
        made.config
    );
    let row = made.rows.iter().find(|row| row.key == "gotify.server_url").unwrap();
    assert!(row.verdict == Verdict::Carried && row.now.contains("notify_allow"), "{row:?}");
    let good = "alerts: {email_enabled: true, email_recipient: 'Ops <a@example.com>', smtp_server: localhost, smtp_user: u}";
    assert!(import(&format!("{HOST}{good}\n")).unwrap().config.contains("email_enabled: true"));
}

/// The secure fork's file is where ours goes.
#[test]
fn no_step_overwrites_the_old_file_or_runs_both_programs() {
    let made = import(FIXTURES[0]).unwrap();
    let steps = |old: &str| {
        let steps = steps::all(&made.rows, &made.old, &Import { old: old.into(), ..arguments() });
        steps.into_iter().flat_map(|(title, lines)| [vec![title], lines].concat()).collect()
    };
    let lines: Vec<String> = steps("/etc/vm-autoscale/config.yaml");
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
    let in_order = [
        "systemctl disable --now vm-autoscale-secure.service",
        "cp -a /etc/vm-autoscale/config.yaml /etc/vm-autoscale/config.yaml.old",
        "vm-autoscale-setup install --yes",
        "VM_AUTOSCALE_GOTIFY_TOKEN=",
        "out/config.yaml /etc/vm-autoscale/",
        "vm-autoscale-setup trust-host ",
        "vm-autoscale-setup authorize ",
        "/usr/share/vm-autoscale/systemd/vm-autoscale.service.d/network.conf /etc/systemd",
        "systemctl start vm-autoscale",
        "delete /etc/vm-autoscale/config.yaml.old",
    ]
    .map(at);
    assert!(in_order.is_sorted(), "{in_order:?}\n{lines:#?}");
    let lines: Vec<String> = steps("/usr/local/bin/vm_autoscale/config.yaml");
    assert!(!lines.iter().any(|line| line.starts_with("cp ")), "{lines:?}");
    let delete = "delete /usr/local/bin/vm_autoscale/config.yaml and";
    assert!(lines.iter().any(|line| line.contains(delete)), "{lines:?}");
}

/// A limit that never held must not become one, in the helper least of all.
#[test]
fn what_the_old_program_never_read_has_no_effect() {
    let forks = [(1, Tool::SecureSsh, "over SSH"), (2, Tool::SecureApi, "over the API")];
    for (fixture, from, tool) in forks {
        let fixture = FIXTURES[fixture];
        let own = "ram_scaling: true\n    thresholds: {cpu_high: 99, cpu: {high: 98}}\n    \
                   scaling_limits: {max_cores: 64, max_ram_mb: 500000, min_cores: often}\n";
        let all = "max_cores: 32\nmax_ram: 400000\nscale_down_after_cycles: 77\n";
        let yaml = format!("{all}{}", fixture.replacen("ram_scaling: true\n", own, 1));
        // Which of them it is, nobody can know from that.
        let report = refused(&yaml);
        assert!(report.contains("old.yaml:1:1: `max_cores` is the original"), "{report}");
        assert!(report.contains(" on line ") && report.contains("--from secure-api"), "{report}");
        let made = import_from(Some(from), &yaml).unwrap();
        assert!(!made.helper.contains("64") && !made.helper.contains("500000"), "{}", made.helper);
        assert!(!made.config.contains("thresholds:\n      cpu"), "{}", made.config);
        assert_eq!((made.old.limits.cores, made.old.limits.ram), ((1, 8), (1024, 16_384)));
        assert_eq!(made.old.scale_down_after_cycles, 2);
        let never = ["max_cores", "max_ram", "].scaling_limits.max_cores", "].thresholds.cpu_high"];
        for key in never {
            let row = made.rows.iter().find(|row| row.key.ends_with(key)).unwrap();
            let said = format!("{tool} never read it, so it did not hold; write it yourself");
            assert!(row.verdict == Verdict::Refused && row.now.contains(&said), "{row:?}");
        }
        let cycles: Vec<_> =
            made.rows.iter().filter(|row| row.key == "scale_down_after_cycles").collect();
        assert!(cycles.len() == 1 && cycles[0].now.ends_with("instead: 2"), "{cycles:?}");
    }
}

#[test]
fn the_program_is_known_by_its_keys_or_said() {
    let tool = |more: &str| import(&format!("{HOST}{more}")).unwrap().tool;
    assert_eq!(tool("dry_run: true"), Tool::Original);
    assert_eq!(tool("logging: {log_file: /var/log/vm-autoscale/x}"), Tool::SecureSsh);
    assert_eq!(import(FIXTURES[2]).unwrap().tool, Tool::SecureApi);
    let api = "proxmox_hosts: [{name: a, host: 192.0.2.1,\n  api_port: 1}]\nmetrics: {port: 1}\n";
    let report = refused(api);
    let both = "old.yaml:3:1: `metrics.port` is the original program's alone, and \
                `proxmox_hosts[0].api_port` on line 2 is";
    assert!(report.contains(both), "{report}");
    for from in [Tool::Original, Tool::SecureSsh, Tool::SecureApi] {
        assert_eq!(import_from(Some(from), api).unwrap().tool, from);
    }
}

#[test]
fn what_the_old_program_demanded_is_not_called_its_default() {
    let said = |from: Tool, key: &str| {
        let rows = import_from(Some(from), HOST).unwrap().rows;
        rows.into_iter().find(|row| row.key == key).unwrap().said
    };
    let demanded = "not said; the old program refused to start without it; written out here: ";
    let default = "not said; the old default: ";
    for (from, key, begin, value) in [
        (Tool::Original, "scaling_thresholds.cpu.high", demanded, "80"),
        (Tool::Original, "host_limits.max_host_cpu_percent", demanded, "90"),
        (Tool::Original, "proxmox_hosts[0].ssh_user", demanded, "root"),
        (Tool::Original, "scaling_limits.max_cores", default, "8"),
        (Tool::SecureSsh, "scaling_thresholds.ram.low", demanded, "25"),
        (Tool::SecureSsh, "proxmox_hosts[0].ssh_user", default, "root"),
        (Tool::SecureApi, "scaling_limits.max_cores", demanded, "8"),
        (Tool::SecureApi, "host_limits.max_host_cpu_percent", default, "90"),
        (Tool::SecureApi, "scale_cooldown", default, "300"),
    ] {
        assert_eq!(said(from, key), format!("{begin}{value}"), "{key}");
    }
}

#[test]
fn a_dry_run_stays_one() {
    for (said, written) in [("dry_run: true", true), ("dry_run: false", true), ("", false)] {
        let made = import(&format!("{HOST}{said}\n")).unwrap();
        assert_eq!(made.config.contains("dry_run"), written);
        assert!(made.config.contains(&format!("\n{said}\n")), "{}", made.config);
        let row = made.rows.iter().find(|row| row.key == "dry_run");
        assert_eq!(row.map(|row| row.verdict), written.then_some(Verdict::Carried));
    }
    // The fork never read it.
    let made = import_from(Some(Tool::SecureSsh), &format!("{HOST}dry_run: true\n")).unwrap();
    assert!(!made.config.contains("dry_run"), "{}", made.config);
}

#[test]
fn what_stands_in_quotes_is_meant_all_the_same() {
    let yaml = "proxmox_hosts:\n- {name: a, host: 192.0.2.1, ssh_port: '2222'}\n\
                - {name: b, host: 192.0.2.1, ssh_port: 22}\n\
                check_interval: \" 60\"\nscaling_thresholds: {cpu: {high: '75.5'}}\n\
                virtual_machines: [{vm_id: 100, proxmox_host: a, scaling_enabled: 'True', \
                cpu_scaling: \"on\", ram_scaling: 'false'}]\n";
    let old = import(yaml).unwrap().old;
    let vm = &old.vms[0];
    assert_eq!((vm.enabled, vm.cpu_scaling, vm.ram_scaling), (true, true, false));
    assert_eq!((old.hosts[0].port, old.check_interval, old.cpu.high), (2222, 60, 75.5));
    for wrong in ["check_interval: '1.5'", "scaling_thresholds: {cpu: {high: 'nan'}}"] {
        assert!(refused(&format!("{HOST}{wrong}")).contains(" is `"), "{wrong}");
    }
}

#[test]
fn flat_limits_of_old_hold_where_the_section_says_nothing() {
    let made = import(&format!(
        "{HOST}max_cores: 4\nmin_ram: 512\nscaling_limits: {{max_ram_mb: 2048}}\n"
    ));
    let made = made.unwrap();
    assert_eq!((made.old.limits.cores, made.old.limits.ram), ((1, 4), (512, 2048)));
    let unsaid: Vec<&str> =
        made.rows.iter().filter(|row| row.line.is_none()).map(|row| row.key.as_str()).collect();
    assert!(unsaid.contains(&"scaling_limits.min_cores"), "{unsaid:?}");
    assert!(!unsaid.contains(&"scaling_limits.max_cores"), "{unsaid:?}");
}

#[test]
fn what_cannot_be_used_is_said_with_its_place() {
    for (yaml, said) in [
        ("[1, 2]", "old.yaml:1:1: this is no configuration"),
        ("check_interval: 60", "`proxmox_hosts` is missing"),
        ("proxmox_hosts: {name: a}", "old.yaml:1:"),
        ("proxmox_hosts: [a]", "old.yaml:1:17: this is no section"),
        ("proxmox_hosts: [{name: a}]", "`host` is missing"),
        ("proxmox_hosts: [{name: '/', host: 192.0.2.1}]", "no letter or digit"),
        (
            "proxmox_hosts:\n- {name: a b, host: 192.0.2.1}\n- {name: a-b, host: 192.0.2.2}",
            "old.yaml:3:10: this name is taken by the host on line 2",
        ),
        (
            "proxmox_hosts:\n- {name: a, host: 192.0.2.1}\n- {name: b, host: 192.0.2.1, ssh_port: '22'}",
            "old.yaml:3:19: the host on line 2 has this address and port, too",
        ),
        ("proxmox_hosts: [{name: a, host: nowhere}]", "name it: --address 'a=IP'"),
        ("proxmox_hosts: [{name: a, host: '$(id).x'}]", "name it: --address 'a=IP'"),
        ("proxmox_hosts: [{name: a, host: '${HOST}'}]", "`host` is a variable"),
        ("H\nvirtual_machines: [{vm_id: 99, proxmox_host: a}]", "old.yaml:2:28: `vm_id` is 99"),
        ("H\nvirtual_machines: [{vm_id: '1;id', proxmox_host: a}]", "`vm_id` is `1;id`"),
        ("H\nvirtual_machines: [{vm_id: 100, proxmox_host: b}]", "no host has the name `b`"),
        ("H\nvirtual_machines: [{vm_id: 100}]", "`proxmox_host` is missing"),
        (
            "H\nvirtual_machines: [{vm_id: 100, proxmox_host: a}, {vm_id: '100', proxmox_host: a}]",
            "VM 100 stands here twice",
        ),
        (
            "H\nvirtual_machines: [{vm_id: 100, proxmox_host: a, thresholds: {cpu_low: 90}}]",
            "`low` 90 is not below `high` 80",
        ),
        (
            "H\nvirtual_machines: [{vm_id: 100, proxmox_host: a, thresholds: {cpu_low: 9, cpu: {low: 8}}}]",
            "both `cpu_low` and `cpu.low`",
        ),
        (
            "H\nvirtual_machines: [{vm_id: 100, proxmox_host: a, scaling_limits: {min_cores: 9}}]",
            "`min_cores` 9 exceeds `max_cores` 8",
        ),
        ("H\nmin_cores: 9", "`min_cores` 9 exceeds `max_cores` 8"),
        ("H\nscaling_thresholds: {cpu: {high: .nan}}", "a percentage, 0 to 100"),
        ("H\ncheck_interval: often", "`check_interval` is `often`"),
        ("H\nbilling: 5", "`billing` is none"),
        (
            "H\ncheck_interval: 1\ncheck_interval: 2",
            "old.yaml:3:1: `check_interval` stands here twice",
        ),
        ("x: &x {a: 1}\nH\n<<: *x", "a merge key"),
        ("H\nalerts: {email_enabled: true}", "`email_recipient` has no value"),
        ("H\nlogging: {level: loud}", "this is no level"),
    ] {
        let report = refused(&yaml.replace('H', HOST.trim_end()));
        assert!(report.contains(said), "{yaml}\n{report}");
    }
}
