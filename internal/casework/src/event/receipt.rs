//! What is recorded when items come in.

use nightsafe_schema::{
    case::CaseId,
    clue::ClueNumber,
    digest::Digest,
    intake::{Channel, Intake, Registered},
    item::ItemId,
    journal::StreamId,
    submission::SubmissionId,
    time::Hour,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{attachment::Attachment, event::Via, linking::Mark};

/// A report that opens a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportReceived {
    /// The item that held it.
    pub sealed: UnlockedItem,
    /// The gateway's part, without clue number and attachments.
    pub intake: ReceivedIntake,
    /// The report without the reporter's identity.
    pub report: Value,
    /// Its attachments, as declared and as supplied.
    pub attachments: Vec<Attachment>,
    /// The digest over report and attachments that tells a retry from a change.
    pub content: Digest,
    /// Keyed hashes by which another report of the same reporter is found; who that is they do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

/// The same submission with the same content, in another item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryRecorded {
    /// The item that held it; it is not kept.
    pub item: ItemId,
    /// Its place in the gateway's journal.
    pub entry: EntryPosition,
    /// When the gateway accepted it.
    pub accepted_hour: Hour,
}

/// More about a case that exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementReceived {
    /// The item that held it.
    pub sealed: UnlockedItem,
    /// How it was tied to the case.
    pub cites: Cites,
    /// The gateway's part, without clue number and attachments.
    pub intake: ReceivedIntake,
    /// What was said, without the reporter's identity.
    pub report: Value,
    /// Its attachments, as declared and as supplied.
    pub attachments: Vec<Attachment>,
    /// The digest over report and attachments that tells a retry from a change.
    pub content: Digest,
    /// Keyed hashes by which another report of the same reporter is found; who that is they do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

/// What ties a supplement to its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cites {
    /// It names the clue number.
    ClueNumber,
    /// It has the submission id of the first report, with other content.
    SubmissionId,
    /// A person found its case.
    Person,
}

/// A clerk registered a report that came by telephone, letter, visit or mail. It names no case: that there is one, and which,
/// is found by the item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRegistered {
    /// From where.
    pub via: Via,
    /// The item that holds it.
    pub item: ItemId,
    /// How the report came.
    pub channel: Channel,
    /// How many attachments came with it.
    pub attachments: u64,
}

/// An attachment that was unlocked and put into the vault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentUnlocked {
    /// The item.
    pub sealed: UnlockedItem,
}

/// An unlocked attachment found its report; the event stands in the case, and from here on the case alone suffices to
/// open it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentClaimed {
    /// The item, its file key now wrapped under the case key.
    pub sealed: UnlockedItem,
}

/// An attachment whose report did not come in time was removed from the vault, its key erased.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentExpired {
    /// The item.
    pub item: ItemId,
    /// Since when it had waited.
    pub unlocked_at: jiff::Timestamp,
}

/// An item that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemQuarantined {
    /// The item.
    pub item: ItemId,
    /// Its place in a gateway's journal, if it has a valid entry.
    pub entry: Option<EntryPosition>,
    /// At which stage it failed and why: a code from the daemon's closed list.
    pub reason: String,
    /// The same in words, for a person; no part of the content.
    pub detail: String,
}

/// The keys that lead from a clue number to its case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberDerived {
    /// The case.
    pub case: CaseId,
    /// The number's lookup key (HKDF over its Argon2id root), by which a supplement finds the case.
    pub lookup: Digest,
}

/// An item whose age header was opened: what is needed to read it again and to put the original back together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnlockedItem {
    /// The item.
    pub item: ItemId,
    /// Its place in the gateway's journal.
    pub entry: EntryPosition,
    /// Length of the `.age` file in bytes.
    pub size: u64,
    /// Digest of the `.age` file.
    pub sha256: Digest,
    /// The age header, standard base64: the vault keeps the file without it.
    pub header: String,
    /// The slot of the wrapped file key in the key table.
    pub file_key: u64,
}

/// A place in a gateway's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryPosition {
    /// The stream.
    pub stream: StreamId,
    /// The sequence number, from 1.
    pub seq: u64,
}

/// The gateway's part of a report without what would lead to the reporter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceivedIntake {
    /// Which submission, and every retry of it.
    pub submission_id: SubmissionId,
    /// When it was accepted.
    pub accepted_hour: Hour,
    /// By which gateway.
    pub gateway: String,
    /// How it came in.
    pub channel: Channel,
    /// The version of the catalog that the gateway checked it against.
    pub catalog: String,
    /// Who registered it inside, if it did not come through a gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Registered>,
}

/// The identity part of a received report: sealed under a key of its own from the first event on.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityPart {
    /// The number that the reporter was shown.
    pub clue_number: ClueNumber,
    /// The identifying fields of the report's `reporter`.
    pub reporter: Value,
}

impl ReceivedIntake {
    /// The part of an intake block that may stand in an event's body.
    pub fn of(intake: &Intake) -> Self {
        Self {
            submission_id: intake.submission_id,
            accepted_hour: intake.accepted_hour,
            gateway: intake.gateway.clone(),
            channel: intake.channel,
            catalog: intake.catalog.clone(),
            registered: intake.registered.clone(),
        }
    }
}

impl std::fmt::Debug for IdentityPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentityPart(..)")
    }
}
