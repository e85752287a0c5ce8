//! What people see at the terminal: Chinese first, nothing that a report could use to write over the screen.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, StartError};
use serde_json::Value;

use crate::cli::Output;

/// Prints one line.
pub(crate) fn line(text: impl Display) -> Result<(), StartError> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

/// Prints the answer as JSON, or as `words` says.
pub(crate) fn answer(
    output: Output,
    value: &Value,
    words: impl FnOnce(&Value) -> Result<(), StartError>,
) -> Result<ExitCode, StartError> {
    if output.json {
        line(value)?;
    } else {
        words(value)?;
    }
    Ok(ExitCode::Ok)
}

/// A field of an answer as text that cannot move the cursor; empty if there is none.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(value) => leaf_text(value),
    }
}

/// Text without anything a terminal would act on: control characters, and marks that turn the direction of writing.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|character| if acts_on_terminal(character) { '\u{fffd}' } else { character }).collect()
}

/// A tree of JSON, one field a line, indented.
pub(crate) fn tree(value: &Value, depth: usize) -> Result<(), StartError> {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                branch(&format!("{indent}{}", plain(name)), field, depth)?;
            }
            Ok(())
        }
        Value::Array(members) => {
            for (position, member) in members.iter().enumerate() {
                branch(&format!("{indent}{}", position + 1), member, depth)?;
            }
            Ok(())
        }
        leaf => line(format!("{indent}{}", leaf_text(leaf))),
    }
}

fn branch(label: &str, value: &Value, depth: usize) -> Result<(), StartError> {
    match value {
        Value::Object(fields) if fields.is_empty() => Ok(()),
        Value::Array(members) if members.is_empty() => Ok(()),
        Value::Null => Ok(()),
        Value::Object(_) | Value::Array(_) if depth < DEEPEST => {
            line(label)?;
            tree(value, depth + 1)
        }
        leaf => line(format!("{label}: {}", leaf_text(leaf))),
    }
}

fn leaf_text(value: &Value) -> String {
    match value {
        Value::String(text) => to_the_second(text).unwrap_or_else(|| plain(text)),
        other => plain(&other.to_string()),
    }
}

/// A time as people read it; machines are given all of its digits.
fn to_the_second(text: &str) -> Option<String> {
    let at: Timestamp = text.parse().ok().filter(|_| text.contains('.'))?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn acts_on_terminal(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn written(result: io::Result<()>) -> Result<(), StartError> {
    match result {
        // The reader of a pipe has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| StartError::new(ExitCode::Unexpected, error)),
    }
}

/// Deeper branches are printed as JSON on one line.
const DEEPEST: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_cannot_write_over_the_screen() {
        let hostile = "\u{1b}[2J\r\u{9b}1m\u{202e}杏花村\u{7}";
        let shown = plain(hostile);
        assert!(shown.contains("杏花村"));
        assert!(!shown.chars().any(acts_on_terminal));
    }

    #[test]
    fn times_are_said_to_the_second_and_everything_else_as_it_is() {
        let answer = serde_json::json!({"at": "2026-11-22T05:00:07.123456789Z", "day": "2026-11-22", "share": "3.5",
            "hour": "2026-11-22T05:00:00Z", "count": 3.5});
        let shown = ["/at", "/day", "/share", "/hour", "/count", "/none"].map(|pointer| text(&answer, pointer));
        assert_eq!(shown, ["2026-11-22T05:00:07Z", "2026-11-22", "3.5", "2026-11-22T05:00:00Z", "3.5", ""]);
    }
}
