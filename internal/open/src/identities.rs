//! The private keys that are live: the intake identities and, at a ceremony, a recovery identity.

use crate::{limits::IDENTITIES, x25519::SecretKey};

/// One or more age identities. Never printed; each is wiped when dropped.
pub struct Identities(Vec<SecretKey>);

/// The texts hold no usable identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentitiesError {
    /// A line is neither a comment nor an X25519 identity. The line itself is not repeated: it may be a key with a slip.
    #[error("line {line} of identity file {file} is not an identity that starts with AGE-SECRET-KEY-1")]
    NotAnIdentity {
        /// Which of the texts, counted from 1.
        file: usize,
        /// Counted from 1.
        line: usize,
    },
    /// No identity at all.
    #[error("there is no identity to open items with")]
    None,
    /// More than are ever live at once.
    #[error("there are more than {IDENTITIES} identities")]
    TooMany,
}

impl Identities {
    /// Reads identity files as `age-keygen` writes them: one identity a line, comments behind `#`.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, IdentitiesError> {
        let mut identities = Vec::new();
        for (file, text) in (1..).zip(texts) {
            for (line, text) in (1..).zip(text.lines()) {
                let text = text.trim();
                if text.is_empty() || text.starts_with('#') {
                    continue;
                }
                if identities.len() == IDENTITIES {
                    return Err(IdentitiesError::TooMany);
                }
                identities.push(SecretKey::parse(text).ok_or(IdentitiesError::NotAnIdentity { file, line })?);
            }
        }
        if identities.is_empty() { Err(IdentitiesError::None) } else { Ok(Self(identities)) }
    }

    /// The age recipients (`age1…`) that these identities open items for, in order.
    pub fn recipients(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|identity| identity.recipient().to_owned())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SecretKey> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example pair of the age crate's own tests.
    const SECRET: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
    const PUBLIC: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

    #[test]
    fn several_files_with_comments_are_read() {
        let file = format!("# created: 2026-11-22\n# public key: {PUBLIC}\n{SECRET}\n\n");
        let identities = Identities::parse([file.as_str(), SECRET]).unwrap();
        assert_eq!(identities.recipients().collect::<Vec<_>>(), [PUBLIC, PUBLIC]);
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        let slip = SECRET.replace("GQ9", "GQ8");
        let refused = Identities::parse([SECRET, &format!("# x\n{slip}")]).err().unwrap();
        assert_eq!(refused, IdentitiesError::NotAnIdentity { file: 2, line: 2 });
        assert!(!refused.to_string().contains(&slip));
        assert_eq!(Identities::parse(["# nothing\n"]).err(), Some(IdentitiesError::None));
        let many = format!("{SECRET}\n").repeat(IDENTITIES + 1);
        assert_eq!(Identities::parse([many.as_str()]).err(), Some(IdentitiesError::TooMany));
    }
}
