//! The list for the SMS desk: numbers and references, sealed to its key, after two have approved.
//!
//! The order makes a crash harmless: the sealed file lies under another name before it is recorded, and gets its own
//! after; a round gives it that name later, or removes what was never recorded. Whoever is on a list was looked at: each
//! number that is read is a look at that reporter's identity.

use std::{collections::BTreeMap, path::PathBuf};

use data_encoding::BASE32_NOPAD;
use nightsafe_casework::{
    account::{Account, Viewer},
    event::{CallbackApproved, CallbackHandedOver, HandedOver, IdentityPart, IdentityViewed, Via},
    routing::Part,
    workflow::{Month, Move, Opinion, Wish, decide},
};
use nightsafe_ledger::Body as StoredBody;
use nightsafe_runtime::{bounded_file, durable_file};
use nightsafe_schema::{case::CaseId, digest::Digest, item::ItemId, randomness::random_bytes};
use nightsafe_seal::SealedCallList;
use zeroize::Zeroizing;

use super::{
    CallbackError, SmsDesk,
    drawing::{recorded, setting},
};
use crate::{
    cases, limits,
    records::{Actor, NewEvent, RecordError},
    register::Item,
    site::Site,
};

/// Somebody to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    case: CaseId,
    part: Part,
    /// The report's item, whose event has the identity.
    item: ItemId,
}

/// Who was drawn for a month, is on no list yet, and may be handed over by all of these people: whoever must not see a case
/// or had a hand in its result hands nobody of it over.
pub(crate) fn ready(site: &Site, month: Month, approvers: &[&Account]) -> Result<Vec<Ready>, RecordError> {
    let Some(recorded) = recorded(site, month)? else { return Ok(Vec::new()) };
    let handed: Vec<(CaseId, Part)> = recorded.handed().collect();
    let mut ready = Vec::new();
    for drawn in recorded.drawn() {
        let (case, part) = (drawn.case, drawn.part);
        if handed.contains(&(case, part)) {
            continue;
        }
        let Some(state) = cases::state(site, &site.records.register(), case)? else { continue };
        let ask = Wish { opinion: Some(Opinion::Unreached), ..Wish::new(Some(part), Move::CallBack) };
        let may = |account: &&Account| decide(&setting(site, &state, Some(account)), &ask).is_ok();
        if approvers.iter().all(may) {
            ready.push(Ready { case, part, item: state.sealed.item });
        }
    }
    ready.truncate(limits::CALLED_AT_ONCE);
    Ok(ready)
}

/// The second approval: seals the list, records it, and puts it where the desk takes it.
pub(crate) fn hand_over(
    site: &Site,
    via: Via,
    month: Month,
    first: &Account,
    second: &Viewer,
) -> Result<(), CallbackError> {
    let settings = site.callbacks.as_ref().ok_or(CallbackError::NotConfigured)?;
    let desk = settings.desk.as_ref().ok_or(CallbackError::NoDesk)?;
    let ready = ready(site, month, &[first, second.as_account()])?;
    if ready.is_empty() {
        return Err(CallbackError::NothingReady);
    }
    let number = recorded(site, month)?.map_or(0, |recorded| recorded.handed_over.len()) + 1;
    let file = format!("callback-{month}-{number}.age");
    let Called { entries, without_number, sealed } = Called::of(site, desk, &ready)?;
    let waiting = desk.folder.join(format!("{file}{WAITING}"));
    durable_file::write_new(&waiting, &sealed.bytes).map_err(CallbackError::Folder)?;
    let look = IdentityViewed { via, reason: format!("每月回访移交 {month} (call-back list)") };
    let looks = ready.iter().map(|one| NewEvent::of_case(one.case, look.clone()));
    let by = second.account().clone();
    let handed = CallbackHandedOver {
        month,
        file: file.clone(),
        sha256: sealed.digest,
        recipient: desk.key.clone(),
        approved: [first.name.clone(), by.clone()],
        entries,
        without_number,
    };
    let approved = NewEvent::of_site(CallbackApproved { via, month, by });
    let events: Vec<NewEvent> =
        std::iter::once(approved).chain(looks).chain(std::iter::once(NewEvent::of_site(handed))).collect();
    let done = site.records.decide(&Actor::from(second), &*site.clock, |register| {
        let drawing = register.callbacks().months().get(&month);
        let still = drawing.is_some_and(|drawing| {
            drawing.approved.as_ref() == Some(&first.name) && drawing.handed_over.len() + 1 == number
        });
        if still { Ok(events) } else { Err(CallbackError::Already) }
    });
    if let Err(error) = done {
        durable_file::remove(&waiting).map_err(CallbackError::Folder)?;
        return Err(error);
    }
    release(desk, &file)
}

/// Gives every recorded list its name, and removes what was never recorded.
pub(super) fn finish(site: &Site, desk: &SmsDesk) -> Result<(), CallbackError> {
    let months: Vec<Month> = site.records.register().callbacks().months().keys().copied().collect();
    for month in months.into_iter().rev().take(MONTHS_LOOKED_AT) {
        let Some(recorded) = recorded(site, month)? else { continue };
        let next = format!("callback-{month}-{}.age", recorded.handed_over.len() + 1);
        let known = recorded.handed_over.iter().map(|(handed, _)| (handed.file.clone(), Some(handed.sha256)));
        for (file, sha256) in known.chain([(next, None)]) {
            let waiting = desk.folder.join(format!("{file}{WAITING}"));
            let Ok(bytes) = bounded_file::read(&waiting, limits::CALL_LIST_BYTES) else { continue };
            if sha256 == Some(Digest::of(&bytes)) {
                release(desk, &file)?;
            } else {
                durable_file::remove(&waiting).map_err(CallbackError::Folder)?;
            }
        }
    }
    Ok(())
}

fn release(desk: &SmsDesk, file: &str) -> Result<(), CallbackError> {
    let name: PathBuf = desk.folder.join(file);
    let waiting = desk.folder.join(format!("{file}{WAITING}"));
    durable_file::rename_new(&waiting, &name).map_err(CallbackError::Folder)?;
    durable_file::sync_folder(&desk.folder).map_err(CallbackError::Folder)
}

/// A list that is sealed.
struct Called {
    entries: Vec<HandedOver>,
    without_number: Vec<(CaseId, Part)>,
    sealed: SealedCallList,
}

impl Called {
    /// Reads the numbers, and forgets them.
    fn of(site: &Site, desk: &SmsDesk, ready: &[Ready]) -> Result<Self, CallbackError> {
        let mut lines: BTreeMap<String, (Ready, Zeroizing<String>)> = BTreeMap::new();
        let mut without_number = Vec::new();
        for one in ready {
            match number(site, one.item)? {
                Some(number) => {
                    let reference = BASE32_NOPAD.encode(&random_bytes::<10>(&*site.randomness)?);
                    lines.insert(reference, (*one, number));
                }
                None => without_number.push((one.case, one.part)),
            }
        }
        // In the order of the references, which is nobody's.
        let mut text = Zeroizing::new(String::with_capacity(lines.len() * LINE_BYTES));
        for (reference, (_, number)) in &lines {
            text.push_str(reference);
            text.push(',');
            text.push_str(number);
            text.push('\n');
        }
        let sealed = desk.recipient.seal(&text).map_err(CallbackError::Seal)?;
        let entry = |(reference, (one, _)): (String, (Ready, Zeroizing<String>))| HandedOver {
            reference,
            case: one.case,
            part: one.part,
        };
        Ok(Self { entries: lines.into_iter().map(entry).collect(), without_number, sealed })
    }
}

/// The number that a reporter left, if it is one that can be called.
fn number(site: &Site, item: ItemId) -> Result<Option<Zeroizing<String>>, RecordError> {
    let Some(Item::Kept { seq, .. }) = site.records.register().item(item) else { return Ok(None) };
    let part = site.records.ledger().identity(seq).map_err(RecordError::Read)?;
    let Some(StoredBody::Open(part)) = part else { return Ok(None) };
    let Ok(IdentityPart { reporter, .. }) = part.read() else { return Ok(None) };
    Ok(reporter.get("phone").and_then(serde_json::Value::as_str).and_then(dialled))
}

/// What is dialled: digits, and a plus before them. Whatever else people type between digits is left out; anything longer
/// or stranger is no number.
fn dialled(typed: &str) -> Option<Zeroizing<String>> {
    let plain = |character: char| !matches!(character, ' ' | '-' | '(' | ')' | '\u{3000}' | '（' | '）' | '－');
    let text: Zeroizing<String> = Zeroizing::new(typed.chars().take(TYPED_CHARACTERS).filter(|c| plain(*c)).collect());
    let digits = text.strip_prefix('+').unwrap_or(&text);
    let fits = (5..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(text)
}

/// What a file is called until it is recorded.
const WAITING: &str = ".waiting";
/// Months whose files are looked after: a list is handed over soon after its draw, or with a later one.
const MONTHS_LOOKED_AT: usize = 6;
/// A reference, a comma, a number and a line feed.
const LINE_BYTES: usize = 40;
/// As many characters of a number as a report may have, and some more.
const TYPED_CHARACTERS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_whatever_stands_between_them() {
        for (typed, expected) in [
            ("13800138000", Some("13800138000")),
            ("+86 138-0013-8000", Some("+8613800138000")),
            ("（0479）8241095", Some("04798241095")),
            ("1380013800O", None),
            ("=1+1", None),
            ("123", None),
            ("", None),
            ("138001380001380013800013800138000", None),
            ("13800138000\n13900139000", None),
        ] {
            assert_eq!(dialled(typed).as_ref().map(|number| number.as_str()), expected, "{typed}");
        }
    }
}
