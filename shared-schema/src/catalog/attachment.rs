//! Attachment kinds and limits.
//!
//! What a client declares about an attachment is a claim. It is compared with the kinds of the flow here; what the bytes really are,
//! the gateway finds out from the bytes.

use serde::{Deserialize, Serialize};

use super::list::Label;

/// Attachment limits for all flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachments {
    /// How many one report may have.
    pub count: usize,
    /// Bytes of all of them together.
    pub total_bytes: u64,
    /// All kinds; a flow names those it takes.
    #[serde(rename = "kind")]
    pub kinds: Vec<AttachmentKind>,
    /// Media types that say nothing about the kind.
    pub undecided: Undecided,
}

/// Media types that say nothing: the name's extension decides, and where it says nothing either, the content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undecided {
    /// Such as `application/octet-stream`.
    pub media_types: Vec<String>,
}

/// One kind of attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentKind {
    /// Such as `jpg`.
    pub code: String,
    /// As people read it.
    #[serde(flatten)]
    pub label: Label,
    /// Declared types that mean this kind; the first is the one to record.
    pub media_types: Vec<String>,
    /// Name endings that mean this kind, without the dot.
    pub extensions: Vec<String>,
    /// Bytes of one attachment of this kind.
    pub max_bytes: u64,
}

/// What a declared name or type says about the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declared<'a> {
    /// Nothing; the content decides.
    Nothing,
    /// A kind of the catalog.
    Kind(&'a AttachmentKind),
    /// Something that is no kind of the catalog.
    Foreign,
}

impl Attachments {
    /// The kind of this code.
    pub fn kind(&self, code: &str) -> Option<&AttachmentKind> {
        self.kinds.iter().find(|kind| kind.code == code)
    }

    /// Whether the flow with these kinds takes an attachment that is declared so; empty texts declare nothing.
    pub(super) fn accepts(&self, kinds: &[String], name: &str, media_type: &str) -> bool {
        [self.by_media_type(media_type), self.by_name(name)].iter().all(|declared| match declared {
            Declared::Nothing => true,
            Declared::Kind(kind) => kinds.contains(&kind.code),
            Declared::Foreign => false,
        })
    }

    /// The most bytes an attachment declared so may have; `None` where the declaration names no kind.
    pub(super) fn most_bytes(&self, name: &str, media_type: &str) -> Option<u64> {
        [self.by_media_type(media_type), self.by_name(name)].iter().find_map(|declared| match declared {
            Declared::Kind(kind) => Some(kind.max_bytes),
            Declared::Nothing | Declared::Foreign => None,
        })
    }

    fn by_media_type(&self, media_type: &str) -> Declared<'_> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence.is_empty() || self.undecided.media_types.contains(&essence) {
            return Declared::Nothing;
        }
        self.first(|kind| kind.media_types.contains(&essence))
    }

    fn by_name(&self, name: &str) -> Declared<'_> {
        let Some((_, ending)) = name.trim().rsplit_once('.') else { return Declared::Nothing };
        let looks_like_one = (1..=5).contains(&ending.len())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && !ending.bytes().all(|byte| byte.is_ascii_digit());
        if !looks_like_one {
            return Declared::Nothing;
        }
        let ending = ending.to_ascii_lowercase();
        self.first(|kind| kind.extensions.contains(&ending))
    }

    fn first(&self, matches: impl Fn(&AttachmentKind) -> bool) -> Declared<'_> {
        self.kinds.iter().find(|kind| matches(kind)).map_or(Declared::Foreign, Declared::Kind)
    }
}
