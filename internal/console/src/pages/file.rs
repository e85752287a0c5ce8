//! `/c/{case}/files/{item}` 附件: one attachment, its safe copy part by part, and the way to its original.
//!
//! The media type of what is sent is one of ours; nothing that a reporter said reaches a header. An original is an
//! attachment of octets that a browser saves and never shows.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, header};
use nightsafe_casework::{role::Permission, safe_copy::OriginalRequest};
use nightsafe_schema::item::ItemId;

use super::{
    Frame,
    case::{self, files::File},
    page,
    parameters::Parameters,
    words,
};
use crate::{
    Console,
    desk::{CaseDetail, CopyState, DeskError, Media, MediaRow},
    failure::Failure,
    form::Submitted,
    headers::Foreign,
    outpour,
    visible::Visible,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "file.html")]
struct FilePage {
    frame: Frame,
    form: String,
    case: String,
    item: String,
    file: File,
    part: u32,
    before: Option<u32>,
    after: Option<u32>,
    again: bool,
    original: Option<Request>,
    works: bool,
}

/// What is open about the original.
struct Request {
    by: String,
    at: String,
    reason: Visible,
    granted_by: Option<String>,
    is_own: bool,
}

/// `GET /c/{case}/files/{item}`.
pub(crate) async fn show(
    visitor: Visitor,
    Path((case, item)): Path<(String, String)>,
    parameters: Parameters,
    State(console): State<Console>,
) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let (number, item) = (case::number(&case)?, item_of(&item)?);
    let viewer = visitor.viewer().clone();
    let detail = console.ask(move |desk| match desk.case(&viewer, number) {
        Err(DeskError::NotFound) => desk.sealed_case(&viewer, number),
        other => other,
    });
    let detail = detail.await?;
    let wanted = parameters.parsed("page").unwrap_or(1);
    Ok(page(&FilePage::of(&detail, item, wanted, &visitor, &console).ok_or(Failure::NotFound)?))
}

/// `GET /c/{case}/files/{item}/{part}`: the bytes of a part of the copy.
pub(crate) async fn part(
    visitor: Visitor,
    Path((case, item, part)): Path<(String, String, String)>,
    State(console): State<Console>,
) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let (number, item) = (case::number(&case)?, item_of(&item)?);
    let part = part.parse().map_err(|_| Failure::NotFound)?;
    let viewer = visitor.viewer().clone();
    let media = console.ask(move |desk| desk.copy(&viewer, number, item, part)).await?;
    Ok(sent(media, "inline"))
}

/// `POST /c/{case}/files/{item}/original`: the original, once, for whoever asked for it.
pub(crate) async fn original(
    Path((case, item)): Path<(String, String)>,
    State(console): State<Console>,
    submitted: Submitted,
) -> Answer {
    let visitor = submitted.visitor;
    visitor.allowed(Permission::Work)?;
    let (number, item) = (case::number(&case)?, item_of(&item)?);
    let viewer = visitor.viewer().clone();
    let taken = console.ask(move |desk| match desk.original(&viewer, number, item) {
        Ok(media) => Ok(Ok(media)),
        Err(DeskError::Act(problem)) => Ok(Err(problem)),
        Err(other) => Err(other),
    });
    match taken.await? {
        Ok(media) => Ok(sent(media, &format!("attachment; filename=\"{item}.original\""))),
        Err(problem) => {
            let typed = crate::form::Fields::default();
            case::again(&console, &visitor, number, case::Amiss::Act(problem), typed).await
        }
    }
}

fn sent(media: Media, disposition: &str) -> Response {
    let length = HeaderValue::from(media.length);
    let media_type = HeaderValue::from_static(media.media_type);
    let mut response = outpour::body_of(media).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    headers.insert(header::CONTENT_LENGTH, length);
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response.extensions_mut().insert(Foreign);
    response
}

fn item_of(text: &str) -> Result<ItemId, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

impl FilePage {
    fn of(detail: &CaseDetail, item: ItemId, wanted: u32, visitor: &Visitor, console: &Console) -> Option<Self> {
        let later = detail.supplements.iter().flat_map(|supplement| &supplement.attachments);
        let entry = detail.attachments.iter().chain(later).find(|entry| entry.item() == Some(item))?;
        let row = detail.media.get(&item)?;
        let case = detail.summary.case;
        let file = File::of(entry, case, Some((item, row)));
        let parts = file.preview.as_ref().map_or(1, |preview| preview.parts);
        let part = wanted.clamp(1, parts.max(1));
        let (zh, en) = (format!("附件 {}", file.position), format!("Attachment {}", file.position));
        Some(Self {
            frame: Frame::of(visitor, &console.reference, "", &zh, &en),
            form: visitor.form_token().to_string(),
            case: case.to_string(),
            item: item.to_string(),
            part,
            before: part.checked_sub(1).filter(|before| *before > 0),
            after: part.checked_add(1).filter(|after| *after <= parts),
            again: can_be_made_again(row),
            original: row.original.as_ref().map(|request| Request::of(request, visitor)),
            works: visitor.viewer().may(Permission::Work),
            file,
        })
    }
}

impl Request {
    fn of(request: &OriginalRequest, visitor: &Visitor) -> Self {
        Self {
            by: request.by.to_string(),
            at: words::moment(request.at),
            reason: Visible::from(request.reason.as_str()),
            granted_by: request.granted.as_ref().map(|granted| granted.by.to_string()),
            is_own: request.by == *visitor.viewer().account(),
        }
    }
}

fn can_be_made_again(row: &MediaRow) -> bool {
    matches!(row.copy, Some((_, CopyState::Refused(_) | CopyState::Waiting)))
}
