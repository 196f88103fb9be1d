//! Messages to a topic of an ntfy server.

use std::time::Duration;

use serde_json::json;
use vm_autoscale_config::{SchedulerConfig, Secret};

use super::Undelivered;
use super::channel::{BACK_OFF, Deliver};
use super::http::Http;
use super::message::{Level, Message};
use super::trust::Roots;

/// What is longer, in bytes, ntfy makes a file of.
const LONGEST: usize = 4096;

/// One topic.
pub(super) struct Ntfy {
    http: Http,
    url: String,
    topic: String,
    authorization: Option<Secret>,
}

impl Ntfy {
    /// Nothing when it is switched off.
    pub(super) fn of(config: &SchedulerConfig, roots: &Roots) -> Option<Self> {
        let ntfy = Some(&config.ntfy).filter(|ntfy| ntfy.enabled)?;
        let token =
            ntfy.access_token.as_ref().map(Secret::expose).filter(|token| !token.is_empty());
        Some(Self {
            http: Http::new(roots, &config.notify_allow),
            url: ntfy.server_url.clone()?,
            topic: ntfy.topic.clone()?,
            authorization: token.map(|token| format!("Bearer {token}").into()),
        })
    }
}

impl Deliver for Ntfy {
    type Item = Message;

    fn name(&self) -> &'static str {
        "ntfy"
    }

    fn back_off(&self) -> &'static [Duration] {
        &BACK_OFF
    }

    fn deliver(&mut self, message: &Message, lost: u64) -> Result<(), Undelivered> {
        // ntfy's own numbers, and names of signs that its clients show before the title.
        let (priority, sign) = match message.level() {
            Level::Trouble => (4, "warning"),
            Level::News => (3, "white_check_mark"),
            Level::Routine => (2, "chart_with_upwards_trend"),
        };
        let json = json!({
            "topic": self.topic,
            "title": message.title,
            "message": cut(message.text_after(lost), LONGEST),
            "priority": priority,
            "tags": [sign, message.kind],
        });
        let authorization =
            self.authorization.as_ref().map(|value| ("Authorization", value.expose()));
        self.http.post_json(&self.url, authorization.as_slice(), &json.to_string())
    }
}

/// To so many bytes, at a letter's end.
fn cut(mut text: String, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or(0));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_letters() {
        for (most, left) in [(9, "aäö"), (5, "aäö"), (4, "aä"), (2, "a"), (0, "")] {
            assert_eq!(cut("aäö".to_owned(), most), left, "{most}");
        }
    }
}
