//! What variables do to a configuration, and that nothing tells what they hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

use std::path::Path;

use proptest::prelude::*;
use vm_autoscale_config::{Checked, Environment, Origin, SchedulerConfig, Secret};

const FULL: &str = include_str!("good/full.yaml");

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::new(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
}

fn check(text: &str, variables: &[(&str, &str)]) -> Checked<SchedulerConfig> {
    Checked::expanded(Path::new("c.yaml"), text.as_bytes(), &environment(variables))
}

fn read(text: &str, variables: &[(&str, &str)]) -> SchedulerConfig {
    check(text, variables).finish().unwrap()
}

#[test]
fn a_variable_is_what_the_key_wants() {
    let text = "
check_interval: ${N}
memory_shrink: '${YES}'
mode: ${MODE}
scaling_thresholds: {cpu: {high: \"${N}.5\", low: \"${LOW:-20}\"}}
scaling_limits: {max_cores: \"${N}\"}
select: ['${N}0', '${RANGE}', '${TEXT:-305}']
virtual_machines:
- vm_id: ${N}1
  proxmox_host: ${N}
- vm_id: '1${N}'
alerts:
  email_enabled: ${NO:-false}
  smtp_password: ${N}
  smtp_user: ${EMPTY}
  smtp_server: ${EMPTY:-mail}.${HOST}
  email_recipient: a$b$$c$${N}$
logging:
  level: ${LEVEL}
  log_file: ${DIR}/x.log
";
    let variables = [
        ("N", "60"),
        ("YES", "true"),
        ("MODE", "up-only"),
        ("RANGE", "200-299"),
        ("EMPTY", ""),
        ("HOST", "lan"),
        ("LEVEL", "WARN"),
        ("DIR", "/${N}"),
    ];
    let plain = "
check_interval: 60
memory_shrink: true
mode: up-only
scaling_thresholds: {cpu: {high: 60.5, low: 20}}
scaling_limits: {max_cores: 60}
select: [600, 200-299, '305']
virtual_machines:
- vm_id: 601
  proxmox_host: '60'
- vm_id: 160
alerts:
  email_enabled: false
  smtp_password: '60'
  smtp_user: ''
  smtp_server: mail.lan
  email_recipient: a$b$$c${N}$
logging: {level: WARN, log_file: '/${N}/x.log'}
";
    let plain: SchedulerConfig = serde_yaml::from_str(plain).unwrap();
    assert_eq!(read(text, &variables), plain);
    // Keys are no values, and quoted numbers stay text.
    let problem = check("${N}: 1\ncheck_interval: '5'\n", &[("N", "mode")]).into_report();
    assert!(problem.to_string().contains("unknown key `${N}`"), "{problem}");
    assert!(problem.to_string().contains("`check_interval` is the text `5`"), "{problem}");
}

#[test]
fn some_variables_hold_over_the_file() {
    let variables = [
        ("VM_AUTOSCALE_SMTP_PASSWORD", "one"),
        ("VM_AUTOSCALE_GOTIFY_TOKEN", "${two}"),
        ("VM_AUTOSCALE_UPTIME_KUMA_WEBHOOK", "https://three.lan"),
        ("VM_AUTOSCALE_NTFY_TOKEN", "five"),
        ("VM_AUTOSCALE_WEBHOOK_URL", "https://six.lan"),
        ("VM_AUTOSCALE_WEBHOOK_SECRET", "seven-and-fourteen"),
        ("VM_AUTOSCALE_HEALTHCHECKS_URL", "https://eight.lan"),
    ];
    let secrets = |config: &SchedulerConfig| {
        let all = [
            &config.alerts.smtp_password,
            &config.gotify.app_token,
            &config.uptime_kuma_url,
            &config.ntfy.access_token,
            &config.webhook_url,
            &config.webhook_secret,
            &config.healthchecks_url,
        ];
        all.map(|secret| secret.as_ref().map(|secret| Secret::expose(secret).to_owned()))
    };
    let file = "alerts: {smtp_password: \"${UNSET}\", smtp_user: u}\ngotify:\n";
    for text in [file, "{}", "uptime_kuma_url: https://four.lan"] {
        let config = read(text, &variables);
        let expected = variables.map(|(_, value)| Some(value.to_owned()));
        assert_eq!(secrets(&config), expected, "{text}");
    }
    let empty = variables.map(|(name, _)| (name, ""));
    let [_, _, kuma, others @ ..] = secrets(&read("uptime_kuma_url: https://four.lan", &empty));
    assert_eq!((kuma.as_deref(), others), (Some("https://four.lan"), [const { None }; 4]));

    let checked = check(file, &variables);
    let origin = |path: &str| checked.origin(path).map(|origin| origin.to_string());
    let password = origin("alerts.smtp_password");
    assert_eq!(password.as_deref(), Some("variable VM_AUTOSCALE_SMTP_PASSWORD"));
    assert_eq!(origin("gotify.app_token").unwrap(), "variable VM_AUTOSCALE_GOTIFY_TOKEN");
    assert_eq!(origin("alerts.smtp_user").as_deref(), Some("c.yaml:1:48"));
    assert_eq!(origin("alerts.smtp_port"), None);
    // A section that is none stays the problem that it is.
    assert_eq!(check("gotify: 5", &variables).into_report().problems().len(), 1);
}

#[test]
fn every_value_can_be_traced_and_no_secret_is_shown() {
    let text = "\
# A comment.
mode: full
virtual_machines:
- {vm_id: '101', thresholds: {cpu: {high: 70.5, low: \"${LOW}\"}}}
- vm_id: 102
  mode:
select: []
logging: {level: \"a\\tb\"}
alerts:
  smtp_password: ${PASSWORD}
  smtp_user: \"${USER:-me}\"
gotify: {app_token: \"${TOKEN:-hunter2}\"}
uptime_kuma_url: https://kuma/hunter2
";
    let variables = ["LOW", "PASSWORD", "VM_AUTOSCALE_GOTIFY_TOKEN"].map(|name| (name, "hunter2"));
    let entries = check(text, &variables[..2]).entries();
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {} = {}", entry.origin, entry.path, entry.shown))
        .collect();
    let expected = [
        "c.yaml:2:7 mode = full",
        "c.yaml:4:11 virtual_machines[0].vm_id = 101",
        "c.yaml:4:43 virtual_machines[0].thresholds.cpu.high = 70.5",
        "c.yaml:4:54 virtual_machines[0].thresholds.cpu.low = ${LOW}",
        "c.yaml:5:10 virtual_machines[1].vm_id = 102",
        "c.yaml:7:9 select = []",
        "c.yaml:8:18 logging.level = a␉b",
        "c.yaml:10:18 alerts.smtp_password = ${PASSWORD}",
        "c.yaml:11:14 alerts.smtp_user = ${USER:-me}",
        "c.yaml:12:21 gotify.app_token = (secret)",
        "c.yaml:13:18 uptime_kuma_url = (secret)",
    ];
    assert_eq!(lines, expected);
    let last = check(text, &variables).entries().pop().unwrap();
    assert_eq!(last.origin, Origin::Variable("VM_AUTOSCALE_GOTIFY_TOKEN"));
    assert_eq!(last.shown, "${VM_AUTOSCALE_GOTIFY_TOKEN}");
}

/// Neither work nor memory grows beyond what the file and the limit allow.
#[test]
fn bombs_of_variables_end_with_one_problem() {
    let big = "x".repeat(1024 * 1024);
    let one = format!("alerts: {{smtp_user: \"{}\"}}", "${BIG}".repeat(100_000));
    let many = format!("select: [{}]", "\"${BIG}\", ".repeat(100_000));
    for text in [one, many] {
        let report = check(&text, &[("BIG", &big)]).into_report();
        let said: Vec<&str> = report.problems().iter().map(|p| p.problem.as_str()).collect();
        let too_long = said.iter().filter(|said| said.contains("this is too long"));
        assert_eq!(too_long.count(), 1, "{said:?}");
        // Those before it are no VMIDs.
        assert!(said.len() <= 5, "{said:?}");
    }
    let unset = format!("alerts: {{smtp_user: \"{}\"}}", "${UNSET}${TOO}".repeat(100_000));
    let said = check(&unset, &[]).into_report().to_string();
    assert!(
        said.contains("the variables `UNSET`, `TOO` are not set") && said.len() < 1000,
        "{said}"
    );
    // What a variable gives is no text with variables.
    let config = read("alerts: {smtp_user: \"${A}\"}", &[("A", "${A}${A}")]);
    assert_eq!(config.alerts.smtp_user.as_deref(), Some("${A}${A}"));
}

/// The env file is said to be broken elsewhere: what may stand in it is not said to be missing.
#[test]
fn an_incomplete_environment_makes_no_configuration_and_no_problem() {
    let incomplete = environment(&[]).incomplete();
    let text = b"mode: ful\nalerts: {smtp_user: \"${A}\"}";
    let checked = Checked::<SchedulerConfig>::expanded(Path::new("c"), text, &incomplete);
    assert_eq!(checked.into_report().problems().len(), 1);
    let checked = Checked::<SchedulerConfig>::expanded(Path::new("c"), &text[10..], &incomplete);
    assert!(checked.finish().unwrap_err().problems().is_empty());
}

#[test]
fn whoever_may_not_read_the_env_file_is_told_so() {
    let without = environment(&[]).without_file(Path::new("/etc/x.env"));
    let checked = Checked::<SchedulerConfig>::expanded(Path::new("c"), b"mode: ${MODE}", &without);
    let said = checked.into_report().to_string();
    assert!(said.contains("this user may not read /etc/x.env: ask as root"), "{said}");
}

/// Where a value stands that a variable can take the place of: behind a colon or a dash.
fn values(text: &str) -> Vec<(usize, usize)> {
    let starts = text.match_indices(": ").chain(text.match_indices("- "));
    let mut all: Vec<(usize, usize)> = starts
        .map(|(at, mark)| at + mark.len())
        .filter(|start| !text[*start..].starts_with(['\n', '[', '{']))
        .map(|start| (start, start + text[start..].find([',', '}', ']', '\n', ':']).unwrap()))
        .filter(|(_, end)| !text[*end..].starts_with(':'))
        .collect();
    all.sort_unstable();
    all
}

/// Values that no message may repeat, not even in parts: each part that could be taken for a rule
/// or a number is marked.
const CANARIES: [&str; 10] = [
    "zqcanary",
    "zqcanary (zqcanary)",
    "x (zqcanary)",
    "1\nzqcanary",
    "5 is outside zqcanary",
    "zqcanary-100",
    "918273645",
    "918273.645",
    "-918273645",
    "91827364591827364591827364",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn nothing_tells_what_a_variable_holds(
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
        canary in prop::sample::select(&CANARIES[..]),
        around in prop::sample::select(&["${C}", "${C}0", "1${C}", "${C}${C}"][..]),
        by_default: bool,
    ) {
        // Two entries with the same variable break rules across keys, too.
        let text = FULL.replace("...", "");
        let all = values(&text);
        let mut chosen: Vec<_> = places.iter().map(|at| all[at.index(all.len())]).collect();
        chosen.sort_unstable();
        chosen.dedup();
        let mut changed = text.clone();
        for (start, end) in chosen.iter().rev() {
            changed.replace_range(start..end, &format!("\"{around}\""));
        }
        let variables = [("C", canary), ("VM_AUTOSCALE_SMTP_PASSWORD", canary)];
        let checked = check(&changed, &variables[usize::from(by_default)..]);
        let entries = format!("{:?}", checked.entries());
        let debug = format!("{checked:?}");
        let report = checked.into_report();
        for shown in [entries, debug, report.render(true), report.to_json(), format!("{report:?}")] {
            let is_told = ["zqcanary", "918273", "273645"].iter().any(|part| shown.contains(part));
            prop_assert!(!is_told, "{}\n{}", shown, changed);
        }
    }
}
