//! `/custody` 身份查看: which identities the people of a unit looked at and why, for its head.

use askama::Template;
use axum::extract::State;
use nightsafe_casework::role::Permission;

use super::{Frame, page, pager::Pager, parameters::Parameters, words};
use crate::{
    Console,
    desk::LookRow,
    visible::Visible,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "custody.html")]
struct CustodyPage {
    frame: Frame,
    rows: Vec<Line>,
    pager: Pager,
}

struct Line {
    at: String,
    account: String,
    unit: String,
    case: String,
    reason: Visible,
}

/// `GET /custody`.
pub(crate) async fn show(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCustody)?;
    let (viewer, skip) = (visitor.viewer().clone(), parameters.skip());
    let looks = console.ask(move |desk| desk.custody(&viewer, skip)).await?;
    let line = |row: &LookRow| Line {
        at: words::exact(row.at),
        account: row.account.to_string(),
        unit: console.reference.unit(&row.unit),
        case: row.case.to_string(),
        reason: Visible::from(row.reason.as_str()),
    };
    Ok(page(&CustodyPage {
        frame: Frame::of(&visitor, &console.reference, "/custody", "身份查看", "Looks at identities"),
        rows: looks.rows.iter().map(line).collect(),
        pager: Pager::of(&looks, "/custody", &[]),
    }))
}
