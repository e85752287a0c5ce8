//! What the program says on standard output: a verdict and a few lines for people, or one JSON object a run.

mod high;
mod low;

use std::io::{self, Write};

use nightsafe_runtime::{ExitCode, Language};
use serde::Serialize;
use serde_json::{Value, json};

use crate::verdict::Verdict;

pub(crate) use high::{Acknowledgements, OneRecord, Records, Tickets};
pub(crate) use low::Flaws;

/// How a program speaks to its caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Voice {
    form: Form,
    language: Language,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

/// Lines for people, after the verdict.
#[derive(Debug)]
pub(crate) struct Lines {
    language: Language,
    headline: String,
    below: Vec<String>,
}

/// Something that can be told to people.
pub(crate) trait Tell: Serialize {
    /// Adds what follows the verdict on its line, and the lines below.
    fn tell(&self, lines: &mut Lines);
}

impl Voice {
    /// Text for people in their language.
    pub(crate) fn text(language: Language) -> Self {
        Self { form: Form::Text, language }
    }

    /// JSON for programs.
    pub(crate) fn json(language: Language) -> Self {
        Self { form: Form::Json, language }
    }

    /// Says what came of a run.
    pub(crate) fn say(self, what: &impl Tell, code: ExitCode) -> io::Result<()> {
        let text = match self.form {
            Form::Text => self.page(what, code),
            Form::Json => format!("{}\n", with_verdict(what, code)),
        };
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            // The reader of a pipe went away: it has heard enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    fn page(self, what: &impl Tell, code: ExitCode) -> String {
        let mut lines = Lines { language: self.language, headline: String::new(), below: Vec::new() };
        what.tell(&mut lines);
        let mut page = format!("{}{}\n", Verdict(code).headline(), lines.headline);
        for line in &lines.below {
            page.push_str("  ");
            page.push_str(line);
            page.push('\n');
        }
        page
    }
}

impl Lines {
    /// Adds to the verdict's own line.
    fn headline(&mut self, text: &str) {
        self.headline.push_str("   ");
        self.headline.push_str(&one_line(text));
    }

    /// Adds a line below.
    fn line(&mut self, text: &str) {
        self.below.push(one_line(text));
    }

    /// Adds a line with a label in both languages and a text in the reader's.
    fn labelled(&mut self, label: &str, chinese: &str, english: &str) {
        let text = self.language.choose(chinese, english);
        self.line(&format!("{label}  {text}"));
    }

    /// Adds at most [`MOST_LINES`] lines, and how many more there are.
    fn each<T>(&mut self, all: &[T], mut line: impl FnMut(&mut Self, &T)) {
        for one in all.iter().take(MOST_LINES) {
            line(self, one);
        }
        if all.len() > MOST_LINES {
            self.line(&format!("… 另有 and {} more (--json)", all.len() - MOST_LINES));
        }
    }
}

fn with_verdict(what: &impl Tell, code: ExitCode) -> Value {
    let mut object = json!({"verdict": Verdict(code).word(), "exit": code.number()});
    match (serde_json::to_value(what), object.as_object_mut()) {
        (Ok(Value::Object(fields)), Some(object)) => object.extend(fields),
        (Ok(other), Some(object)) => {
            object.insert("result".to_owned(), other);
        }
        _ => {}
    }
    object
}

/// Names from a medium may hold anything; on a terminal they are one line of printable text.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// A number with its thousands apart: `18 402`.
fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// A size people can read: `31 KiB`.
fn size(bytes: u64) -> String {
    let units = [(1_u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

/// As many details as fit a screen.
const MOST_LINES: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_are_readable() {
        assert_eq!([0, 999, 18_402, 1_000_000].map(number), ["0", "999", "18 402", "1 000 000"]);
        assert_eq!([512, 1536, 5 << 30].map(size), ["512 B", "1.5 KiB", "5.0 GiB"]);
    }

    #[test]
    fn a_hostile_name_stays_on_its_line() {
        assert_eq!(one_line("a\nb\x1b[2J"), "a\u{fffd}b\u{fffd}[2J");
    }
}
