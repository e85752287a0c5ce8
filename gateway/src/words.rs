//! What the public reads, Chinese first with English beside (UX sections 1 and 8).
//!
//! Short sentences, no threats, never "invalid": each says what to do. Every text of the pages stands here and nowhere
//! else: a template names a text, so a missing one does not compile (docs/decisions/0014). Words about single fields are
//! catalog data and are not repeated here.

/// Texts by name, and, for the tests, all of them.
macro_rules! phrases {
    ($($name:ident = $zh:literal, $en:literal;)*) => {
        $(pub(crate) const $name: crate::words::Words = crate::words::Words { zh: $zh, en: $en };)*
        #[cfg(test)]
        pub(super) const ALL: &[(&str, crate::words::Words)] = &[$((stringify!($name), $name)),*];
    };
}

mod pages;
mod problems;
mod refusals;

use nightsafe_schema::catalog::Label;

pub(crate) use self::pages::*;
pub(crate) use self::problems::{ProblemWords, problem_words};
pub(crate) use self::refusals::*;

/// One text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
}

/// Anything that is said in both languages.
pub(crate) trait Bilingual {
    fn zh(&self) -> &str;
    fn en(&self) -> &str;
}

impl Words {
    /// The text with `{n}` replaced.
    pub(crate) fn with(self, value: impl std::fmt::Display) -> Label {
        let value = value.to_string();
        Label { zh: self.zh.replace("{n}", &value), en: self.en.replace("{n}", &value) }
    }

    pub(crate) fn label(self) -> Label {
        Label { zh: self.zh.to_owned(), en: self.en.to_owned() }
    }
}

impl Bilingual for Words {
    fn zh(&self) -> &str {
        self.zh
    }

    fn en(&self) -> &str {
        self.en
    }
}

impl Bilingual for Label {
    fn zh(&self) -> &str {
        &self.zh
    }

    fn en(&self) -> &str {
        &self.en
    }
}

impl<T: Bilingual> Bilingual for &T {
    fn zh(&self) -> &str {
        (**self).zh()
    }

    fn en(&self) -> &str {
        (**self).en()
    }
}

#[cfg(test)]
mod tests {
    use super::{Words, pages, problems, refusals};

    fn all() -> impl Iterator<Item = (&'static str, Words)> {
        [pages::ALL, problems::ALL, refusals::ALL].concat().into_iter()
    }

    #[test]
    fn no_text_says_invalid_or_threatens() {
        for (name, text) in all() {
            assert!(!text.en.to_lowercase().contains("invalid"), "{name}: {}", text.en);
            for word in ["您必须", "无效", "非法", "严禁", "警告"] {
                assert!(!text.zh.contains(word), "{name}: {}", text.zh);
            }
        }
    }

    /// At 320 px and 20 px a line holds 15 characters: a sentence is two lines at most.
    #[test]
    fn chinese_sentences_stay_short() {
        for (name, text) in all() {
            for sentence in text.zh.split(['。', '？', '；', '：', '！']) {
                let written = sentence.chars().filter(|letter| !letter.is_ascii()).count();
                assert!(written <= 22, "{name}: {sentence}");
            }
        }
    }

    /// No word of a language that breaks at spaces is longer than a line at 320 px.
    #[test]
    fn english_words_fit_a_narrow_line() {
        for (name, text) in all() {
            for word in text.en.split([' ', '/']) {
                assert!(word.chars().count() <= 20, "{name}: {word}");
            }
        }
    }

    #[test]
    fn both_languages_have_the_same_places_for_values() {
        for (name, text) in all() {
            assert_eq!(text.zh.matches("{n}").count(), text.en.matches("{n}").count(), "{name}");
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{name}");
        }
    }
}
