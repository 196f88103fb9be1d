//! Whom the scheduler tells of what happened.

use serde::{Deserialize, Serialize};
use validator::Validate;

#[cfg(test)]
use crate::schema;
use crate::{Secret, leaf, rules};

/// Mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "rules::alerts", skip_on_field_errors = false))]
pub struct Alerts {
    /// Whether mail is sent.
    pub email_enabled: bool,
    /// To whom; several are separated by commas.
    pub email_recipient: Option<String>,
    /// The mail server. On a node `localhost` hands the mail to Proxmox's own notifications.
    pub smtp_server: Option<String>,
    /// Its port, 1 to 65535: TLS from the start on 465, STARTTLS on all others, and on a loopback address
    /// without TLS where the server does not offer it or there is no login.
    pub smtp_port: u16,
    /// The login there, where there is one. It is the sender, too, where it is a mail address; else that is
    /// `vm-autoscale@` this machine's name.
    pub smtp_user: Option<String>,
    /// Its password; `VM_AUTOSCALE_SMTP_PASSWORD` holds over it.
    #[cfg_attr(test, schemars(with = "Option<schema::SecretText>"))]
    pub smtp_password: Option<Secret>,
}

/// A Gotify server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "rules::gotify", skip_on_field_errors = false))]
pub struct Gotify {
    /// Whether messages are sent.
    pub enabled: bool,
    /// Where: `https://gotify.example.com`.
    pub server_url: Option<String>,
    /// The application's token; `VM_AUTOSCALE_GOTIFY_TOKEN` holds over it.
    #[cfg_attr(test, schemars(with = "Option<schema::SecretText>"))]
    pub app_token: Option<Secret>,
    /// The priority of the messages, 0 to 10.
    #[serde(deserialize_with = "leaf::priority")]
    #[cfg_attr(test, schemars(range(min = 0, max = 10)))]
    pub priority: u8,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            email_enabled: false,
            email_recipient: None,
            smtp_server: None,
            smtp_port: 587,
            smtp_user: None,
            smtp_password: None,
        }
    }
}

impl Default for Gotify {
    fn default() -> Self {
        Self { enabled: false, server_url: None, app_token: None, priority: 5 }
    }
}
