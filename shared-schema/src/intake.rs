//! What the gateway adds to a report before it is sealed (DESIGN section 4).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{clue::ClueNumber, digest::Digest, item::ItemId, submission::SubmissionId, time::Hour};

mod registered;

pub use registered::{MailNote, ReceivedAt, ReceivedAtError, Registered};

/// The gateway's part of a report item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    /// The number that the reporter was shown.
    pub clue_number: ClueNumber,
    /// Which submission this is, and every retry of it.
    pub submission_id: SubmissionId,
    /// The hour in which it was accepted; nothing finer is ever kept.
    pub accepted_hour: Hour,
    /// The name of the gateway that accepted it.
    pub gateway: String,
    /// How it came in.
    pub channel: Channel,
    /// The version of the catalog that it was checked against.
    pub catalog: String,
    /// The attachments as received, in order.
    pub attachments: Vec<IntakeAttachment>,
    /// Who registered it inside; nothing that a gateway accepted has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Registered>,
}

/// One attachment as the gateway received and sealed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeAttachment {
    /// The sealed item that holds it.
    pub item: ItemId,
    /// The file name that the client gave; a claim.
    pub name: String,
    /// The media type found by content.
    pub media_type: String,
    /// Its length in bytes, before padding.
    pub length: u64,
    /// The digest of its bytes, before padding.
    pub sha256: Digest,
    /// The digest of the whole `.age` file.
    pub item_sha256: Digest,
}

/// How a report reached the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The public form.
    Web,
    /// The public API.
    Api,
    /// A telephone call, registered by a clerk.
    Phone,
    /// A letter, registered by a clerk.
    Letter,
    /// A visit, registered by a clerk.
    Visit,
    /// A mail, imported by a clerk.
    Mail,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 6] = [Self::Web, Self::Api, Self::Phone, Self::Letter, Self::Visit, Self::Mail];

    /// Its code, as it travels.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
            Self::Phone => "phone",
            Self::Letter => "letter",
            Self::Visit => "visit",
            Self::Mail => "mail",
        }
    }

    /// The channel of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }

    /// Whether a clerk registers inside what comes this way; the others are a gateway's.
    pub const fn is_registered_inside(self) -> bool {
        match self {
            Self::Web | Self::Api => false,
            Self::Phone | Self::Letter | Self::Visit | Self::Mail => true,
        }
    }
}

impl Intake {
    /// Whether it says one thing: what came by a clerk's channel names the clerk, and nothing else does.
    pub const fn is_of_one_door(&self) -> bool {
        self.channel.is_registered_inside() == self.registered.is_some()
    }
}

/// The envelope could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the intake block could not be written as JSON")]
pub struct EnvelopeError(#[source] serde_json::Error);

/// The body of a report item: `{"intake":{...},"report":<the client's JSON, to the byte>}`.
///
/// `report` must be one JSON value; the caller has parsed it.
pub fn envelope(intake: &Intake, report: &str) -> Result<String, EnvelopeError> {
    let intake = serde_json::to_string(intake).map_err(EnvelopeError)?;
    Ok(format!("{{\"intake\":{intake},\"report\":{report}}}"))
}

/// A report item's body, read inside.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedEnvelope {
    /// The gateway's part.
    pub intake: Intake,
    /// The client's part, to the byte.
    pub report: Box<RawValue>,
}

/// The body is no envelope.
#[derive(Debug, thiserror::Error)]
#[error("the item's body is not an envelope of intake and report")]
pub struct OpenedEnvelopeError(#[source] serde_json::Error);

impl OpenedEnvelope {
    /// Reads a report item's body, without its padding or with it.
    pub fn parse(body: &[u8]) -> Result<Self, OpenedEnvelopeError> {
        serde_json::from_slice(body).map_err(OpenedEnvelopeError)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{clue::content_digest, submission::SiteSecret};

    fn intake() -> Intake {
        let submission_id = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
        Intake {
            clue_number: ClueNumber::derive(
                &SiteSecret::from_bytes([7; 32]),
                &submission_id,
                &content_digest(b"{}", &[]),
            ),
            submission_id,
            accepted_hour: "2026-11-22T05:00:00Z".parse().unwrap(),
            gateway: "gateway-1".to_owned(),
            channel: Channel::Api,
            catalog: "2026-1".to_owned(),
            attachments: vec![],
            registered: None,
        }
    }

    #[test]
    fn a_channel_is_read_as_it_was_written() {
        for channel in Channel::ALL {
            assert_eq!(Channel::of_code(channel.code()), Some(channel));
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.code());
        }
    }

    #[test]
    fn a_gateways_envelope_says_nothing_of_registering_and_is_as_it_always_was() {
        let text = serde_json::to_string(&intake()).unwrap();
        assert!(!text.contains("registered"), "{text}");
        assert!(intake().is_of_one_door());
        assert!(!Intake { channel: Channel::Phone, ..intake() }.is_of_one_door());
    }

    #[test]
    fn the_report_stays_to_the_byte() {
        let report = "{ \"b\":1,\n\t\"a\" : [1.50, \"\\u0041\"] }";
        let opened = OpenedEnvelope::parse(envelope(&intake(), report).unwrap().as_bytes()).unwrap();
        assert_eq!(opened.intake, intake());
        assert_eq!(opened.report.get(), report);
    }

    #[test]
    fn a_second_report_or_an_unknown_field_is_refused() {
        let envelope = envelope(&intake(), "1").unwrap();
        let doubled = envelope.replace("\"report\":1", "\"report\":1,\"report\":2");
        assert!(OpenedEnvelope::parse(doubled.as_bytes()).is_err());
        let more = envelope.replace("\"report\":1", "\"report\":1,\"more\":2");
        assert!(OpenedEnvelope::parse(more.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_envelope_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = OpenedEnvelope::parse(&bytes);
        }
    }
}
