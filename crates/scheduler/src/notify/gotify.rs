//! Messages to a Gotify server.

use std::time::Duration;

use serde_json::json;
use vm_autoscale_config::Secret;

use super::Undelivered;
use super::channel::{BACK_OFF, Deliver};
use super::http::Http;
use super::message::Message;
use super::trust::Roots;

/// One server, one application.
pub(super) struct Gotify {
    http: Http,
    url: String,
    token: Secret,
    priority: u8,
}

impl Gotify {
    /// Nothing when it is switched off.
    pub(super) fn of(config: &vm_autoscale_config::Gotify, roots: &Roots) -> Option<Self> {
        let (url, token) = (config.server_url.as_ref()?, config.app_token.clone()?);
        let url = format!("{}/message", url.trim_end_matches('/'));
        let of = || Self { http: Http::new(roots), url, token, priority: config.priority };
        config.enabled.then(of)
    }
}

impl Deliver for Gotify {
    type Item = Message;

    fn name(&self) -> &'static str {
        "gotify"
    }

    fn back_off(&self) -> &'static [Duration] {
        &BACK_OFF
    }

    fn deliver(&mut self, message: &Message, lost: u64) -> Result<(), Undelivered> {
        let json = json!({
            "title": message.title,
            "message": message.text_after(lost),
            "priority": self.priority,
        });
        self.http.post_json(&self.url, ("X-Gotify-Key", self.token.expose()), &json.to_string())
    }
}
