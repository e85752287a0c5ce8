//! The programmatic way in: `POST /api/v1/reports` and the description of what it takes (docs/spec/intake-api.md).

mod description;
mod parts;
mod reports;

pub(crate) use self::description::{Descriptions, catalog, openapi};
pub(crate) use self::reports::post_report;
