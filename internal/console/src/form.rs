//! Posted forms: only from our own pages, only with the token that the page was given.
//!
//! The token is derived from the session (or, at the login form, from the nonce of that form's cookie), so nothing is
//! stored for it; it is compared in constant time. A browser that says where a post comes from must say: from here.

use std::{collections::BTreeMap, fmt};

use axum::{
    Form,
    body::Bytes,
    extract::{FromRequest, Request},
    response::IntoResponse as _,
};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderName, StatusCode, header, uri::Authority};
use multer::{Constraints, Multipart, SizeLimit};
use nightsafe_casework::role::Permission;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::{Console, cookie::Cookie, desk::SessionToken, failure::Failure, limits, visitor::Visitor};

/// What proves that a form was shown by us to this browser.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FormToken(String);

/// The fields of a posted form.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, String>);

/// A form posted by someone logged in.
pub(crate) struct Submitted {
    /// Who.
    pub(crate) visitor: Visitor,
    /// What.
    pub(crate) fields: Fields,
}

/// A form with files, posted by someone logged in.
pub(crate) struct SubmittedFiles {
    /// Who.
    pub(crate) visitor: Visitor,
    /// What.
    pub(crate) fields: Fields,
    /// The files that were chosen, by name, in order.
    pub(crate) files: Vec<(String, Bytes)>,
}

/// The login form, posted by someone who is not logged in yet.
pub(crate) struct Entering {
    /// What.
    pub(crate) fields: Fields,
    /// The nonce of the form's cookie.
    pub(crate) nonce: SessionToken,
}

impl FormToken {
    /// The token of every form shown under this cookie's secret.
    pub(crate) fn of(secret: &SessionToken) -> Self {
        // HMAC takes a key of any length; an error cannot arise, and would only refuse the form.
        let tag = Hmac::<Sha256>::new_from_slice(secret.expose())
            .map(|hmac| hmac.chain_update(LABEL).finalize().into_bytes())
            .map(|tag| BASE64URL_NOPAD.encode(&tag));
        Self(tag.unwrap_or_default())
    }

    fn matches(&self, sent: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(sent.as_bytes()))
    }
}

impl fmt::Display for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken(..)")
    }
}

impl Fields {
    /// These fields.
    #[cfg(test)]
    pub(crate) fn of(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self(pairs.collect())
    }

    /// A field's text, empty if it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// What follows the prefix in the names of the boxes that were ticked.
    pub(crate) fn ticked(&self, prefix: &'static str) -> impl Iterator<Item = &str> {
        let ticked = self.0.iter().filter(|(_, value)| !value.is_empty());
        ticked.filter_map(move |(name, _)| name.strip_prefix(prefix))
    }

    /// What follows the prefix in the names of fields, ticked or not.
    pub(crate) fn named(&self, prefix: &'static str) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(move |name| name.strip_prefix(prefix))
    }

    async fn read(request: Request) -> Result<Self, Failure> {
        let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
        let Form(pairs) = form.map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
            _ => Failure::BadForm,
        })?;
        let count = pairs.len();
        let fields: BTreeMap<_, _> = pairs.into_iter().collect();
        if fields.len() == count { Ok(Self(fields)) } else { Err(Failure::BadForm) }
    }
}

impl FromRequest<Console> for Submitted {
    type Rejection = Failure;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Failure> {
        from_our_own_page(&request)?;
        let visitor = Visitor::of(request.headers(), request.uri(), console).await?;
        let fields = Fields::read(request).await?;
        if !visitor.form_token().matches(fields.text(TOKEN_FIELD)) {
            return Err(Failure::StaleForm);
        }
        Ok(Self { visitor, fields })
    }
}

impl FromRequest<Console> for SubmittedFiles {
    type Rejection = Failure;

    /// Who is asking is known before anything of the body is read, and only a few bodies are read at once.
    async fn from_request(request: Request, console: &Console) -> Result<Self, Failure> {
        from_our_own_page(&request)?;
        let visitor = Visitor::of(request.headers(), request.uri(), console).await?;
        visitor.allowed(Permission::Register)?;
        let _turn = console.uploads.acquire().await.map_err(|_closed| Failure::Failed)?;
        let boundary = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(boundary.unwrap_or_default()).map_err(|_other| Failure::BadForm)?;
        let sizes = SizeLimit::new().whole_stream(limits::FILES_BYTES).per_field(limits::FILES_BYTES);
        let parts = Constraints::new().size_limit(sizes);
        let mut parts = Multipart::with_constraints(request.into_body().into_data_stream(), boundary, parts);
        let (mut fields, mut files) = (BTreeMap::new(), Vec::new());
        while let Some(part) = parts.next_field().await.map_err(|error| unread(&error))? {
            let name = part.name().unwrap_or_default().to_owned();
            let file = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|error| unread(&error))?;
            match file {
                // A browser sends an empty one if none was chosen.
                Some(file) if file.is_empty() && bytes.is_empty() => {}
                Some(file) if files.len() < limits::FILES => files.push((file, bytes)),
                None if bytes.len() <= limits::FIELD_BYTES && fields.len() < limits::FIELDS => {
                    let text = std::str::from_utf8(&bytes).map_err(|_other| Failure::BadForm)?.to_owned();
                    if fields.insert(name, text).is_some() {
                        return Err(Failure::BadForm);
                    }
                }
                Some(_) | None => return Err(Failure::TooLarge),
            }
        }
        let fields = Fields(fields);
        if !visitor.form_token().matches(fields.text(TOKEN_FIELD)) {
            return Err(Failure::StaleForm);
        }
        Ok(Self { visitor, fields, files })
    }
}

fn unread(error: &multer::Error) -> Failure {
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => Failure::TooLarge,
        _ => Failure::BadForm,
    }
}

impl FromRequest<Console> for Entering {
    type Rejection = Failure;

    async fn from_request(request: Request, _console: &Console) -> Result<Self, Failure> {
        from_our_own_page(&request)?;
        let nonce = Cookie::Entrance.read(request.headers()).ok_or(Failure::StaleForm)?;
        let fields = Fields::read(request).await?;
        if !FormToken::of(&nonce).matches(fields.text(TOKEN_FIELD)) {
            return Err(Failure::StaleForm);
        }
        Ok(Self { fields, nonce })
    }
}

/// Refuses what a browser says comes from elsewhere. A client that says nothing still needs the token.
///
/// `Origin: null` says nothing: browsers send it with our own forms, because our pages are sent with
/// `Referrer-Policy: no-referrer` (Fetch, "append a request Origin header").
fn from_our_own_page(request: &Request) -> Result<(), Failure> {
    let text = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    if text(SEC_FETCH_SITE).is_some_and(|site| site != "same-origin") {
        return Err(Failure::StaleForm);
    }
    // HTTP/2 says the host in the target, HTTP/1.1 in a header.
    let host = request.uri().authority().map(Authority::as_str).or_else(|| text(header::HOST));
    match text(header::ORIGIN).filter(|&origin| origin != "null") {
        Some(origin) if host.is_some() && origin.strip_prefix("https://") != host => Err(Failure::StaleForm),
        _ => Ok(()),
    }
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The name of the field that carries the token.
pub(crate) const TOKEN_FIELD: &str = "form";

const LABEL: &[u8] = b"nightsafe-console/form/1";
