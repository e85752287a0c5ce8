//! Pieces of a text around what was searched for.

use std::borrow::Cow;

use nightsafe_casework::{case::CaseState, event::Kind};
use nightsafe_console::desk::Snippet;
use nightsafe_index::SearchText;
use nightsafe_ledger::Event;
use nightsafe_schema::case::CaseId;
use serde::Deserialize;
use serde_json::Value;

/// Where the words stand in the case's title and narratives; at most a few pieces.
pub(crate) fn of(state: &CaseState, text: &SearchText) -> Vec<Snippet> {
    let reports = std::iter::once(&state.report).chain(state.supplements.iter().map(|supplement| &supplement.report));
    let said =
        reports.flat_map(|report| FIELDS.into_iter().filter_map(|field| report.pointer(field).and_then(Value::as_str)));
    pieces(said, text)
}

/// The same of a case without supplements, from the event that opened it; `None` if it cannot be read any more.
pub(crate) fn of_event(event: &Event, case: CaseId, text: &SearchText) -> Option<Vec<Snippet>> {
    let opened = event.case == Some(case) && event.kind == Kind::ReportReceived.name();
    let body = event.body.open().filter(|_| opened)?;
    let Ok(Received { report: Said { facts, umbrella } }) = body.read() else { return Some(Vec::new()) };
    Some(pieces([&facts.title, &facts.narrative, &umbrella.unwrap_or_default().detail].map(AsRef::as_ref), text))
}

/// What of a received report is shown in a snippet: the rest of it, which may be long, is passed over unread.
#[derive(Deserialize)]
struct Received<'a> {
    #[serde(borrow)]
    report: Said<'a>,
}

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, default)]
    facts: Facts<'a>,
    #[serde(borrow, default)]
    umbrella: Option<Umbrella<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts<'a> {
    #[serde(borrow)]
    title: Cow<'a, str>,
    #[serde(borrow)]
    narrative: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Umbrella<'a> {
    #[serde(borrow)]
    detail: Cow<'a, str>,
}

fn pieces<'a>(said: impl IntoIterator<Item = &'a str>, text: &SearchText) -> Vec<Snippet> {
    said.into_iter().filter_map(|words| cut(words, text)).take(SNIPPETS).collect()
}

/// The text around its first found place, plain and found pieces in turn.
fn cut(words: &str, text: &SearchText) -> Option<Snippet> {
    let marks = text.marks(words);
    let first = marks.first()?;
    let start = words.get(..first.start)?.char_indices().rev().nth(CHARACTERS_BEFORE).map_or(0, |(at, _)| at);
    let end =
        words.get(first.end..)?.char_indices().nth(CHARACTERS_AFTER).map_or(words.len(), |(at, _)| first.end + at);
    let mut pieces = Vec::new();
    let mut from = start;
    for mark in marks.iter().filter(|mark| mark.end <= end) {
        pieces.push(words.get(from..mark.start)?.to_owned());
        pieces.push(words.get(mark.clone())?.to_owned());
        from = mark.end;
    }
    pieces.push(words.get(from..end)?.to_owned());
    Some(Snippet { pieces })
}

const FIELDS: [&str; 3] = ["/facts/title", "/facts/narrative", "/umbrella/detail"];
const SNIPPETS: usize = 3;
const CHARACTERS_BEFORE: usize = 20;
const CHARACTERS_AFTER: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_words_stand_between_plain_ones() {
        let snippet = cut("霍三爷夜里砸玻璃，霍三爷又来了", &SearchText::parse("霍三爷")).unwrap();
        assert_eq!(snippet.pieces, ["", "霍三爷", "夜里砸玻璃，", "霍三爷", "又来了"]);
        assert!(cut("没有", &SearchText::parse("霍三爷")).is_none());
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_place() {
        let long = format!("{}黑衣{}", "前".repeat(500), "后".repeat(500));
        let snippet = cut(&long, &SearchText::parse("黑衣")).unwrap();
        assert_eq!(snippet.pieces.concat().chars().count(), CHARACTERS_BEFORE + 1 + 2 + CHARACTERS_AFTER);
    }
}
