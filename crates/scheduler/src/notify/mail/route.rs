//! The way to a mail server, and the conversation there.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use lettre::address::Envelope;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use vm_autoscale_config::{Alerts, Target, Way};

use super::tls::{implicit_tls, tls};
use crate::notify::Undelivered;
use crate::notify::bounded::Bounded;
use crate::notify::target::{LookUp, PATIENCE};
use crate::notify::trust::Roots;

/// The port of TLS from the first byte.
const IMPLICIT_TLS: u16 = 465;

/// One mail server.
pub(in crate::notify) struct Route {
    server: (String, u16),
    hello: ClientId,
    tls: TlsParameters,
    implicit_tls: Arc<ClientConfig>,
    /// The server's, as its certificate must have it.
    name: ServerName<'static>,
    /// TLS from the first byte; else it is asked for in the clear.
    pub(in crate::notify) implicit: bool,
    /// Where there is nobody between, and a server without TLS will do.
    pub(in crate::notify) at_home: fn(&IpAddr) -> bool,
    login: Option<Credentials>,
    look_up: LookUp,
}

impl Route {
    /// Nothing when the server's name cannot be one.
    pub(super) fn of(
        alerts: &Alerts,
        (server, host): (&str, String),
        (roots, allow): (&Roots, &[Target]),
    ) -> Option<Self> {
        // An IPv6 address may be in brackets.
        let bare = server.strip_prefix('[').and_then(|server| server.strip_suffix(']'));
        let server = bare.unwrap_or(server).to_owned();
        let login = alerts.smtp_user.clone().zip(alerts.smtp_password.as_ref());
        let login = login.map(|(user, pass)| Credentials::new(user, pass.expose().to_owned()));
        Some(Self {
            hello: ClientId::Domain(host),
            tls: tls(&server, roots)?,
            implicit_tls: implicit_tls(roots)?,
            name: server.clone().try_into().ok()?,
            implicit: alerts.smtp_port == IMPLICIT_TLS,
            at_home: IpAddr::is_loopback,
            server: (server, alerts.smtp_port),
            login,
            look_up: LookUp::new(allow),
        })
    }

    /// Sends to the first address where somebody is.
    pub(super) async fn send(&self, envelope: &Envelope, letter: &[u8]) -> Result<(), Undelivered> {
        let mut last = Undelivered::later("no address");
        let (server, port) = (&self.server.0, self.server.1);
        for address in self.look_up.resolve(server, port, Way::Mail(port))? {
            match self.send_there(address, (envelope, letter)).await {
                Ok(()) => return Ok(()),
                Err(Attempt::Unconnected(why)) => last = why,
                Err(Attempt::Failed(why)) => return Err(why),
            }
        }
        Err(last)
    }

    async fn send_there(
        &self,
        address: SocketAddr,
        (envelope, letter): (&Envelope, &[u8]),
    ) -> Result<(), Attempt> {
        let stream = self.connect(address).await?;
        let greeted = AsyncSmtpConnection::connect_with_transport(stream, &self.hello);
        let mut smtp = step(greeted).await?;
        let at_home = (self.at_home)(&address.ip());
        // A local server's certificate is one that nobody vouches for, as a rule.
        let needless = at_home && self.login.is_none();
        if !self.implicit && !needless && smtp.can_starttls() {
            step(smtp.starttls(self.tls.clone(), &self.hello)).await?;
        } else if !self.implicit && !at_home {
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

/// Why one address did not do.
enum Attempt {
    /// Nobody there: the name may have another address.
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
