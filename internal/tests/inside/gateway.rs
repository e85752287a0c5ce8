//! A gateway that exists only in tests: seals, signs, and hands over as the transfer would.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use ed25519_dalek::{Signer as _, SigningKey};
use nightsafe_open::Identities;
use nightsafe_runtime::SystemRandomness;
use nightsafe_schema::{
    clue::{ClueNumber, content_digest},
    digest::Digest,
    intake::{Channel, Intake, IntakeAttachment, envelope},
    item::{ItemClass, ItemId},
    journal::{Entry, EntryFields, JournalKey, Seq, StreamId},
    signed::signing_bytes,
    submission::{SiteSecret, SubmissionId},
};
use nightsafe_seal::{AttachmentSealer, SealingRecipients, seal_report};
use serde_json::Value;

/// The intake identity of all test sites.
pub(crate) const INTAKE: &str = include_str!("../../open/testdata/intake.key");
const RECOVERY: &str = include_str!("../../open/testdata/recovery.key");

/// The recipients behind the two test identities: intake, then recovery.
pub(crate) fn recipients() -> [String; 2] {
    let all: Vec<String> = Identities::parse([INTAKE, RECOVERY]).unwrap().recipients().collect();
    all.try_into().unwrap()
}

/// The gateway.
pub(crate) struct Gateway {
    inbox: PathBuf,
    key: SigningKey,
    recipients: SealingRecipients,
    stream: StreamId,
    next: Seq,
    prev: Digest,
}

/// A report on its way, and what to know of it.
#[derive(Clone)]
pub(crate) struct Sent {
    /// The item.
    pub(crate) item: ItemId,
    /// The number that the reporter was shown.
    pub(crate) clue_number: ClueNumber,
    /// The sealed file.
    pub(crate) bytes: Vec<u8>,
}

/// An attachment, sealed.
#[derive(Clone)]
pub(crate) struct Media {
    /// The item.
    pub(crate) item: ItemId,
    /// The sealed file.
    pub(crate) bytes: Vec<u8>,
    intake: IntakeAttachment,
}

impl Gateway {
    /// A gateway that hands over into this inbox.
    pub(crate) fn new(inbox: &Path) -> Self {
        let [intake, recovery] = recipients();
        fs::create_dir_all(inbox.join("items")).unwrap();
        fs::create_dir_all(inbox.join("journal")).unwrap();
        Self {
            inbox: inbox.to_owned(),
            key: SigningKey::from_bytes(&[5; 32]),
            recipients: SealingRecipients::parse(&intake, &recovery).unwrap(),
            stream: StreamId::from_bytes([0x7f; 16]),
            next: Seq::FIRST,
            prev: Digest::ZERO,
        }
    }

    /// What the key ring names.
    pub(crate) fn public_key(&self) -> JournalKey {
        JournalKey::from_bytes(self.key.verifying_key().as_bytes()).unwrap()
    }

    /// From now on signs with a key that no ring names.
    pub(crate) fn turn_rogue(&mut self) {
        self.key = SigningKey::from_bytes(&[6; 32]);
    }

    /// From now on seals to the recovery key and a stranger: the inside has no identity for it.
    pub(crate) fn seal_to_strangers(&mut self) {
        let stranger = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
        self.recipients = SealingRecipients::parse(stranger, &recipients()[1]).unwrap();
    }

    /// Seals a report and hands it over.
    pub(crate) fn report(&mut self, report: &Value) -> Sent {
        self.submit(report, submission(), &[])
    }

    /// Seals a report under this submission id and hands it over.
    pub(crate) fn submit(&mut self, report: &Value, submission: SubmissionId, media: &[Media]) -> Sent {
        let text = report.to_string();
        let attachments: Vec<_> = media.iter().map(|media| media.intake.clone()).collect();
        let digests: Vec<_> = attachments.iter().map(|attachment| attachment.sha256).collect();
        let content = content_digest(text.as_bytes(), &digests);
        let clue_number = ClueNumber::derive(&SiteSecret::from_bytes([9; 32]), &submission, &content);
        let intake = Intake {
            clue_number: clue_number.clone(),
            submission_id: submission,
            accepted_hour: "2026-11-22T05:00:00Z".parse().unwrap(),
            gateway: "gateway-1".to_owned(),
            channel: Channel::Api,
            catalog: "test".to_owned(),
            registered: None,
            attachments,
        };
        let (item, bytes) = self.envelope(&envelope(&intake, &text).unwrap());
        Sent { item, clue_number, bytes }
    }

    /// Seals any text where an envelope should be and hands it over.
    pub(crate) fn envelope(&mut self, envelope: &str) -> (ItemId, Vec<u8>) {
        let item = ItemId::random(&SystemRandomness).unwrap();
        let sealed = seal_report(&self.recipients, envelope, item).unwrap();
        self.hand_over(item, sealed.bytes(), ItemClass::Text);
        (item, sealed.bytes().to_vec())
    }

    /// Seals an attachment without handing it over.
    pub(crate) fn media(&self, name: &str, content: &[u8]) -> Media {
        self.media_of("image/jpeg", name, content)
    }

    /// The same, found to be of this media type.
    pub(crate) fn media_of(&self, media_type: &str, name: &str, content: &[u8]) -> Media {
        let item = ItemId::random(&SystemRandomness).unwrap();
        let mut sealer = AttachmentSealer::begin(&self.recipients, item, Vec::new()).unwrap();
        sealer.write_all(content).unwrap();
        let (described, bytes) = sealer.finish().unwrap();
        let intake = IntakeAttachment {
            item,
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            length: described.length,
            sha256: described.sha256,
            item_sha256: described.item_sha256,
        };
        Media { item, bytes, intake }
    }

    /// Hands a sealed attachment over.
    pub(crate) fn hand_over_media(&mut self, media: &Media) {
        self.hand_over(media.item, &media.bytes, ItemClass::Media);
    }

    /// The item first, then its line.
    pub(crate) fn hand_over(&mut self, item: ItemId, bytes: &[u8], class: ItemClass) {
        self.put(item, bytes);
        let line = self.acknowledge(item, bytes, class);
        self.append(&line);
    }

    /// Puts a file into the inbox, without a line.
    pub(crate) fn put(&self, item: ItemId, bytes: &[u8]) {
        fs::write(self.path_of(item), bytes).unwrap();
    }

    /// Where an item lies in the inbox.
    pub(crate) fn path_of(&self, item: ItemId) -> PathBuf {
        self.inbox.join("items").join(item.file_name())
    }

    /// Signs the next entry of the journal.
    pub(crate) fn acknowledge(&mut self, item: ItemId, bytes: &[u8], class: ItemClass) -> Entry {
        let fields = EntryFields {
            stream: self.stream,
            seq: self.next,
            item,
            size: bytes.len() as u64,
            sha256: Digest::of(bytes),
            class,
            prev: self.prev,
        };
        let signature = self.key.sign(&signing_bytes(&fields).unwrap()).to_bytes();
        let entry = Entry::new(fields, signature).unwrap();
        self.next = self.next.next().unwrap();
        self.prev = entry.digest();
        entry
    }

    /// Appends a line to the inbox's journal.
    pub(crate) fn append(&self, entry: &Entry) {
        let path = self.inbox.join("journal").join(format!("{}.jsonl", self.stream));
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(&[entry.line(), b"\n"].concat()).unwrap();
    }

    /// Items that are in the inbox.
    pub(crate) fn waiting(&self) -> usize {
        fs::read_dir(self.inbox.join("items")).unwrap().count()
    }
}

/// A fresh submission id.
pub(crate) fn submission() -> SubmissionId {
    SubmissionId::random(&SystemRandomness).unwrap()
}
