//! Hostile text made harmless to look at.
//!
//! Markup is escaped, direction is isolated with `<bdi>`, and characters that hide or reorder others are written out by
//! their number, so that what an analyst reads is what the reporter sent. Nothing is removed.

use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

/// Text of a reporter, or anything else that is not ours, as HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visible(pub(crate) String);

impl HtmlSafe for Visible {}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<bdi>")?;
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(character)?,
                hidden if is_hidden(hidden) => {
                    write!(f, "<span class=\"hidden-character\">U+{:04X}</span>", u32::from(hidden))?;
                }
                plain => f.write_char(plain)?,
            }
        }
        f.write_str("</bdi>")
    }
}

impl From<&str> for Visible {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Controls, bidirectional controls, characters without width or ink. The zero-width joiner stays: scripts need it.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_is_text() {
        let shown = Visible::from("<script>alert(\"1\")</script> & '").to_string();
        assert_eq!(shown, "<bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;</bdi>");
    }

    #[test]
    fn reordering_characters_are_written_out() {
        let shown = Visible::from("照片\u{202e}gpj.exe").to_string();
        assert_eq!(shown, "<bdi>照片<span class=\"hidden-character\">U+202E</span>gpj.exe</bdi>");
    }

    #[test]
    fn rare_characters_and_line_breaks_stay_as_they_are() {
        assert_eq!(Visible::from("𠮷·木拉提\n一").to_string(), "<bdi>𠮷·木拉提\n一</bdi>");
    }

    proptest! {
        #[test]
        fn no_text_breaks_out(text in any::<String>()) {
            let shown = Visible::from(text.as_str()).to_string();
            let inside = shown.strip_prefix("<bdi>").unwrap().strip_suffix("</bdi>").unwrap();
            let bare = inside.replace("<span class=\"hidden-character\">", "").replace("</span>", "");
            prop_assert!(!bare.contains(['<', '>', '"', '\'']));
            prop_assert!(!bare.chars().any(|character| is_hidden(character) && !"\n\t".contains(character)));
        }
    }
}
