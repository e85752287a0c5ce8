//! The counter 登记窗口: where a clerk registers what came by telephone, letter, visit or mail (docs/spec/channels.md).
//!
//! ```text
//! Registration ─▶ checked ─▶ sealed ─▶ placed ─▶ journalled ─▶ receipt with the number
//!                                                    └──▶ the counter's own inbox ──▶ receipt of items, as for any other
//! ```
//!
//! It seals to the ring's keys as a gateway does, into an inbox of its own that the transfer does not know, and signs a
//! journal of its own. Nothing here opens an item or decides about a case: that is the one way that all reports go
//! ([`crate::receipt`]). A number is shown only once everything of its report is durable.

mod draft;
mod journal;
mod keys;
mod mail;
mod placing;

use std::{
    collections::HashMap,
    io::Read,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use nightsafe_casework::{
    account::Viewer,
    event::{ReportRegistered, Via},
};
use nightsafe_console::desk::{Enclosure, Registration, RegistrationProblem, RegistrationReceipt};
use nightsafe_runtime::{
    ExitCode, HasExitCode,
    durable_file::{self, DurableError},
    failpoint,
    ring_file::RingFileError,
};
use nightsafe_schema::{
    catalog::{Catalog, Strictness},
    clue::{ClueNumber, content_digest},
    digest::Digest,
    intake::{Channel, Intake, MailNote, ReceivedAt, Registered, envelope},
    item::ItemId,
    journal::{JournalKey, StreamId},
    randomness::{NoRandomness, Randomness},
    report::{Report, ReportError},
    submission::SubmissionId,
    time::Hour,
};
use nightsafe_seal::{SealError, SealingRecipients, seal_report};

use self::{
    journal::{Journal, JournalError},
    keys::CounterKeys,
    placing::{Placing, SealedEnclosure},
};
use crate::{
    credentials::{CredentialError, Key},
    limits,
    records::{Actor, NewEvent, RecordError},
    site::Site,
};

/// The counter of one site.
pub(crate) struct Counter {
    folder: CounterFolder,
    keys: CounterKeys,
    /// Held from the look at what was registered before until the new lines are durable.
    journal: Mutex<Open>,
}

/// The folders, as an inbox has them.
#[derive(Debug, Clone)]
pub(crate) struct CounterFolder(std::path::PathBuf);

struct Open {
    journal: Journal,
    /// Registered by this process and perhaps not recorded yet.
    recent: HashMap<SubmissionId, Digest>,
}

/// What is registered: checked, but not sealed.
struct Checked<'a> {
    submission: SubmissionId,
    channel: Channel,
    received_at: ReceivedAt,
    source: &'a str,
    mail: Option<MailNote>,
    text: &'a str,
    report: Report,
}

impl Counter {
    /// Opens the counter's folder, made at the first start, and sweeps what was never acknowledged.
    pub(crate) fn open(state: &Path, store_key: &Key, randomness: &dyn Randomness) -> Result<Self, CounterError> {
        let folder = CounterFolder(state.join(FOLDER));
        durable_file::create_folder(&folder.items())?;
        durable_file::create_folder(&folder.journal())?;
        durable_file::sweep(&folder.items())?;
        let keys = CounterKeys::of(store_key);
        let journal = Journal::open(&folder, &keys, randomness)?;
        Ok(Self { folder, keys, journal: Mutex::new(Open { journal, recent: HashMap::new() }) })
    }

    /// The inbox that it fills.
    pub(crate) fn inbox(&self) -> &Path {
        &self.folder.0
    }

    /// Its stream, and the one key that is believed about it.
    pub(crate) fn stream(&self) -> (StreamId, JournalKey) {
        let open = self.open_journal();
        (open.journal.stream(), open.journal.public_key())
    }

    /// Registers what came by telephone, letter or visit.
    pub(crate) fn register(
        &self,
        site: &Site,
        clerk: (&Viewer, Via),
        registration: &Registration,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, RegisterError> {
        if !matches!(registration.channel, Channel::Phone | Channel::Letter | Channel::Visit) {
            return Err(RegistrationProblem::Channel.into());
        }
        let checked = Checked {
            submission: self.keys.submission_of_form(clerk.0.account(), &registration.token),
            channel: registration.channel,
            received_at: registration.received_at,
            source: &registration.source,
            mail: None,
            text: &registration.report,
            report: checked_report(&registration.report, &site.data.catalog)?,
        };
        self.take_in(site, clerk, &checked, &registration.enclosures, bytes)
    }

    fn take_in(
        &self,
        site: &Site,
        (viewer, via): (&Viewer, Via),
        checked: &Checked<'_>,
        enclosures: &[Enclosure],
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, RegisterError> {
        checked.check_circumstances(site)?;
        check_enclosures(enclosures, &site.data.catalog)?;
        let recipients = recipients(site)?;
        let placing = Placing::new(&self.folder, &recipients, &*site.randomness);
        let mut sealed = enclosures
            .iter()
            .map(|enclosure| placing.enclosure(enclosure, bytes, &site.data.catalog))
            .collect::<Result<Vec<_>, _>>()?;
        if let (Some(_), Some(file)) = (&checked.mail, sealed.first_mut()) {
            MAIL_TYPE.clone_into(&mut file.facts.media_type);
        }

        failpoint::hit("counter.after-seal");
        let digests: Vec<_> = sealed.iter().map(|enclosure| enclosure.facts.sha256).collect();
        let content = content_digest(checked.text.as_bytes(), &digests);
        let receipt = RegistrationReceipt {
            clue_number: self.number(checked, &content),
            registered_at: site.clock.now(),
            channel: checked.channel,
            attachments: sealed.len(),
            before: false,
        };
        let mut open = self.open_journal();
        if open.was_registered(site, checked.submission, content)? {
            return Ok(RegistrationReceipt { before: true, ..receipt });
        }
        let item = self.place(site, viewer, checked, sealed, &receipt, (&placing, &mut open))?;
        failpoint::hit("counter.after-journal");
        open.recent.insert(checked.submission, content);
        drop(open);
        let attachments = u64::try_from(receipt.attachments).unwrap_or(u64::MAX);
        let event = ReportRegistered { via, item, channel: checked.channel, attachments };
        site.records.append(&Actor::from(viewer), &*site.clock, vec![NewEvent::of_site(event)])?;
        failpoint::hit("counter.after-event");
        Ok(receipt)
    }

    /// The report is sealed last, and everything gets its line; what fails before takes all of it away again.
    fn place(
        &self,
        site: &Site,
        viewer: &Viewer,
        checked: &Checked<'_>,
        sealed: Vec<SealedEnclosure>,
        receipt: &RegistrationReceipt,
        (placing, open): (&Placing<'_>, &mut Open),
    ) -> Result<ItemId, RegisterError> {
        let hour = Hour::containing(receipt.registered_at);
        let intake = Intake {
            clue_number: receipt.clue_number.clone(),
            submission_id: checked.submission,
            accepted_hour: hour,
            gateway: GATEWAY.to_owned(),
            channel: checked.channel,
            catalog: site.data.catalog.version().to_owned(),
            attachments: sealed.iter().map(|enclosure| enclosure.facts.clone()).collect(),
            registered: Some(Registered {
                by: viewer.account().to_string(),
                unit: viewer.unit().clone(),
                received_at: checked.received_at,
                source: checked.source.to_owned(),
                mail: checked.mail.clone(),
            }),
        };
        let envelope = envelope(&intake, checked.text).map_err(|error| RegisterError::Envelope(Box::new(error)))?;
        let id = ItemId::random(&*site.randomness)?;
        let report = seal_report(placing.recipients(), &envelope, id).map_err(refused_by_seal)?;
        let mut items = sealed.into_iter().map(|enclosure| enclosure.place(hour)).collect::<Result<Vec<_>, _>>()?;
        items.push(placing.report(&report, hour)?);
        durable_file::sync_folder(&self.folder.items())?;
        failpoint::hit("counter.after-place");
        open.journal.append(&mut items)?;
        Ok(id)
    }

    /// As for the public: it follows from key and content, and a supplement keeps the number that it cites.
    fn number(&self, checked: &Checked<'_>, content: &Digest) -> ClueNumber {
        let fresh = || ClueNumber::derive(self.keys.number_secret(), &checked.submission, content);
        checked.report.cites().cloned().unwrap_or_else(fresh)
    }

    fn open_journal(&self) -> MutexGuard<'_, Open> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Checked<'_> {
    fn check_circumstances(&self, site: &Site) -> Result<(), RegistrationProblem> {
        let sources = site.data.catalog.list(SOURCES);
        if sources.and_then(|list| list.entry(self.source)).is_none() {
            return Err(RegistrationProblem::Source);
        }
        let latest = site.clock.now().checked_add(limits::CLOCKS_DIFFER);
        if latest.is_ok_and(|latest| self.received_at.at() > latest) {
            return Err(RegistrationProblem::ReceivedAt);
        }
        Ok(())
    }
}

impl Open {
    /// Whether the very same was registered before; the same registration with another content is refused.
    fn was_registered(
        &mut self,
        site: &Site,
        submission: SubmissionId,
        content: Digest,
    ) -> Result<bool, RegistrationProblem> {
        let register = site.records.register();
        self.recent.retain(|recent, _content| register.submitted_as(recent).is_empty());
        let recorded = register.submitted_as(&submission).iter().map(|submitted| submitted.content);
        let mut known = recorded.chain(self.recent.get(&submission).copied()).peekable();
        if known.peek().is_none() {
            return Ok(false);
        }
        if known.any(|known| known == content) { Ok(true) } else { Err(RegistrationProblem::Otherwise) }
    }
}

impl CounterFolder {
    fn items(&self) -> std::path::PathBuf {
        self.0.join(nightsafe_schema::volume::ITEMS)
    }

    fn journal(&self) -> std::path::PathBuf {
        self.0.join("journal")
    }
}

/// Held to the catalog here as it will be when it is received: what a clerk is given a number for is not quarantined.
fn checked_report(text: &str, catalog: &Catalog) -> Result<Report, RegisterError> {
    let checked = catalog.read(text.as_bytes(), Strictness::Registered).map_err(RegistrationProblem::Report)?;
    Report::try_from(checked).map_err(RegisterError::Report)
}

fn check_enclosures(enclosures: &[Enclosure], catalog: &Catalog) -> Result<(), RegistrationProblem> {
    if enclosures.len() > limits::ENCLOSURES {
        return Err(RegistrationProblem::TooMany { most: limits::ENCLOSURES });
    }
    let total = enclosures.iter().fold(0_u64, |sum, enclosure| sum.saturating_add(enclosure.length));
    if total > catalog.attachments().total_bytes { Err(RegistrationProblem::TooLarge) } else { Ok(()) }
}

/// The two keys that the ring names for now. It is read anew: registering is rare, and a new ring counts at once.
fn recipients(site: &Site) -> Result<SealingRecipients, RegisterError> {
    let ring = site.config.ring.peek(&site.config.folders.state)?.current();
    let keys = ring.sealing_keys(site.clock.now()).map_err(|_none| RegistrationProblem::Closed)?;
    let [intake, recovery] = [keys.intake.recipient.as_str(), keys.recovery.recipient.as_str()];
    SealingRecipients::parse(intake, recovery).map_err(|_unusable| RegistrationProblem::Closed.into())
}

fn refused_by_seal(error: SealError) -> RegisterError {
    match error {
        SealError::TooLarge { .. } => RegistrationProblem::TooLarge.into(),
        error => RegisterError::Seal(error),
    }
}

/// Why nothing was registered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterError {
    /// The clerk can mend it.
    #[error("登记不成立 (it cannot be registered like this)")]
    Problem(#[from] RegistrationProblem),
    /// The report is not as programs expect it.
    #[error("举报不可读 (the report cannot be read)")]
    Report(#[source] ReportError),
    /// The envelope cannot be written.
    #[error("信封无法写出 (the envelope cannot be written)")]
    Envelope(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The ring cannot be used.
    #[error("密钥环不可用 (the key ring cannot be used)")]
    Ring(#[from] RingFileError),
    /// Sealing failed.
    #[error("封装失败 (sealing failed)")]
    Seal(#[source] SealError),
    /// No random bytes.
    #[error("没有随机数可用 (no random bytes)")]
    Randomness(#[from] NoRandomness),
    /// The disk refused.
    #[error("登记件无法写入 (the items cannot be written)")]
    Disk(#[from] DurableError),
    /// The journal refused.
    #[error("登记日志不可写 (the counter's journal cannot be written)")]
    Journal(#[from] JournalError),
    /// It is kept, but who did it is not recorded.
    #[error("未能记入账本 (it is not in the ledger)")]
    Record(#[from] RecordError),
}

/// Why the counter stays shut.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CounterError {
    /// A folder cannot be used.
    #[error("登记窗口的目录不可用 (the counter's folder cannot be used)")]
    Folder(#[from] DurableError),
    /// The journal cannot be continued.
    #[error("登记日志无法续写 (the counter's journal cannot be continued)")]
    Journal(#[from] JournalError),
    /// A key cannot be made.
    #[error("密钥不可用 (a credential cannot be used)")]
    Credential(#[from] CredentialError),
}

impl HasExitCode for CounterError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Folder(error) => error.exit_code(),
            Self::Journal(error) => error.exit_code(),
            Self::Credential(error) => error.exit_code(),
        }
    }
}

/// Under the state folder.
const FOLDER: &str = "counter";
/// Stands where a gateway's name stands; no gateway can be called so, because its name has letters, digits and `-` only.
pub(crate) const GATEWAY: &str = "(counter)";
/// What a mail file is; it is kept and listed, and no copy of it is shown.
const MAIL_TYPE: &str = "message/rfc822";
/// The catalog's list of sources.
const SOURCES: &str = "report_sources";
