//! What is recorded about looking at attachments: safe copies, and originals by two people.

use nightsafe_schema::item::ItemId;
use serde::{Deserialize, Serialize};

use crate::{account::AccountName, event::Via, safe_copy::NoCopy};

/// Someone was shown a part of an attachment's safe copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentViewed {
    /// From where.
    pub via: Via,
    /// The attachment's item.
    pub item: ItemId,
    /// Which part, from 1: a page of a document, else 1.
    pub part: u32,
}

/// No safe copy can be made of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyRefused {
    /// The attachment's item.
    pub item: ItemId,
    /// Why.
    pub why: NoCopy,
}

/// Someone asks that a safe copy be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyAsked {
    /// From where.
    pub via: Via,
    /// The attachment's item.
    pub item: ItemId,
    /// Who.
    pub by: AccountName,
}

/// Someone asks for the original of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalAsked {
    /// From where.
    pub via: Via,
    /// The attachment's item.
    pub item: ItemId,
    /// Who.
    pub by: AccountName,
    /// Why, as typed.
    pub reason: String,
}

/// A second person agrees: whoever asked may take the original, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalGranted {
    /// From where.
    pub via: Via,
    /// The attachment's item.
    pub item: ItemId,
    /// Who agrees.
    pub by: AccountName,
    /// Who asked.
    pub to: AccountName,
}

/// A second person does not agree, or whoever asked needs it no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalDenied {
    /// From where.
    pub via: Via,
    /// The attachment's item.
    pub item: ItemId,
    /// Who.
    pub by: AccountName,
    /// Why, as typed.
    pub reason: String,
}

/// Whoever asked has taken the original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalTaken {
    /// From where.
    pub via: Via,
    /// The attachment's item.
    pub item: ItemId,
    /// Who.
    pub by: AccountName,
    /// Who had agreed.
    pub granted_by: AccountName,
}
