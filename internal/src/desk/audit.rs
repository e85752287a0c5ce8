//! The audit log as the auditor reads it: every event, newest first, and of its body only what tells who did what.

use std::collections::{BTreeMap, VecDeque, btree_map::Entry};

use nightsafe_casework::{
    account::Viewer,
    event::{AccountChange, Body},
};
use nightsafe_console::{
    PAGE_ROWS,
    desk::{AuditQuery, AuditRow, DeskError, Page, WITHHELD},
};
use nightsafe_ledger::{Event, EventLog as _};
use nightsafe_schema::case::CaseId;

use super::{SiteDesk, failed};
use crate::{limits, records::typed};

impl SiteDesk {
    /// A page of the log.
    pub(crate) fn list_audit(&self, viewer: &Viewer, query: &AuditQuery) -> Result<Page<AuditRow>, DeskError> {
        if !self.audits(viewer) {
            return Err(DeskError::NotAllowed);
        }
        let skip = query.skip.min(limits::AUDIT_ROWS);
        let mut kept = Kept { desk: self, viewer, known: BTreeMap::new() };
        if let Some(case) = query.case
            && kept.is(case)?
        {
            return Ok(Page { rows: Vec::new(), total: 0, skipped: skip });
        }
        let mut page = if query.case.is_none() && query.actor.is_none() && query.kind.is_none() {
            self.newest(skip)?
        } else {
            self.matching(query, &mut kept, skip)?
        };
        for row in &mut page.rows {
            if let Some(case) = row.case
                && kept.is(case)?
            {
                (row.case, row.detail) = (None, String::new());
                WITHHELD.clone_into(&mut row.kind);
            }
        }
        Ok(page)
    }

    /// Without a condition the rows are where their numbers say.
    fn newest(&self, skip: u64) -> Result<Page<AuditRow>, DeskError> {
        let total = self.site.records.ledger().tail().seq;
        let last = total.saturating_sub(skip);
        let first = last.saturating_sub(PAGE_ROWS as u64);
        let wanted = usize::try_from(last - first).unwrap_or(PAGE_ROWS);
        let mut rows = Vec::with_capacity(wanted);
        for event in self.site.records.ledger().read(first + 1).map_err(failed)?.take(wanted) {
            rows.push(row(&event.map_err(failed)?)?);
        }
        rows.reverse();
        Ok(Page { rows, total, skipped: skip })
    }

    /// With one, the whole log is gone through; only the page is kept. Of a withheld case no kind finds anything.
    fn matching(&self, query: &AuditQuery, withheld: &mut Kept<'_>, skip: u64) -> Result<Page<AuditRow>, DeskError> {
        let kept = usize::try_from(skip).unwrap_or(usize::MAX).saturating_add(PAGE_ROWS);
        let mut newest: VecDeque<Event> = VecDeque::new();
        let mut total = 0;
        for event in self.site.records.ledger().read(1).map_err(failed)? {
            let event = event.map_err(failed)?;
            if !matches(query, &event) {
                continue;
            }
            if query.kind.is_some()
                && let Some(case) = event.case
                && withheld.is(case)?
            {
                continue;
            }
            total += 1;
            newest.push_back(event);
            if newest.len() > kept {
                newest.pop_front();
            }
        }
        let skipped = usize::try_from(skip).unwrap_or(usize::MAX);
        let rows: Result<_, _> = newest.iter().rev().skip(skipped).take(PAGE_ROWS).map(row).collect();
        Ok(Page { rows: rows?, total, skipped: skip })
    }
}

/// Which cases are kept from a viewer, each asked about once. The log stays whole then, but says neither which nor what.
struct Kept<'a> {
    desk: &'a SiteDesk,
    viewer: &'a Viewer,
    known: BTreeMap<CaseId, bool>,
}

impl Kept<'_> {
    fn is(&mut self, case: CaseId) -> Result<bool, DeskError> {
        match self.known.entry(case) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(unknown) => Ok(*unknown.insert(self.desk.is_kept_from(self.viewer, case)?)),
        }
    }
}

fn matches(query: &AuditQuery, event: &Event) -> bool {
    query.case.is_none_or(|case| event.case == Some(case))
        && query.actor.as_ref().is_none_or(|actor| event.actor == *actor)
        && query.kind.as_ref().is_none_or(|kind| event.kind == *kind)
}

fn row(event: &Event) -> Result<AuditRow, DeskError> {
    let body = typed(event).map_err(failed)?;
    Ok(AuditRow {
        seq: event.seq,
        at: event.at,
        actor: event.actor.clone(),
        role: event.role.clone(),
        case: event.case,
        kind: event.kind.clone(),
        detail: body.as_ref().map(detail).unwrap_or_default(),
    })
}

/// What may be said of a body: nothing of a report, an identity or a number.
fn detail(body: &Body) -> String {
    match body {
        Body::Searched(searched) => format!("“{}” → {}", searched.query, searched.hits),
        Body::IdentityViewed(viewed) => viewed.reason.clone(),
        Body::ItemExported(exported) => format!("{} {}", exported.item, exported.reason),
        Body::ItemQuarantined(item) => format!("{} {} {}", item.item, item.reason, item.detail),
        Body::AttachmentViewed(viewed) => format!("{} {} {}", code_of(&viewed.via), viewed.item, viewed.part),
        Body::CopyRefused(refused) => format!("{} {}", refused.item, code_of(&refused.why)),
        Body::CopyAsked(asked) => asked.item.to_string(),
        Body::OriginalAsked(asked) => format!("{} {}", asked.item, asked.reason),
        Body::OriginalGranted(granted) => format!("{} → {}", granted.item, granted.to),
        Body::OriginalDenied(denied) => format!("{} {}", denied.item, denied.reason),
        Body::OriginalTaken(taken) => format!("{} ({})", taken.item, taken.granted_by),
        Body::AttachmentExpired(expired) => expired.item.to_string(),
        Body::AccountAdded(added) => format!("{} {} {}", added.name, added.role, added.unit.as_str()),
        Body::AccountChanged(changed) => {
            let what = match &changed.change {
                AccountChange::Password(_) => "password".to_owned(),
                AccountChange::Closed => "closed".to_owned(),
                AccountChange::Totp(_) => "totp".to_owned(),
                AccountChange::TotpRemoved => "totp removed".to_owned(),
                AccountChange::SessionsEnded => "sessions ended".to_owned(),
                AccountChange::Shortcuts(true) => "shortcuts on".to_owned(),
                AccountChange::Shortcuts(false) => "shortcuts off".to_owned(),
                AccountChange::Columns(columns) => format!("columns {columns}"),
            };
            format!("{} {what}", changed.name)
        }
        Body::LoginRefused(refused) => {
            let account = refused.account.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {account}", code_of(&refused.reason))
        }
        Body::LoggedIn(logged) => code_of(&logged.via),
        Body::LoggedOut(logged) => code_of(&logged.via),
        Body::CaseViewed(viewed) => {
            let copies = viewed.copies.iter().map(|copy| format!(" {} {}", copy.item, copy.part));
            std::iter::once(code_of(&viewed.via)).chain(copies).collect()
        }
        Body::NoteAdded(noted) => noted.by.to_string(),
        Body::StarChanged(changed) => changed.starred.to_string(),
        Body::DoneAmongMany(done) => format!("{} of {} cases {}", done.act, done.of, done.key),
        Body::AlarmSignalled(told) => told.signal.to_string(),
        Body::AlarmAcknowledged(taken) => taken.note.clone(),
        Body::TaskMoved(moved) => format!("{} → {} {}", moved.from, moved.to, moved.reason),
        Body::VerifierAssigned(assigned) => assigned.verifier.to_string(),
        Body::VerifierRecused(recused) => format!("{} {}", recused.account, recused.reason),
        Body::TaskStepped(stepped) => format!("{} {}", stepped.part.code(), stepped.step),
        Body::UndertakingFiled(filed) => {
            format!("{} {} – {}", filed.account, filed.undertaking.signed_on, filed.undertaking.valid_to)
        }
        Body::TableImported(imported) => {
            let [added, removed, changed] = imported.difference;
            format!("{} +{added} -{removed} ~{changed} {}", imported.table, imported.sha256)
        }
        Body::CallbackCommitted(committed) => format!("{} {}", committed.secret.month, committed.commitment),
        Body::CallbackCandidates(list) => format!("{} {}/{}", list.month, list.part, list.parts),
        Body::CallbackDrawn(drawn) => {
            format!("{} {} of {}, seed {}", drawn.month, drawn.drawn.len(), drawn.candidates, drawn.seed)
        }
        Body::CallbackApproved(approved) => approved.month.to_string(),
        Body::CallbackWithdrawn(withdrawn) => withdrawn.month.to_string(),
        Body::CallbackHandedOver(handed) => {
            let [first, second] = &handed.approved;
            format!("{} {} {} {first} {second}", handed.file, handed.entries.len(), handed.sha256)
        }
        Body::StatisticsViewed(viewed) => format!("{} {}", code_of(&viewed.via), viewed.period),
        Body::SealedListed(listed) => format!("{} {}", code_of(&listed.via), listed.cases),
        Body::SupplementJoined(joined) => joined.by.as_ref().map(ToString::to_string).unwrap_or_default(),
        Body::CasesMerged(merged) => merged.reason.clone(),
        Body::MergeUndone(undone) => undone.reason.clone(),
        Body::ReportRegistered(registered) => {
            let (via, channel) = (code_of(&registered.via), registered.channel.code());
            format!("{via} {channel} {} {}", registered.item, registered.attachments)
        }
        Body::SupplementUnlinked(_)
        | Body::ReportReceived(_)
        | Body::RetryRecorded(_)
        | Body::SupplementReceived(_)
        | Body::AttachmentUnlocked(_)
        | Body::AttachmentClaimed(_)
        | Body::NumberDerived(_)
        | Body::CaseTriaged(_)
        | Body::CaseRouted(_)
        | Body::ForbiddenWidened(_)
        | Body::CaseLinked(_)
        | Body::LinksFollowed(_) => String::new(),
    }
}

/// The wire code of a plain enum.
fn code_of(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
