//! The check of single values.

use serde_json::Value;

use super::{Strictness, Walk, words};
use crate::{
    catalog::{
        field::{Field, FieldKind, Watch},
        problem::ProblemCode,
    },
    clue::{ClueNumber, ClueNumberError},
    division::DivisionCode,
    identity_number,
    partial_date::PartialDate,
};

impl Walk<'_> {
    pub(super) fn leaf(&mut self, field: &Field, value: &Value, at: &str) {
        match (&field.kind, value) {
            (FieldKind::Group | FieldKind::Ignored, _) => {}
            (FieldKind::Flag { must }, Value::Bool(yes)) => {
                if *must && !yes {
                    self.problem(words::not_accepted(field, at));
                }
            }
            (FieldKind::Flag { .. }, _) => self.problem(words::wrong_type(at, ("true 或 false", "true or false"))),
            (FieldKind::Whole { min, max }, Value::Number(number)) => {
                if number.as_u64().is_none_or(|number| !(*min..=*max).contains(&number)) {
                    self.problem(words::out_of_range(at, *min, *max));
                }
            }
            (FieldKind::Whole { .. }, _) => self.problem(words::wrong_type(at, ("整数", "a whole number"))),
            (kind, Value::String(text)) => {
                self.text(field, kind, text, at);
                if let Some(watch) = field.watch {
                    self.watch(watch, text, at);
                }
            }
            _ => self.problem(words::wrong_type(at, ("文字", "text"))),
        }
    }

    fn text(&mut self, field: &Field, kind: &FieldKind, text: &str, at: &str) {
        match kind {
            FieldKind::Line { min, max } => self.prose(field, text, at, (*min, *max), Lines::One),
            FieldKind::Text { min, max } => self.prose(field, text, at, (*min, *max), Lines::Several),
            FieldKind::Code { list } => {
                if self.catalog.list(list).and_then(|list| list.entry(text)).is_none() {
                    self.problem(words::unknown_code(at));
                }
            }
            FieldKind::Campaign => {
                if self.catalog.campaign(text).is_none_or(|campaign| campaign.flow != self.flow) {
                    self.problem(words::unknown_code(at));
                }
            }
            FieldKind::Flow => {} // known: the walk has begun
            FieldKind::Constant { value } => {
                if text != value {
                    self.problem(words::bad_format(at, (value, value)));
                }
            }
            FieldKind::ClueNumber => {
                if let Some(wording) = clue_number_wording(text) {
                    self.problem(words::clue_number(at, wording));
                }
            }
            _ => self.written(field, kind, text, at),
        }
    }

    /// Kinds that are written in a fixed way, and may be left empty where they are not required.
    fn written(&mut self, field: &Field, kind: &FieldKind, text: &str, at: &str) {
        if text.is_empty() {
            if field.is_required_in(self.flow) {
                self.problem(words::absent(field, at));
            }
            return;
        }
        let (fits, wording) = match kind {
            FieldKind::Date => (is_date(text), ("2025、2025-04 或 2025-04-11", "2025, 2025-04 or 2025-04-11")),
            FieldKind::Moment => (
                is_moment(text),
                ("2025-04-11 或 2025-04-11T08:30:00+08:00", "2025-04-11 or 2025-04-11T08:30:00+08:00"),
            ),
            FieldKind::Money => (is_money(text), ("金额，如 8000.00", "an amount such as 8000.00")),
            FieldKind::Digest => (is_digest(text), ("64 位十六进制摘要", "64 hexadecimal digits")),
            FieldKind::Division => {
                (text.parse::<DivisionCode>().is_ok(), ("六位区划代码", "a division code of six digits"))
            }
            FieldKind::Digits { min, max } => {
                let length = text.len();
                ((*min..=*max).contains(&length) && is_digits(text), ("6 至 12 位数字", "6 to 12 digits"))
            }
            _ => (true, ("", "")),
        };
        if !fits {
            self.problem(words::bad_format(at, wording));
        }
    }

    fn prose(&mut self, field: &Field, text: &str, at: &str, (min, max): (usize, usize), lines: Lines) {
        let content = text.trim().chars().count();
        if content == 0 {
            if field.is_required_in(self.flow) {
                self.problem(words::absent(field, at));
            }
        } else if content < min {
            self.problem(words::too_short(field, at, min));
        }
        let length = text.chars().count();
        if length > max {
            self.problem(words::too_long(at, length - max));
        }
        let is_bad = |c: char| is_control(c) || self.strictness != Strictness::Soft && is_noncharacter(c);
        if let Some(position) = text.chars().position(is_bad) {
            self.problem(words::bad_character(at, position + 1));
        } else if lines == Lines::One && text.contains(['\n', '\r']) {
            self.problem(words::several_lines(at));
        }
    }

    fn watch(&mut self, watch: Watch, text: &str, at: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let (fits, code, wording) = match watch {
            Watch::Phone => (
                looks_like_a_phone(text),
                ProblemCode::CheckPhone,
                ("手机号应是 11 位数字；不想留可以空着", "A mobile number has 11 digits; you may leave it empty"),
            ),
            Watch::Email => (
                text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')),
                ProblemCode::CheckEmail,
                ("请看看邮箱是否写对；不想留可以空着", "Check the e-mail address; you may leave it empty"),
            ),
            Watch::ResidentId => (
                text.chars().count() != 18 || identity_number::is_resident_id(text),
                ProblemCode::CheckResidentId,
                ("请看看证件号码是否写对；不想留可以空着", "Check the number; you may leave it empty"),
            ),
            Watch::CreditCode => (
                identity_number::is_credit_code(text),
                ProblemCode::CheckCreditCode,
                ("请看看信用代码是否写对；不知道可以空着", "Check the code; you may leave it empty"),
            ),
        };
        if !fits {
            self.warn(words::warning(at, code, wording));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Several,
}

/// Controls other than those that separate lines and columns. Bidirectional marks such as U+202E stay: they are evidence.
fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}')
}

/// U+FDD0..U+FDEF and the last two of each plane: reserved for ever, no text has them.
fn is_noncharacter(c: char) -> bool {
    let point = u32::from(c);
    (0xFDD0..=0xFDEF).contains(&point) || point & 0xFFFE == 0xFFFE
}

pub(super) fn is_date(text: &str) -> bool {
    text.parse::<PartialDate>().is_ok()
}

fn is_moment(text: &str) -> bool {
    is_date(text) || text.len() <= 40 && text.contains('T') && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_money(text: &str) -> bool {
    let (yuan, cents) = text.split_once('.').unwrap_or((text, "0"));
    (1..=15).contains(&yuan.len()) && is_digits(yuan) && (1..=2).contains(&cents.len()) && is_digits(cents)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Eleven digits, or a number with an area code; spaces, dashes and a leading +86 do not matter.
fn looks_like_a_phone(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '+' | '(' | ')')).collect();
    is_digits(&digits) && (7..=15).contains(&digits.len())
}

fn clue_number_wording(text: &str) -> Option<words::Pair<'static>> {
    match text.parse::<ClueNumber>() {
        Ok(_) => None,
        Err(ClueNumberError::Length { .. }) => {
            Some(("线索编号是 24 位数字，请再数一遍", "A clue number has 24 digits: count again"))
        }
        Err(ClueNumberError::NotADigit) => Some(("线索编号只有数字，请改正", "A clue number has digits only")),
        Err(ClueNumberError::CheckDigits) => {
            Some(("编号可能抄错了，请对照再看一遍", "A digit may be copied wrongly: compare again"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_digits_with_at_most_two_decimals() {
        for good in ["0", "8000", "8000.5", "8000.00", "999999999999999.99"] {
            assert!(is_money(good), "{good}");
        }
        for bad in ["", ".", "1.", ".5", "1.234", "-1", "1,000", "1e9", "８０", "1000000000000000"] {
            assert!(!is_money(bad), "{bad}");
        }
    }

    #[test]
    fn moments_are_dates_or_instants() {
        for good in ["2026-11-02T23:41:00+08:00", "2026-11-02T15:41:00Z", "2026-11-02", "2026"] {
            assert!(is_moment(good), "{good}");
        }
        for bad in ["2026-11-02T23:41:00", "23:41", "2026-13-02T23:41:00Z", "昨天"] {
            assert!(!is_moment(bad), "{bad}");
        }
    }
}
