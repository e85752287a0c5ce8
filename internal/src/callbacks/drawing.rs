//! Commitment and draw of a month, as events; and what the ledger says of them.

use std::collections::BTreeMap;

use nightsafe_casework::{
    account::{Account, AccountName},
    case::CaseState,
    event::{Body, CallbackCandidates, CallbackCommitted, CallbackDrawn, CallbackHandedOver, TaskStepped, Via},
    routing::Part,
    workflow::{CallbackCandidate, Commitment, Month, Move, People, Reported, Setting, Wish, decide, draw},
};
use nightsafe_schema::{case::CaseId, digest::Digest, randomness::random_bytes};

use super::CallbackError;
use crate::{
    cases,
    records::{Actor, NewEvent, RecordError, typed},
    register::{Drawing, Register},
    site::Site,
};

/// What the ledger says of a month.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The commitment.
    pub(crate) committed: CallbackCommitted,
    /// When it was made.
    pub(crate) committed_at: jiff::Timestamp,
    /// Its event.
    pub(crate) committed_seq: u64,
    /// The first event of the draw, its list of candidates.
    pub(crate) listed_at_seq: u64,
    /// Something was drawn for the month before anything was committed to.
    pub(crate) drawn_uncommitted: bool,
    /// Of whom it was drawn, in the order of the draw's places.
    pub(crate) candidates: Vec<CallbackCandidate>,
    /// The draw, and when.
    pub(crate) drawn: Option<(CallbackDrawn, jiff::Timestamp)>,
    /// The hand-overs, and when.
    pub(crate) handed_over: Vec<(CallbackHandedOver, jiff::Timestamp)>,
    /// Who approved first, if the second approval waits.
    pub(crate) approved: Option<AccountName>,
}

impl Recorded {
    /// Those that were drawn.
    pub(crate) fn drawn(&self) -> Vec<CallbackCandidate> {
        let places = self.drawn.iter().flat_map(|(drawn, _)| &drawn.drawn);
        places.filter_map(|&place| self.candidates.get(usize::try_from(place).ok()?).copied()).collect()
    }

    /// Those of whom a list says something already.
    pub(crate) fn handed(&self) -> impl Iterator<Item = (CaseId, Part)> {
        let entries =
            self.handed_over.iter().flat_map(|(handed, _)| handed.entries.iter().map(|one| (one.case, one.part)));
        let without = self.handed_over.iter().flat_map(|(handed, _)| handed.without_number.iter().copied());
        entries.chain(without)
    }
}

/// Publishes a commitment for a month that has not begun.
pub(crate) fn commit(site: &Site, actor: &Actor, month: Month) -> Result<Digest, CallbackError> {
    let settings = site.callbacks.as_ref().ok_or(CallbackError::NotConfigured)?;
    let secret = Commitment { month, nonce: Digest::from_bytes(random_bytes(&*site.randomness)?) };
    let commitment = secret.published();
    let event = CallbackCommitted { secret, commitment, size: settings.size };
    site.records.decide(actor, &*site.clock, |register| {
        if register.callbacks().months().contains_key(&month) {
            return Err(CallbackError::Already);
        }
        let now = site.clock.now();
        let this = Month::of(now);
        let last = (0..FURTHEST).fold(this, |month, _| month.next());
        if month <= this || month > last || month.begins().is_none_or(|begins| begins <= now) {
            return Err(CallbackError::NotBefore);
        }
        Ok(vec![NewEvent::of_site(event)])
    })?;
    Ok(commitment)
}

/// Draws a month that is over, or goes on where a draw was interrupted.
pub(crate) fn draw_month(site: &Site, actor: &Actor, month: Month) -> Result<(), CallbackError> {
    let drawing = site.records.register().callbacks().months().get(&month).cloned();
    let drawing = drawing.ok_or(CallbackError::NoCommitment)?;
    if month.next().begins().is_none_or(|over| site.clock.now() < over) {
        return Err(CallbackError::NotOver);
    }
    let new = drawing.drawn.is_none();
    if new {
        record_draw(site, actor, &drawing, Judged::of(site, month)?)?;
    }
    let marked = mark(site, actor, month)?;
    if new || marked > 0 { Ok(()) } else { Err(CallbackError::Already) }
}

/// What the ledger says of a month, if it has a commitment.
pub(crate) fn recorded(site: &Site, month: Month) -> Result<Option<Recorded>, RecordError> {
    let drawing = site.records.register().callbacks().months().get(&month).cloned();
    let Some(drawing) = drawing else { return Ok(None) };
    let event = site.records.event(drawing.committed)?;
    let Some(Body::CallbackCommitted(committed)) = typed(&event)? else { return Ok(None) };
    let mut found = Recorded {
        committed,
        committed_at: event.at,
        committed_seq: drawing.committed,
        listed_at_seq: drawing.candidates.first().copied().or(drawing.drawn).unwrap_or_default(),
        drawn_uncommitted: site.records.register().callbacks().was_drawn_uncommitted(month),
        candidates: Vec::new(),
        drawn: None,
        handed_over: Vec::new(),
        approved: drawing.approved,
    };
    let later = drawing.candidates.iter().chain(&drawing.drawn).chain(&drawing.handed_over).copied();
    for event in site.records.events(&later.collect::<Vec<_>>())? {
        match typed(&event)? {
            Some(Body::CallbackCandidates(list)) => found.candidates.extend(list.candidates),
            Some(Body::CallbackDrawn(drawn)) => found.drawn = Some((drawn, event.at)),
            Some(Body::CallbackHandedOver(handed)) => found.handed_over.push((handed, event.at)),
            _ => {}
        }
    }
    Ok(Some(found))
}

/// Whom a month could be drawn of, each judged on the events up to a number.
pub(super) struct Judged {
    month: Month,
    at: u64,
    parts: BTreeMap<(CaseId, Part), Option<CallbackCandidate>>,
}

impl Judged {
    /// Goes through all that was told in the month: nothing is added to that list any more once it is over.
    pub(super) fn of(site: &Site, month: Month) -> Result<Self, RecordError> {
        let at = *site.records.growth().borrow();
        let told = site.records.register().callbacks().told_in(month);
        let mut parts = BTreeMap::new();
        for (case, part) in told {
            let state = cases::state(site, &site.records.register(), case)?;
            parts.insert((case, part), state.and_then(|state| candidate(site, &state, case, part, month)));
        }
        Ok(Self { month, at, parts })
    }

    /// The candidates in their order, as everything recorded so far has them.
    pub(super) fn candidates(
        mut self,
        site: &Site,
        register: &Register,
    ) -> Result<Vec<CallbackCandidate>, RecordError> {
        for (&(case, part), judged) in &mut self.parts {
            if register.events_of(case).last().is_some_and(|&last| last > self.at) {
                let state = cases::state(site, register, case)?;
                *judged = state.and_then(|state| candidate(site, &state, case, part, self.month));
            }
        }
        Ok(self.parts.into_values().flatten().collect())
    }
}

/// Records the draw. Whatever came since the candidates were judged counts: whoever checks it judges them as of the event
/// before the draw.
pub(super) fn record_draw(site: &Site, actor: &Actor, drawing: &Drawing, judged: Judged) -> Result<(), CallbackError> {
    let month = judged.month;
    let Some(Body::CallbackCommitted(committed)) = typed(&site.records.event(drawing.committed)?)? else {
        return Err(CallbackError::NoCommitment);
    };
    site.records.decide(actor, &*site.clock, |register| {
        let drawn = register.callbacks().months().get(&month).is_some_and(|drawing| drawing.drawn.is_some());
        if drawn {
            return Err(CallbackError::Already);
        }
        drawn_events(month, &committed, &judged.candidates(site, register)?)
    })?;
    Ok(())
}

/// The candidates and the draw, as one batch.
fn drawn_events(
    month: Month,
    committed: &CallbackCommitted,
    candidates: &[CallbackCandidate],
) -> Result<Vec<NewEvent>, CallbackError> {
    let drew = draw(&committed.secret, candidates, committed.size).map_err(CallbackError::Draw)?;
    let places = drew.drawn.iter().filter_map(|one| candidates.binary_search(one).ok());
    let event = CallbackDrawn {
        month,
        nonce: committed.secret.nonce,
        seed: drew.seed,
        size: committed.size,
        candidates: u32::try_from(candidates.len()).unwrap_or(u32::MAX),
        drawn: places.filter_map(|place| u32::try_from(place).ok()).collect(),
    };
    let parts = u32::try_from(candidates.len().div_ceil(CANDIDATES_AN_EVENT)).unwrap_or(u32::MAX);
    let lists = (1..)
        .zip(candidates.chunks(CANDIDATES_AN_EVENT))
        .map(|(part, chunk)| NewEvent::of_site(CallbackCandidates { month, part, parts, candidates: chunk.to_vec() }));
    Ok(lists.chain(std::iter::once(NewEvent::of_site(event))).collect())
}

/// The candidate that a part is for the draw of the month, if it is one.
pub(super) fn candidate(
    site: &Site,
    state: &CaseState,
    case: CaseId,
    part: Part,
    month: Month,
) -> Option<CallbackCandidate> {
    drawable(site, state, part, month)?;
    let place = state.decision.as_ref().and_then(|decision| decision.place);
    let province = place.and_then(|place| site.data.divisions.province_of(place));
    Some(CallbackCandidate { case, part, province })
}

/// Has each drawn case say so; how many did not before.
fn mark(site: &Site, actor: &Actor, month: Month) -> Result<usize, CallbackError> {
    let drawn = recorded(site, month)?.map(|recorded| recorded.drawn()).unwrap_or_default();
    let mut marked = 0;
    for chunk in drawn.chunks(CASES_A_BATCH) {
        let written = site.records.decide(actor, &*site.clock, |register| marks(site, register, chunk, month))?;
        marked += written.len();
    }
    Ok(marked)
}

fn marks(
    site: &Site,
    register: &Register,
    drawn: &[CallbackCandidate],
    month: Month,
) -> Result<Vec<NewEvent>, RecordError> {
    let mut events = Vec::new();
    for &CallbackCandidate { case, part, .. } in drawn {
        let state = cases::state(site, register, case)?;
        let steps = state.and_then(|state| drawable(site, &state, part, month)).unwrap_or_default();
        let stepped = |step| TaskStepped { via: Via::Daemon, part, by: None, unit: None, step };
        events.extend(steps.into_iter().map(|step| NewEvent::of_case(case, stepped(step))));
    }
    Ok(events)
}

/// The steps of the draw, if the part may be drawn for the month.
fn drawable(
    site: &Site,
    state: &CaseState,
    part: Part,
    month: Month,
) -> Option<Vec<nightsafe_casework::workflow::Step>> {
    let wish = Wish { month: Some(month), ..Wish::new(Some(part), Move::Draw) };
    decide(&setting(site, state, None), &wish).ok().map(|decided| decided.steps)
}

/// What the rules judge on, where nothing is asked about undertakings.
pub(super) fn setting<'a>(site: &'a Site, state: &'a CaseState, actor: Option<&'a Account>) -> Setting<'a> {
    let data = &site.data;
    Setting {
        state,
        part: None,
        actor,
        at: site.clock.now(),
        units: &data.units,
        divisions: &data.divisions,
        calendar: &data.calendar,
        gates: &data.gates,
        rewards: &data.rewards,
        reported: Reported::First,
        people: &Nobody,
    }
}

struct Nobody;

impl People for Nobody {
    fn account(&self, _name: &AccountName) -> Option<Account> {
        None
    }

    fn has_undertaken(&self, _account: &Account, _day: jiff::civil::Date) -> bool {
        false
    }
}

/// A commitment is made so many months ahead, at most.
const FURTHEST: usize = 12;
/// Candidates in one event: with their names far below what an event may hold.
const CANDIDATES_AN_EVENT: usize = 4_000;
/// Cases that are said to be drawn in one batch.
const CASES_A_BATCH: usize = 200;
