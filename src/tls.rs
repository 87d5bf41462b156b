//! Serving over TLS, with a certificate that may be renewed while the server runs.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;

/// How often is looked whether the files have changed.
const LOOK: Duration = Duration::from_secs(10);

/// What new connections are greeted with.
pub struct Tls {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    /// When the files had changed before they were read first.
    loaded: [Option<SystemTime>; 2],
    current: RwLock<Arc<CertifiedKey>>,
}

impl Tls {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// When a file cannot be read, holds none, or the two do not belong together.
    pub fn load(files: TlsFiles) -> anyhow::Result<Arc<Self>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let loaded = changed(&files);
        let current = RwLock::new(Arc::new(read(&files, &provider)?));
        Ok(Arc::new(Self { files, provider, loaded, current }))
    }

    /// What turns connections into encrypted ones.
    ///
    /// # Errors
    /// When the library has no version of TLS for it.
    pub fn acceptor(self: &Arc<Self>) -> anyhow::Result<TlsAcceptor> {
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self));
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Reads the files again whenever they change, for ever. What cannot be used is logged, and the last one stays.
    pub async fn follow(self: Arc<Self>) {
        let mut known = self.loaded;
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            let now = changed(&self.files);
            if now != known {
                known = now;
                self.renew();
            }
        }
    }

    /// Reads the files again.
    pub fn renew(&self) {
        match read(&self.files, &self.provider) {
            Ok(key) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                tracing::info!("the certificate was renewed");
            }
            Err(error) => tracing::error!(error = format!("{error:#}"), "the new certificate cannot be used"),
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// When each of the files changed last, as far as that can be told.
fn changed(files: &TlsFiles) -> [Option<SystemTime>; 2] {
    [&files.cert, &files.key].map(|file| std::fs::metadata(file).and_then(|data| data.modified()).ok())
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> anyhow::Result<CertifiedKey> {
    let told = |file: &Path| format!("TLS: cannot read {}", file.display());
    let chain = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| told(&files.cert))?;
    if chain.is_empty() {
        bail!("TLS: {} holds no certificate in PEM form", files.cert.display());
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).with_context(|| told(&files.key))?;
    let key = provider.key_provider.load_private_key(key).with_context(|| told(&files.key))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().context("TLS: the certificate and the key do not belong together")?;
    Ok(certified)
}
