//! What is recorded when someone looks (promise 7).

use nightsafe_schema::item::ItemId;
use serde::{Deserialize, Serialize};

use crate::event::Via;

/// A case was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseViewed {
    /// From where.
    pub via: Via,
    /// Parts of safe copies that stood before the viewer together with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<CopyPart>,
}

/// A part of an attachment's safe copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyPart {
    /// The attachment's item.
    pub item: ItemId,
    /// Which part, from 1: a page of a document, else 1.
    pub part: u32,
}

/// The reporter's identity was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityViewed {
    /// From where.
    pub via: Via,
    /// Why, as typed.
    pub reason: String,
}

/// The original sealed file of an item was taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemExported {
    /// The item.
    pub item: ItemId,
    /// Why, as typed.
    pub reason: String,
}

/// Statistics were shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsViewed {
    /// From where.
    pub via: Via,
    /// Of which period, such as `2026-11`.
    pub period: String,
}

/// A search was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Searched {
    /// What was typed.
    pub query: String,
    /// How many cases the viewer was shown as found.
    pub hits: u64,
}
