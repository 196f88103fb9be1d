//! Where signs of life go.

use std::time::Duration;

use url::Url;
use vm_autoscale_config::{Secret, Target};

use super::Sign;
use crate::notify::Undelivered;
use crate::notify::channel::Deliver;
use crate::notify::http::Http;
use crate::notify::trust::Roots;

/// What Uptime Kuma's push URLs have in their path.
const KUMA: &str = "/api/push/";

/// How the other end is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Parameters `status`, `msg` and `ping`.
    Kuma,
    /// `/fail` and `/log` behind the URL.
    Healthchecks,
    /// Nothing but the URL itself.
    Plain,
}

/// The URL to call.
pub(in crate::notify) struct Push {
    http: Http,
    url: Secret,
    name: &'static str,
    dialect: Dialect,
}

impl Push {
    pub(in crate::notify) fn kuma(url: Secret, roots: &Roots, allow: &[Target]) -> Self {
        let dialect = if url.expose().contains(KUMA) { Dialect::Kuma } else { Dialect::Plain };
        Self { http: Http::new(roots, allow), url, name: "uptime_kuma_url", dialect }
    }

    pub(in crate::notify) fn healthchecks(url: Secret, roots: &Roots, allow: &[Target]) -> Self {
        let (name, dialect) = ("healthchecks_url", Dialect::Healthchecks);
        Self { http: Http::new(roots, allow), url, name, dialect }
    }

    /// Whether a test says nothing that is not so.
    pub(in crate::notify) fn has_tests(&self) -> bool {
        self.dialect == Dialect::Healthchecks
    }

    /// Nothing where there is no word for it.
    fn address(&self, sign: &Sign) -> Option<Secret> {
        let mut url = Url::parse(self.url.expose()).ok()?;
        match (self.dialect, sign) {
            (Dialect::Kuma, _) => with_parameters(&mut url, sign),
            (Dialect::Plain, Sign::Down(_)) => return None,
            (_, Sign::Up { .. }) | (Dialect::Plain, Sign::Test) => return Some(self.url.clone()),
            (Dialect::Healthchecks, Sign::Down(_)) => add(&mut url, "/fail"),
            (Dialect::Healthchecks, Sign::Test) => add(&mut url, "/log"),
        }
        Some(String::from(url).into())
    }
}

fn add(url: &mut Url, end: &str) {
    let path = format!("{}{end}", url.path().trim_end_matches('/'));
    url.set_path(&path);
}

/// In the place of those that the URL may have been copied with.
fn with_parameters(url: &mut Url, sign: &Sign) {
    let ours = ["status", "msg", "ping"];
    let others = url.query_pairs().filter(|(name, _)| !ours.contains(&&**name));
    let others: Vec<(String, String)> = others.map(|(n, v)| (n.into(), v.into())).collect();
    let (status, msg, ping) = match sign {
        Sign::Up { clusters: 1, ms } => ("up", "1 cluster seen".to_owned(), ms.to_string()),
        Sign::Up { clusters, ms } => ("up", format!("{clusters} clusters seen"), ms.to_string()),
        Sign::Down(why) => ("down", why.clone(), String::new()),
        Sign::Test => ("up", "vm-autoscale notify test".to_owned(), String::new()),
    };
    let mut pairs = url.query_pairs_mut();
    pairs.clear().extend_pairs(others);
    pairs.append_pair("status", status).append_pair("msg", &msg).append_pair("ping", &ping);
}

impl Deliver for Push {
    type Item = Sign;

    fn name(&self) -> &'static str {
        self.name
    }

    /// The next minute brings the next one.
    fn back_off(&self) -> &'static [Duration] {
        &[]
    }

    fn is_for_people(&self) -> bool {
        false
    }

    fn deliver(&mut self, sign: &Sign, _lost: u64) -> Result<(), Undelivered> {
        self.address(sign).map_or(Ok(()), |url| self.http.get(url.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_spoken_to_in_its_own_words() {
        let up = Sign::Up { clusters: 2, ms: 52 };
        let (down, none) = (Sign::Down("cannot be seen: a".to_owned()), Vec::new());
        let kuma = |url: &str, sign: &Sign| {
            let push = Push::kuma(url.to_owned().into(), &none, &[]);
            push.address(sign).map(|url| url.expose().to_owned()).unwrap_or_default()
        };
        let url = "https://k.lan/api/push/KEY?status=up&x=1&msg=OK&ping=";
        let wanted = "https://k.lan/api/push/KEY?x=1&status=up&msg=2+clusters+seen&ping=52";
        assert_eq!(kuma(url, &up), wanted);
        let wanted = "https://k.lan/api/push/KEY?x=1&status=down&msg=cannot+be+seen%3A+a&ping=";
        assert_eq!(kuma(url, &down), wanted);
        // Any other URL under that key is called as it is, and falls silent.
        let other = "https://hc.lan/ping/UUID?rid=1";
        assert_eq!([kuma(other, &up), kuma(other, &down)], [other, ""]);

        let health =
            Push::healthchecks("https://hc.lan/ping/UUID?rid=1".to_owned().into(), &none, &[]);
        let said = [&up, &down, &Sign::Test].map(|sign| health.address(sign).unwrap());
        let wanted =
            ["", "/fail", "/log"].map(|end| format!("https://hc.lan/ping/UUID{end}?rid=1"));
        assert_eq!(said.each_ref().map(|url| url.expose().to_owned()), wanted);
    }
}
