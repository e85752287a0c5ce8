//! A demo certificate authority and one certificate for each address that is served. Never for a real site.

use std::path::Path;

use nightsafe_runtime::{
    ExitCode,
    durable_file::{self, DurableError},
    exit::HasExitCode,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The library could not make them.
    #[error("演示证书做不出来 the demo certificates could not be made")]
    Make(#[source] rcgen::Error),
    /// They could not be written.
    #[error("演示证书写不了 the demo certificates could not be written")]
    Write(#[source] DurableError),
}

impl HasExitCode for CertificateError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Make(_) => ExitCode::Unexpected,
            Self::Write(error) => error.exit_code(),
        }
    }
}

/// Makes `ca.pem`, and `<name>.pem` with `<name>.key` for each name; the authority's own key is thrown away at once.
pub fn make(folder: &Path, names: &[&str]) -> Result<(), CertificateError> {
    let authority_key = KeyPair::generate().map_err(CertificateError::Make)?;
    let authority = authority_parameters();
    let certificate = authority.self_signed(&authority_key).map_err(CertificateError::Make)?;
    let issuer = Issuer::new(authority, authority_key);
    for name in names {
        let key = KeyPair::generate().map_err(CertificateError::Make)?;
        let mut parameters = CertificateParams::new(HOSTS.map(str::to_owned)).map_err(CertificateError::Make)?;
        parameters.distinguished_name.push(DnType::CommonName, format!("Nightsafe demo {name}"));
        let leaf = parameters.signed_by(&key, &issuer).map_err(CertificateError::Make)?;
        write(&folder.join(format!("{name}.pem")), &leaf.pem())?;
        write(&folder.join(format!("{name}.key")), &key.serialize_pem())?;
    }
    // Last: its presence says that all are there.
    write(&folder.join("ca.pem"), &certificate.pem())
}

fn authority_parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "Nightsafe demo authority (this machine only)");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn write(path: &Path, text: &str) -> Result<(), CertificateError> {
    durable_file::replace(path, text.as_bytes()).map_err(CertificateError::Write)
}

/// What the demo is reached by.
const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_gets_a_chain_and_a_key() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), &["gateway", "console"]).unwrap();
        for name in ["ca.pem", "gateway.pem", "console.pem"] {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            assert!(text.starts_with("-----BEGIN CERTIFICATE-----"), "{name}");
        }
        assert!(std::fs::read_to_string(folder.path().join("console.key")).unwrap().contains("PRIVATE KEY"));
    }
}
