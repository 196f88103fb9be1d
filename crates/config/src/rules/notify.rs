//! Whom to tell: what a channel that is switched on needs.

use std::net::{IpAddr, Ipv6Addr};

use url::{Host, Url};
use validator::ValidationError;

use crate::mailbox::is_domain;
use crate::yaml::meaning::{Broken, all};
use crate::{Alerts, Gotify, Ntfy, SchedulerConfig, Secret};

pub(crate) fn alerts(alerts: &Alerts) -> Result<(), ValidationError> {
    let mut broken = Vec::new();
    if alerts.smtp_port == 0 {
        broken.push(Broken::new(&["smtp_port"], "`smtp_port` is 0", "a port, 1 to 65535"));
    }
    // It is a switch: what stands beside it may wait for its day.
    if alerts.email_enabled {
        let needed = [
            ("email_recipient", is_set(alerts.email_recipient.as_deref())),
            ("smtp_server", is_set(alerts.smtp_server.as_deref())),
        ];
        broken.extend(missing("email_enabled", &needed));
        broken.extend(recipients(alerts.email_recipient.as_deref().unwrap_or_default()));
        broken.extend(alerts.smtp_server.as_deref().and_then(server));
        broken.extend(half_a_login(alerts));
    }
    all(&broken)
}

pub(crate) fn gotify(gotify: &Gotify) -> Result<(), ValidationError> {
    if !gotify.enabled {
        return Ok(());
    }
    let token = gotify.app_token.as_ref().map(crate::Secret::expose);
    let needed =
        [("server_url", is_set(gotify.server_url.as_deref())), ("app_token", is_set(token))];
    let mut broken: Vec<Broken> = missing("enabled", &needed).collect();
    broken.extend(no_token("app_token", token));
    broken.extend(server_url(gotify.server_url.as_deref(), "`/message` is added to it"));
    all(&broken)
}

pub(crate) fn ntfy(ntfy: &Ntfy) -> Result<(), ValidationError> {
    if !ntfy.enabled {
        return Ok(());
    }
    let topic = ntfy.topic.as_deref();
    let needed = [("server_url", is_set(ntfy.server_url.as_deref())), ("topic", is_set(topic))];
    let mut broken: Vec<Broken> = missing("enabled", &needed).collect();
    // By ntfy's own rule.
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if topic.is_some_and(|topic| topic.len() > 64 || !topic.bytes().all(fits)) {
        let rule = "at most 64 letters, digits, `-` and `_`";
        broken.push(Broken::new(&["topic"], "`topic` is no topic", rule));
    }
    broken.extend(no_token("access_token", ntfy.access_token.as_ref().map(Secret::expose)));
    broken.extend(server_url(ntfy.server_url.as_deref(), "the topic goes into `topic`"));
    all(&broken)
}

fn no_token(key: &str, token: Option<&str>) -> Option<Broken> {
    let bad = token.is_some_and(|token| token.bytes().any(|byte| !byte.is_ascii_graphic()));
    let rule = "a token is printable ASCII without blanks";
    bad.then(|| Broken::new(&[key], format!("`{key}` is no token"), rule))
}

/// Of a server to whose address more is added.
fn server_url(url: Option<&str>, then: &str) -> Vec<Broken> {
    let Some(url) = url.filter(|url| !url.is_empty()) else { return Vec::new() };
    let queried = Url::parse(url).is_ok_and(|url| url.query().is_some()).then(|| {
        let rule = format!("the server's own address; {then}");
        Broken::new(&["server_url"], "`server_url` has a query", rule)
    });
    address("server_url", url).into_iter().chain(queried).collect()
}

/// The keys that stand alone.
pub(super) fn alone(config: &SchedulerConfig) -> impl Iterator<Item = Broken> {
    let urls = [
        ("webhook_url", &config.webhook_url),
        ("uptime_kuma_url", &config.uptime_kuma_url),
        ("healthchecks_url", &config.healthchecks_url),
    ];
    let urls = urls.into_iter().filter_map(|(key, url)| address(key, url.as_ref()?.expose()));
    urls.chain(signature(config))
}

fn signature(config: &SchedulerConfig) -> Option<Broken> {
    let secret = config.webhook_secret.as_ref()?.expose();
    let of = |problem: &str, rule: &str| Some(Broken::new(&["webhook_secret"], problem, rule));
    if config.webhook_url.is_none() {
        return of(
            "`webhook_secret` stands here without `webhook_url`",
            "it signs what goes there",
        );
    }
    if secret.len() < 16 {
        return of(
            "`webhook_secret` is too short",
            "at least 16 characters: openssl rand -base64 24",
        );
    }
    None
}

fn is_set(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// What a channel that is switched on lacks, each key by its name.
fn missing(switch: &str, needed: &[(&str, bool)]) -> impl Iterator<Item = Broken> {
    let all = needed.iter().map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>().join(" and ");
    needed.iter().filter(|(_, is_set)| !is_set).map(move |(key, _)| {
        let problem = format!("`{switch}` is true and `{key}` is missing");
        let broken =
            Broken::new(&[switch], problem, format!("with `{switch}: true` it needs {all}"));
        let help = "put VM_AUTOSCALE_GOTIFY_TOKEN=… into the env file";
        Broken { help: (*key == "app_token").then(|| help.to_owned()), ..broken }
    })
}

fn recipients(list: &str) -> Vec<Broken> {
    let bad = crate::recipients(list).filter_map(Result::err);
    let broken = bad.filter(|_| !list.trim().is_empty()).map(|one| {
        let problem = format!("{} is no mail address", crate::render::quote(one));
        let rule = "addresses such as admin@example.com or Admin <admin@example.com>, with commas \
                    between them";
        Broken::new(&["email_recipient"], problem, rule)
    });
    broken.collect()
}

/// A name or an address: no URL, no port.
fn server(server: &str) -> Option<Broken> {
    let fits = server.trim().is_empty() || host(server);
    (!fits).then(|| {
        let problem = format!("{} is no mail server", crate::render::quote(server));
        let rule = "a host's ASCII name (xn--… where it has other letters) or its address; the port \
                    is in `smtp_port`";
        Broken::new(&["smtp_server"], problem, rule)
    })
}

/// What a certificate can be of. `127.1` and `0x7f.1` are addresses to some and names to others.
fn host(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bare {
        Some(bare) => bare.parse::<Ipv6Addr>().is_ok(),
        None if host.parse::<IpAddr>().is_ok() => true,
        None => is_domain(host) && matches!(Host::parse(host), Ok(Host::Domain(_))),
    }
}

fn half_a_login(alerts: &Alerts) -> Option<Broken> {
    let password = alerts.smtp_password.as_ref().map(crate::Secret::expose);
    let (key, other) = match (is_set(alerts.smtp_user.as_deref()), is_set(password)) {
        (true, false) => ("smtp_user", "smtp_password"),
        (false, true) => ("smtp_password", "smtp_user"),
        _ => return None,
    };
    let rule = "a login is `smtp_user` and `smtp_password`, or neither";
    let broken = Broken::new(&[key], format!("`{key}` is set and `{other}` is missing"), rule);
    let help = "put VM_AUTOSCALE_SMTP_PASSWORD=… into the env file";
    Some(Broken { help: (key == "smtp_user").then(|| help.to_owned()), ..broken })
}

/// The text itself is never shown: a key may be in it. Where it goes is judged in `targets`.
fn address(key: &str, text: &str) -> Option<Broken> {
    let of =
        |problem: &str, rule: &str| Some(Broken::new(&[key], format!("`{key}` {problem}"), rule));
    let Ok(url) = Url::parse(text) else { return of("is no URL", "https://HOST…") };
    if !url.username().is_empty() || url.password().is_some() {
        return of("has a user in it", "no user and no password in a URL");
    }
    match (url.scheme(), url.host()) {
        ("http" | "https", Some(_)) => None,
        _ => of("is no https URL", "https://HOST…"),
    }
}
