//! What the inside does with a report, each part done alone over all reports by the product's own libraries.
//!
//! Processor seconds of whoever works: this thread, or this process where a library has threads of its own. Files are
//! flushed a hundred at a time, as a pass could at best.

use std::{fs, io::Cursor, path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use data_encoding::BASE64;
use nightsafe_casework::{
    attachment,
    event::{Body, EntryPosition, IdentityPart, ReceivedIntake, ReportReceived, UnlockedItem},
    routing::{Router, Tables},
    triage::triage,
};
use nightsafe_index::{Index, IndexKey, Rules};
use nightsafe_ledger::{
    Draft, EventLog as _, HeadSigner, Json, KeyPurpose, KeyTable, Ledger, SecretKey, StoreKey, Under,
};
use nightsafe_open::{Identities, open_report, unlock};
use nightsafe_quickstart::layout::Part;
use nightsafe_runtime::{SystemClock, SystemRandomness};
use nightsafe_schema::{
    case::CaseId,
    catalog::{Catalog, Strictness},
    clue::content_digest,
    digest::Digest,
    division::Divisions,
    intake::OpenedEnvelope,
    journal::{Entry, JournalKey, JournalKeys},
    report::Report,
    routing_table::RoutingTable,
    time::Clock as _,
    unit::UnitRegistry,
};
use serde_json::Value;

use super::filled;
use crate::{
    bench::{Bench, Place},
    items,
    process::{timed, timed_all},
    profile::Profile,
};

/// Processor seconds a report, part by part.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts(Vec<(&'static str, f64)>);

/// A report on its way through the parts.
struct OnItsWay {
    unlocked: UnlockedItem,
    payload: Vec<u8>,
    key: SecretKey,
    opened: OpenedEnvelope,
    content: Digest,
}

impl Parts {
    /// Does every part over so many reports.
    pub(super) fn measure(bench: &Bench, reports: u64) -> Result<Self> {
        let place = filled(bench, reports)?;
        let mut parts = Self::default();
        let data = Data::of(&place)?;
        let verified = parts.add("核对 verify: SHA-256, Ed25519", reports, || verify(&place))?;
        let opened = parts.add("开封 open: age", reports, || open(&place, verified))?;
        let checked = parts.add("核对内容 check: JSON, catalog", reports, || check(&opened, &data.catalog))?;
        let drafts = parts.add("研判分办 triage and route", reports, || decide(&opened, checked, &data))?;
        let folder = place.layout().root().join("alone");
        parts.add("入库 vault: 32 KiB files", reports, || keep(&folder.join("vault"), &opened))?;
        let ledger = parts.add("记账 ledger: seal, chain, flush", reports, || append(&folder, &opened, drafts))?;
        let (cost, _) = timed_all(|| {
            let rules = Rules::new(Arc::clone(&data.units), Arc::clone(&data.divisions));
            let (index, _) = Index::open(&folder.join("index"), IndexKey::from_bytes([7; 32]), rules, &ledger)?;
            Ok(index.position()?)
        })?;
        parts.put("索引 index: sled, tantivy, jieba", cost.processor(), reports);
        Ok(parts)
    }

    /// Seconds a report.
    pub(super) fn sum(&self) -> f64 {
        self.0.iter().map(|(_, seconds)| seconds).sum()
    }

    /// In microseconds.
    pub(super) fn profile(&self) -> Profile {
        let parts = self.0.iter().map(|(name, seconds)| ((*name).to_owned(), seconds * 1e6));
        Profile::of("每件处理器时间，各步单独 processor time a report, each part alone", parts, "µs")
    }

    fn add<T>(&mut self, name: &'static str, reports: u64, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let (seconds, value) = timed(work)?;
        self.put(name, seconds, reports);
        Ok(value)
    }

    fn put(&mut self, name: &'static str, seconds: f64, reports: u64) {
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        self.0.push((name, seconds / reports as f64));
    }
}

/// What the rules need.
struct Data {
    catalog: Catalog,
    units: Arc<UnitRegistry>,
    divisions: Arc<Divisions>,
    table: RoutingTable,
}

impl Data {
    fn of(place: &Place) -> Result<Self> {
        let text = |name: &str| fs::read_to_string(place.layout().root().join(name));
        Ok(Self {
            catalog: Catalog::embedded()?,
            units: Arc::new(UnitRegistry::with_files([text("units.json")?.as_str()])?),
            divisions: Arc::new(Divisions::with_files([text("divisions.json")?.as_str()])?),
            table: RoutingTable::embedded()?,
        })
    }
}

/// Every item with its entry, in the order of the journal.
fn verify(place: &Place) -> Result<Vec<(Entry, Vec<u8>)>> {
    let inbox = place.layout().part(Part::HighTransfer).join("inbox");
    let keys = journal_keys(place)?;
    let mut verified = Vec::new();
    for journal in fs::read_dir(inbox.join("journal"))? {
        let journal = journal?.path();
        if journal.extension().is_none_or(|end| end != "jsonl") {
            continue;
        }
        for line in fs::read(journal)?.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let entry = Entry::parse(line)?;
            let checked = entry.clone().verify(&keys)?;
            let bytes = fs::read(inbox.join("items").join(checked.fields().item.file_name()))?;
            anyhow::ensure!(Digest::of(&bytes) == checked.fields().sha256, "other bytes");
            verified.push((entry, bytes));
        }
    }
    Ok(verified)
}

fn journal_keys(place: &Place) -> Result<JournalKeys> {
    let ring: Value = serde_json::from_slice(&fs::read(place.layout().ring())?)?;
    let key = ring.pointer("/gateways/0/key").and_then(Value::as_str).context("the ring names no gateway")?;
    Ok(JournalKeys::from_iter([key.parse::<JournalKey>()?]))
}

fn open(place: &Place, verified: Vec<(Entry, Vec<u8>)>) -> Result<Vec<OnItsWay>> {
    let identities = fs::read_to_string(place.layout().keys().join("intake.key"))?;
    let identities = Identities::parse([identities.as_str()])?;
    let one = |(entry, bytes): (Entry, Vec<u8>)| {
        let nightsafe_open::Unlocked { header, file_key } = unlock(&mut bytes.as_slice(), &identities)?;
        let payload = bytes.get(header.as_bytes().len()..).unwrap_or_default().to_vec();
        let opened = open_report(&header, &file_key, Cursor::new(payload.as_slice()))?;
        let fields = entry.fields();
        let unlocked = UnlockedItem {
            item: fields.item,
            entry: EntryPosition { stream: fields.stream, seq: fields.seq.value() },
            size: fields.size,
            sha256: fields.sha256,
            header: BASE64.encode(header.as_bytes()),
            file_key: 0,
        };
        let content = content_digest(opened.report.get().as_bytes(), &[]);
        let key = SecretKey::from_slice(file_key.expose()).context("a file key has 16 bytes")?;
        Ok(OnItsWay { unlocked, payload, key, opened, content })
    };
    verified.into_iter().map(one).collect()
}

fn check(opened: &[OnItsWay], catalog: &Catalog) -> Result<Vec<Report>> {
    let one = |report: &OnItsWay| {
        let document: Value = serde_json::from_str(report.opened.report.get())?;
        let checked = catalog.check(&document, Strictness::Strict);
        let checked = checked.map_err(|faults| anyhow::anyhow!("a report is not good: {faults:?}"))?;
        Ok(Report::try_from(checked)?)
    };
    opened.iter().map(one).collect()
}

/// The events of each case.
fn decide(opened: &[OnItsWay], reports: Vec<Report>, data: &Data) -> Result<Vec<Vec<Draft>>> {
    let Data { catalog, units, divisions, table } = data;
    let router = Router::new(Tables { table, units, divisions, catalog })?;
    let at = SystemClock::start().now();
    let one = |(way, report): (&OnItsWay, Report)| {
        let intake = &way.opened.intake;
        let attachments = attachment::matched(report.document(), &intake.attachments);
        let found = triage(&report, &attachments, catalog);
        let decision = router.route(&report, &found);
        let mut identity = report.identity();
        let reporter = identity.get_mut("reporter").map(Value::take).unwrap_or_default();
        let identity = IdentityPart { clue_number: intake.clue_number.clone(), reporter };
        let received = ReportReceived {
            sealed: way.unlocked.clone(),
            intake: ReceivedIntake::of(intake),
            report: report.without_identity(),
            attachments,
            content: way.content,
            marks: Vec::new(),
        };
        let case = CaseId::random(&SystemRandomness)?;
        let bodies: [(Body, Option<Json>); 3] =
            [(received.into(), Some(Json::of(&identity)?)), (found.into(), None), (decision.into(), None)];
        let draft = |(body, identity): (Body, Option<Json>)| {
            Ok(Draft {
                case: Some(case),
                expected_version: None,
                actor: "@daemon".to_owned(),
                role: "system".to_owned(),
                kind: body.kind().name().to_owned(),
                body: Json::of(&body)?,
                identity,
                at,
            })
        };
        bodies.into_iter().map(draft).collect::<Result<Vec<Draft>>>()
    };
    opened.iter().zip(reports).map(one).collect()
}

/// Writes every payload as a file of its own, renames it, and flushes a hundred at a time.
fn keep(folder: &Path, opened: &[OnItsWay]) -> Result<()> {
    fs::create_dir_all(folder)?;
    for some in opened.chunks(A_PASS) {
        for report in some {
            let path = folder.join(report.unlocked.item.to_string());
            let part = path.with_extension("part");
            fs::write(&part, &report.payload)?;
            fs::rename(part, path)?;
        }
        items::sync(folder)?;
    }
    Ok(())
}

/// File keys into the key table, events into the ledger, file keys under their cases: a hundred reports at a time.
fn append(folder: &Path, opened: &[OnItsWay], drafts: Vec<Vec<Draft>>) -> Result<Ledger> {
    fs::create_dir_all(folder)?;
    let keys = KeyTable::create(&folder.join("keys.table"), StoreKey::from_bytes([1; 32]), Arc::new(SystemRandomness))?;
    let keys = Arc::new(keys);
    let clock = Arc::new(SystemClock::start());
    let ledger = Ledger::open(folder.join("ledger"), Arc::clone(&keys), HeadSigner::from_bytes(&[2; 32]), clock)?;
    let mut drafts = drafts.into_iter();
    for some in opened.chunks(A_PASS) {
        let owners: Vec<String> = some.iter().map(|report| report.unlocked.item.to_string()).collect();
        let mut slots = Vec::with_capacity(some.len());
        for (report, owner) in some.iter().zip(&owners) {
            slots.push(keys.wrap(KeyPurpose::File, owner, Under::Store, &report.key)?);
        }
        let batch: Vec<Vec<Draft>> = drafts.by_ref().take(some.len()).collect();
        let cases: Vec<Option<CaseId>> =
            batch.iter().map(|events| events.first().and_then(|event| event.case)).collect();
        ledger.append(batch.into_iter().flatten().collect())?;
        for ((slot, owner), case) in slots.into_iter().zip(&owners).zip(cases) {
            let case = case.and_then(|case| ledger.case_key(case)).context("a case has a key")?;
            keys.rewrap(slot, KeyPurpose::File, owner, Under::Case(case))?;
        }
        keys.sync()?;
    }
    Ok(ledger)
}

/// Reports that share a flush.
const A_PASS: usize = 100;
