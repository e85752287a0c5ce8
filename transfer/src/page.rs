//! What the program says on standard output: a verdict and a few lines for people, or one JSON object a run.

mod high;
mod low;

use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, Language};
use serde::Serialize;
use serde_json::{Value, json};

use crate::progress::Screen;
use crate::trouble::{Trouble, Troubles, Words};
use crate::verdict::{Urgency, Verdict};

pub(crate) use high::{Acknowledgements, OneRecord, OpenRecords, Tickets};
pub(crate) use low::OutboxFlaws;

/// How a program speaks to its caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Voice {
    form: Form,
    language: Language,
    colour: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colour {
    None,
    Ansi,
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
    below: Vec<Line>,
}

/// A line below the verdict; one about a trouble begins with a mark.
#[derive(Debug)]
struct Line {
    mark: Option<Verdict>,
    text: String,
}

/// Something that can be told to people.
pub(crate) trait Tell: Serialize {
    /// Adds what follows the verdict on its line, and the lines below.
    fn tell(&self, lines: &mut Lines);
}

impl Voice {
    /// Text for people in their language; in colour on a terminal, unless `NO_COLOR` says otherwise.
    pub(crate) fn text(language: Language) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let colour = if wanted && io::stdout().is_terminal() { Colour::Ansi } else { Colour::None };
        Self { form: Form::Text, language, colour }
    }

    /// JSON for programs.
    pub(crate) fn json(language: Language) -> Self {
        Self { form: Form::Json, language, colour: Colour::None }
    }

    /// The language of the person who asked.
    pub(crate) fn language(self) -> Language {
        self.language
    }

    /// Whether it speaks to a person who sits at a terminal.
    pub(crate) fn is_a_terminal(self) -> bool {
        self.form == Form::Text && io::stdout().is_terminal()
    }

    /// How progress is shown beside it.
    pub(crate) fn screen(self) -> Screen {
        if self.form == Form::Json { Screen::JsonLines } else { Screen::for_people() }
    }

    /// Says what came of a run.
    pub(crate) fn say(self, what: &impl Tell, code: ExitCode) -> io::Result<()> {
        print(&self.spoken(what, code))
    }

    /// What [`Self::say`] writes.
    pub(crate) fn spoken(self, what: &impl Tell, code: ExitCode) -> String {
        match self.form {
            Form::Text => self.page(what, code),
            Form::Json => format!("{}\n", with_verdict(what, code)),
        }
    }

    fn page(self, what: &impl Tell, code: ExitCode) -> String {
        let mut lines = Lines { language: self.language, headline: String::new(), below: Vec::new() };
        what.tell(&mut lines);
        let verdict = Verdict(code);
        let mut page = format!("{}{}\n", self.painted(verdict, verdict.headline()), lines.headline);
        for Line { mark, text } in &lines.below {
            page.push_str("  ");
            if let Some(verdict) = mark {
                page.push_str(&self.painted(*verdict, &verdict.mark().to_string()));
                page.push(' ');
            }
            page.push_str(text);
            page.push('\n');
        }
        page
    }

    fn painted(self, verdict: Verdict, text: &str) -> String {
        if self.colour == Colour::None {
            return text.to_owned();
        }
        let colour = match verdict.urgency() {
            Urgency::Fine => 32,
            Urgency::Act => 33,
            Urgency::Alarm => 31,
        };
        format!("\x1b[1;{colour}m{text}\x1b[0m")
    }
}

impl Lines {
    /// Adds to the verdict's own line.
    pub(crate) fn headline(&mut self, text: &str) {
        self.headline.push_str("   ");
        self.headline.push_str(&one_line(text));
    }

    /// Adds a line below.
    pub(crate) fn line(&mut self, text: &str) {
        self.below.push(Line { mark: None, text: one_line(text) });
    }

    /// Adds what to do next.
    pub(crate) fn next_step(&mut self, next: &Words) {
        let next = next.choose(self.language).to_owned();
        self.line(&format!("下一步 next  {next}"));
    }

    /// Adds a line with a verdict of its own, and what to do about it.
    pub(crate) fn check(&mut self, code: ExitCode, label: &str, finding: &Words, next: Option<&Words>) {
        let text = one_line(&format!("{label}  {}", finding.choose(self.language)));
        self.below.push(Line { mark: Some(Verdict(code)), text });
        if let Some(next) = next {
            let next = next.choose(self.language).to_owned();
            self.line(&format!("    下一步 next  {next}"));
        }
    }

    /// Adds what is wrong: each with since when, why and what to do next.
    pub(crate) fn troubles(&mut self, troubles: &Troubles, now: Timestamp) {
        self.each(troubles.as_slice(), |lines, trouble| lines.trouble(trouble, now));
    }

    fn trouble(&mut self, trouble: &Trouble, now: Timestamp) {
        let since = trouble.since.map_or_else(String::new, |since| format!("   {}", since_when(since, now)));
        let text = one_line(&format!("{}{since}", trouble.what));
        self.below.push(Line { mark: Some(Verdict(trouble.code)), text });
        let (why, next) = (trouble.why.choose(self.language), trouble.next.choose(self.language));
        self.line(&format!("    原因 why  {why}"));
        self.line(&format!("    下一步 next  {next}"));
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

/// Writes a text to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // The reader of a pipe went away: it has heard enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
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
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// `自 since 2026-11-22T06:02:11Z (00:41:12)`.
pub(crate) fn since_when(since: Timestamp, now: Timestamp) -> String {
    format!("自 since {since:.0} ({})", age(now.duration_since(since).as_secs()))
}

/// An age people can read: `00:41:12`, or `3 d 02:10:00`.
pub(crate) fn age(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days == 0 { clock } else { format!("{days} d {clock}") }
}

/// A number with its thousands apart: `18 402`.
pub(crate) fn number(value: u64) -> String {
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
pub(crate) fn size(bytes: u64) -> String {
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
        assert_eq!([-5, 2472, 200_000].map(age), ["00:00:00", "00:41:12", "2 d 07:33:20"]);
    }

    #[test]
    fn a_hostile_name_stays_on_its_line() {
        assert_eq!(one_line("a\nb\x1b[2J"), "a\u{fffd}b\u{fffd}[2J");
    }
}
