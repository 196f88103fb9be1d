//! Where messages may go, as far as the file alone says it. What a name stands for is judged when it
//! is connected to.

use std::net::{IpAddr, Ipv4Addr};

use url::{Host, Url};

use crate::yaml::meaning::Broken;
use crate::{Refusal, SchedulerConfig, Secret, Target, Way, judge};

/// A target to which nothing would be sent.
struct Refused {
    key: &'static str,
    host: String,
    /// It leads where it says, now and later: an address, or this machine itself.
    is_fixed: bool,
    refusal: Refusal,
}

/// Targets of channels that are switched on and to which nothing would be sent.
pub(super) fn refused(config: &SchedulerConfig) -> impl Iterator<Item = Broken> {
    all(config).map(|refused| broken(refused.key, &refused.host, refused.refusal))
}

impl SchedulerConfig {
    /// The hosts that `notify_allow` would have to name for messages to go there, as far as they
    /// are addresses or `localhost`.
    #[must_use]
    pub fn unlisted_targets(&self) -> Vec<String> {
        let may_be = |refused: &Refused| !matches!(refused.refusal, Refusal::Never(_));
        let fixed = all(self).filter(|refused| refused.is_fixed && may_be(refused));
        fixed.map(|refused| refused.host).collect()
    }
}

fn all(config: &SchedulerConfig) -> impl Iterator<Item = Refused> {
    let allow = &*config.notify_allow;
    let urls = [
        ("gotify.server_url", config.gotify.server_url.as_deref(), config.gotify.enabled),
        ("ntfy.server_url", config.ntfy.server_url.as_deref(), config.ntfy.enabled),
        ("webhook_url", config.webhook_url.as_ref().map(Secret::expose), true),
        ("uptime_kuma_url", config.uptime_kuma_url.as_ref().map(Secret::expose), true),
        ("healthchecks_url", config.healthchecks_url.as_ref().map(Secret::expose), true),
    ];
    let urls = urls.into_iter().filter(|(.., is_on)| *is_on);
    let urls = urls.filter_map(|(key, url, _)| of_url(allow, key, &Url::parse(url?).ok()?));
    urls.chain(of_mail(config))
}

fn of_url(allow: &[Target], key: &'static str, url: &Url) -> Option<Refused> {
    let way = match url.scheme() {
        "https" => Way::Https,
        "http" => Way::Http,
        _ => return None,
    };
    match url.host()? {
        Host::Domain(name) => of_name(allow, key, name, way),
        Host::Ipv4(ip) => of_address(allow, key, (&ip.to_string(), ip.into()), way),
        Host::Ipv6(ip) => of_address(allow, key, (&ip.to_string(), ip.into()), way),
    }
}

fn of_mail(config: &SchedulerConfig) -> Option<Refused> {
    let server = config.alerts.smtp_server.as_deref().filter(|_| config.alerts.email_enabled)?;
    let bare = server.trim_start_matches('[').trim_end_matches(']');
    let (key, way) = ("alerts.smtp_server", Way::Mail(config.alerts.smtp_port));
    match bare.parse::<IpAddr>() {
        Ok(ip) => of_address(&config.notify_allow, key, (bare, ip), way),
        Err(_) => of_name(&config.notify_allow, key, bare, way),
    }
}

fn of_name(allow: &[Target], key: &'static str, name: &str, way: Way) -> Option<Refused> {
    if name.eq_ignore_ascii_case("localhost") {
        return of_address(allow, key, ("localhost", Ipv4Addr::LOCALHOST.into()), way);
    }
    // Any network of the list may be where the name leads to.
    let may_be = allow.iter().any(|target| match target {
        Target::Name(listed) => listed.eq_ignore_ascii_case(name),
        Target::Network(..) => true,
    });
    let (host, refusal) = (name.to_owned(), Refusal::Clear);
    (way == Way::Http && !may_be).then_some(Refused { key, host, is_fixed: false, refusal })
}

fn of_address(
    allow: &[Target],
    key: &'static str,
    (host, address): (&str, IpAddr),
    way: Way,
) -> Option<Refused> {
    let refusal = judge(allow, host, address, way).err()?;
    Some(Refused { key, host: host.to_owned(), is_fixed: true, refusal })
}

fn broken(key: &str, host: &str, refusal: Refusal) -> Broken {
    let name = key.rsplit('.').next().unwrap_or(key);
    let (problem, is_final) = match refusal {
        Refusal::Never(kind) => (format!("`{name}` is {kind}"), true),
        Refusal::Unlisted(kind) => (format!("`{name}` is {kind}"), false),
        Refusal::Clear => (format!("`{name}` goes in the clear"), false),
    };
    if is_final {
        return Broken::new(&[key], problem, "no message goes there");
    }
    let rule = "by TLS to a host that is not private, or to one that `notify_allow` names";
    let help = format!("write `notify_allow: [\"{host}\"]` into config.yaml, or add it there");
    Broken { help: Some(help), ..Broken::new(&[key], problem, rule) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `"notify_allow"`: with an item of it, a server is one to which messages go.
    #[test]
    fn what_the_list_names_is_a_target() {
        let refused_with = |webhook: &str, allow: &[&str]| {
            let config = SchedulerConfig {
                webhook_url: Some(webhook.to_owned().into()),
                notify_allow: allow.iter().map(|item| item.parse().unwrap()).collect(),
                ..SchedulerConfig::default()
            };
            refused(&config).next().map(|broken| broken.problem)
        };
        for (url, item) in [
            ("http://hooks.lan/x", "hooks.lan"),
            // Whatever its address is, that is judged when it is known.
            ("http://hooks.lan/x", "10.0.0.0/8"),
            ("https://10.1.2.3/x", "10.0.0.0/8"),
            ("https://localhost/x", "localhost"),
            ("http://localhost/x", "127.0.0.1"),
            ("https://[fd00::1]/x", "fd00::1"),
        ] {
            assert!(refused_with(url, &[]).is_some(), "{url}");
            assert_eq!(refused_with(url, &[item]), None, "{url} {item}");
        }
        let alerts = crate::Alerts {
            email_enabled: true,
            smtp_server: Some("[fd00::1]".to_owned()),
            ..crate::Alerts::default()
        };
        let webhook_url = Some("http://hooks.lan/".to_owned().into());
        let config = SchedulerConfig { alerts, webhook_url, ..SchedulerConfig::default() };
        assert_eq!(config.unlisted_targets(), ["fd00::1"]);
        assert_eq!(refused_with("https://hooks.lan/x", &[]), None);
        assert!(refused_with("https://169.254.169.254/", &["169.254.169.254"]).is_some());
    }
}
