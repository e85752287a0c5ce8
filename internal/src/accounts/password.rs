//! Passwords at rest: Argon2id (RFC 9106) with the parameters kept beside the hash, so that they can grow.
//!
//! Nothing here knows an account; a password is never printed, logged or kept.

use std::{fmt, str::FromStr};

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64_NOPAD;
use nightsafe_casework::event::PasswordHash;
use nightsafe_schema::randomness::{NoRandomness, Randomness};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::limits;

/// A password as it was typed. Wiped when dropped, without a `Debug` of its content.
pub(crate) struct Password(Zeroizing<String>);

impl Password {
    /// Takes a password as read from a file or a form: one line end is not part of it.
    pub(crate) fn new(mut typed: String) -> Result<Self, PasswordError> {
        if typed.ends_with('\n') {
            typed.pop();
            if typed.ends_with('\r') {
                typed.pop();
            }
        }
        let typed = Zeroizing::new(typed);
        if limits::PASSWORD_BYTES.contains(&typed.len()) { Ok(Self(typed)) } else { Err(PasswordError::Length) }
    }

    /// The password itself, for handing it to the daemon.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Hashes a new password with today's parameters: 19 MiB, two passes, one lane (OWASP's first choice).
pub(crate) fn hash(password: &Password, randomness: &dyn Randomness) -> Result<PasswordHash, PasswordError> {
    let mut salt = [0; SALT_BYTES];
    randomness.fill(&mut salt)?;
    let kept = Kept { memory_kib: 19 * 1024, passes: 2, lanes: 1, salt, hash: [0; HASH_BYTES] };
    let hash = *kept.compute(password)?;
    Ok(PasswordHash(Kept { hash, ..kept }.to_string()))
}

/// Whether this is the password. Takes its full time in either case.
pub(crate) fn matches(password: &Password, hash: &PasswordHash) -> Result<bool, PasswordError> {
    let kept: Kept = hash.0.parse()?;
    let computed = kept.compute(password)?;
    Ok(computed.as_slice().ct_eq(kept.hash.as_slice()).into())
}

/// A hash that no password has: what is compared when the name is unknown, so that both cases take the same time.
pub(crate) fn hash_of_nobody() -> PasswordHash {
    let nobody = Kept { memory_kib: 19 * 1024, passes: 2, lanes: 1, salt: [0; SALT_BYTES], hash: [0; HASH_BYTES] };
    PasswordHash(nobody.to_string())
}

/// The parts of a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>` in unpadded base64.
struct Kept {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

impl Kept {
    fn compute(&self, password: &Password) -> Result<Zeroizing<[u8; HASH_BYTES]>, PasswordError> {
        // The parameters come from the ledger; they are bounded all the same.
        if self.memory_kib > 256 * 1024 || self.passes > 16 || self.lanes > 4 {
            return Err(PasswordError::Parameters);
        }
        let parameters = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES))
            .map_err(|_refused| PasswordError::Parameters)?;
        let mut hash = Zeroizing::new([0; HASH_BYTES]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(password.expose().as_bytes(), &self.salt, hash.as_mut_slice())
            .map_err(|_refused| PasswordError::Parameters)?;
        Ok(hash)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_kib, passes, lanes, salt, hash } = self;
        let (salt, hash) = (BASE64_NOPAD.encode(salt), BASE64_NOPAD.encode(hash));
        write!(f, "{PREFIX}m={memory_kib},t={passes},p={lanes}${salt}${hash}")
    }
}

impl FromStr for Kept {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        Self::read(text).filter(|kept| kept.to_string() == text).ok_or(PasswordError::Parameters)
    }
}

impl Kept {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.split('$');
        let mut parameters = parts.next()?.split(',');
        let kept = Self {
            memory_kib: parameters.next()?.strip_prefix("m=")?.parse().ok()?,
            passes: parameters.next()?.strip_prefix("t=")?.parse().ok()?,
            lanes: parameters.next()?.strip_prefix("p=")?.parse().ok()?,
            salt: BASE64_NOPAD.decode(parts.next()?.as_bytes()).ok()?.try_into().ok()?,
            hash: BASE64_NOPAD.decode(parts.next()?.as_bytes()).ok()?.try_into().ok()?,
        };
        Some(kept)
    }
}

const PREFIX: &str = "$argon2id$v=19$";
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What can go wrong with a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// Too short or too long.
    #[error(
        "密码须为 {} 至 {} 字节 (a password has {0} to {1} bytes)",
        limits::PASSWORD_BYTES.start(),
        limits::PASSWORD_BYTES.end()
    )]
    Length,
    /// A stored hash has parameters this program does not accept.
    #[error("密码散列的参数不可接受 (unacceptable parameters of a password hash)")]
    Parameters,
    /// No random bytes for the salt.
    #[error("没有随机数可用 (no random bytes)")]
    NoRandomness(#[from] NoRandomness),
}

#[cfg(test)]
mod tests {
    use nightsafe_runtime::SystemRandomness;
    use proptest::prelude::*;

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text.to_owned()).unwrap()
    }

    #[test]
    fn the_password_matches_and_another_does_not() {
        let kept = hash(&password("correct horse battery"), &SystemRandomness).unwrap();
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(matches(&password("correct horse battery\n"), &kept).unwrap());
        assert!(!matches(&password("correct horse batterz"), &kept).unwrap());
        assert!(!matches(&password("correct horse battery"), &hash_of_nobody()).unwrap());
    }

    #[test]
    fn a_short_or_endless_password_is_refused() {
        assert!(Password::new("short".to_owned()).is_err());
        assert!(Password::new("x".repeat(257)).is_err());
        assert!(!format!("{:?}", password("correct horse battery")).contains("horse"));
    }

    #[test]
    fn parameters_that_would_exhaust_the_machine_are_refused() {
        let greedy = hash_of_nobody().0.replace("m=19456", "m=4000000000");
        assert!(matches(&password("correct horse battery"), &PasswordHash(greedy)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_hash_or_refused(text in ".{0,120}") {
            prop_assert!(text.parse::<Kept>().is_err());
        }
    }
}
