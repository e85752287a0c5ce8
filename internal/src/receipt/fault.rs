//! Why an item did not get through a stage, and whose fault it is.
//!
//! What is wrong with the item sends it to quarantine for a person to look at; what is wrong with us leaves it in the
//! inbox to be tried again. Neither stops the items behind it.

/// An item that did not get through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The item itself is at fault.
    #[error("密封件有问题：{reason} (the item is at fault)")]
    Item {
        /// From a closed list; stands in the event.
        reason: Reason,
        /// In words, for a person; nothing of the content.
        detail: String,
    },
    /// None of the live identities opens it: an identity is missing here, not in the item.
    #[error("没有可开启此件的收件私钥 (no live identity opens this item)")]
    NoIdentity,
    /// Somebody took it out of the inbox: nothing is left to do.
    #[error("密封件已不在收件箱 (the item has left the inbox)")]
    Gone,
    /// Something here failed; that passes.
    #[error("处理失败，稍后再试 (a stage failed and is tried again)")]
    Passing(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why an item is in quarantine: the closed list that `ITEM_QUARANTINED` events name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// No trusted gateway signed its journal line.
    EntryUntrusted,
    /// Its bytes differ from its signed entry.
    BytesDiffer,
    /// It is larger than anything a gateway takes.
    TooLarge,
    /// Its age header cannot be read or was altered.
    HeaderUnreadable,
    /// Its payload does not open or is not framed as an item.
    PayloadUnreadable,
    /// Its report is no envelope within bounds.
    EnvelopeUnreadable,
    /// Its envelope names a channel that does not come by this door.
    WrongDoor,
    /// Its report does not hold to the catalog.
    ReportInvalid,
    /// Another item lies in the vault under its name.
    NameTaken,
}

impl Reason {
    /// The code in the event.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::EntryUntrusted => "ENTRY_UNTRUSTED",
            Self::BytesDiffer => "BYTES_DIFFER",
            Self::TooLarge => "TOO_LARGE",
            Self::HeaderUnreadable => "HEADER_UNREADABLE",
            Self::PayloadUnreadable => "PAYLOAD_UNREADABLE",
            Self::EnvelopeUnreadable => "ENVELOPE_UNREADABLE",
            Self::WrongDoor => "WRONG_DOOR",
            Self::ReportInvalid => "REPORT_INVALID",
            Self::NameTaken => "NAME_TAKEN",
        }
    }

    /// Whether it is one of the cases that mean tampering and not just bad content (exit code 10).
    pub(crate) const fn is_integrity(self) -> bool {
        matches!(self, Self::EntryUntrusted | Self::BytesDiffer | Self::NameTaken | Self::WrongDoor)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl Fault {
    /// The item is at fault.
    pub(crate) fn item(reason: Reason, detail: &dyn std::error::Error) -> Self {
        Self::Item { reason, detail: chain(detail) }
    }

    /// Something here failed.
    pub(crate) fn passing(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Passing(Box::new(source))
    }
}

/// An error and its causes on one line. Errors of this product quote no content.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
