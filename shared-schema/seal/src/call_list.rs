//! Sealing the monthly call-back list to the SMS desk: the only thing of the inside that goes out with numbers in it
//! (DESIGN invariant 9, docs/spec/callback.md).
//!
//! One recipient, because nobody but the desk is to read it: what is lost is made again. Its length is that of a ladder, so
//! that it says little about how many are asked.

use nightsafe_schema::digest::Digest;
use nightsafe_schema::item::padme;

use crate::RecipientError;
use crate::recipients::parse_recipient;
use crate::stream::{ItemStream, SealError};
use crate::x25519::PublicKey;

/// The SMS desk's key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CallListRecipient(PublicKey);

/// A sealed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCallList {
    /// The whole `.age` file.
    pub bytes: Vec<u8>,
    /// Its digest.
    pub digest: Digest,
}

impl CallListRecipient {
    /// Reads `age1…`.
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        parse_recipient(text).map(Self)
    }

    /// Seals a list: the first line, the text, spaces, one `\n`.
    pub fn seal(&self, list: &str) -> Result<SealedCallList, SealError> {
        let content = (FIRST_LINE.len() + list.len() + END.len()) as u64;
        if content > LARGEST {
            return Err(SealError::TooLarge { found: content });
        }
        let recipient = std::iter::once(&self.0 as &dyn age::Recipient);
        let mut stream = ItemStream::to(recipient, Vec::new(), list.len())?;
        let rung = padme(stream.size_after(content)).max(LEAST);
        // A few lengths have no plaintext; the next one is at most a tag away.
        let room = (rung..rung + LARGEST).find_map(|size| stream.room_until(size)?.checked_sub(content));
        let spaces = room.ok_or(SealError::TooLarge { found: rung })?;
        stream
            .write_all(FIRST_LINE.as_bytes())
            .and_then(|()| stream.write_all(list.as_bytes()))
            .and_then(|()| stream.pad(b' ', spaces))
            .and_then(|()| stream.write_all(END))
            .map_err(SealError::Write)?;
        let finished = stream.finish()?;
        Ok(SealedCallList { bytes: finished.sink, digest: finished.digest })
    }
}

impl std::fmt::Debug for CallListRecipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallListRecipient(..)")
    }
}

/// What it is, before anything else.
const FIRST_LINE: &str = "nightsafe-callback-list/1\n";
/// A list is a text file: its last line ends.
const END: &[u8] = b"\n";
/// No list is shorter: five people look like fifty.
const LEAST: u64 = 4096;
/// No list is longer: some thousands of lines.
const LARGEST: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[expect(clippy::disallowed_types, reason = "tests open what they sealed; shipped code of this crate cannot")]
    fn opened(sealed: &SealedCallList, key: &age::x25519::Identity) -> String {
        let opened = age::Decryptor::new(sealed.bytes.as_slice()).unwrap();
        let mut text = String::new();
        let mut reader = opened.decrypt(std::iter::once(key as &dyn age::Identity)).unwrap();
        reader.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    #[expect(clippy::disallowed_types, reason = "tests open what they sealed; shipped code of this crate cannot")]
    fn the_desk_reads_its_list_and_short_lists_are_of_one_length() {
        let key = age::x25519::Identity::generate();
        let desk = CallListRecipient::parse(&key.to_public().to_string()).unwrap();
        let lists = ["", "7K2M9QXW,13800138000\n", &"7K2M9QXW,13800138000\n".repeat(100)];
        for list in lists {
            let sealed = desk.seal(list).unwrap();
            assert_eq!((sealed.bytes.len(), sealed.digest), (4096, Digest::of(&sealed.bytes)));
            let text = opened(&sealed, &key);
            let (first, rest) = text.split_once('\n').unwrap();
            assert_eq!((first, rest.trim_end_matches([' ', '\n'])), ("nightsafe-callback-list/1", list.trim_end()));
        }
        let long = "7K2M9QXW,13800138000\n".repeat(4000);
        let sealed = desk.seal(&long).unwrap();
        assert!(opened(&sealed, &key).contains(&long));
        assert!(desk.seal(&"x".repeat(2_000_000)).is_err());
    }

    #[test]
    fn what_is_no_key_is_no_desk() {
        for text in ["", "age1", "age1pq1qqqqqqqqqq"] {
            assert!(CallListRecipient::parse(text).is_err(), "{text}");
        }
    }
}
