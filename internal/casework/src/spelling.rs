//! The forms in which two spellings of one thing are the same.
//!
//! What a reader would not see as a difference is evened out: case, full-width forms, runs of white space, invisible
//! characters; of a name also how it is written, as long as it sounds the same. Nothing here judges what a thing is.

use std::char::ToLowercase;

use pinyin::ToPinyin as _;

use crate::plain::is_invisible;

/// What folding makes of one character.
#[derive(Clone, Debug)]
pub enum Shown {
    /// It is left out.
    Nothing,
    /// A space, unless one stands there already.
    Space,
    /// These, one or a few.
    Letters(ToLowercase),
}

/// Character by character: the rule for a final sigma depends on neighbours, which a query has others of.
pub fn shown(character: char) -> Shown {
    match half_width(character) {
        character if character.is_whitespace() || character.is_control() => Shown::Space,
        character if is_invisible(character) => Shown::Nothing,
        character => Shown::Letters(character.to_lowercase()),
    }
}

/// Text folded: lower case, half width, single spaces, nothing invisible, no space at either end.
pub fn folded(text: &str) -> String {
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
    folded
}

/// A telephone number's digits, without the country's code.
pub(crate) fn phone(folded: &str) -> String {
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
    national.filter(|rest| rest.len() >= 10).map_or(digits.clone(), str::to_owned)
}

/// Host and path of an address: no scheme, query, fragment, `www.` or last slash.
pub(crate) fn url(folded: &str) -> String {
    let bare = folded.split_once("://").map_or(folded, |(_, rest)| rest);
    let path = bare.split(['?', '#', ' ']).next().unwrap_or_default();
    path.trim_start_matches("www.").trim_end_matches('/').to_owned()
}

/// Letters, digits and characters alone.
pub(crate) fn bare(folded: &str) -> String {
    folded.chars().filter(|character| character.is_alphanumeric()).collect()
}

/// How a name sounds: syllables without tones, joined by `'`. What has no reading stays as it is, so that traditional and
/// simplified characters of one reading, and Latin letters, fall together too.
pub fn sound(name: &str) -> String {
    let name = bare(&folded(name));
    let mut sound = String::with_capacity(4 * name.len());
    for (character, reading) in name.chars().zip(name.as_str().to_pinyin()) {
        match reading {
            Some(reading) => sound.push_str(reading.plain()),
            None => sound.push(character),
        }
        sound.push('\'');
    }
    sound
}

/// Whether the text names nobody: empty, 不清楚 and its like, or a name of which only the family is told (郭某, 李XX).
pub(crate) fn names_nobody(plain: &str) -> bool {
    plain.chars().count() < 2
        || matches!(plain, "不清楚" | "不详" | "未知" | "unknown" | "不知道" | "没有" | "暂无" | "匿名" | "无名")
        || plain.contains(['某', '×', '*', '?'])
        || plain.ends_with("xx")
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_alike_is_alike() {
        assert_eq!(folded("  ＡＢＣ１２３\u{3000}\n 张\u{200b}三 "), folded("abc123 张三"));
        for hidden in ['\u{ad}', '\u{200d}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{3164}', '\u{fe0f}', '\u{e0041}'] {
            assert_eq!(folded(&format!("霍{hidden}三爷")), "霍三爷", "{hidden:?}");
        }
        assert_eq!(folded("𠮷野家"), "𠮷野家");
        assert_eq!(folded(" \n\u{feff}"), "");
    }

    #[test]
    fn names_that_sound_alike_are_one_and_others_are_not() {
        for (one, other) in [("霍大椿", "霍大春"), ("霍 大 椿", "霍大純"), ("張偉", "张伟"), ("ＬＥＩ哥", "lei哥")]
        {
            assert_eq!(sound(one), sound(other), "{one} {other}");
        }
        assert_ne!(sound("西安"), sound("先"), "syllables do not run together");
        assert_ne!(sound("霍大椿"), sound("霍大成"));
    }

    #[test]
    fn nobody_is_named_by_half_a_name() {
        for nobody in ["", "不清楚", "郭某", "李某某", "王xx", "李*", "人"] {
            assert!(names_nobody(nobody), "{nobody}");
        }
        assert!(!names_nobody("霍三爷"));
    }

    proptest! {
        #[test]
        fn any_text_has_its_forms(text in any::<String>()) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once.clone());
            prop_assert_eq!(url(&url(&once)).len() <= once.len(), true);
            prop_assert!(phone(&once).bytes().all(|byte| byte.is_ascii_digit()));
            sound(&text);
        }
    }
}
