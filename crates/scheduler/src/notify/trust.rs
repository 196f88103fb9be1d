//! Whose certificates are believed: those of the machine's own authorities.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// Authorities, each of which rustls can use.
pub(super) type Roots = Vec<CertificateDer<'static>>;

/// What `ca-certificates` and `update-ca-certificates` put into /etc/ssl/certs.
pub(super) fn of_this_machine() -> Roots {
    let roots = usable(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        tracing::warn!(
            "no authority is known here, so that no server's certificate is believed: apt install ca-certificates"
        );
    }
    roots
}

/// Old stores have some that are not to be understood; they would spoil all.
fn usable(certificates: Roots) -> Roots {
    let fits = |one: &CertificateDer<'static>| RootCertStore::empty().add(one.clone()).is_ok();
    certificates.into_iter().filter(fits).collect()
}
