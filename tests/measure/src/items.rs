//! A gateway without a network: seals reports and signs their lines with the keys of a site, as fast as two threads can.
//!
//! What lies in a folder afterwards is what a gateway puts into its outbox, or what the transfer hands over into an inbox:
//! `items/<item-id>.age` and `journal/<stream>.jsonl`. Nothing is flushed one by one; [`Gateway::settle`] does it at the
//! end.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result};
use data_encoding::HEXLOWER;
use ed25519_dalek::{Signer as _, SigningKey};
use nightsafe_generator::{Reports, dice::Dice};
use nightsafe_quickstart::layout::{Layout, Part};
use nightsafe_runtime::{SystemClock, SystemRandomness};
use nightsafe_schema::{
    clue::{ClueNumber, content_digest},
    digest::Digest,
    intake::{Channel, Intake, envelope},
    item::{ItemClass, ItemId},
    journal::{Entry, EntryFields, Head, HeadFields, Seq, StreamId},
    signed::{SignedKind, signing_bytes},
    submission::{SiteSecret, SubmissionId},
    time::{Clock as _, Hour},
};
use nightsafe_seal::{AttachmentSealer, SealedItem, SealingRecipients, seal_report};
use serde_json::Value;

/// The gateway of one site.
pub struct Gateway {
    key: SigningKey,
    sealing: Sealing,
    stream: StreamId,
    last: Option<Seq>,
    prev: Digest,
    hour: Hour,
}

/// Where sealed items go: an outbox or an inbox.
#[derive(Clone, Debug)]
pub struct ItemFolder {
    root: PathBuf,
}

/// What sealing needs; shared by threads.
struct Sealing {
    recipients: SealingRecipients,
    site_secret: SiteSecret,
    hour: Hour,
}

/// An item whose file is written and whose line is not.
#[derive(Clone)]
struct Written {
    item: ItemId,
    size: u64,
    sha256: Digest,
    class: ItemClass,
}

impl ItemFolder {
    /// The folder and its two parts, made if they are missing.
    pub fn at(root: impl Into<PathBuf>) -> Result<Self> {
        let folder = Self { root: root.into() };
        for part in ["items", "journal"] {
            fs::create_dir_all(folder.root.join(part)).with_context(|| format!("{}", folder.root.display()))?;
        }
        Ok(folder)
    }

    /// The folder of items.
    pub fn items(&self) -> PathBuf {
        self.root.join("items")
    }

    /// How many items lie in it.
    pub fn count(&self) -> Result<u64> {
        Ok(fs::read_dir(self.items())?.count() as u64)
    }

    fn write(&self, item: ItemId, bytes: &[u8]) -> Result<()> {
        Ok(fs::write(self.items().join(item.file_name()), bytes)?)
    }
}

impl Gateway {
    /// The gateway of a prepared site, at the start of a stream of its own.
    pub fn of(layout: &Layout) -> Result<Self> {
        let state = layout.part(Part::Gateway);
        let secret = |name: &str| -> Result<[u8; 32]> {
            let path = state.join("credentials").join(name);
            let text = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
            HEXLOWER
                .decode(text.trim_end().as_bytes())?
                .try_into()
                .map_err(|_| anyhow::anyhow!("{name} is not 32 bytes"))
        };
        let hour = Hour::containing(SystemClock::start().now());
        let [intake, recovery] = recipient_names(layout)?;
        let sealing = Sealing {
            recipients: SealingRecipients::parse(&intake, &recovery)?,
            site_secret: SiteSecret::from_bytes(secret("site.secret")?),
            hour,
        };
        Ok(Self {
            key: SigningKey::from_bytes(&secret("journal.key")?),
            sealing,
            stream: StreamId::random(&SystemRandomness)?,
            last: None,
            prev: Digest::ZERO,
            hour,
        })
    }

    /// Seals these reports, each under a submission id of its own, and hands them over in order.
    pub fn file(&mut self, reports: Reports, numbers: std::ops::Range<u64>, into: &ItemFolder) -> Result<()> {
        self.file_as(reports, numbers, into, None)
    }

    /// Seals the same reports again under the same submission ids: retries, round by round.
    pub fn file_again(&mut self, reports: Reports, numbers: std::ops::Range<u64>, into: &ItemFolder) -> Result<()> {
        self.file_as(reports, numbers, into, Some(SUBMISSION_SEED))
    }

    fn file_as(
        &mut self,
        reports: Reports,
        numbers: std::ops::Range<u64>,
        into: &ItemFolder,
        submissions: Option<u64>,
    ) -> Result<()> {
        let mut from = numbers.start;
        while from < numbers.end {
            let to = numbers.end.min(from + AT_ONCE);
            let middle = from + (to - from) / 2;
            let sealing = &self.sealing;
            let one = |numbers| move || sealing.write_all(reports, numbers, into, submissions);
            let written = thread::scope(|scope| {
                let first = scope.spawn(one(from..middle));
                let second = one(middle..to)();
                let first = first.join().map_err(|_| anyhow::anyhow!("a thread that seals panicked"))?;
                Ok::<_, anyhow::Error>([first?, second?].concat())
            })?;
            self.acknowledge(&written, into)?;
            from = to;
        }
        Ok(())
    }

    /// Seals an attachment of this many bytes that are noise, and hands it over.
    pub fn attach(&mut self, length: u64, into: &ItemFolder) -> Result<()> {
        let item = ItemId::random(&SystemRandomness)?;
        let file = File::create(into.items().join(item.file_name()))?;
        let mut sealer = AttachmentSealer::begin(&self.sealing.recipients, item, std::io::BufWriter::new(file))?;
        let block: Vec<u8> = (0..NOISE).flat_map(|number| Dice::of(length, number).bytes::<8>()).collect();
        let mut left = length;
        while left > 0 {
            let step = left.min(block.len() as u64);
            let step = usize::try_from(step)?;
            sealer.write_all(block.get(..step).unwrap_or(&block))?;
            left -= step as u64;
        }
        let (attachment, mut sink) = sealer.finish()?;
        sink.flush()?;
        let written = Written { item, size: attachment.size, sha256: attachment.item_sha256, class: ItemClass::Media };
        self.acknowledge(&[written], into)
    }

    /// Writes the head and flushes everything, so that no write-back of ours runs into a measurement.
    pub fn settle(&self, folder: &ItemFolder) -> Result<()> {
        let seq = self.last.map_or(0, Seq::value);
        let fields = HeadFields { stream: self.stream, seq, sha256: self.prev, hour: self.hour };
        let head = Head::new(fields.clone(), self.signature(&fields)?)?;
        let path = folder.root.join("journal").join(format!("{}.head.json", self.stream));
        fs::write(path, [head.line(), b"\n"].concat())?;
        sync(&folder.root)
    }

    fn acknowledge(&mut self, items: &[Written], into: &ItemFolder) -> Result<()> {
        let path = into.root.join("journal").join(format!("{}.jsonl", self.stream));
        let mut lines = Vec::new();
        for written in items {
            let seq = match self.last {
                None => Seq::FIRST,
                Some(last) => last.next().context("the stream is full")?,
            };
            let fields = EntryFields {
                stream: self.stream,
                seq,
                item: written.item,
                size: written.size,
                sha256: written.sha256,
                class: written.class,
                prev: self.prev,
            };
            let entry = Entry::new(fields.clone(), self.signature(&fields)?)?;
            lines.extend_from_slice(entry.line());
            lines.push(b'\n');
            self.prev = entry.digest();
            self.last = Some(seq);
        }
        Ok(OpenOptions::new().create(true).append(true).open(path)?.write_all(&lines)?)
    }

    fn signature<F: SignedKind>(&self, fields: &F) -> Result<[u8; 64]> {
        Ok(self.key.sign(&signing_bytes(fields)?).to_bytes())
    }
}

impl Sealing {
    fn write_all(
        &self,
        reports: Reports,
        numbers: std::ops::Range<u64>,
        into: &ItemFolder,
        submissions: Option<u64>,
    ) -> Result<Vec<Written>> {
        numbers
            .map(|number| {
                let submission = match submissions {
                    Some(seed) => HEXLOWER.encode(&Dice::of(seed, number).bytes::<16>()).parse()?,
                    None => SubmissionId::random(&SystemRandomness)?,
                };
                let sealed = self.seal(&reports.report(number), submission)?;
                into.write(*sealed.id(), sealed.bytes())?;
                Ok(Written { item: *sealed.id(), size: sealed.size(), sha256: *sealed.digest(), class: sealed.class() })
            })
            .collect()
    }

    fn seal(&self, report: &Value, submission: SubmissionId) -> Result<SealedItem> {
        let text = report.to_string();
        let content = content_digest(text.as_bytes(), &[]);
        let intake = Intake {
            clue_number: ClueNumber::derive(&self.site_secret, &submission, &content),
            submission_id: submission,
            accepted_hour: self.hour,
            gateway: "gateway-1".to_owned(),
            channel: Channel::Api,
            catalog: "measure".to_owned(),
            registered: None,
            attachments: Vec::new(),
        };
        Ok(seal_report(&self.recipients, &envelope(&intake, &text)?, ItemId::random(&SystemRandomness)?)?)
    }
}

/// Intake and recovery recipient as text, as the site's ring names them and the `age` command takes them.
pub fn recipient_names(layout: &Layout) -> Result<[String; 2]> {
    let ring: Value = serde_json::from_slice(&fs::read(layout.ring())?)?;
    let all = ring.get("recipients").and_then(Value::as_array).context("the ring names no recipients")?;
    let of = |wanted: &str| {
        let found = all.iter().find(|one| one.get("use").and_then(Value::as_str) == Some(wanted));
        let name = found.and_then(|one| one.get("recipient")?.as_str());
        name.map(str::to_owned).with_context(|| format!("the ring has no {wanted} recipient"))
    };
    Ok([of("intake")?, of("recovery")?])
}

/// Flushes the file system that a folder is on.
pub fn sync(folder: &Path) -> Result<()> {
    rustix::fs::syncfs(File::open(folder)?)?;
    Ok(())
}

/// Reports sealed before their lines are written.
const AT_ONCE: u64 = 512;
/// Numbers in a block of noise.
const NOISE: u64 = 32 * 1024;
const SUBMISSION_SEED: u64 = 0x5ab5;
