//! `/c/{case}/files/{item}` 附件: one attachment, its safe copy part by part, and the way to its original.
//!
//! The media type of what is sent is one of ours; nothing that a reporter said reaches a header. An original is an
//! attachment of octets that a browser saves and never shows.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
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
    desk::{CaseDetail, CopyState, DeskError, Media, MediaRow, Shown},
    failure::Failure,
    form::Submitted,
    headers::Foreign,
    limits::COPY_PAGES,
    outpour,
    range::{Wanted, wanted},
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
    /// Its case, as this viewer opens it.
    back: String,
    /// There may be pages that were not drawn.
    cut: bool,
}

/// By which page this viewer comes to the case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    Sealed,
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
    let wanted = parameters.parsed("page").unwrap_or(1);
    let shown = Shown::Part(item, wanted);
    let found = console.ask(move |desk| match desk.case(&viewer, number, shown) {
        Err(DeskError::NotFound) => Ok((desk.sealed_case(&viewer, number, shown)?, Way::Sealed)),
        other => Ok((other?, Way::Open)),
    });
    let (detail, way) = found.await?;
    Ok(page(&FilePage::of(&detail, item, wanted, way, &visitor, &console).ok_or(Failure::NotFound)?))
}

/// `GET /c/{case}/files/{item}/{part}`: the bytes of a part of the copy.
pub(crate) async fn part(
    visitor: Visitor,
    Path((case, item, part)): Path<(String, String, String)>,
    headers: HeaderMap,
    State(console): State<Console>,
) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let (number, item) = (case::number(&case)?, item_of(&item)?);
    let part = part.parse().map_err(|_| Failure::NotFound)?;
    let viewer = visitor.viewer().clone();
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    let media = console.ask(move |desk| {
        let mut media = desk.copy(&viewer, number, item, part)?;
        let wanted = if is_played(&media) { wanted(asked.as_deref(), media.length) } else { Wanted::Whole };
        if let Wanted::Part(part) = &wanted {
            media.bytes.skip(*part.start()).map_err(|error| DeskError::Failed(Box::new(error)))?;
        }
        Ok((media, wanted))
    });
    let (media, wanted) = media.await?;
    Ok(played(media, &wanted))
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
            let stand = case::Stand::default();
            case::again(&console, &visitor, number, case::Amiss::Act(problem), typed, &stand).await
        }
    }
}

/// Sound and video are played piece by piece; everything else is shown whole.
fn is_played(media: &Media) -> bool {
    media.media_type.starts_with("audio/") || media.media_type.starts_with("video/")
}

/// A copy, or the piece of it that a player asked for; its bytes stand at the piece's beginning.
fn played(media: Media, wanted: &Wanted) -> Response {
    let (whole, in_pieces) = (media.length, is_played(&media));
    let mut response = match wanted {
        Wanted::Whole => sent(media, "inline"),
        Wanted::Beyond => {
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            said(&mut response, header::CONTENT_RANGE, &format!("bytes */{whole}"));
            response.extensions_mut().insert(Foreign);
            response
        }
        Wanted::Part(part) => {
            let (first, last) = (*part.start(), *part.end());
            let mut response = sent(Media { length: last - first + 1, ..media }, "inline");
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            said(&mut response, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{whole}"));
            response
        }
    };
    if in_pieces {
        said(&mut response, header::ACCEPT_RANGES, "bytes");
    }
    response
}

fn said(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
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
    fn of(
        detail: &CaseDetail,
        item: ItemId,
        wanted: u32,
        way: Way,
        visitor: &Visitor,
        console: &Console,
    ) -> Option<Self> {
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
            // With a sealed case nothing is done here.
            works: visitor.viewer().may(Permission::Work) && way == Way::Open,
            back: match way {
                Way::Open => format!("/c/{case}"),
                Way::Sealed => format!("/sealed/{case}"),
            },
            cut: parts >= COPY_PAGES,
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
