//! `/undertakings` 保密承诺: who has signed and until when it holds; filing one. For the head of a unit and the security
//! officer.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use nightsafe_casework::{role::Permission, workflow::Undertaking};

use super::{Frame, page_with, words::Both};
use crate::{
    Console,
    desk::{AccountRow, DeskError, NewUndertaking, UndertakingProblem},
    form::{Fields, Submitted},
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "undertakings.html")]
struct UndertakingsPage {
    frame: Frame,
    form: String,
    rows: Vec<Line>,
    problem: Option<Both>,
    account: String,
    signed: String,
    until: String,
    document: String,
}

struct Line {
    name: String,
    role: Both,
    unit: String,
    needed: bool,
    signed: String,
    until: String,
}

/// `GET /undertakings`.
pub(crate) async fn show(visitor: Visitor, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::FileUndertakings)?;
    list(&console, &visitor, &Fields::default(), None).await
}

/// `POST /undertakings`.
pub(crate) async fn file(State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    visitor.allowed(Permission::FileUndertakings)?;
    let filed = match read(&fields) {
        Ok(filed) => filed,
        Err(problem) => return list(&console, &visitor, &fields, Some(problem)).await,
    };
    let viewer = visitor.viewer().clone();
    let done = console.ask(move |desk| match desk.undertake(&viewer, &filed) {
        Ok(()) => Ok(None),
        Err(DeskError::Undertaking(problem)) => Ok(Some(problem)),
        Err(other) => Err(other),
    });
    match done.await? {
        None => Ok(Redirect::to("/undertakings").into_response()),
        Some(problem) => list(&console, &visitor, &fields, Some(words_for(problem))).await,
    }
}

async fn list(console: &Console, visitor: &Visitor, fields: &Fields, problem: Option<Both>) -> Answer {
    let viewer = visitor.viewer().clone();
    let rows = console.ask(move |desk| desk.undertakings(&viewer)).await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let line = |row: &AccountRow| Line {
        name: row.name.to_string(),
        role: Both::new(row.role.zh(), row.role.en()),
        unit: console.reference.unit(&row.unit),
        needed: row.role.needs_undertaking(),
        signed: row.undertaking.map(|one| one.signed_on.to_string()).unwrap_or_default(),
        until: row.undertaking.map(|one| one.valid_to.to_string()).unwrap_or_default(),
    };
    let text = |name: &str| fields.text(name).to_owned();
    let page = UndertakingsPage {
        frame: Frame::of(visitor, &console.reference, "/undertakings", "保密承诺", "Undertakings"),
        form: visitor.form_token().to_string(),
        rows: rows.iter().map(line).collect(),
        problem,
        account: text("account"),
        signed: text("signed"),
        until: text("until"),
        document: text("document"),
    };
    Ok(page_with(status, &page))
}

fn read(fields: &Fields) -> Result<NewUndertaking, Both> {
    let text = |name: &str| fields.text(name).trim().to_owned();
    let days = || Both::new("日期形如 2026-11-22", "A day looks like 2026-11-22");
    Ok(NewUndertaking {
        account: text("account").parse().map_err(|_| words_for(UndertakingProblem::UnknownAccount))?,
        undertaking: Undertaking {
            signed_on: text("signed").parse().map_err(|_| days())?,
            valid_to: text("until").parse().map_err(|_| days())?,
            document: text("document").to_lowercase().parse().map_err(|_| {
                Both::new("扫描件的 SHA-256 是 64 位十六进制数字", "The SHA-256 of the scan has 64 hex digits")
            })?,
        },
    })
}

fn words_for(problem: UndertakingProblem) -> Both {
    let zh = match problem {
        UndertakingProblem::UnknownAccount => "您的单位没有这个账号",
        UndertakingProblem::Period => "签署日不能晚于今天，有效期最长五年",
        UndertakingProblem::Own => "不能登记自己的保密承诺书",
    };
    Both::new(zh, &problem.to_string())
}
