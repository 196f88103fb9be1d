//! Mails and Gotify.

use std::path::Path;

use vm_autoscale_config::{Checked, Environment, SchedulerConfig, Value};

use crate::import::keys::Verdict;
use crate::import::new_config;
use crate::import::reader::{Reader, is_plain};
use crate::import::said::{has_secret, is_placeholder};
use crate::import::section::Section;

#[derive(Debug)]
pub(crate) struct Alerts {
    pub(crate) enabled: bool,
    /// Why it is switched off, where it was on.
    pub(crate) off: Option<String>,
    pub(crate) recipient: Option<String>,
    pub(crate) server: Option<String>,
    pub(crate) port: u32,
    pub(crate) user: Option<String>,
    /// What `notify_allow` has to name for it.
    pub(crate) allow: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Gotify {
    pub(crate) enabled: bool,
    /// Why it is switched off, where it was on.
    pub(crate) off: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) priority: u32,
    /// What `notify_allow` has to name for it.
    pub(crate) allow: Vec<String>,
}

pub(super) fn alerts(reader: &mut Reader, root: &Section<'_>) -> Option<Alerts> {
    if !root.has("alerts") {
        return None;
    }
    let alerts = root.section("alerts");
    let said = reader.boolean(&alerts, "email_enabled");
    let enabled = reader.or(&alerts, "email_enabled", said, false);
    let recipient = recipient(reader, &alerts);
    let server = own(reader, &alerts, "smtp_server");
    let said = reader.integer(&alerts, "smtp_port", &(1..=65_535));
    let port = reader.or(&alerts, "smtp_port", said, 587);
    let user = own(reader, &alerts, "smtp_user");
    if enabled {
        needed(reader, &alerts, "email_recipient", recipient.is_some());
        needed(reader, &alerts, "smtp_server", server.is_some());
    }
    let sent = vm_autoscale_config::Alerts {
        email_enabled: enabled,
        smtp_server: server.clone(),
        smtp_port: u16::try_from(port).unwrap_or_default(),
        ..Default::default()
    };
    let allow = SchedulerConfig { alerts: sent, ..Default::default() }.unlisted_targets();
    let mut made = Alerts { enabled, off: None, recipient, server, port, user, allow };
    let section = new_config::alerts(&made) + &new_config::allow(&made.allow);
    made.off = unfit(&section, &made.secrets()).filter(|_| enabled);
    made.enabled = enabled && made.off.is_none();
    listed(reader, alerts.path_of("smtp_server"), &made.allow);
    switched_off(reader, alerts.path_of("email_enabled"), made.off.as_deref());
    Some(made)
}

fn recipient(reader: &mut Reader, alerts: &Section<'_>) -> Option<String> {
    let entry = reader.get(alerts, "email_recipient")?;
    if entry.value() != Value::List {
        return own(reader, alerts, "email_recipient");
    }
    let mut all = Vec::new();
    for item in entry.items() {
        match item.value() {
            Value::Text(text) if is_plain(text) && !text.contains("${") => all.push(text.trim()),
            _ => {
                let path = alerts.path_of("email_recipient");
                let problem = item.problem(&path, "this is no address");
                reader.problems.push(problem.rule("a list of mail addresses"));
            }
        }
    }
    (!all.is_empty()).then(|| all.join(", "))
}

pub(super) fn gotify(reader: &mut Reader, root: &Section<'_>) -> Option<Gotify> {
    if !root.has("gotify") {
        return None;
    }
    let gotify = root.section("gotify");
    let said = reader.boolean(&gotify, "enabled");
    let enabled = reader.or(&gotify, "enabled", said, false);
    let url = own(reader, &gotify, "server_url");
    let said = reader.integer(&gotify, "priority", &(0..=10));
    let priority = reader.or(&gotify, "priority", said, 5);
    if enabled {
        needed(reader, &gotify, "server_url", url.is_some());
    }
    let sent =
        vm_autoscale_config::Gotify { enabled, server_url: url.clone(), ..Default::default() };
    let allow = SchedulerConfig { gotify: sent, ..Default::default() }.unlisted_targets();
    let mut made = Gotify { enabled, off: None, url, priority, allow };
    let section = new_config::gotify(&made) + &new_config::allow(&made.allow);
    made.off = unfit(&section, &made.secrets()).filter(|_| enabled);
    made.enabled = enabled && made.off.is_none();
    listed(reader, gotify.path_of("server_url"), &made.allow);
    switched_off(reader, gotify.path_of("enabled"), made.off.as_deref());
    Some(made)
}

/// Why the new program does not take a section, its secrets in place.
fn unfit(section: &str, secrets: &[(&str, &str)]) -> Option<String> {
    let file = Path::new("config.yaml");
    let secrets = environment(secrets.iter().copied());
    let report = Checked::<SchedulerConfig>::expanded(file, section.as_bytes(), &secrets);
    let report = report.into_report();
    let problem = report.problems().first()?;
    let rule = problem.rule.as_deref().unwrap_or("see etc/config.yaml");
    Some(format!("{} ({rule})", problem.problem))
}

/// Messages that cannot be sent are not promised.
fn switched_off(reader: &mut Reader, path: String, problem: Option<&str>) {
    if let Some(problem) = problem {
        reader.instead(path, Verdict::Replaced, format!("config.yaml: false, for {problem}"));
    }
}

/// A server that the new program speaks with only where the list names it.
fn listed(reader: &mut Reader, path: String, allow: &[String]) {
    if !allow.is_empty() {
        let now = format!(
            "config.yaml: {path}, and notify_allow, for messages do not go to private addresses, \
             to this machine or without TLS unless that names them"
        );
        reader.instead(path, Verdict::Carried, now);
    }
}

/// Stand-ins for secrets that are nowhere yet.
pub(super) fn environment<'a>(secrets: impl Iterator<Item = (&'a str, &'a str)>) -> Environment {
    Environment::new(secrets.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

impl Alerts {
    /// The variables that it needs to work.
    pub(super) fn secrets(&self) -> Vec<(&'static str, &'static str)> {
        self.user.iter().map(|_| ("VM_AUTOSCALE_SMTP_PASSWORD", "stand-in")).collect()
    }
}

impl Gotify {
    /// The variables that it needs to work.
    pub(super) fn secrets(&self) -> Vec<(&'static str, &'static str)> {
        self.url.iter().map(|_| ("VM_AUTOSCALE_GOTIFY_TOKEN", "stand-in")).collect()
    }
}

/// A text that somebody put there, and that is no secret.
fn own(reader: &mut Reader, section: &Section<'_>, key: &str) -> Option<String> {
    let text = reader.text(section, key)?;
    let now = if is_placeholder(&text) {
        "left out: nobody ever put a value there"
    } else if has_secret(key, &text) {
        "never copied with a login or token in it: write the address without"
    } else {
        return Some(text);
    };
    reader.instead(section.path_of(key), Verdict::Refused, now);
    None
}

fn needed(reader: &mut Reader, section: &Section<'_>, key: &str, is_there: bool) {
    if !is_there {
        let problem = section.problem(key, format!("`{key}` has no value that can be taken over"));
        let rule = "messages that are switched on need it";
        let help = "write it here, or switch them off";
        reader.refuse(problem.rule(rule).help(help));
    }
}
