//! The shapes of text that several fields share, by name.

use serde_json::{Map, Value, json};

/// Every shape.
pub(super) fn all() -> Map<String, Value> {
    let shape = |(name, pattern, description): (&str, String, &str)| {
        (name.to_owned(), json!({"type": "string", "pattern": pattern, "description": description}))
    };
    let day = |time: &str| format!("^({YEAR}(-{MONTH}(-{DAY}{time})?)?)?$");
    [
        ("line", r"^[^\u0000-\u0008\u000A\u000D\u000E-\u001F\u007F-\u009F]*$".to_owned(), "一行文字 Text in one line"),
        ("text", r"^[^\u0000-\u0008\u000E-\u001F\u007F-\u009F]*$".to_owned(), "文字 Text"),
        ("date", day(""), "年、年月或日期；空 = 不清楚。A year, month or day; empty = unknown"),
        (
            "moment",
            day(&format!("({TIME})?")),
            "日期，或 RFC 3339 时间；空 = 不清楚。A date, or an RFC 3339 instant; empty = unknown",
        ),
        ("money", r"^([0-9]{1,15}(\.[0-9]{1,2})?)?$".to_owned(), "金额（元）；空 = 不清楚。Yuan; empty = unknown"),
        ("digest", "^([0-9A-Fa-f]{64})?$".to_owned(), "SHA-256；空 = 不清楚。Empty = unknown"),
        ("division", "^([0-9]{6}([0-9]{3})?)?$".to_owned(), "区划代码（GB/T 2260）；空 = 不清楚。Empty = unknown"),
        (
            "clue_number",
            r"^([0-9][ \-]*){24}$".to_owned(),
            "24 位数字，可带空格和连字符，末两位校验。24 digits, the last two check the others; spaces and dashes do not matter",
        ),
    ]
    .into_iter()
    .map(shape)
    .collect()
}

const YEAR: &str = "(19|2[0-9])[0-9]{2}";
const MONTH: &str = "(0[1-9]|1[0-2])";
const DAY: &str = "(0[1-9]|[12][0-9]|3[01])";
const TIME: &str = r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
