//! Where the searched words stand in a text as it was written, for showing them.

use std::ops::Range;

use super::SearchText;
use crate::folded::Folded;

impl SearchText {
    /// The places in `text` at which a searched word stands, as byte ranges in order, joined where they touch.
    ///
    /// `text` must be one that the viewer was found to see.
    pub fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let (folded, origin) = with_origin(text);
        let mut marks: Vec<Range<usize>> = Vec::new();
        for wanted in self.texts() {
            for (start, found) in folded.match_indices(wanted) {
                let first = origin.get(start).map(|range| range.start);
                let last = origin.get(start + found.len() - 1).map(|range| range.end);
                marks.extend(first.zip(last).map(|(start, end)| start..end));
            }
        }
        marks.sort_by_key(|range| (range.start, range.end));
        join(marks)
    }
}

/// The folded text, and for each of its bytes the range of the character that it came from.
fn with_origin(text: &str) -> (String, Vec<Range<usize>>) {
    let mut folded = String::new();
    let mut origin: Vec<Range<usize>> = Vec::new();
    let mut space: Option<Range<usize>> = None;
    for (start, character) in text.char_indices() {
        let range = start..start + character.len_utf8();
        // A character between two others shows what folding makes of it, a space or nothing included.
        let framed = Folded::of(&format!("x{character}x"));
        let piece = framed.as_str().get(1..framed.as_str().len().saturating_sub(1)).unwrap_or_default();
        if piece == " " {
            space = space.or(Some(range));
            continue;
        }
        if piece.is_empty() {
            continue;
        }
        if let Some(range) = space.take().filter(|_| !folded.is_empty()) {
            folded.push(' ');
            origin.push(range);
        }
        folded.push_str(piece);
        origin.extend(std::iter::repeat_n(range, piece.len()));
    }
    (folded, origin)
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
