//! What the gateway says about itself: an allow-list of fields, whole hours (promise 2, UX section 3).
//!
//! No address, user agent, query, body, file name, clue number or submission id may ever become a field. The list below
//! is enforced by the runtime: a field that is not on it is not written, whatever a call site says.

use http::{Method, StatusCode};
use nightsafe_runtime::{Telemetry, TelemetryFormat};

/// Starts it for the whole process.
pub(crate) fn start(format: TelemetryFormat) -> Result<(), nightsafe_runtime::StartError> {
    Ok(Telemetry::restricted(format, &FIELDS).start()?)
}

/// One line a request: method, route template, status; the hour comes with the line.
pub(crate) fn answered(method: &Method, route: &str, status: StatusCode) {
    tracing::info!(method = known(method), route, status = status.as_u16(), "answered");
}

/// A request that did not get past the guard has no method and no route.
pub(crate) fn refused_head(status: StatusCode) {
    tracing::info!(status = status.as_u16(), "refused before reading");
}

/// So many connections since the last such line were told that there is no place.
pub(crate) fn turned_away(count: u64) {
    tracing::warn!(alarm = "load", count, "connections were turned away: every place is taken");
}

/// Whatever a client invents as a method is not repeated.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The only fields that are ever written.
const FIELDS: [&str; 11] =
    ["method", "route", "status", "alarm", "error", "reason", "task", "version", "days_left", "standing", "count"];
