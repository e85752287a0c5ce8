//! Logging in, and what a session is held by.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use nightsafe_casework::account::Viewer;
use nightsafe_schema::randomness::{NoRandomness, Randomness};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

/// What is typed at the login page.
#[derive(Debug)]
pub struct Credentials {
    /// The name as typed: it may be no account's.
    pub name: String,
    /// The password as typed.
    pub password: SecretString,
    /// The one-time code as typed; empty if none was.
    pub code: String,
}

/// A session that was just opened.
#[derive(Debug)]
pub struct Session {
    /// What the browser holds it by.
    pub token: SessionToken,
    /// Who it is.
    pub viewer: Viewer,
    /// When it ends.
    pub expires: Timestamp,
}

/// 256 random bits that stand for a session; the desk should keep only its [`SessionToken::digest`].
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

impl SessionToken {
    /// A fresh token.
    pub fn random(randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        randomness.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// What a session table holds in place of the token.
    pub fn digest(&self) -> nightsafe_schema::digest::Digest {
        nightsafe_schema::digest::Digest::from_bytes(Sha256::digest(self.0).into())
    }

    /// The token as the cookie carries it.
    pub(crate) fn cookie_value(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Reads [`Self::cookie_value`].
    pub(crate) fn from_cookie_value(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The secret itself, for deriving the session's form token.
    pub(crate) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}
