//! Campaigns 专项征集: a call for reports of one kind from one region.

use serde::{Deserialize, Serialize};

use super::list::Label;
use crate::{division::DivisionCode, unit::UnitId};

/// One campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// As in `campaign` of a report.
    pub code: String,
    /// The flow its reports belong to.
    pub flow: String,
    /// Its name.
    #[serde(flatten)]
    pub label: Label,
    /// Where it calls for reports.
    pub region: DivisionCode,
    /// Its first day, or the year or month of it.
    pub opens: String,
    /// Its last day, or the year or month of it; empty = until further notice.
    pub closes: String,
    /// Categories its form offers first.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Internet types its form offers first.
    #[serde(default)]
    pub internet_types: Vec<String>,
    /// What evidence it asks for.
    pub evidence: Label,
    /// Who receives, in the order of the public notice.
    pub units: Vec<UnitId>,
}
