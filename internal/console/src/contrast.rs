//! Two texts side by side: which words of each are not in the other, in order. Words are cut as the index cuts them, so what a
//! search takes for the same is the same here; nothing of either text is lost.

use nightsafe_index::Word;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::{limits::COMPARED_WORDS, visible::Visible};

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// It is not in the other text at this place.
    pub(crate) differs: bool,
    /// As it was written.
    pub(crate) text: Visible,
}

/// Both texts, cut where they begin and cease to differ. Texts too long to be compared by word differ as a whole.
pub(crate) fn contrast(left: &str, right: &str) -> [Vec<Piece>; 2] {
    if left == right {
        return [whole(left, false), whole(right, false)];
    }
    let (left_words, right_words) = (nightsafe_index::cut(left), nightsafe_index::cut(right));
    if left_words.len().max(right_words.len()) > COMPARED_WORDS {
        return [whole(left, true), whole(right, true)];
    }
    let folded = |words: &[Word<'_>]| words.iter().map(|word| word.folded.clone()).collect::<Vec<_>>();
    let differences = capture_diff_slices(Algorithm::Myers, &folded(&left_words), &folded(&right_words));
    let (mut left, mut right) = (Pieces::default(), Pieces::default());
    for difference in differences {
        let differs = !matches!(difference, DiffOp::Equal { .. });
        left.add(left_words.get(difference.old_range()).unwrap_or_default(), differs);
        right.add(right_words.get(difference.new_range()).unwrap_or_default(), differs);
    }
    [left.0, right.0]
}

fn whole(text: &str, differs: bool) -> Vec<Piece> {
    if text.is_empty() { Vec::new() } else { vec![Piece { differs, text: Visible::from(text) }] }
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn add(&mut self, words: &[Word<'_>], differs: bool) {
        let text: String = words.iter().map(|word| word.written).collect();
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.differs == differs => last.text.0.push_str(&text),
            _ => self.0.push(Piece { differs, text: Visible(text) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(pieces: &[Piece]) -> String {
        let one = |piece: &Piece| if piece.differs { format!("[{}]", piece.text.0) } else { piece.text.0.clone() };
        pieces.iter().map(one).collect()
    }

    #[test]
    fn differing_words_are_marked_on_both_sides() {
        let [left, right] = contrast("每天有三个人来收钱", "每天有五个人来收钱");
        assert!(marked(&left).starts_with("每天") && marked(&left).contains('['), "{}", marked(&left));
        assert_ne!(marked(&left), marked(&right));
        assert!(marked(&left).ends_with("收钱") && marked(&right).ends_with("收钱"));
    }

    #[test]
    fn what_a_search_takes_for_the_same_is_not_marked() {
        let [left, right] = contrast("车牌ＡＢＣ", "车牌abc");
        assert!(left.iter().chain(&right).all(|piece| !piece.differs), "{left:?}");
    }

    #[test]
    fn a_text_and_nothing_differ_as_a_whole_and_equal_texts_nowhere() {
        assert_eq!(marked(&contrast("甲", "")[0]), "[甲]");
        assert_eq!(contrast("甲", "")[1], []);
        assert_eq!(marked(&contrast("甲乙", "甲乙")[1]), "甲乙");
        let long = "甲，".repeat(COMPARED_WORDS);
        assert_eq!(contrast(&long, "乙")[0].len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_of_either_text_is_lost(left in "[甲乙丙 丁a1，]{0,40}", right in "[甲乙丙 丁a1，]{0,40}") {
            let both = contrast(&left, &right);
            let plain = |pieces: &[Piece]| pieces.iter().map(|piece| piece.text.0.as_str()).collect::<String>();
            prop_assert_eq!(plain(&both[0]), left);
            prop_assert_eq!(plain(&both[1]), right);
            let same = |pieces: &[Piece]| -> String {
                pieces.iter().filter(|piece| !piece.differs).map(|piece| piece.text.0.as_str()).collect()
            };
            prop_assert_eq!(same(&both[0]), same(&both[1]));
        }
    }
}
