//! `/audit` 审计日志: who did what, for the auditor alone. No word of a report is in it.

use askama::Template;
use axum::extract::State;
use nightsafe_casework::{
    event::Kind,
    role::{Permission, Role},
};

use super::{
    Frame, page,
    pager::Pager,
    parameters::Parameters,
    words::{self, Both},
};
use crate::{
    Console,
    desk::{AuditQuery, AuditRow},
    visible::Visible,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    rows: Vec<Line>,
    pager: Pager,
    kinds: Vec<(&'static str, bool)>,
    case: String,
    actor: String,
}

/// One event.
struct Line {
    seq: u64,
    at: String,
    actor: Visible,
    role: Both,
    kind: Visible,
    case: Option<String>,
    detail: Visible,
}

pub(crate) async fn show(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadAudit)?;
    let query = AuditQuery {
        case: parameters.parsed("case"),
        actor: parameters.text("actor").filter(|actor| actor.len() <= 100).map(str::to_owned),
        kind: parameters.parsed::<Kind>("kind").map(|kind| kind.name().to_owned()),
        skip: parameters.skip(),
    };
    let (viewer, asked) = (visitor.viewer().clone(), query.clone());
    let list = console.ask(move |desk| desk.audit(&viewer, &asked)).await?;
    let kept =
        [("case", parameters.text("case")), ("actor", parameters.text("actor")), ("kind", parameters.text("kind"))];
    let chosen = |kind: &Kind| query.kind.as_deref() == Some(kind.name());
    Ok(page(&AuditPage {
        frame: Frame::of(&visitor, &console.reference, "/audit", "审计日志", "Audit log"),
        rows: list.rows.iter().map(Line::of).collect(),
        pager: Pager::of(&list, "/audit", &kept),
        kinds: Kind::ALL.iter().map(|kind| (kind.name(), chosen(kind))).collect(),
        case: parameters.text("case").unwrap_or_default().to_owned(),
        actor: parameters.text("actor").unwrap_or_default().to_owned(),
    }))
}

impl Line {
    fn of(row: &AuditRow) -> Self {
        let role = match row.role.parse::<Role>() {
            Ok(role) => Both::new(role.zh(), role.en()),
            Err(_) => Both::new(&row.role, ""),
        };
        Self {
            seq: row.seq,
            at: words::exact(row.at),
            actor: Visible(row.actor.clone()),
            role,
            kind: Visible(row.kind.clone()),
            case: row.case.map(|case| case.to_string()),
            detail: Visible(row.detail.clone()),
        }
    }
}
