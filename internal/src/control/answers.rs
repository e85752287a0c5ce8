//! The answers that `--json` prints, field for field. Fields are added, never renamed.
//!
//! | verb | object |
//! |---|---|
//! | `login` | `account`, `role`, `unit`, `expires` |
//! | `ingest` | `opened`, `supplemented`, `retried`, `attachments`, `attachments_ahead`, `cleared`, `quarantined`, `postponed`, `without_identity` |
//! | `search` | `total`, `skipped`, `rows[]`: a case's summary (below) with `snippets[]`, each a list of text pieces, every second one found |
//! | `show` | `links[]`: `kind` (`DUPLICATE`, `SERIES`, `RELATED`), `to`, `reasons[]` with `code`, `hundredths`, `zh`, `en`, `merged`, `protected`, `title`, `received_hour`; `series[]`; `case`, `priority`, `alarm`, `disposition`, `tasks`, `forbidden`, then `summary`, `intake`, `report`, `attachments[]`, `supplements[]`, `retries`, `triage`, `work`, `routing`, and `identity` if it was asked for |
//! | `inbox` | `total`, `skipped`, `rows[]`: a case's summary; `facets`: by `state`, `flow`, `priority`, `identity`, `attachments`, `province`, `channel` |
//! | `alarms` | `at`: the last event looked at; `alarms[]`: a case's summary with `raised_at` and `signals[]`, what became of the site's command |
//! | `act` | `case`; with several cases, or with `--once`, `cases[]`: `case`, `done`, `refusal` (`code`, `zh`, `en`) |
//! | `custody` | `total`, `skipped`, `rows[]`: `at`, `account`, `unit`, `case`, `reason`; newest first |
//! | `callback` | `months[]`: `month`, `commitment`, `committed_at`, `least`, `percent`, `drawn_at`, `approved` |
//! | `callback show`, `callback verify` | a month, `check` (`commitment`, `seed`, `draw`, `order`, `complete`: null unless the auditor asks, `holds`; null before the draw), `ready`, `rows[]`: `case`, `part`, `reference`, `without_number`, `stage`, `opinion`; `lists[]`: `at`, `file`, `sha256`, `entries`, `approved[]`; for the auditor `proof`: `nonce`, `seed`, `candidates[]` and `drawn[]` (`case`, `part`, `province`) |
//! | `register` | `clue_number`, `registered_at`, `channel`, `attachments`, `before`: whether the very same was registered before |
//! | `sealed` | `cases[]`: `case`, `since`; with a case number the same as `show` |
//! | `import` | `table`, `applied`; `added[]`, `removed[]`, `changed[]` (`before`, `after`): at most 2,000 rows each; `counts`: all of them |
//! | `stats` | `period`, `from`, `to`, `too_close`, `tables[]`: `key`, `zh`, `en`, `columns[]`, `rate`, `rows[]` (`code`, `zh`, `en`, `total`, `cells[]`, `rate` in percent or null), `sum`, `withheld`; a number is a number, `"<5"` or `"*"`; with `csv` only `csv`, the file |
//! | `audit` | `total`, `skipped`, `rows[]`: `seq`, `at`, `actor`, `role`, `case`, `kind`, `detail`; newest first |
//! | `users` | `users[]`: `name`, `role`, `unit`, `added_at`, `closed`, `totp`, `sessions`, `undertaking` |
//! | `users undertake` | `filed` |
//! | `me` | `account`, `role`, `unit`, `totp`, `totp_begun`, `shortcuts`, `columns[]`, `sessions[]`: `via`, `until`, `this` |
//! | `me totp-begin` | `secret`, `uri`: shown this once |
//!
//! A summary has `case`, `flow`, `campaign`, `title`, `categories`, `place`, `priority`, `alarm`, `worklists`, `received_hour`,
//! `recorded_at`, `identity_mode`, `tasks`, `attachments`, `still_crossing`, `supplements`, `version`. An attachment has
//! `position`, `supplied`, `declared`, `differences` and `state`: `not_supplied`, `still_crossing` or `arrived`; one that has come
//! also `copy` (`kind`, `state`: `waiting`, `making`, `made` with `parts`, `refused` with `why`, `zh`, `en`; null if its kind has
//! none) and `original` (null, or `by`, `at`, `reason`, `granted`). Of a
//! sealed item nothing but its id goes out: no header, no key slot.

use jiff::Timestamp;
use nightsafe_casework::{
    account::Viewer,
    case::{Alarm, CaseAttachment, CaseSummary, Crossing, Supplement},
    event::Body,
    linking::Reason,
    safe_copy::CopyKind,
    triage::Triage,
};
use nightsafe_console::desk::{
    AccountRow, AuditRow, CaseDetail, CopyState, Fates, Happening, Hit, Inbox, LinkRow, LookRow, OwnAccount,
    OwnChanged, OwnSession, Page, RegistrationReceipt, Routing, SealedRow,
};
use nightsafe_console::statistics::{Named, NamedRow, NamedTable};
use nightsafe_schema::catalog::Label;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::protocol::{Refusal, RefusalCode};
use crate::{import::Difference, limits};

/// `login`.
pub(crate) fn session(viewer: &Viewer, expires: Timestamp) -> Value {
    json!({
        "account": viewer.account(),
        "role": viewer.role(),
        "unit": viewer.unit(),
        "expires": expires,
    })
}

/// `search`.
pub(crate) fn hits(page: &Page<Hit>) -> Result<Value, Refusal> {
    let rows: Result<Vec<_>, _> = page.rows.iter().map(hit).collect();
    Ok(json!({ "total": page.total, "skipped": page.skipped, "rows": rows? }))
}

/// `show`.
pub(crate) fn case(detail: &CaseDetail, identity: Option<Value>) -> Result<Value, Refusal> {
    let mut answer = json!({
        "case": detail.summary.case,
        "priority": value(&detail.summary.priority)?,
        "alarm": detail.summary.alarm,
        "disposition": detail.triage.as_ref().and_then(Triage::disposition),
        "tasks": value(&detail.summary.tasks)?,
        "forbidden": detail.routing.as_ref().map(|routing| value(&routing.forbidden)).transpose()?,
        "summary": value(&detail.summary)?,
        "intake": value(&detail.intake)?,
        "report": detail.report,
        "attachments": attachments(&detail.attachments, detail)?,
        "supplements": detail.supplements.iter().map(|more| supplement(more, detail)).collect::<Result<Vec<_>, _>>()?,
        "links": detail.links.iter().map(link).collect::<Vec<_>>(),
        "series": detail.series,
        "retries": detail.retries,
        "triage": value(&detail.triage)?,
        "work": {
            "alarm": value(&detail.alarm)?,
            "edition": detail.edition,
            "public_status": detail.public_status,
            "parts": value(&detail.progress)?,
            "due": value(&detail.due)?,
            "open": detail.moves_open.iter().map(|(part, act)| json!({ "part": part, "act": act.code() })).collect::<Vec<_>>(),
            "timeline": detail.timeline.iter().map(happening).collect::<Result<Vec<_>, _>>()?,
            "verifier": detail.verifier,
            "recused": value(&detail.recused)?,
            "moves": value(&detail.moves)?,
            "joined": detail.joined,
        },
        "routing": detail.routing.as_ref().map(routing).transpose()?,
    });
    if let (Some(answer), Some(identity)) = (answer.as_object_mut(), identity) {
        answer.insert("identity".to_owned(), identity);
    }
    Ok(answer)
}

/// `inbox`.
pub(crate) fn inbox(inbox: &Inbox) -> Result<Value, Refusal> {
    let rows: Vec<Value> = inbox.page.rows.iter().map(value).collect::<Result<_, _>>()?;
    let mut facets = serde_json::Map::new();
    for (facet, counts) in &inbox.facets {
        facets.insert(format!("{facet:?}").to_lowercase(), value(counts)?);
    }
    Ok(json!({ "total": inbox.page.total, "skipped": inbox.page.skipped, "rows": rows, "facets": facets }))
}

/// `alarms`.
pub(crate) fn alarms(at: u64, rows: &[(CaseSummary, Alarm)]) -> Result<Value, Refusal> {
    let row = |(summary, alarm): &(CaseSummary, Alarm)| {
        let mut row = value(summary)?;
        if let Some(row) = row.as_object_mut() {
            row.insert("raised_at".to_owned(), value(&alarm.raised_at)?);
            row.insert("signals".to_owned(), value(&alarm.signals)?);
        }
        Ok(row)
    };
    let rows: Vec<Value> = rows.iter().map(row).collect::<Result<_, Refusal>>()?;
    Ok(json!({ "at": at, "alarms": rows }))
}

/// `stats`.
pub(crate) fn statistics(named: &Named) -> Value {
    let row = |row: &NamedRow| {
        json!({
            "code": row.code, "zh": row.name.zh, "en": row.name.en,
            "total": row.total, "cells": row.cells, "rate": row.rate,
        })
    };
    let words = |label: &Label| json!({ "zh": label.zh, "en": label.en });
    let table = |table: &NamedTable| {
        json!({
            "key": table.key, "zh": table.name.zh, "en": table.name.en,
            "columns": table.columns.iter().map(words).collect::<Vec<_>>(),
            "rate": table.rate.as_ref().map(words),
            "rows": table.rows.iter().map(row).collect::<Vec<_>>(),
            "sum": table.sum.as_ref().map(row),
            "withheld": table.withheld,
        })
    };
    json!({
        "period": named.period.to_string(),
        "from": named.period.from().to_string(),
        "to": named.period.to().to_string(),
        "too_close": named.too_close,
        "tables": named.tables.iter().map(table).collect::<Vec<_>>(),
    })
}

/// `stats --csv`.
pub(crate) fn csv(named: &Named) -> Result<Value, Refusal> {
    let file = nightsafe_console::statistics::csv(named).map_err(|_file| Refusal::of(RefusalCode::Failed))?;
    Ok(json!({ "csv": file }))
}

/// `custody`.
pub(crate) fn custody(page: &Page<LookRow>) -> Value {
    let row = |row: &LookRow| json!({ "at": row.at, "account": row.account, "unit": row.unit, "case": row.case, "reason": row.reason });
    json!({ "total": page.total, "skipped": page.skipped, "rows": page.rows.iter().map(row).collect::<Vec<_>>() })
}

/// `sealed`.
pub(crate) fn sealed(rows: &[SealedRow]) -> Value {
    let row = |row: &SealedRow| json!({ "case": row.case, "since": row.since });
    json!({ "cases": rows.iter().map(row).collect::<Vec<_>>() })
}

/// `import`.
pub(crate) fn import(table: &str, applied: bool, difference: &Difference) -> Value {
    let some = |rows: &[String]| rows.iter().take(limits::DIFFERENCE_ROWS).cloned().collect::<Vec<_>>();
    let changed = difference.changed.iter().take(limits::DIFFERENCE_ROWS);
    json!({
        "table": table,
        "applied": applied,
        "added": some(&difference.added),
        "removed": some(&difference.removed),
        "changed": changed.map(|(before, after)| json!({ "before": before, "after": after })).collect::<Vec<_>>(),
        "counts": difference.counts(),
    })
}

/// `audit`.
pub(crate) fn audit(page: &Page<AuditRow>) -> Value {
    let row = |row: &AuditRow| {
        json!({
            "seq": row.seq,
            "at": row.at,
            "actor": row.actor,
            "role": row.role,
            "case": row.case,
            "kind": row.kind,
            "detail": row.detail,
        })
    };
    json!({ "total": page.total, "skipped": page.skipped, "rows": page.rows.iter().map(row).collect::<Vec<_>>() })
}

/// `users`.
pub(crate) fn accounts(rows: &[AccountRow]) -> Value {
    let row = |row: &AccountRow| {
        json!({
            "name": row.name,
            "role": row.role,
            "unit": row.unit,
            "added_at": row.added_at,
            "closed": row.closed,
            "totp": row.has_totp,
            "sessions": row.sessions,
            "undertaking": row.undertaking,
        })
    };
    json!({ "users": rows.iter().map(row).collect::<Vec<_>>() })
}

/// `me`.
pub(crate) fn own(viewer: &Viewer, own: &OwnAccount) -> Value {
    let session = |one: &OwnSession| json!({ "via": one.via, "until": one.until, "this": one.is_this });
    json!({
        "account": own.name,
        "role": viewer.role(),
        "unit": viewer.unit(),
        "totp": own.has_totp,
        "totp_begun": own.totp_begun,
        "shortcuts": own.shortcuts,
        "columns": own.columns,
        "sessions": own.sessions.iter().map(session).collect::<Vec<_>>(),
    })
}

/// `act` with several cases: what became of each, in the words that one alone would get.
pub(crate) fn many(fates: Fates) -> Value {
    let rows = fates.into_iter().map(|(case, fate)| match fate.map_err(Refusal::from) {
        Ok(()) => json!({ "case": case, "done": true }),
        Err(refusal) => json!({ "case": case, "done": false, "refusal": refusal }),
    });
    json!({ "cases": rows.collect::<Vec<_>>() })
}

/// `me password`, `me totp-begin`, `me totp-confirm`, `me end-sessions`, `me shortcuts`, `me columns`.
pub(crate) fn own_changed(changed: &OwnChanged) -> Value {
    match changed {
        OwnChanged::Done => json!({ "changed": true }),
        OwnChanged::Totp { secret, uri } => json!({ "secret": secret.expose_secret(), "uri": uri.expose_secret() }),
    }
}

/// One line of a timeline; a received report and a decision stand elsewhere in the answer.
fn happening(happened: &Happening) -> Result<Value, Refusal> {
    let body = match &happened.body {
        Body::ReportReceived(_) | Body::SupplementReceived(_) | Body::CaseTriaged(_) | Body::CaseRouted(_) => {
            Value::Null
        }
        body => value(body)?,
    };
    Ok(json!({
        "seq": happened.seq,
        "at": happened.at,
        "actor": happened.actor,
        "role": happened.role,
        "kind": happened.body.kind().name(),
        "body": body,
    }))
}

fn hit(hit: &Hit) -> Result<Value, Refusal> {
    let mut row = value(&hit.summary)?;
    if let Some(row) = row.as_object_mut() {
        let snippets: Vec<_> = hit.snippets.iter().map(|snippet| &snippet.pieces).collect();
        row.insert("snippets".to_owned(), json!(snippets));
    }
    Ok(row)
}

fn supplement(supplement: &Supplement, detail: &CaseDetail) -> Result<Value, Refusal> {
    Ok(json!({
        "recorded_at": supplement.recorded_at,
        "item": supplement.sealed.item,
        "cites": supplement.cites,
        "intake": value(&supplement.intake)?,
        "report": supplement.report,
        "attachments": attachments(&supplement.attachments, detail)?,
    }))
}

fn link(row: &LinkRow) -> Value {
    let reason = |reason: &Reason| {
        let (zh, en) = reason.words();
        json!({ "code": reason.code, "hundredths": reason.hundredths, "zh": zh, "en": en })
    };
    json!({
        "kind": row.kind,
        "to": row.to,
        "reasons": row.reasons.iter().map(reason).collect::<Vec<_>>(),
        "merged": row.merged,
        "protected": row.protected,
        "title": row.title,
        "received_hour": row.received_hour,
    })
}

fn attachments(all: &[CaseAttachment], detail: &CaseDetail) -> Result<Vec<Value>, Refusal> {
    all.iter()
        .map(|entry| {
            let mut row = value(&entry.attachment)?;
            if let Some(row) = row.as_object_mut() {
                let media = entry.item().and_then(|item| detail.media.get(&item));
                // What came since the case was folded is here all the same.
                let crossing = if media.is_some() { "arrived" } else { state(&entry.crossing) };
                row.insert("state".to_owned(), crossing.into());
                if let Some(media) = media {
                    row.insert("copy".to_owned(), media.copy.map_or(Value::Null, copy));
                    row.insert("original".to_owned(), value(&media.original)?);
                }
            }
            Ok(row)
        })
        .collect()
}

fn copy((kind, state): (CopyKind, CopyState)) -> Value {
    let kind = kind.code();
    match state {
        CopyState::Waiting => json!({ "kind": kind, "state": "waiting" }),
        CopyState::Making => json!({ "kind": kind, "state": "making" }),
        CopyState::Made { parts } => json!({ "kind": kind, "state": "made", "parts": parts }),
        CopyState::Refused(why) => {
            let (zh, en) = why.words();
            json!({ "kind": kind, "state": "refused", "why": why, "zh": zh, "en": en })
        }
    }
}

fn state(crossing: &Crossing) -> &'static str {
    match crossing {
        Crossing::NotSupplied => "not_supplied",
        Crossing::StillCrossing => "still_crossing",
        Crossing::Arrived(_) => "arrived",
    }
}

fn routing(routing: &Routing) -> Result<Value, Refusal> {
    Ok(json!({ "decision": value(&routing.decision)?, "forbidden": value(&routing.forbidden)? }))
}

fn value(from: &impl serde::Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(from).map_err(|_not_json| Refusal::of(RefusalCode::Failed))
}

/// What was registered: all that whoever registered it learns.
pub(super) fn registered(receipt: &RegistrationReceipt) -> Value {
    json!({
        "clue_number": receipt.clue_number.grouped(),
        "registered_at": receipt.registered_at,
        "channel": receipt.channel,
        "attachments": receipt.attachments,
        "before": receipt.before,
    })
}
