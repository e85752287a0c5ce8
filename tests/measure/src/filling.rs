//! Ledgers with many reports, appended through the ledger's own interface: what the receipt would record of each, without
//! the items that they came in.

use std::thread;

use anyhow::{Context as _, Result};
use nightsafe_casework::{
    event::{Body, EntryPosition, IdentityPart, ReceivedIntake, ReportReceived, UnlockedItem},
    linking::marks,
};
use nightsafe_generator::{Reports, Seed, dice::Dice};
use nightsafe_index::LinkMarker;
use nightsafe_ledger::{Draft, EventLog as _, Json, Ledger};
use nightsafe_runtime::SystemClock;
use nightsafe_schema::{
    case::CaseId,
    catalog::{Catalog, Strictness},
    clue::ClueNumber,
    digest::Digest,
    intake::Channel,
    item::ItemId,
    journal::StreamId,
    report::Report,
    submission::SiteSecret,
    time::{Clock as _, Hour},
};
use serde_json::Value;

/// Where the reports come from.
pub struct Source {
    seed: Seed,
    catalog: Catalog,
    marker: LinkMarker,
}

impl Source {
    /// The reports of a seed, with the marks of `marker`.
    pub fn new(seed: Seed, marker: LinkMarker) -> Result<Self> {
        Ok(Self { seed, catalog: Catalog::embedded()?, marker })
    }

    /// What they are checked by.
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// One of them.
    pub fn report(&self, number: u64) -> Result<Report> {
        let checked = self.catalog.check(&Reports::of(self.seed).report(number), Strictness::Soft);
        Ok(Report::try_from(checked.map_err(|_| anyhow::anyhow!("a report is not good"))?)?)
    }

    /// The event that opens its case.
    pub fn received(&self, number: u64, report: &Report) -> Result<Draft> {
        let document = report.document();
        let mut identity = report.identity();
        let reporter = identity.get_mut("reporter").map(Value::take).unwrap_or_default();
        let mut dice = Dice::of(77, number);
        let submission_id = data_encoding::HEXLOWER.encode(&dice.bytes::<16>()).parse()?;
        let content = Digest::from_bytes(dice.bytes());
        let clue_number = ClueNumber::derive(&SiteSecret::from_bytes([4; 32]), &submission_id, &content);
        let marks = marks(&reporter, &clue_number.grouped(), document, &self.marker);
        let received = ReportReceived {
            sealed: UnlockedItem {
                item: ItemId::from_bytes(dice.bytes()),
                entry: EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: number + 1 },
                size: 32 * 1024,
                sha256: Digest::from_bytes(dice.bytes()),
                header: String::new(),
                file_key: 0,
            },
            intake: ReceivedIntake {
                submission_id,
                accepted_hour: Hour::containing(SystemClock::start().now()),
                gateway: "gateway-1".to_owned(),
                channel: Channel::Web,
                catalog: "2026-11-1".to_owned(),
                registered: None,
            },
            report: report.without_identity(),
            attachments: Vec::new(),
            content,
            marks,
        };
        let identity = IdentityPart { clue_number, reporter };
        Ok(Draft {
            expected_version: Some(0),
            identity: Some(Json::of(&identity)?),
            ..draft(Some(case(number)?), received)?
        })
    }
}

/// An event of the daemon.
pub fn draft(case: Option<CaseId>, body: impl Into<Body>) -> Result<Draft> {
    let body = body.into();
    Ok(Draft {
        case,
        expected_version: None,
        actor: "@daemon".to_owned(),
        role: "system".to_owned(),
        kind: body.kind().name().to_owned(),
        body: Json::of(&body)?,
        identity: None,
        at: SystemClock::start().now(),
    })
}

/// The case of a number; scattered, as drawn ones are.
pub fn case(number: u64) -> Result<CaseId> {
    CaseId::from_bytes((number + 1).to_be_bytes()).context("a case number")
}

/// Appends what `events` makes of each number below `reports`, in their order, on two threads.
pub fn append(ledger: &Ledger, reports: u64, events: impl Fn(u64) -> Result<Vec<Draft>> + Sync) -> Result<()> {
    let mut from = 0;
    while from < reports {
        let to = reports.min(from + AT_ONCE);
        let middle = from + (to - from) / 2;
        let made = |numbers: std::ops::Range<u64>| {
            let each = numbers.map(&events).collect::<Result<Vec<_>>>()?;
            Ok::<_, anyhow::Error>(each.into_iter().flatten().collect::<Vec<_>>())
        };
        let mut drafts = thread::scope(|scope| {
            let first = scope.spawn(|| made(from..middle));
            let second = made(middle..to)?;
            let mut all = first.join().map_err(|_| anyhow::anyhow!("a thread that makes reports panicked"))??;
            all.extend(second);
            Ok::<_, anyhow::Error>(all)
        })?;
        while !drafts.is_empty() {
            let rest = drafts.split_off(drafts.len().min(A_BATCH));
            ledger.append(std::mem::replace(&mut drafts, rest))?;
        }
        from = to;
    }
    Ok(())
}

/// Reports that are made before they are appended.
const AT_ONCE: u64 = 1_000;
/// Events that the ledger takes in one batch, or fewer.
const A_BATCH: usize = 1_000;
