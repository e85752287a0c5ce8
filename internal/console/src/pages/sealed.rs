//! `/sealed` 封存件: for the two accounts that may see them. To anyone else there is no such page.

use askama::Template;
use axum::extract::{Path, State};

use super::{Frame, case, page, words};
use crate::{
    Console,
    desk::{SealedRow, Shown},
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "sealed.html")]
struct SealedPage {
    frame: Frame,
    rows: Vec<Line>,
}

struct Line {
    case: String,
    since: String,
}

/// `GET /sealed`.
pub(crate) async fn list(visitor: Visitor, State(console): State<Console>) -> Answer {
    let viewer = visitor.viewer().clone();
    let rows = console.ask(move |desk| desk.sealed(&viewer)).await?;
    let line = |row: &SealedRow| Line { case: row.case.to_string(), since: words::moment(row.since) };
    Ok(page(&SealedPage {
        frame: Frame::of(&visitor, &console.reference, "/sealed", "封存件", "Sealed cases"),
        rows: rows.iter().map(line).collect(),
    }))
}

/// `GET /sealed/{case}`.
pub(crate) async fn show(visitor: Visitor, Path(text): Path<String>, State(console): State<Console>) -> Answer {
    let number = case::number(&text)?;
    let viewer = visitor.viewer().clone();
    let detail = console.ask(move |desk| desk.sealed_case(&viewer, number, Shown::Pictures)).await?;
    Ok(case::sealed(&detail, &visitor, &console.reference))
}
