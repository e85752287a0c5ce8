//! `status --watch` on a terminal: the verdict, the facts, what is wrong and what to do next, renewed every two seconds.
//!
//! The terminal is put back as it was however the page ends: by `q`, by a signal, by an error or a panic.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, Language, StartError};
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, LineGauge, Paragraph, Row, Table, Wrap};

use crate::board::{Fact, Standing};
use crate::limits;
use crate::page::{one_line, since_when};
use crate::trouble::Troubles;
use crate::verdict::{Urgency, Verdict};

/// What the page shows.
#[derive(Debug)]
struct View {
    code: ExitCode,
    headline: String,
    facts: Vec<Fact>,
    troubles: Troubles,
    at: Option<Timestamp>,
    language: Language,
}

/// The terminal while the page is shown; dropped, it is as before.
struct Screen(ratatui::DefaultTerminal);

/// Shows the page until the reader leaves or `stop` says so.
pub(crate) fn show<S: Standing>(
    look: &impl Fn() -> Result<S, StartError>,
    language: Language,
    stop: &dyn Fn() -> bool,
) -> io::Result<()> {
    let mut screen = Screen::enter()?;
    while !stop() {
        let view = View::of(look(), language);
        screen.0.draw(|frame| view.draw(frame))?;
        if wait(stop, &mut || screen.0.draw(|frame| view.draw(frame)).map(|_| ()))? == Wish::Leave {
            break;
        }
    }
    Ok(())
}

/// What the reader wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Leave,
    LookAgain,
}

impl Screen {
    fn enter() -> io::Result<Self> {
        // It also sees to it that a panic's message is printed on the terminal as it was before.
        ratatui::try_init().map(Self)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Waits for a key, a signal, or the time of the next look; a new size is drawn at once.
fn wait(stop: &dyn Fn() -> bool, redraw: &mut dyn FnMut() -> io::Result<()>) -> io::Result<Wish> {
    let mut left = Duration::from_secs(limits::PAGE_SECONDS);
    while !left.is_zero() && !stop() {
        let slice = left.min(SLICE);
        if !event::poll(slice)? {
            left = left.saturating_sub(slice);
            continue;
        }
        match event::read()? {
            Event::Key(key) if key.kind == KeyEventKind::Press => {
                if let Some(wish) = wish(key) {
                    return Ok(wish);
                }
            }
            Event::Resize(..) => redraw()?,
            _ => {}
        }
    }
    Ok(Wish::LookAgain)
}

fn wish(key: KeyEvent) -> Option<Wish> {
    match key.code {
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => Some(Wish::Leave),
        // In raw mode the terminal sends Ctrl-C as a key and not as a signal.
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Wish::Leave),
        KeyCode::Char('r' | ' ') => Some(Wish::LookAgain),
        _ => None,
    }
}

impl View {
    /// A side that cannot be looked at has a page that says why.
    fn of<S: Standing>(looked: Result<S, StartError>, language: Language) -> Self {
        match looked {
            Ok(standing) => Self {
                code: standing.exit_code(),
                headline: standing.headline(),
                facts: standing.facts(),
                troubles: standing.troubles().clone(),
                at: Some(standing.at()),
                language,
            },
            Err(error) => {
                let next = Verdict(error.code()).next().choose(language).to_owned();
                let why = Fact::new("原因 why", error.line("status"));
                Self {
                    code: error.code(),
                    headline: String::new(),
                    facts: vec![why, Fact::new("下一步 next", next)],
                    troubles: Troubles::default(),
                    at: None,
                    language,
                }
            }
        }
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let rows = |count: usize| Constraint::Length(u16::try_from(count).unwrap_or(u16::MAX));
        let gauges = self.facts.iter().filter(|fact| fact.used.is_some()).count();
        let parts = [
            Constraint::Length(3),
            rows(self.facts.len() - gauges + 2),
            rows(gauges),
            Constraint::Min(1),
            Constraint::Length(1),
        ];
        let [verdict, facts, disks, troubles, footer] = Layout::vertical(parts).areas(frame.area());
        self.draw_verdict(frame, verdict);
        self.draw_facts(frame, facts);
        self.draw_disks(frame, disks);
        self.draw_troubles(frame, troubles);
        let keys = "q 离开 leave   r 刷新 look again";
        frame.render_widget(Paragraph::new(keys).style(Style::new().add_modifier(Modifier::DIM)), footer);
    }

    fn draw_verdict(&self, frame: &mut Frame<'_>, area: Rect) {
        let at = self.at.map_or_else(String::new, |at| format!(" {at:.0} "));
        let verdict = Verdict(self.code);
        let line = Line::from(vec![
            Span::styled(verdict.headline(), colour(verdict).add_modifier(Modifier::BOLD)),
            Span::raw(format!("   {}", one_line(&self.headline))),
        ]);
        let block = Block::bordered().title(" nightsafe-transfer ").title_bottom(at).border_style(colour(verdict));
        frame.render_widget(Paragraph::new(line).block(block), area);
    }

    fn draw_facts(&self, frame: &mut Frame<'_>, area: Rect) {
        let facts = self.facts.iter().filter(|fact| fact.used.is_none());
        let rows = facts.map(|fact| Row::new([one_line(&fact.label), one_line(&fact.value)]));
        let table = Table::new(rows, [Constraint::Length(LABEL), Constraint::Min(10)]);
        frame.render_widget(table.block(Block::bordered()), area);
    }

    fn draw_disks(&self, frame: &mut Frame<'_>, area: Rect) {
        let disks = self.facts.iter().filter_map(|fact| Some((fact, fact.used?)));
        for ((fact, used), area) in disks.zip(area.rows()) {
            let style = if used > NEARLY_FULL { Style::new().fg(Color::Red) } else { Style::new().fg(Color::Green) };
            let gauge = LineGauge::default()
                .label(format!(" {} {}", fact.label, fact.value))
                .ratio(used.clamp(0.0, 1.0))
                .filled_symbol("━")
                .unfilled_symbol("─")
                .filled_style(style);
            frame.render_widget(gauge, area);
        }
    }

    fn draw_troubles(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut lines = Vec::new();
        for trouble in self.troubles.as_slice() {
            let since = trouble.since.zip(self.at).map_or_else(String::new, |(since, at)| since_when(since, at));
            let verdict = Verdict(trouble.code);
            lines.push(Line::from(vec![
                Span::styled(format!("{} ", verdict.mark()), colour(verdict)),
                Span::styled(one_line(&trouble.what), Style::new().add_modifier(Modifier::BOLD)),
                Span::raw(format!("   {since}")),
            ]));
            lines.push(Line::raw(format!("    原因 why  {}", one_line(trouble.why.choose(self.language)))));
            lines.push(Line::raw(format!("    下一步 next  {}", one_line(trouble.next.choose(self.language)))));
        }
        let count = self.troubles.as_slice().len();
        let block = Block::bordered().title(format!(" 问题 troubles {count} "));
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), area);
    }
}

fn colour(verdict: Verdict) -> Style {
    // Without colour the mark still tells.
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return Style::new();
    }
    Style::new().fg(match verdict.urgency() {
        Urgency::Fine => Color::Green,
        Urgency::Act => Color::Yellow,
        Urgency::Alarm => Color::Red,
    })
}

/// How soon a signal is heard.
const SLICE: Duration = Duration::from_millis(200);
/// The width of the labels.
const LABEL: u16 = 30;
/// From here on a disk is shown in red.
const NEARLY_FULL: f64 = 0.9;

#[cfg(test)]
mod tests;
