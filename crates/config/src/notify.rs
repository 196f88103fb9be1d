//! Whom the scheduler tells of what happened.

use serde::{Deserialize, Serialize};
use validator::Validate;
use vm_autoscale_calendar::{CalendarEvent, Zone};

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

/// A topic of an ntfy server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Validate)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[validate(schema(function = "rules::ntfy", skip_on_field_errors = false))]
pub struct Ntfy {
    /// Whether messages are sent.
    pub enabled: bool,
    /// Where: `https://ntfy.sh`, or a server of one's own.
    pub server_url: Option<String>,
    /// The topic. On a server where everybody may read, whoever knows its name reads along.
    pub topic: Option<String>,
    /// The access token, where the topic wants one; `VM_AUTOSCALE_NTFY_TOKEN` holds over it.
    #[cfg_attr(test, schemars(with = "Option<schema::SecretText>"))]
    pub access_token: Option<Secret>,
}

/// When it is summed up what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// A calendar event as in `schedules`: `mon..fri 08:00`.
    #[serde(serialize_with = "leaf::shown", deserialize_with = "leaf::parsed")]
    #[cfg_attr(test, schemars(with = "schema::Event"))]
    pub at: CalendarEvent,
    /// Whose clock on the wall counts: `Europe/Berlin`. The machine's own zone where this is not
    /// said.
    #[serde(default, serialize_with = "leaf::some_shown", deserialize_with = "leaf::some_parsed")]
    #[cfg_attr(test, schemars(with = "Option<schema::ZoneName>"))]
    pub timezone: Option<Zone>,
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
