//! TLS that believes the given authorities and no others.

use std::sync::Arc;

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use rustls::{ClientConfig, RootCertStore};

use crate::notify::trust::Roots;

/// For STARTTLS.
pub(super) fn tls(server: &str, roots: &Roots) -> Option<TlsParameters> {
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

/// For TLS from the first byte.
pub(super) fn implicit_tls(roots: &Roots) -> Option<Arc<ClientConfig>> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Some(Arc::new(config.ok()?.with_root_certificates(store).with_no_client_auth()))
}
