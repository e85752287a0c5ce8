//! The same with several cases at once. Each is decided on its own, on the case as it stands at that moment and by the guards that
//! it has when it is alone; what cannot be done with one keeps nothing from the others.
//!
//! In each case an event beside the others holds the key of the form: the same press again finds it and does nothing anew.

use data_encoding::HEXLOWER;
use nightsafe_casework::{
    account::Viewer,
    case::CaseState,
    event::{Body, DoneAmongMany, Kind, OnceKey},
    workflow::Wish,
};
use nightsafe_console::{
    PAGE_ROWS,
    desk::{Act, ActProblem, Common, DeskError, Fates, Line, Many},
};
use nightsafe_schema::{case::CaseId, randomness::random_bytes};

use super::{
    SiteDesk, failed,
    work::{Undone, is_seen},
};
use crate::{
    cases,
    records::{Actor, NewEvent, RecordError, typed},
    register::Register,
};

impl SiteDesk {
    /// Those of these cases that the viewer may see, each with whether this could be done with it. A list is no look at a case.
    pub(super) fn list_for_many(
        &self,
        viewer: &Viewer,
        common: Common,
        cases: &[CaseId],
    ) -> Result<Vec<Line>, DeskError> {
        self.reads(viewer)?;
        let mut lines = Vec::new();
        for &case in cases.iter().take(PAGE_ROWS) {
            let state = match self.visible(viewer, case) {
                Ok(state) => state,
                Err(DeskError::NotFound) => continue,
                Err(error) => return Err(error),
            };
            let open = self.is_open_for(viewer, case, &state, common)?;
            lines.push(Line { edition: state.edition, summary: state.summary(case), open });
        }
        Ok(lines)
    }

    /// Does it with each; what became of each, in their order.
    pub(super) fn do_with_many(&self, viewer: &Viewer, many: &Many) -> Result<Fates, DeskError> {
        Self::require(viewer, many.act().permission())?;
        self.reads(viewer)?;
        let key = match many.key() {
            Some(key) => key.clone(),
            None => self.drawn_key()?,
        };
        let one =
            |&(case, edition): &(CaseId, Option<u64>)| (case, self.do_with_one(viewer, many, case, edition, &key));
        let fates = many.cases().iter().map(one).collect();
        // Whoever did it goes back to a list, and must not find it there as it was.
        self.index.catch_up(&self.site);
        Ok(fates)
    }

    fn do_with_one(
        &self,
        viewer: &Viewer,
        many: &Many,
        case: CaseId,
        edition: Option<u64>,
        key: &OnceKey,
    ) -> Result<(), DeskError> {
        self.visible(viewer, case)?;
        let site = &*self.site;
        let edition = edition.filter(|_| many.common().is_decided());
        let decided = site.records.decide(&Actor::from(viewer), &*site.clock, |register| {
            let state = cases::state(site, register, case)?.ok_or(Undone::Hidden)?;
            if !is_seen(&state, viewer, site) {
                return Err(Undone::Hidden);
            }
            match self.done_with(register, case, viewer, key)? {
                // The same press again, whatever came after it.
                Some(act) if act == many.common().code() => return Ok(Vec::new()),
                Some(_another) => return Err(ActProblem::KeyUsed.into()),
                None => {}
            }
            if let Some(edition) = edition.filter(|edition| *edition != state.edition) {
                return Err(Undone::Changed { edition });
            }
            let mut events = match many.act() {
                Act::Step(wish) if wish.part.is_none() => self.step_wherever(viewer, case, &state, wish, register)?,
                act => self.events_of(viewer, case, &state, act, register)?,
            };
            let (via, by, act) = (self.via, viewer.account().clone(), many.common().code().to_owned());
            let of = u32::try_from(many.cases().len()).unwrap_or(u32::MAX);
            events.push(NewEvent::of_case(case, Body::from(DoneAmongMany { via, by, act, of, key: key.clone() })));
            Ok(events)
        });
        match decided {
            Ok(_numbers) => Ok(()),
            Err(Undone::Changed { edition }) => Err(DeskError::Changed(self.since(viewer, case, edition)?)),
            Err(undone) => Err(undone.into()),
        }
    }

    /// The move in every part in which this person can make it; in none, the reason why not.
    fn step_wherever(
        &self,
        viewer: &Viewer,
        case: CaseId,
        state: &CaseState,
        wish: &Wish,
        register: &Register,
    ) -> Result<Vec<NewEvent>, Undone> {
        let open = self.moves_of(viewer, case, state, register)?;
        let mut parts: Vec<_> = open.into_iter().filter(|(_, act)| *act == wish.act).map(|(part, _)| part).collect();
        if parts.is_empty() {
            parts.extend(state.progress.keys().next());
        }
        let mut events = Vec::new();
        for part in parts {
            let wish = Wish { part: Some(part), ..wish.clone() };
            events.extend(self.stepping(viewer, case, state, &wish, register)?);
        }
        if events.is_empty() { self.stepping(viewer, case, state, wish, register) } else { Ok(events) }
    }

    fn is_open_for(&self, viewer: &Viewer, case: CaseId, state: &CaseState, common: Common) -> Result<bool, DeskError> {
        let register = self.site.records.register();
        let starred = || register.starred(viewer.account()).contains(&case);
        Ok(match common {
            Common::Step(act) => {
                let open = self.moves_of(viewer, case, state, &register).map_err(failed)?;
                open.iter().any(|(_, open)| *open == act)
            }
            Common::Verifier => state.progress.values().any(|at| at.stage.is_open() && !at.stage.is_at_gate()),
            Common::Note => true,
            Common::Star => !starred(),
            Common::Unstar => starred(),
        })
    }

    /// The act that this person's form of this key did with this case, if it was taken.
    fn done_with(
        &self,
        register: &Register,
        case: CaseId,
        viewer: &Viewer,
        key: &OnceKey,
    ) -> Result<Option<String>, RecordError> {
        for event in self.site.records.events(&register.events_of(case))? {
            if event.case != Some(case) || event.kind != Kind::DoneAmongMany.name() {
                continue;
            }
            if let Some(Body::DoneAmongMany(done)) = typed(&event)?
                && done.key == *key
                && done.by == *viewer.account()
            {
                return Ok(Some(done.act));
            }
        }
        Ok(None)
    }

    fn drawn_key(&self) -> Result<OnceKey, DeskError> {
        let bytes: [u8; 16] = random_bytes(&*self.site.randomness).map_err(failed)?;
        HEXLOWER.encode(&bytes).parse().map_err(failed)
    }
}
