//! A TLS server configuration from PEM files: TLS 1.3 and 1.2, post-quantum key exchange first.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::bounded_file::{self, ReadError};
use crate::exit::{ExitCode, HasExitCode};

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate or key file cannot be read.
    #[error("TLS needs a certificate and its key")]
    Read(#[source] ReadError),
    /// The certificate file holds no PEM certificate.
    #[error("{path} holds no PEM certificate")]
    NoCertificate {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The key file holds no PEM private key.
    #[error("{path} holds no PEM private key")]
    NoKey {
        /// The file.
        path: std::path::PathBuf,
    },
    /// Certificate and key do not fit together, or are of no supported kind.
    #[error("the certificate and its key cannot be used together")]
    Unusable(#[source] rustls::Error),
}

impl HasExitCode for TlsError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Key
    }
}

/// The certificate chain in `certificate` and the key in `key` (mode 600), answering with one of the ALPN `protocols`.
pub fn server_config(certificate: &Path, key: &Path, protocols: &[&[u8]]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = bounded_file::read(certificate, LIMIT).map_err(TlsError::Read)?;
    let chain = CertificateDer::pem_slice_iter(&chain)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| TlsError::NoCertificate { path: certificate.to_owned() })?;
    let secret = bounded_file::read_secret(key, LIMIT).map_err(TlsError::Read)?;
    let secret = PrivateKeyDer::from_pem_slice(&secret).map_err(|_| TlsError::NoKey { path: key.to_owned() })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Arc::new(config))
}

/// Chains and keys are a few KiB.
const LIMIT: u64 = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_post_quantum_key_exchange_is_offered_first() {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        assert_eq!(provider.kx_groups.first().unwrap().name(), rustls::NamedGroup::X25519MLKEM768);
    }

    #[test]
    fn files_without_pem_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("cert.pem");
        fs::write(&certificate, "nothing").unwrap();
        let error = server_config(&certificate, &certificate, &[]).unwrap_err();
        assert!(matches!(error, TlsError::NoCertificate { .. }));
        assert_eq!(error.exit_code(), ExitCode::Key);
    }
}
