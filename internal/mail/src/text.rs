//! Bytes to text: character sets, markup, one line out of many.

use mail_parser::decoders::{charsets::map::charset_decoder, html::html_to_text};

use crate::LINE_CHARACTERS;

/// Text in the character set that its part names. Where it names none, or one that nobody knows, UTF-8 if it is that, and
/// GB 18030 if it is not: what comes without a name comes from an old Chinese mail program.
pub(crate) fn decoded(bytes: &[u8], charset: Option<&str>) -> String {
    let bytes = bytes.get(..TEXT_BYTES).unwrap_or(bytes);
    let named = charset.and_then(|name| charset_decoder(name.trim().as_bytes()));
    let text = match (named, std::str::from_utf8(bytes)) {
        (Some(decode), _) => decode(bytes),
        (None, Ok(text)) => text.to_owned(),
        (None, Err(_other)) => charset_decoder(b"gb18030")
            .map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |decode| decode(bytes)),
    };
    readable(&text)
}

/// The words of a marked-up text. Nothing that it refers to is looked at.
pub(crate) fn without_markup(html: &str) -> String {
    readable(&html_to_text(html))
}

/// One line, cut to a bound, without control characters.
pub(crate) fn one_line(text: &str) -> String {
    let visible = text.chars().map(|character| if character.is_whitespace() { ' ' } else { character });
    let line: String = visible.filter(|character| !is_unwanted(*character)).take(LINE_CHARACTERS).collect();
    line.trim().to_owned()
}

/// Line ends as `\n`, and no control character beside tab.
fn readable(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|&c| matches!(c, '\n' | '\t') || !is_unwanted(c)).collect();
    text.trim().to_owned()
}

/// What the catalog refuses in a text: controls and noncharacters.
fn is_unwanted(character: char) -> bool {
    let code = u32::from(character);
    character.is_control() || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE || character == '\u{feff}'
}

/// Of one part; more than anybody reads.
const TEXT_BYTES: usize = 1024 * 1024;
