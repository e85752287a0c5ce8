//! The header of an age file, read to the byte and in its one canonical spelling.
//!
//! The age crate accepts two spellings besides the canonical one: a stanza without any body line, and a body of a
//! multiple of 64 characters without its empty last line. Both are refused here, before the age crate sees a byte, so
//! that a header has one meaning for every reader. Grammar: C2SP `age`, "Recipient stanza" and "Header MAC".

use std::io::{self, BufRead, Read};

use data_encoding::BASE64_NOPAD;

use crate::limits::{HEADER_BYTES, STANZAS};

/// The bytes of a canonical age header, from `age-encryption.org/v1` to the line feed after the MAC.
///
/// Its grammar has been checked; its MAC has not, since that takes the file key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header(Vec<u8>);

/// The bytes do not begin with a canonical age header.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The first line is not that of age v1.
    #[error("the first line is not that of an age v1 file")]
    NotAge,
    /// The header ends before its MAC, or a line passes the limit on the header's length.
    #[error("the age header is cut off or longer than {HEADER_BYTES} bytes")]
    Unfinished,
    /// More stanzas than any gateway writes.
    #[error("the age header has more than {STANZAS} recipient stanzas")]
    TooManyStanzas,
    /// A line that canonical age does not have there.
    #[error("line {line} of the age header is not in its canonical form")]
    NotCanonical {
        /// Counted from 1.
        line: usize,
    },
    /// Something follows the header where nothing may.
    #[error("bytes follow the age header")]
    Trailing,
    /// The reader failed.
    #[error("the age header could not be read")]
    Read(#[source] io::Error),
}

impl Header {
    /// Reads a header and leaves `input` at the first byte after it.
    pub fn read(input: &mut impl BufRead) -> Result<Self, HeaderError> {
        let mut input = input.take(HEADER_BYTES);
        let mut bytes = Vec::new();
        let mut expected = Expected::Version;
        let mut stanzas = 0;
        for line in 1.. {
            let start = bytes.len();
            input.read_until(b'\n', &mut bytes).map_err(HeaderError::Read)?;
            let text = bytes.get(start..).and_then(|line| line.strip_suffix(b"\n")).ok_or(HeaderError::Unfinished)?;
            expected = match expected.after(text, line)? {
                Some(next) => next,
                None => break,
            };
            if matches!(expected, Expected::Body) && text.starts_with(STANZA_PREFIX) {
                stanzas += 1;
                if stanzas > STANZAS {
                    return Err(HeaderError::TooManyStanzas);
                }
            }
        }
        Ok(Self(bytes))
    }

    /// Reads a header that was kept apart from its payload: exactly these bytes.
    pub fn parse(mut bytes: &[u8]) -> Result<Self, HeaderError> {
        let header = Self::read(&mut bytes)?;
        if bytes.is_empty() { Ok(header) } else { Err(HeaderError::Trailing) }
    }

    /// The bytes, as they stood at the start of the item.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Gives the bytes away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// What the next line of a header may be.
#[derive(Clone, Copy)]
enum Expected {
    Version,
    FirstStanza,
    Body,
    StanzaOrMac,
}

impl Expected {
    /// What may follow `line`, which is the `number`th; `None` after the MAC.
    fn after(self, line: &[u8], number: usize) -> Result<Option<Self>, HeaderError> {
        match self {
            Self::Version if line == VERSION => Ok(Some(Self::FirstStanza)),
            Self::Version => Err(HeaderError::NotAge),
            Self::FirstStanza | Self::StanzaOrMac if is_stanza_line(line) => Ok(Some(Self::Body)),
            Self::StanzaOrMac if is_mac_line(line) => Ok(None),
            // A full line is followed by more of the body, a short one (perhaps empty) ends it.
            Self::Body if line.len() == BODY_COLUMNS && is_base64(line) => Ok(Some(Self::Body)),
            Self::Body if line.len() < BODY_COLUMNS && is_base64(line) => Ok(Some(Self::StanzaOrMac)),
            Self::FirstStanza | Self::StanzaOrMac | Self::Body => Err(HeaderError::NotCanonical { line: number }),
        }
    }
}

/// `-> ` and one or more words of visible ASCII, one space between them.
fn is_stanza_line(line: &[u8]) -> bool {
    line.strip_prefix(STANZA_PREFIX).is_some_and(|words| {
        words.split(|&byte| byte == b' ').all(|word| !word.is_empty() && word.iter().all(u8::is_ascii_graphic))
    })
}

/// `--- ` and 32 bytes in base64.
fn is_mac_line(line: &[u8]) -> bool {
    line.strip_prefix(MAC_PREFIX).is_some_and(|mac| mac.len() == MAC_CHARACTERS && is_base64(mac))
}

/// Standard base64 without padding, the unused bits of its last character zero.
fn is_base64(text: &[u8]) -> bool {
    BASE64_NOPAD.decode(text).is_ok()
}

const VERSION: &[u8] = b"age-encryption.org/v1";
const STANZA_PREFIX: &[u8] = b"-> ";
const MAC_PREFIX: &[u8] = b"--- ";
const BODY_COLUMNS: usize = 64;
const MAC_CHARACTERS: usize = 43;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAC: &str = "--- fgMiVLJHMlg9fW7CVG/hPS5EAU4Zeg19LyCP7SoH5nA\n";
    const FULL: &str = "xD7o4VEOu1t7KZQ1gDgq2FPzBEeSRqbnqvQEXdLRYy143BxR6oFxsUUJCRB0ErXA\n";

    fn header_of(stanzas: &str) -> String {
        format!("age-encryption.org/v1\n{stanzas}{MAC}")
    }

    #[test]
    fn the_canonical_spelling_is_read_to_its_last_byte() {
        let text = header_of(&format!("-> X25519 CJM36A\nC3ZAeY64\n-> empty\n\n-> full a b\n{FULL}\n"));
        let whole = format!("{text}payload");
        let mut input = whole.as_bytes();
        assert_eq!(Header::read(&mut input).unwrap().as_bytes(), text.as_bytes());
        assert_eq!(input, b"payload");
    }

    #[test]
    fn the_two_spellings_that_age_tolerates_are_refused() {
        let no_body = header_of("-> some-recipient 37\n");
        let no_last_line = header_of(&format!("-> some-recipient 37\n{FULL}"));
        for text in [no_body, no_last_line] {
            assert!(matches!(Header::parse(text.as_bytes()), Err(HeaderError::NotCanonical { .. })), "{text}");
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for stanzas in [
            "",
            "-> \n\n",
            "->X25519\n\n",
            "-> X25519  two\n\n",
            "-> X25519 \n\n",
            "-> X25519\r\n\n",
            "-> \u{e9}\n\n",
            "-> X25519\nC3ZAeY64=\n",
            "-> X25519\nC3ZAeY6\n-> b\nC\n",
            "-> X25519\nQR\n",
            "-> X25519\n\n\n",
        ] {
            assert!(Header::parse(header_of(stanzas).as_bytes()).is_err(), "{stanzas:?}");
        }
        let good = header_of("-> X25519\nQQ\n");
        assert!(Header::parse(good.as_bytes()).is_ok());
        assert!(matches!(Header::parse(format!("{good} ").as_bytes()), Err(HeaderError::Trailing)));
        assert!(matches!(Header::parse(&good.as_bytes()[..good.len() - 1]), Err(HeaderError::Unfinished)));
    }

    #[test]
    fn length_and_stanzas_are_bounded() {
        let many = header_of(&"-> a\n\n".repeat(STANZAS + 1));
        assert!(matches!(Header::parse(many.as_bytes()), Err(HeaderError::TooManyStanzas)));
        let long = header_of(&format!("-> a\n{}\n", FULL.repeat(1000)));
        assert!(matches!(Header::parse(long.as_bytes()), Err(HeaderError::Unfinished)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_header_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Header::parse(&bytes);
        }

        #[test]
        fn any_lines_are_a_header_or_refused(text in "(age-encryption.org/v1\n)?(-> [a-z ]{0,6}\n[A-Za-z0-9+/=]{0,66}\n){0,3}(--- [A-Za-z]{43}\n)?") {
            if let Ok(header) = Header::parse(text.as_bytes()) {
                prop_assert_eq!(header.as_bytes(), text.as_bytes());
            }
        }
    }
}
