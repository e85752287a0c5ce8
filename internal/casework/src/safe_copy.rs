//! Safe copies of attachments: which kinds have one, and why one may not exist (docs/spec/safe-copies.md).
//!
//! Only the media type that the gateway found by content counts; what the client said is never asked.

use serde::{Deserialize, Serialize};

/// A kind of attachment of which a safe copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CopyKind {
    /// A picture; one part.
    Picture,
    /// A document; a part for each page.
    Pages,
    /// A recording; one part.
    Sound,
    /// A video; one part.
    Video,
}

/// Why an attachment cannot be shown. It stays so until a person asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoCopy {
    /// It is not what it was found to be, or damaged.
    Undecodable,
    /// Decoding it took longer than its kind may take.
    TooSlow,
    /// Decoding it took more memory or processor time than its kind may take.
    TooLarge,
    /// What the decoder wrote is no copy of its kind.
    NotACopy,
    /// Its bytes are not those that the gateway received.
    Differs,
    /// The decoder failed for a reason of its own.
    Failed,
}

/// A request to see the original of an attachment. It takes two people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalRequest {
    /// Who asks.
    pub by: crate::account::AccountName,
    /// Since when.
    pub at: jiff::Timestamp,
    /// Why, as typed.
    pub reason: String,
    /// Who has agreed, and when; then it can be taken once.
    pub granted: Option<Granted>,
}

/// A second person has agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// Who.
    pub by: crate::account::AccountName,
    /// When.
    pub at: jiff::Timestamp,
}

impl CopyKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Picture, Self::Pages, Self::Sound, Self::Video];

    /// The kind of a media type as the gateway writes it; none if it is listed and never shown.
    pub fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "image/jpeg" | "image/png" => Some(Self::Picture),
            "application/pdf" => Some(Self::Pages),
            "audio/mpeg" => Some(Self::Sound),
            "video/mp4" => Some(Self::Video),
            _ => None,
        }
    }

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Pages => "pages",
            Self::Sound => "sound",
            Self::Video => "video",
        }
    }
}

impl NoCopy {
    /// Its words, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Undecodable => ("文件损坏或不是这种格式", "damaged, or not of its kind"),
            Self::TooSlow => ("处理超时", "it took too long"),
            Self::TooLarge => ("画面或数据量过大", "it asked for too much memory"),
            Self::NotACopy => ("得到的副本不合格", "what came out was no proper copy"),
            Self::Differs => ("内容与网关收到的不符", "its bytes are not those that the gateway received"),
            Self::Failed => ("处理程序出错", "the program that makes copies failed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_kinds_that_are_drawn_anew_have_a_copy() {
        let kinds = ["image/png", "application/pdf", "audio/mpeg", "video/mp4"].map(CopyKind::of);
        assert_eq!(kinds, CopyKind::ALL.map(Some));
        for listed in ["image/svg+xml", "text/html", "application/zip", "IMAGE/PNG", "image/jpeg; x=1", ""] {
            assert_eq!(CopyKind::of(listed), None, "{listed}");
        }
    }
}
