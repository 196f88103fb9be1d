//! Mail by SMTP.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use vm_autoscale_config::Alerts;

use super::Undelivered;
use super::bounded::Bounded;
use super::channel::{BACK_OFF, Deliver};
use super::message::Message;
use super::target::{PATIENCE, resolve};
use super::trust::Roots;
use crate::Error;

/// The port of TLS from the first byte.
const IMPLICIT_TLS: u16 = 465;

/// One mail server and its recipients.
pub(super) struct Mail {
    from: Mailbox,
    to: Vec<Mailbox>,
    server: (String, u16),
    hello: ClientId,
    tls: TlsParameters,
    implicit_tls: Arc<ClientConfig>,
    /// The server's, as its certificate must have it.
    name: ServerName<'static>,
    runtime: Runtime,
    /// TLS from the first byte; else it is asked for in the clear.
    pub(super) implicit: bool,
    /// Where there is nobody between, and no TLS is needed.
    pub(super) at_home: fn(&IpAddr) -> bool,
    login: Option<Credentials>,
}

impl Mail {
    /// Nothing when it is switched off.
    pub(super) fn of(alerts: &Alerts, roots: &Roots) -> Result<Option<Self>, Error> {
        let (Some(to), Some(server)) = (&alerts.email_recipient, &alerts.smtp_server) else {
            return Ok(None);
        };
        if !alerts.email_enabled {
            return Ok(None);
        }
        let host = hostname();
        let of = |key: &str| Error::Notify(format!("`alerts.{key}` cannot be used"));
        let login = alerts.smtp_user.clone().zip(alerts.smtp_password.as_ref());
        let login = login.map(|(user, pass)| Credentials::new(user, pass.expose().to_owned()));
        Ok(Some(Self {
            from: sender(&host).ok_or_else(|| of("email_recipient"))?,
            to: recipients(to).ok_or_else(|| of("email_recipient"))?,
            server: (server.clone(), alerts.smtp_port),
            hello: ClientId::Domain(host),
            tls: tls(server, roots).ok_or_else(|| of("smtp_server"))?,
            implicit_tls: implicit_tls(roots).ok_or_else(|| of("smtp_server"))?,
            name: server.clone().try_into().map_err(|_| of("smtp_server"))?,
            runtime: Builder::new_current_thread().enable_all().build().map_err(Error::Machine)?,
            implicit: alerts.smtp_port == IMPLICIT_TLS,
            at_home: IpAddr::is_loopback,
            login,
        }))
    }

    fn letter(&self, message: &Message, lost: u64) -> Option<lettre::Message> {
        let letter = lettre::Message::builder().from(self.from.clone());
        let letter = self.to.iter().cloned().fold(letter, lettre::message::MessageBuilder::to);
        let mut letter = letter
            .subject(format!("[vm-autoscale] {}", message.title))
            .header(lettre::message::header::ContentType::TEXT_PLAIN)
            .body(message.text_after(lost))
            .ok()?;
        let node = message.node.as_ref().map(ToString::to_string);
        let vmid = message.subject.vmid().map(|vmid| vmid.to_string());
        let headers = [
            // Nobody's absence note is wanted.
            (HeaderName::new_from_ascii_str("Auto-Submitted"), Some("auto-generated".to_owned())),
            (HeaderName::new_from_ascii_str("X-VM-Autoscale-Kind"), Some(message.kind.to_owned())),
            (
                HeaderName::new_from_ascii_str("X-VM-Autoscale-Cluster"),
                Some(message.subject.cluster().to_string()),
            ),
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

    async fn send(
        &self,
        address: SocketAddr,
        (envelope, letter): (&Envelope, &[u8]),
    ) -> Result<(), Attempt> {
        let stream = self.connect(address).await?;
        let greeted = AsyncSmtpConnection::connect_with_transport(stream, &self.hello);
        let mut smtp = step(greeted).await?;
        if !self.implicit && smtp.can_starttls() {
            step(smtp.starttls(self.tls.clone(), &self.hello)).await?;
        } else if !self.implicit && !(self.at_home)(&address.ip()) {
            let why = "the server does not offer STARTTLS, and without TLS nothing is sent to \
                       another machine";
            return Err(Attempt::Failed(Undelivered::later(why)));
        }
        if let Some(login) = &self.login {
            step(smtp.auth(&[Mechanism::Plain, Mechanism::Login], login)).await?;
        }
        step(smtp.send(envelope, letter)).await?;
        // It has the mail: however it says good-bye.
        let _ = step(smtp.quit()).await;
        Ok(())
    }

    async fn connect(&self, address: SocketAddr) -> Result<Box<dyn AsyncTokioStream>, Attempt> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await;
        let stream = stream.unwrap_or_else(|late| Err(late.into()));
        let stream = stream.map_err(|error| Attempt::Unconnected(Undelivered::io(&error)))?;
        let stream = Bounded::new(stream, address);
        if !self.implicit {
            return Ok(Box::new(stream));
        }
        let connector = TlsConnector::from(self.implicit_tls.clone());
        let secure = timeout(PATIENCE, connector.connect(self.name.clone(), stream)).await;
        let secure = secure.unwrap_or_else(|late| Err(late.into()));
        let secure = secure.map_err(|error| Attempt::Failed(Undelivered::io(&error)))?;
        Ok(Box::new(Bounded::new(secure, address)))
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
        let bytes = letter.formatted();
        let mut last = Undelivered::later("no address");
        for address in resolve(&self.server.0, self.server.1)? {
            match self.runtime.block_on(self.send(address, (letter.envelope(), &bytes))) {
                Ok(()) => return Ok(()),
                // Nobody there: the name may have another address.
                Err(Attempt::Unconnected(why)) => last = why,
                Err(Attempt::Failed(why)) => return Err(why),
            }
        }
        Err(last)
    }
}

/// Why one address did not do.
enum Attempt {
    Unconnected(Undelivered),
    Failed(Undelivered),
}

/// One step of the conversation, from its first byte to its last.
async fn step<T>(work: impl Future<Output = Result<T, smtp::Error>>) -> Result<T, Attempt> {
    let done = timeout(PATIENCE, work).await;
    let done = done.map_err(|_| Attempt::Failed(Undelivered::late()))?;
    done.map_err(|error| Attempt::Failed(words(&error)))
}

/// The server's own words are left out: it has seen the login.
fn words(error: &smtp::Error) -> Undelivered {
    if let Some(code) = error.status() {
        let why = format!("the mail server answered {code}");
        return Undelivered { why, again: error.is_transient() };
    }
    if error.is_client() {
        return Undelivered::never("the mail server offers no login that is known here");
    }
    Undelivered::below(error)
        .unwrap_or_else(|| Undelivered::later("the mail server's answer is no SMTP"))
}

fn tls(server: &str, roots: &Roots) -> Option<TlsParameters> {
    let builder = TlsParameters::builder(server.to_owned());
    let builder = roots.iter().try_fold(
        builder.certificate_store(CertificateStore::None),
        |builder, root| {
            let root = Certificate::from_der(root.as_ref().to_vec()).ok()?;
            Some(builder.add_root_certificate(root))
        },
    )?;
    builder.build_rustls().ok()
}

fn implicit_tls(roots: &Roots) -> Option<Arc<ClientConfig>> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Some(Arc::new(config.ok()?.with_root_certificates(store).with_no_client_auth()))
}

fn recipients(list: &str) -> Option<Vec<Mailbox>> {
    list.split(',').map(|one| one.trim().parse().ok()).collect()
}

fn hostname() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

/// A name that is none of the mail's is replaced by one that is.
fn sender(host: &str) -> Option<Mailbox> {
    let of = |host: &str| format!("vm-autoscale@{host}").parse().ok();
    of(host).or_else(|| of("localhost"))
}
