//! A reporter's text as words are looked for in it: without what a reader does not see.
//!
//! Marks that hide, join or turn characters and markup pasted along must not hide a word from a rule. Only for looking:
//! what is kept and shown stays as it was sent.

use std::borrow::Cow;

/// The text without invisible characters and without tags.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|character| character == '<' || is_invisible(character)) {
        return Cow::Borrowed(text);
    }
    let seen: String = text.chars().filter(|character| !is_invisible(*character)).collect();
    Cow::Owned(without_tags(&seen))
}

/// Controls of direction, characters without width or ink. Line breaks and tabs stay: they part words.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// `<b>`, `</b>`, `<img src=…>`: a bracket before a letter, a stroke or an exclamation mark, to the next closing one.
fn without_tags(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        left.push_str(before);
        let opens = after.starts_with(|next: char| next.is_ascii_alphabetic() || next == '/' || next == '!');
        let tag = after.split_once('>').filter(|(inside, _)| inside.len() <= LONGEST_TAG && !inside.contains('<'));
        if let Some((_tag, behind)) = tag.filter(|_| opens) {
            rest = behind;
        } else {
            left.push('<');
            rest = after;
        }
    }
    left.push_str(rest);
    left
}

/// Bytes of the longest thing that is taken for a tag.
const LONGEST_TAG: usize = 200;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_and_tags_hide_no_word() {
        assert_eq!(plain("持\u{202e}刀<b>上</b>门"), "持刀上门");
        assert_eq!(plain("3<5，a<b，<未闭合"), "3<5，a<b，<未闭合");
        assert!(matches!(plain("不交就掀摊"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn nothing_visible_is_lost_but_tags(text in "[^<>]{0,40}") {
            let seen: String = text.chars().filter(|character| !is_invisible(*character)).collect();
            prop_assert_eq!(plain(&text), seen);
        }
    }
}
