//! Mail by SMTP.

use std::io;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::{HeaderName, HeaderValue};
use tokio::runtime::{Builder, Runtime};
use vm_autoscale_config::{Recipient, SchedulerConfig, recipients};

use super::Undelivered;
use super::channel::{BACK_OFF, Deliver};
use super::message::Message;
use super::trust::Roots;

mod route;
mod tls;
use route::Route;

/// Why there is no mail.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error(
        "`alerts.{0}` cannot be used: correct it in config.yaml, check it with vm-autoscale \
         --validate-only, then systemctl restart vm-autoscale"
    )]
    Key(&'static str),
    #[error("this machine does not let it start ({0}): systemctl restart vm-autoscale")]
    Machine(io::Error),
}

/// One mail server and its recipients.
pub(super) struct Mail {
    from: Mailbox,
    to: Vec<Mailbox>,
    pub(super) route: Route,
    runtime: Runtime,
}

impl Mail {
    /// Nothing when it is switched off.
    pub(super) fn of(config: &SchedulerConfig, roots: &Roots) -> Result<Option<Self>, Unusable> {
        let alerts = &config.alerts;
        let (Some(to), Some(server)) = (&alerts.email_recipient, &alerts.smtp_server) else {
            return Ok(None);
        };
        if !alerts.email_enabled {
            return Ok(None);
        }
        let host = hostname();
        let of = |key| move || Unusable::Key(key);
        let trust = (roots, &*config.notify_allow);
        Ok(Some(Self {
            from: sender(alerts.smtp_user.as_deref(), &host).ok_or_else(of("smtp_user"))?,
            to: mailboxes(to).ok_or_else(of("email_recipient"))?,
            route: Route::of(alerts, (server, host), trust).ok_or_else(of("smtp_server"))?,
            runtime: Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(Unusable::Machine)?,
        }))
    }

    fn letter(&self, message: &Message, lost: u64) -> Option<lettre::Message> {
        let letter = lettre::Message::builder().from(self.from.clone());
        let letter = self.to.iter().cloned().fold(letter, lettre::message::MessageBuilder::to);
        let mut letter = letter
            .date(message.at)
            // The same at every attempt: a server that took it although we did not hear so knows it.
            .message_id(Some(format!("<{}@vm-autoscale>", message.id)))
            .subject(format!("[vm-autoscale] {}", message.title))
            .header(lettre::message::header::ContentType::TEXT_PLAIN)
            .body(message.text_after(lost))
            .ok()?;
        let cluster = message.subject.cluster().map(ToString::to_string);
        let node = message.node.as_ref().map(ToString::to_string);
        let vmid = message.vmid().map(|vmid| vmid.to_string());
        let headers = [
            // Nobody's absence note is wanted.
            (HeaderName::new_from_ascii_str("Auto-Submitted"), Some("auto-generated".to_owned())),
            (HeaderName::new_from_ascii_str("X-VM-Autoscale-Kind"), Some(message.kind.to_owned())),
            (HeaderName::new_from_ascii_str("X-VM-Autoscale-Cluster"), cluster),
            (HeaderName::new_from_ascii_str("X-VM-Autoscale-Node"), node),
            (HeaderName::new_from_ascii_str("X-VM-Autoscale-Vmid"), vmid),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                letter.headers_mut().insert_raw(HeaderValue::new(name, value));
            }
        }
        Some(letter)
    }
}

impl Deliver for Mail {
    type Item = Message;

    fn name(&self) -> &'static str {
        "mail"
    }

    fn back_off(&self) -> &'static [Duration] {
        &BACK_OFF
    }

    fn deliver(&mut self, message: &Message, lost: u64) -> Result<(), Undelivered> {
        let letter = self.letter(message, lost);
        let letter = letter.ok_or_else(|| Undelivered::never("the mail cannot be written"))?;
        self.runtime.block_on(self.route.send(letter.envelope(), &letter.formatted()))
    }
}

/// Put together here: what is between the commas was parsed with the configuration.
fn mailboxes(list: &str) -> Option<Vec<Mailbox>> {
    let mailbox = |(name, address): Recipient<'_>| {
        Some(Mailbox::new(name.map(str::to_owned), address.parse().ok()?))
    };
    recipients(list).map(|one| mailbox(one.ok()?)).collect()
}

fn hostname() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

/// The login, where it is an address: many servers take nobody else's mail. Else an address of this
/// machine, whose name is replaced where no mail's can be such.
fn sender(user: Option<&str>, host: &str) -> Option<Mailbox> {
    let of = |text: &str| mailboxes(text).and_then(|found| found.into_iter().next());
    let own = |host: &str| of(&format!("vm-autoscale@{host}"));
    let user = user.filter(|user| !user.contains([',', '<']));
    user.and_then(of).or_else(|| own(host)).or_else(|| own("localhost"))
}
