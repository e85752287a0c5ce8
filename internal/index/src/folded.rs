//! Text in the one form in which it is indexed and searched, so that both sides compare the same characters.
//!
//! The form itself is the rules' own (`nightsafe_casework::spelling`): what links two cases is found by a search, too.

use nightsafe_casework::spelling;

/// Text after folding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Folded(String);

impl Folded {
    pub(crate) fn of(text: &str) -> Self {
        Self(spelling::folded(text))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
