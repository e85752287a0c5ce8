//! Where the searched words stand in a text as it was written, for showing them.

use std::ops::Range;

use super::SearchText;
use nightsafe_casework::spelling::{Shown, shown};

use crate::folded::Folded;

impl SearchText {
    /// The places in `text` at which a searched word stands, as byte ranges in order, joined where they touch.
    ///
    /// `text` must be one that the viewer was found to see.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let plain = Folded::of(text);
        let here: Vec<&str> =
            self.texts().filter(|wanted| !wanted.is_empty() && plain.as_str().contains(wanted)).collect();
        if here.is_empty() {
            return Vec::new();
        }
        let (folded, origin) = with_origin(text);
        let mut marks: Vec<Range<usize>> = Vec::new();
        for wanted in here {
            for (start, found) in folded.match_indices(wanted) {
                let first = origin.get(start).copied();
                let last = origin.get(start + found.len() - 1).and_then(|&last| end_of_character(text, last));
                marks.extend(first.zip(last).map(|(start, end)| start..end));
            }
        }
        marks.sort_by_key(|range| (range.start, range.end));
        join(marks)
    }
}

/// The folded text, and for each of its bytes where the character begins that it came from.
fn with_origin(text: &str) -> (String, Vec<usize>) {
    let mut folded = String::with_capacity(text.len());
    let mut origin = Vec::with_capacity(text.len());
    let mut space = None;
    for (start, character) in text.char_indices() {
        match shown(character) {
            Shown::Nothing => {}
            Shown::Space => space = space.or(Some(start)),
            Shown::Letters(letters) => {
                if let Some(space) = space.take().filter(|_| !folded.is_empty()) {
                    folded.push(' ');
                    origin.push(space);
                }
                folded.extend(letters);
                origin.resize(folded.len(), start);
            }
        }
    }
    (folded, origin)
}

fn end_of_character(text: &str, start: usize) -> Option<usize> {
    text.get(start..)?.chars().next().map(|character| start + character.len_utf8())
}

fn join(marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        match joined.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => joined.push(mark),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(query: &str, text: &str) -> Vec<String> {
        SearchText::parse(query).marks(text).into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn words_are_marked_as_they_were_written() {
        assert_eq!(marked("abc 霍三", "ＡＢＣ和霍\u{200b}三爷，Abc"), ["ＡＢＣ", "霍\u{200b}三", "Abc"]);
        assert_eq!(marked("\"甲 乙\"", "甲 \n 乙"), ["甲 \n 乙"]);
        assert_eq!(marked("保护 护费 -保", "收保护费"), ["保护费"]);
    }

    proptest! {
        #[test]
        fn the_origin_is_that_of_the_folded_text(text in any::<String>()) {
            let ((folded, origin), whole) = (with_origin(&text), Folded::of(&text));
            prop_assert_eq!(whole.as_str(), &folded);
            prop_assert_eq!(folded.len(), origin.len());
        }

        #[test]
        fn marks_are_apart_and_on_characters(text in "[黑社会a𠮷 ]{0,30}", query in "[黑社会a𠮷 ]{0,6}") {
            let mut end = 0;
            for mark in SearchText::parse(&query).marks(&text) {
                prop_assert!(mark.start >= end && text.get(mark.clone()).is_some_and(|piece| !piece.is_empty()));
                end = mark.end + 1;
            }
        }
    }
}
