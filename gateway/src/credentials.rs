//! The gateway's three secrets, each in a file of its own that only its user may read.
//!
//! None of them opens anything: the site secret makes clue numbers, the form key marks form pages as ours, the journal
//! key signs what was acknowledged. A file is 64 lower-case hex digits and a line end.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use data_encoding::HEXLOWER;
use nightsafe_runtime::bounded_file::{self, ReadError};
use nightsafe_runtime::durable_file::{self, DurableError};
use nightsafe_runtime::{ExitCode, HasExitCode};
use nightsafe_schema::journal::{JournalKey, JournalKeyError};
use nightsafe_schema::randomness::{NoRandomness, Randomness};
use nightsafe_schema::signed::{SignedKind, SignedLine, SignedLineError, signing_bytes};
use nightsafe_schema::submission::SiteSecret;
use zeroize::Zeroizing;

use crate::config::CredentialsConfig;

/// All of them, read.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) site_secret: SiteSecret,
    pub(crate) form_key: FormKey,
    pub(crate) journal_signer: JournalSigner,
}

/// Why a credential cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialError {
    #[error("a credential is missing or unreadable (nightsafe-gateway init makes it)")]
    Read(#[source] ReadError),
    #[error("{path} is not a credential of 64 lower-case hex digits")]
    Malformed { path: std::path::PathBuf },
    #[error("the journal key cannot be used")]
    JournalKey(#[source] JournalKeyError),
    #[error("the journal key is no Ed25519 key")]
    SigningKey,
    #[error("a credential cannot be made")]
    Random(#[from] NoRandomness),
    #[error("a credential cannot be written")]
    Write(#[source] DurableError),
}

impl HasExitCode for CredentialError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Write(error) => error.exit_code(),
            Self::Random(_) => ExitCode::Unexpected,
            Self::Read(_) | Self::Malformed { .. } | Self::JournalKey(_) | Self::SigningKey => ExitCode::Key,
        }
    }
}

impl Credentials {
    pub(crate) fn read(config: &CredentialsConfig) -> Result<Self, CredentialError> {
        Ok(Self {
            site_secret: SiteSecret::from_bytes(*read_secret(&config.site_secret)?),
            form_key: FormKey(read_secret(&config.form_key)?),
            journal_signer: JournalSigner::read(&config.journal_key)?,
        })
    }

    /// Makes the files that are missing; never touches one that is there.
    pub(crate) fn make_missing(config: &CredentialsConfig, randomness: &dyn Randomness) -> Result<(), CredentialError> {
        for path in [&config.site_secret, &config.form_key, &config.journal_key] {
            if !path.exists() {
                make_secret(path, randomness)?;
            }
        }
        Ok(())
    }
}

/// Marks a form page's hidden state as ours.
pub(crate) struct FormKey(Zeroizing<[u8; 32]>);

impl FormKey {
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    #[cfg(test)]
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl std::fmt::Debug for FormKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormKey(..)")
    }
}

/// Signs journal lines and heads. Clones share the key, which is wiped with the last of them.
#[derive(Clone)]
pub(crate) struct JournalSigner {
    key: Arc<Ed25519KeyPair>,
    public: JournalKey,
}

impl JournalSigner {
    pub(crate) fn read(path: &Path) -> Result<Self, CredentialError> {
        Self::from_seed(&*read_secret(path)?)
    }

    pub(crate) fn from_seed(seed: &[u8; 32]) -> Result<Self, CredentialError> {
        let key = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| CredentialError::SigningKey)?;
        let public = key.public_key().as_ref().try_into().map_err(|_| CredentialError::SigningKey)?;
        let public = JournalKey::from_bytes(public).map_err(CredentialError::JournalKey)?;
        Ok(Self { key: Arc::new(key), public })
    }

    /// What the key ring names.
    pub(crate) fn public(&self) -> &JournalKey {
        &self.public
    }

    pub(crate) fn sign<F: SignedKind>(&self, fields: F) -> Result<SignedLine<F>, SignedLineError> {
        let signature = self.key.sign(&signing_bytes(&fields)?);
        SignedLine::new(fields, signature.as_ref().try_into().map_err(|_| SignedLineError::SignatureForm)?)
    }
}

impl std::fmt::Debug for JournalSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JournalSigner({})", self.public)
    }
}

fn read_secret(path: &Path) -> Result<Zeroizing<[u8; 32]>, CredentialError> {
    let text = bounded_file::read_secret(path, FILE_LIMIT).map_err(CredentialError::Read)?;
    let malformed = || CredentialError::Malformed { path: path.to_owned() };
    let digits = text.strip_suffix(b"\n").unwrap_or(&text);
    let mut secret = Zeroizing::new([0; 32]);
    // Decoded in place: a temporary vector would leave a copy behind.
    if digits.len() != 2 * secret.len() || HEXLOWER.decode_mut(digits, &mut *secret).is_err() {
        return Err(malformed());
    }
    Ok(secret)
}

fn make_secret(path: &Path, randomness: &dyn Randomness) -> Result<(), CredentialError> {
    let mut secret = Zeroizing::new([0; 32]);
    randomness.fill(&mut *secret)?;
    let line = Zeroizing::new(format!("{}\n", HEXLOWER.encode(&*secret)));
    if let Some(folder) = path.parent() {
        durable_file::create_folder(folder).map_err(CredentialError::Write)?;
    }
    durable_file::write_new(path, line.as_bytes()).map_err(CredentialError::Write)
}

const FILE_LIMIT: u64 = 128;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use nightsafe_runtime::SystemRandomness;

    use super::{CredentialError, make_secret, read_secret};

    #[test]
    fn a_made_secret_is_read_back_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/site.secret");
        make_secret(&path, &SystemRandomness).unwrap();
        assert_ne!(*read_secret(&path).unwrap(), [0; 32]);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(make_secret(&path, &SystemRandomness), Err(CredentialError::Write(_))));
    }

    #[test]
    fn other_texts_are_no_secrets() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("short", "ab"), ("upper", &"AB".repeat(32)), ("long", &"ab".repeat(33))] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(matches!(read_secret(&path), Err(CredentialError::Malformed { .. })), "{name}");
        }
    }
}
