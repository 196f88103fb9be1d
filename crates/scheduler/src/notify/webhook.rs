//! Messages as JSON to whatever takes them, signed as standardwebhooks.com says.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use vm_autoscale_config::{SchedulerConfig, Secret};

use super::Undelivered;
use super::channel::{BACK_OFF, Deliver};
use super::http::Http;
use super::message::Message;
use super::trust::Roots;
use crate::wall;

/// One URL.
pub(super) struct Webhook {
    http: Http,
    url: Secret,
    secret: Option<Secret>,
}

impl Webhook {
    /// Nothing where there is none.
    pub(super) fn of(config: &SchedulerConfig, roots: &Roots) -> Option<Self> {
        let (url, secret) = (config.webhook_url.clone()?, config.webhook_secret.clone());
        Some(Self { http: Http::new(roots, &config.notify_allow), url, secret })
    }
}

impl Deliver for Webhook {
    type Item = Message;

    fn name(&self) -> &'static str {
        "webhook"
    }

    fn back_off(&self) -> &'static [Duration] {
        &BACK_OFF
    }

    fn deliver(&mut self, message: &Message, lost: u64) -> Result<(), Undelivered> {
        let (body, time) = (body(message, lost), wall().to_string());
        let signature = self.secret.as_ref().map(|secret| {
            signature(secret.expose(), &format!("{}.{time}.{body}", message.id)).unwrap_or_default()
        });
        let mut headers = vec![("webhook-id", &*message.id), ("webhook-timestamp", &*time)];
        headers.extend(signature.as_deref().map(|signature| ("webhook-signature", signature)));
        self.http.post_json(self.url.expose(), &headers, &body)
    }
}

/// Nothing in it changes from one attempt to the next, but for `lost`.
fn body(message: &Message, lost: u64) -> String {
    let at = message.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let body = json!({
        "id": message.id,
        "at": at,
        "kind": message.kind,
        "level": message.level().name(),
        "cluster": message.subject.cluster(),
        "node": message.node,
        "vmid": message.vmid(),
        "title": message.title,
        "text": message.text,
        "count": message.count,
        "unlisted": message.unlisted,
        "undelivered_before": lost,
    });
    body.to_string()
}

/// A secret may be in the form that the standard's tools make: `whsec_` and base64.
fn signature(secret: &str, signed: &str) -> Option<String> {
    let coded = secret.strip_prefix("whsec_").and_then(|rest| STANDARD.decode(rest).ok());
    let key = coded.unwrap_or_else(|| secret.as_bytes().to_vec());
    // A key of any length will do.
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(signed.as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the standard's own libraries are tested with.
    #[test]
    fn a_signature_is_the_standards() {
        let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(secret, signed).as_deref(), Some(wanted));
        assert_ne!(signature("hunter2hunter2hunter2", signed).as_deref(), Some(wanted));
    }
}
