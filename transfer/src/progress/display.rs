//! Shows progress on standard error while a run goes on.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use nightsafe_schema::time::Clock;
use serde_json::json;

use super::{Done, Progress};
use crate::page::{age, number, size};

/// Where and how progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// A bar that moves.
    Bar,
    /// A line a minute for people.
    Lines,
    /// A line a minute for programs.
    JsonLines,
}

/// Shows one run's progress until dropped.
#[derive(Debug)]
pub(crate) struct Display {
    progress: Arc<Progress>,
    ended: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Screen {
    /// A bar if standard error is a terminal.
    pub(crate) fn for_people() -> Self {
        if io::stderr().is_terminal() { Self::Bar } else { Self::Lines }
    }
}

impl Display {
    /// Starts to show a run.
    pub(crate) fn start(screen: Screen, clock: impl Clock + 'static) -> Self {
        let progress = Arc::new(Progress::default());
        let (ended, is_over) = mpsc::channel();
        let shown = Arc::clone(&progress);
        let thread = std::thread::spawn(move || match screen {
            Screen::Bar => bar(&shown, &is_over),
            Screen::Lines | Screen::JsonLines => lines(screen, &shown, &clock, &is_over, &mut io::stderr()),
        });
        Self { progress, ended: Some(ended), thread: Some(thread) }
    }

    /// What the run counts with.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        drop(self.ended.take());
        if let Some(thread) = self.thread.take() {
            // A display that crashed has nothing more to show.
            let _ = thread.join();
        }
    }
}

/// Whether the run goes on after this long.
fn goes_on(is_over: &mpsc::Receiver<()>, period: Duration) -> bool {
    matches!(is_over.recv_timeout(period), Err(RecvTimeoutError::Timeout))
}

fn bar(progress: &Progress, is_over: &mpsc::Receiver<()>) {
    let bar = ProgressBar::no_length();
    let template = "{prefix}  {bytes}/{total_bytes}  {bytes_per_sec}  {msg}  {wide_bar}";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    while goes_on(is_over, FRAME) {
        let done = progress.done();
        if done.expected_items > 0 {
            bar.set_prefix(format!("件 items {}/{}", number(done.items), number(done.expected_items)));
            bar.set_message(format!("最早 oldest {}", age_of(done)));
            bar.set_length(done.expected_bytes);
            bar.set_position(done.bytes);
        }
    }
    bar.finish_and_clear();
}

fn lines(screen: Screen, progress: &Progress, clock: &dyn Clock, is_over: &mpsc::Receiver<()>, out: &mut dyn Write) {
    let (mut before, mut since) = (progress.done(), clock.elapsed());
    while goes_on(is_over, MINUTE) {
        let (done, now) = (progress.done(), clock.elapsed());
        if done.expected_items == 0 {
            continue;
        }
        let seconds = now.saturating_sub(since).as_secs().max(1);
        let rate = done.bytes.saturating_sub(before.bytes) / seconds;
        // Progress that nobody can read is no reason to stop.
        let _ = writeln!(out, "{}", line(screen, done, rate));
        (before, since) = (done, now);
    }
}

fn line(screen: Screen, done: Done, rate: u64) -> String {
    if screen == Screen::JsonLines {
        return json!({"progress": {
            "items": done.items, "expected_items": done.expected_items, "bytes": done.bytes,
            "expected_bytes": done.expected_bytes, "bytes_a_second": rate, "oldest_seconds": done.oldest_seconds,
        }})
        .to_string();
    }
    format!(
        "… 进度 progress   件 items {} / {}   {} / {}   {}/s   最早 oldest {}",
        number(done.items),
        number(done.expected_items),
        size(done.bytes),
        size(done.expected_bytes),
        size(rate),
        age_of(done)
    )
}

fn age_of(done: Done) -> String {
    age(i64::try_from(done.oldest_seconds).unwrap_or(i64::MAX))
}

/// How often a bar moves.
const FRAME: Duration = Duration::from_millis(100);
/// How often a line is written.
const MINUTE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_items_bytes_rate_and_age() {
        let done =
            Done { items: 120, bytes: 4 << 20, expected_items: 4096, expected_bytes: 1 << 30, oldest_seconds: 7260 };
        let text = line(Screen::Lines, done, 2 << 20);
        assert_eq!(
            text,
            "… 进度 progress   件 items 120 / 4 096   4.0 MiB / 1.0 GiB   2.0 MiB/s   最早 oldest 02:01:00"
        );
        let json: serde_json::Value = serde_json::from_str(&line(Screen::JsonLines, done, 1)).unwrap();
        assert_eq!((&json["progress"]["items"], &json["progress"]["oldest_seconds"]), (&120.into(), &7260.into()));
    }

    #[test]
    fn what_is_counted_is_shown_and_the_display_ends_with_the_run() {
        let display = Display::start(Screen::JsonLines, nightsafe_runtime::SystemClock::start());
        display.progress().expect(2, 10);
        display.progress().one();
        display.progress().counting(&mut Vec::new()).write_all(b"four").unwrap();
        display.progress().oldest(5);
        display.progress().oldest(3);
        let expected = Done { items: 1, bytes: 4, expected_items: 2, expected_bytes: 10, oldest_seconds: 5 };
        assert_eq!(display.progress().done(), expected);
        drop(display);
    }
}
