//! HTTP as far as a message needs it: one request, the number of the answer. No redirect is
//! followed, no proxy asked, no body read, and no connection kept.

use std::sync::Arc;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error, RequestBuilder};
use vm_autoscale_config::{Target, Way};

use super::Undelivered;
use super::target::{LookUp, PATIENCE};
use super::trust::Roots;

/// A client for one server.
pub(super) struct Http(Agent);

impl Http {
    pub(super) fn new(roots: &Roots, allow: &[Target]) -> Self {
        let roots: Vec<_> =
            roots.iter().map(|root| Certificate::from_der(root.as_ref()).to_owned()).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Config::builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_idle_connections(0)
            .max_response_header_size(16 * 1024)
            .user_agent(concat!("vm-autoscale/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(PATIENCE))
            .timeout_connect(Some(PATIENCE))
            .timeout_send_request(Some(PATIENCE))
            .timeout_send_body(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .build();
        Self(Agent::with_parts(config, DefaultConnector::default(), Judge(LookUp::new(allow))))
    }

    pub(super) fn get(&self, url: &str) -> Result<(), Undelivered> {
        judged(self.0.get(url).call().map(|answer| answer.status().as_u16()))
    }

    pub(super) fn post_json(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        json: &str,
    ) -> Result<(), Undelivered> {
        let request = self.0.post(url).header("Content-Type", "application/json");
        let with = |request: RequestBuilder<_>, (name, value): &(&str, &str)| {
            request.header(*name, *value)
        };
        let request = headers.iter().fold(request, with);
        judged(request.send(json).map(|answer| answer.status().as_u16()))
    }
}

fn judged(answer: Result<u16, Error>) -> Result<(), Undelivered> {
    match answer {
        Ok(200..=299) => Ok(()),
        // Too busy, or not well itself.
        Ok(status @ (408 | 429 | 500..)) => {
            Err(Undelivered::later(format!("the server answered {status}")))
        }
        Ok(status @ 300..=399) => Err(Undelivered::never(format!(
            "the server answered {status}: redirects are not followed, give the last address"
        ))),
        Ok(status) => Err(Undelivered::never(format!("the server answered {status}"))),
        Err(error) => Err(words(&error)),
    }
}

/// The error's own words may have the URL in them, and with it a key.
fn words(error: &Error) -> Undelivered {
    match error {
        Error::Timeout(_) => Undelivered::late(),
        Error::Io(error) => Undelivered::io(error),
        Error::Rustls(error) => Undelivered::tls(error),
        Error::Other(error) => match error.downcast_ref::<Undelivered>() {
            Some(own) => own.clone(),
            None => Undelivered::later("the request failed"),
        },
        Error::Protocol(_) | Error::LargeResponseHeader(..) => {
            Undelivered::later("the server's answer is no HTTP")
        }
        Error::Http(_) | Error::BadUri(_) => Undelivered::never("the URL cannot be used"),
        _ => Undelivered::later("the request failed"),
    }
}

/// Sees every address before it is connected to, also one that stands in the URL itself.
#[derive(Debug)]
struct Judge(LookUp);

impl Resolver for Judge {
    fn resolve(
        &self,
        uri: &Uri,
        _config: &Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let clear = uri.scheme_str() != Some("https");
        let port = uri.port_u16().unwrap_or(if clear { 80 } else { 443 });
        let host = uri.host().unwrap_or_default();
        let way = if clear { Way::Http } else { Way::Https };
        let found = self.0.resolve(host, port, way);
        let found = found.map_err(|error| Error::Other(Box::new(error)))?;
        let mut addresses = self.empty();
        for address in found {
            addresses.push(address);
        }
        Ok(addresses)
    }
}
