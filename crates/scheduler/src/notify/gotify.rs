//! Messages to a Gotify server.

use std::time::Duration;

use serde_json::json;
use vm_autoscale_config::{SchedulerConfig, Secret};

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
    pub(super) fn of(config: &SchedulerConfig, roots: &Roots) -> Option<Self> {
        let gotify = Some(&config.gotify).filter(|gotify| gotify.enabled)?;
        let url = gotify.server_url.as_ref()?.trim_end_matches('/');
        Some(Self {
            http: Http::new(roots, &config.notify_allow),
            url: format!("{url}/message"),
            token: gotify.app_token.clone()?,
            priority: gotify.priority,
        })
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
        self.http.post_json(&self.url, &[("X-Gotify-Key", self.token.expose())], &json.to_string())
    }
}
