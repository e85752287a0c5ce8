//! `/search` 检索: full text or a clue number. Every search is recorded by the desk.

use askama::Template;
use axum::extract::State;
use nightsafe_casework::{
    case::{Column, Columns},
    role::Permission,
};

use super::{
    Both, Frame, page,
    pager::Pager,
    parameters::Parameters,
    row::{Row, heads},
};
use crate::{
    Console,
    desk::{Hit, Page, SearchQuery, Snippet},
    limits::QUERY_CHARACTERS,
    visible::Visible,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    query: Option<String>,
    shown: Visible,
    found: Vec<Found>,
    columns: Columns,
    heads: Vec<Both>,
    pager: Pager,
}

/// A case that was found.
struct Found {
    row: Row,
    snippets: Vec<Vec<Piece>>,
}

/// A piece of a snippet.
struct Piece {
    text: Visible,
    marked: bool,
}

pub(crate) async fn show(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let query = parameters.text("q").map(|text| text.chars().take(QUERY_CHARACTERS).collect::<String>());
    let hits = match &query {
        Some(text) => {
            let query = SearchQuery { text: text.clone(), skip: parameters.skip() };
            let viewer = visitor.viewer().clone();
            console.ask(move |desk| desk.search(&viewer, &query)).await?
        }
        None => Page::empty(),
    };
    let found = |hit: &Hit| Found {
        row: Row::of(&hit.summary, &console.reference),
        snippets: hit.snippets.iter().map(pieces).collect(),
    };
    Ok(page(&SearchPage {
        frame: Frame::of(&visitor, &console.reference, "/search", "检索", "Search"),
        shown: Visible(query.clone().unwrap_or_default()),
        found: hits.rows.iter().map(found).collect(),
        heads: heads(&visitor.notices().columns),
        columns: visitor.notices().columns.clone(),
        pager: Pager::of(&hits, "/search", &[("q", query.as_deref())]),
        query,
    }))
}

/// Plain and found pieces in turn, the first one plain.
fn pieces(snippet: &Snippet) -> Vec<Piece> {
    let piece = |(place, text): (usize, &String)| Piece { text: Visible(text.clone()), marked: place % 2 == 1 };
    snippet.pieces.iter().enumerate().map(piece).collect()
}
