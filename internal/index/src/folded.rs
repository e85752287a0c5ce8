//! The one form in which text is indexed and searched, so that both sides compare the same characters.
//!
//! It evens out what a reader would not see as a difference: case, full-width forms, runs of white space, invisible
//! characters. It does not judge words: names, slang and characters outside the basic plane pass as they are.

use std::char::ToLowercase;

/// Text after folding: lower case, half width, single spaces, nothing invisible, no space at either end.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Folded(String);

impl Folded {
    pub(crate) fn of(text: &str) -> Self {
        let mut folded = String::with_capacity(text.len());
        let mut space = false;
        for character in text.chars() {
            match shown(character) {
                Shown::Nothing => {}
                Shown::Space => space = !folded.is_empty(),
                Shown::Letters(letters) => {
                    if std::mem::take(&mut space) {
                        folded.push(' ');
                    }
                    folded.extend(letters);
                }
            }
        }
        Self(folded)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same text cut after so many characters.
    pub(crate) fn truncated(self, characters: usize) -> Self {
        match self.0.char_indices().nth(characters) {
            Some((end, _)) => Self::of(self.0.get(..end).unwrap_or_default()),
            None => self,
        }
    }
}

/// What folding makes of one character.
pub(crate) enum Shown {
    /// It is left out.
    Nothing,
    /// A space, unless one stands there already.
    Space,
    /// These, one or a few.
    Letters(ToLowercase),
}

/// Character by character: the rule for a final sigma depends on neighbours, which a query has others of.
pub(crate) fn shown(character: char) -> Shown {
    match half_width(character) {
        character if is_invisible(character) => Shown::Nothing,
        character if character.is_whitespace() || character.is_control() => Shown::Space,
        character => Shown::Letters(character.to_lowercase()),
    }
}

/// Full-width ASCII and the ideographic space as their ordinary forms.
fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character) // the block is ASCII shifted by 0xfee0
        }
        '\u{3000}' => ' ',
        other => other,
    }
}

/// Characters that show nothing: soft hyphen, zero-width marks, variation selectors, the byte order mark.
///
/// Written between the characters of a name they would hide it from every search.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_alike_is_alike() {
        assert_eq!(Folded::of("  ＡＢＣ１２３\u{3000}\n 张\u{200b}三 "), Folded::of("abc123 张三"));
        assert_eq!(Folded::of("𠮷野家").as_str(), "𠮷野家");
        assert!(Folded::of(" \n\u{feff}").is_empty());
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,60}") {
            let once = Folded::of(&text);
            prop_assert_eq!(Folded::of(once.as_str()), once);
        }

        #[test]
        fn any_text_is_folded_and_cut(text in any::<String>(), characters in 0_usize..20) {
            prop_assert!(Folded::of(&text).truncated(characters).as_str().chars().count() <= characters);
        }
    }
}
