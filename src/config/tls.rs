//! Whether clients are served over TLS, and with which certificate.

use std::path::PathBuf;

use clap::Args;

use super::Wrong;

/// The certificate, as it is given.
#[derive(Args, Debug, Clone, Default)]
pub struct TlsArgs {
    /// File with the certificate chain in PEM form, to serve HTTPS; read again when it changes
    #[arg(long, env = "TLS_CERT")]
    pub tls_cert: Option<PathBuf>,

    /// File with the private key of the certificate in PEM form
    #[arg(long, env = "TLS_KEY")]
    pub tls_key: Option<PathBuf>,
}

/// Files of a certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, in PEM form.
    pub cert: PathBuf,
    /// The private key, in PEM form.
    pub key: PathBuf,
}

impl TlsArgs {
    /// Checks that there are both or none. An empty variable is none.
    pub(super) fn check(&self, wrong: &mut Wrong) -> Option<TlsFiles> {
        let given = |path: &Option<PathBuf>| path.clone().filter(|path| !path.as_os_str().is_empty());
        match (given(&self.tls_cert), given(&self.tls_key)) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            (Some(_), None) => {
                wrong.note("TLS_KEY (--tls-key)", "is required with TLS_CERT");
                None
            }
            (None, Some(_)) => {
                wrong.note("TLS_CERT (--tls-cert)", "is required with TLS_KEY");
                None
            }
        }
    }
}
