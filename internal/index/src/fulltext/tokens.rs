//! How folded text becomes terms. Each field has its own tokenizer; all of them expect [`Folded`] text.
//!
//! Substrings: character *i* and its successor are one term at position *i*. A phrase of such terms is the exact
//! substring. tantivy's own n-gram tokenizer gives every term position 0 and cannot do this.

use std::sync::{Arc, LazyLock};

use jieba_rs::Jieba;
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager};

use crate::folded::Folded;

/// Every pair of neighbouring characters, with its position.
pub(crate) const PAIRS: &str = "nightsafe-pairs";
/// Every character, for searches of a single one.
pub(crate) const CHARACTERS: &str = "nightsafe-characters";
/// Chinese words by dictionary, for ranking only.
pub(crate) const WORDS: &str = "nightsafe-words";

/// The three tokenizers under their names.
pub(crate) fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::default(); // has `raw`, and what tantivy wants for numbers
    manager.register(PAIRS, TextAnalyzer::from(Runs::<2>));
    manager.register(CHARACTERS, TextAnalyzer::from(Runs::<1>));
    manager.register(WORDS, TextAnalyzer::from(Words));
    manager
}

/// The terms of a substring in the field of pairs, with their offsets; empty for a single character.
///
/// Every second pair already fixes every character, the last pair the rest: half the posting lists for the same answer.
pub(crate) fn pairs_of(text: &Folded) -> Vec<(usize, String)> {
    let all: Vec<(usize, String)> = pairs(text.as_str());
    let last = all.len().saturating_sub(1);
    all.into_iter().filter(|(position, _)| position % 2 == 0 || *position == last).collect()
}

/// The words of a query, each once, in order.
pub(crate) fn words_of(text: &Folded) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, word) in words(text.as_str()) {
        if !found.iter().any(|known| known == word) {
            found.push(word.to_owned());
        }
    }
    found
}

/// A word of a text as it was written, and in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// As it stands in the text.
    pub written: &'a str,
    /// Folded: two words that a search takes for the same are the same here.
    pub folded: String,
}

/// A text cut into words as the index cuts it, whole: one after the other they are the text again.
pub fn cut(text: &str) -> Vec<Word<'_>> {
    // Folded character by character, so that every place in it is a place in the text.
    let folded: String = text.chars().map(folded).collect();
    let mut rest = text;
    let mut words = Vec::new();
    for token in DICTIONARY.cut(&folded, false) {
        let end = rest.char_indices().nth(token.word.chars().count()).map_or(rest.len(), |(end, _)| end);
        let Some((written, after)) = rest.split_at_checked(end) else { break };
        words.push(Word { written, folded: Folded::of(written).as_str().to_owned() });
        rest = after;
    }
    words
}

fn folded(character: char) -> char {
    let form = Folded::of(character.encode_utf8(&mut [0; 4]));
    let mut form = form.as_str().chars();
    match (form.next(), form.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

fn pairs(text: &str) -> Vec<(usize, String)> {
    text.chars()
        .zip(text.chars().skip(1))
        .enumerate()
        .map(|(position, (first, second))| (position, String::from_iter([first, second])))
        .collect()
}

fn words(text: &str) -> Vec<(usize, &str)> {
    DICTIONARY
        .cut_for_search(text, false)
        .into_iter()
        .filter(|token| token.word.chars().any(char::is_alphanumeric))
        .map(|token| (token.start, token.word))
        .collect()
}

/// Loaded on first use: 0.2 s and some 70 MB. Without the hidden Markov model, so that a word is a word of the
/// dictionary and nothing else, today and after a rebuild.
static DICTIONARY: LazyLock<Arc<Jieba>> = LazyLock::new(|| Arc::new(Jieba::new()));

/// Cuts a text into runs of so many neighbouring characters, each at the position of its first.
#[derive(Clone)]
struct Runs<const LENGTH: usize>;

impl<const LENGTH: usize> Tokenizer for Runs<LENGTH> {
    type TokenStream<'a> = RunStream<'a, LENGTH>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> RunStream<'a, LENGTH> {
        RunStream { rest: text, started: false, token: Token::default() }
    }
}

/// One token is written over and over: no allocation for each term.
struct RunStream<'a, const LENGTH: usize> {
    /// From the first character of the next run on.
    rest: &'a str,
    started: bool,
    token: Token,
}

impl<const LENGTH: usize> TokenStream for RunStream<'_, LENGTH> {
    fn advance(&mut self) -> bool {
        let mut ends = self.rest.char_indices().map(|(at, character)| at + character.len_utf8());
        let (first, last) = match LENGTH {
            1 => {
                let end = ends.next();
                (end, end)
            }
            _ => (ends.next(), ends.nth(LENGTH - 2)),
        };
        let (Some(first), Some(run)) = (first, last.and_then(|end| self.rest.get(..end))) else { return false };
        self.token.text.clear();
        self.token.text.push_str(run);
        self.token.position = if self.started { self.token.position + 1 } else { 0 };
        self.started = true;
        self.rest = self.rest.get(first..).unwrap_or_default();
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// Cuts a text into words.
#[derive(Clone)]
struct Words;

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        WordStream { rest: words(text).into_iter(), token: Token::default() }
    }
}

struct WordStream<'a> {
    rest: std::vec::IntoIter<(usize, &'a str)>,
    token: Token,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((position, word)) = self.rest.next() else { return false };
        self.token.text.clear();
        self.token.text.push_str(word);
        self.token.position = position;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms(name: &str, text: &str) -> Vec<(usize, String)> {
        let mut analyzer = tokenizers().get(name).unwrap();
        let mut stream = analyzer.token_stream(text);
        let mut found = Vec::new();
        stream.process(&mut |token| found.push((token.position, token.text.clone())));
        found
    }

    #[test]
    fn a_text_is_cut_into_words_and_whole_again() {
        let text = "村主任霍大春，外号 霍三爷；ABC１２3\n打人";
        let words = cut(text);
        assert_eq!(words.iter().map(|word| word.written).collect::<String>(), text);
        assert!(words.iter().any(|word| word.written == "主任" || word.written == "村主任"));
        assert_eq!(cut("ＡＢＣ").first().unwrap().folded, cut("abc").first().unwrap().folded);
    }

    proptest! {
        #[test]
        fn any_text_is_whole_after_it_was_cut(text in any::<String>()) {
            prop_assert_eq!(cut(&text).iter().map(|word| word.written).collect::<String>(), text);
        }
    }

    #[test]
    fn pairs_have_increasing_positions() {
        assert_eq!(terms(PAIRS, "黑𠮷社会"), [(0, "黑𠮷".into()), (1, "𠮷社".into()), (2, "社会".into())]);
        assert_eq!(terms(PAIRS, "黑"), []);
        assert_eq!(terms(CHARACTERS, "黑a"), [(0, "黑".into()), (1, "a".into())]);
    }

    #[test]
    fn words_are_those_of_the_dictionary() {
        let found = words_of(&Folded::of("高利放贷，暴力讨债"));
        assert!(found.contains(&"暴力".to_owned()), "{found:?}");
        assert!(!found.contains(&"，".to_owned()));
    }

    proptest! {
        #[test]
        fn the_pairs_of_a_query_name_every_character(text in "[一-四]{2,9}") {
            let mut covered = vec![None; text.chars().count()];
            for (offset, pair) in pairs_of(&Folded::of(&text)) {
                for (index, character) in pair.chars().enumerate() {
                    covered[offset + index] = Some(character);
                }
            }
            prop_assert_eq!(covered.into_iter().flatten().collect::<String>(), text);
        }

        #[test]
        fn any_text_is_cut(text in any::<String>()) {
            for name in [PAIRS, CHARACTERS, WORDS] {
                terms(name, &text);
            }
        }
    }
}
