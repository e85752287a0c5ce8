//! The bodies of ledger events, by kind: what the daemon writes and index and console read.
//!
//! The ledger itself knows a kind only as a name and a body only as JSON. A body, once written, is read for ever: fields
//! are added with a default, never renamed, never given another meaning. No body carries the reporter's identity or the
//! clue number; both stand in the event's identity part ([`IdentityPart`]), sealed under a key of its own.

mod account;
mod callback;
mod desk;
mod link;
mod look;
mod media;
mod receipt;
mod tables;
mod work;

use serde::Serialize;

pub use self::{
    account::{
        AccountAdded, AccountChange, AccountChanged, LoggedIn, LoggedOut, LoginRefused, PasswordHash, Refusal,
        TotpEnrolled, TotpSecret, Via,
    },
    callback::{
        CallbackApproved, CallbackCandidates, CallbackCommitted, CallbackDrawn, CallbackHandedOver, CallbackWithdrawn,
        HandedOver,
    },
    desk::{DoneAmongMany, NoteAdded, StarChanged},
    link::{CaseLinked, CasesMerged, LinksFollowed, MergeUndone, OnceKey, OnceKeyError},
    look::{CaseViewed, CopyPart, IdentityViewed, ItemExported, Searched, StatisticsViewed},
    media::{AttachmentViewed, CopyAsked, CopyRefused, OriginalAsked, OriginalDenied, OriginalGranted, OriginalTaken},
    receipt::{
        AttachmentClaimed, AttachmentExpired, AttachmentUnlocked, Cites, EntryPosition, IdentityPart, ItemQuarantined,
        NumberDerived, ReceivedIntake, ReportReceived, ReportRegistered, RetryRecorded, SupplementReceived,
        UnlockedItem,
    },
    tables::{Table, TableImported},
    work::{
        AlarmAcknowledged, AlarmSignalled, SealedListed, Signal, SupplementJoined, SupplementUnlinked, TaskMoved,
        TaskStepped, UndertakingFiled, VerifierAssigned, VerifierRecused,
    },
};
use crate::{
    routing::{Decision, Widening},
    triage::Triage,
};

/// The table of events: one line a kind, its name in the ledger and its body.
macro_rules! events {
    ($($(#[$doc:meta])* $kind:ident = $name:literal: $body:ty,)*) => {
        /// The kind of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        /// The body of an event. Written without a tag: its kind stands beside it.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Body {
            $($(#[$doc])* $kind($body),)*
        }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its name in the ledger.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }

        impl Body {
            /// Its kind.
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            /// Reads the body of an event of this kind from its JSON text.
            pub fn read(kind: Kind, body: &[u8]) -> Result<Self, BodyError> {
                let read = match kind {
                    $(Kind::$kind => serde_json::from_slice::<$body>(body).map(Self::$kind),)*
                };
                read.map_err(|source| BodyError::Read { kind, source })
            }

        }

        $(impl From<$body> for Body {
            fn from(body: $body) -> Self {
                Self::$kind(body)
            }
        })*
    };
}

events! {
    /// A report was unlocked, parsed and taken in; it opens a case.
    ReportReceived = "REPORT_RECEIVED": ReportReceived,
    /// Someone registered a report that came by telephone, letter, visit or mail.
    ReportRegistered = "REPORT_REGISTERED": ReportRegistered,
    /// The same submission came again with the same content.
    RetryRecorded = "RETRY_RECORDED": RetryRecorded,
    /// More was said about a case.
    SupplementReceived = "SUPPLEMENT_RECEIVED": SupplementReceived,
    /// An attachment came and was unlocked; whose it is may not be known yet.
    AttachmentUnlocked = "ATTACHMENT_UNLOCKED": AttachmentUnlocked,
    /// An unlocked attachment was found to belong to a case.
    AttachmentClaimed = "ATTACHMENT_CLAIMED": AttachmentClaimed,
    /// An attachment whose report never came was removed.
    AttachmentExpired = "ATTACHMENT_EXPIRED": AttachmentExpired,
    /// An item was set aside for a person to look at.
    ItemQuarantined = "ITEM_QUARANTINED": ItemQuarantined,
    /// The keys of a case's clue number were derived.
    NumberDerived = "NUMBER_DERIVED": NumberDerived,
    /// How urgent the case is, and why.
    CaseTriaged = "CASE_TRIAGED": Triage,
    /// Where the case went, and why.
    CaseRouted = "CASE_ROUTED": Decision,
    /// More units were forbidden; nothing else ever changes a forbidden set.
    ForbiddenWidened = "FORBIDDEN_WIDENED": Widening,
    /// The site's command was told of an alarm.
    AlarmSignalled = "ALARM_SIGNALLED": AlarmSignalled,
    /// A person took an alarm up.
    AlarmAcknowledged = "ALARM_ACKNOWLEDGED": AlarmAcknowledged,
    /// A part of a case was given to another unit by a person.
    TaskMoved = "TASK_MOVED": TaskMoved,
    /// A part of a case made a move of the workflow.
    TaskStepped = "TASK_STEPPED": TaskStepped,
    /// A person's undertaking was put on file.
    UndertakingFiled = "UNDERTAKING_FILED": UndertakingFiled,
    /// A verifier was given the case.
    VerifierAssigned = "VERIFIER_ASSIGNED": VerifierAssigned,
    /// Somebody with a personal conflict was taken off the case.
    VerifierRecused = "VERIFIER_RECUSED": VerifierRecused,
    /// A supplement cites a number that leads to no case yet.
    SupplementUnlinked = "SUPPLEMENT_UNLINKED": SupplementUnlinked,
    /// A supplement that stood alone found its case.
    SupplementJoined = "SUPPLEMENT_JOINED": SupplementJoined,
    /// A table that the rules work on was replaced.
    TableImported = "TABLE_IMPORTED": TableImported,
    /// The list of sealed cases was looked at.
    SealedListed = "SEALED_LISTED": SealedListed,
    /// The case was found to resemble another one; stands in both.
    CaseLinked = "CASE_LINKED": CaseLinked,
    /// Every report up to an event was compared with those before it.
    LinksFollowed = "LINKS_FOLLOWED": LinksFollowed,
    /// Someone merged the case with another one; stands in both.
    CasesMerged = "CASES_MERGED": CasesMerged,
    /// Someone undid that; stands in both.
    MergeUndone = "MERGE_UNDONE": MergeUndone,
    /// Someone wrote a note on the case.
    NoteAdded = "NOTE_ADDED": NoteAdded,
    /// Someone marked the case for themselves, or took the mark away.
    StarChanged = "STAR_CHANGED": StarChanged,
    /// What stands beside it was done with several cases at once.
    DoneAmongMany = "DONE_AMONG_MANY": DoneAmongMany,
    /// Someone opened the case.
    CaseViewed = "CASE_VIEWED": CaseViewed,
    /// Someone saw who the reporter is.
    IdentityViewed = "IDENTITY_VIEWED": IdentityViewed,
    /// Someone took the sealed file of an item out.
    ItemExported = "ITEM_EXPORTED": ItemExported,
    /// Someone was shown an attachment's safe copy.
    AttachmentViewed = "ATTACHMENT_VIEWED": AttachmentViewed,
    /// No safe copy can be made of an attachment.
    CopyRefused = "COPY_REFUSED": CopyRefused,
    /// Someone asked that a safe copy be made again.
    CopyAsked = "COPY_ASKED": CopyAsked,
    /// Someone asked for the original of an attachment.
    OriginalAsked = "ORIGINAL_ASKED": OriginalAsked,
    /// A second person agreed.
    OriginalGranted = "ORIGINAL_GRANTED": OriginalGranted,
    /// A second person did not agree, or it was taken back.
    OriginalDenied = "ORIGINAL_DENIED": OriginalDenied,
    /// The original of an attachment was taken.
    OriginalTaken = "ORIGINAL_TAKEN": OriginalTaken,
    /// Someone was shown statistics.
    StatisticsViewed = "STATISTICS_VIEWED": StatisticsViewed,
    /// Someone searched.
    Searched = "SEARCHED": Searched,
    /// The nonce of a month's call-backs was drawn, and its commitment published.
    CallbackCommitted = "CALLBACK_COMMITTED": CallbackCommitted,
    /// Of whom the call-backs of a month are drawn.
    CallbackCandidates = "CALLBACK_CANDIDATES": CallbackCandidates,
    /// The call-backs of a month were drawn.
    CallbackDrawn = "CALLBACK_DRAWN": CallbackDrawn,
    /// Someone approved that the list of a month goes to the SMS desk.
    CallbackApproved = "CALLBACK_APPROVED": CallbackApproved,
    /// Someone took the first approval back.
    CallbackWithdrawn = "CALLBACK_WITHDRAWN": CallbackWithdrawn,
    /// The list of a month was sealed to the SMS desk.
    CallbackHandedOver = "CALLBACK_HANDED_OVER": CallbackHandedOver,
    /// An account was made.
    AccountAdded = "ACCOUNT_ADDED": AccountAdded,
    /// An account was changed.
    AccountChanged = "ACCOUNT_CHANGED": AccountChanged,
    /// Someone logged in.
    LoggedIn = "LOGGED_IN": LoggedIn,
    /// A login was refused.
    LoginRefused = "LOGIN_REFUSED": LoginRefused,
    /// Someone logged out.
    LoggedOut = "LOGGED_OUT": LoggedOut,
}

impl Kind {
    /// Whether events of this kind change what a case is. The others are looks, or stand in no case.
    pub const fn changes_case(self) -> bool {
        self.is_decided_on()
            || matches!(self, Self::RetryRecorded | Self::AttachmentClaimed | Self::AlarmSignalled | Self::CaseLinked)
    }

    /// Whether whoever sees the case is told of it: what people decide on, and what they wrote beside it.
    pub const fn is_told(self) -> bool {
        self.is_decided_on() || matches!(self, Self::NoteAdded)
    }

    /// Whether an event of this kind is what people decide on: whoever acts without having seen it acts on an old page.
    pub const fn is_decided_on(self) -> bool {
        matches!(
            self,
            Self::ReportReceived
                | Self::SupplementReceived
                | Self::CaseTriaged
                | Self::CaseRouted
                | Self::ForbiddenWidened
                | Self::AlarmAcknowledged
                | Self::TaskMoved
                | Self::TaskStepped
                | Self::VerifierAssigned
                | Self::VerifierRecused
                | Self::SupplementJoined
                | Self::CasesMerged
                | Self::MergeUndone
        )
    }
}

/// A body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body does not have the shape of its kind.
    #[error("the body of a {} event cannot be read", kind.name())]
    Read {
        /// The kind.
        kind: Kind,
        /// What was wrong.
        #[source]
        source: serde_json::Error,
    },
}

/// The text names no kind of event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of event")]
pub struct UnknownKind;

impl std::str::FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|kind| kind.name() == text).ok_or(UnknownKind)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn kinds_have_names_of_their_own_and_are_read_back() {
        let names: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for &kind in Kind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert_eq!("NOTHING".parse::<Kind>(), Err(UnknownKind));
    }

    #[test]
    fn a_body_is_read_as_it_was_written() {
        let body = Body::from(Searched { query: "“霍三爷”".to_owned(), hits: 3 });
        assert_eq!(Body::read(body.kind(), &serde_json::to_vec(&body).unwrap()).unwrap(), body);
    }

    #[test]
    fn a_body_of_another_kind_is_refused() {
        let body = serde_json::to_vec(&Body::from(Searched { query: String::new(), hits: 0 })).unwrap();
        assert!(matches!(Body::read(Kind::LoggedIn, &body), Err(BodyError::Read { kind: Kind::LoggedIn, .. })));
    }
}
