//! The key ring against officers who really sign, with the `minisign` crate.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that meets the unexpected fails")]

use std::{collections::BTreeMap, io::Cursor};

use jiff::{SignedDuration, Timestamp};
use minisign::KeyPair;
use nightsafe_schema::{
    canonical::canonical_json,
    digest::Digest,
    ring::{
        OfficerPins, RecipientUse, RingError, RingFault, RingFields, RingOfficer, RingRecipient, RingSchema,
        RingStanding, SignedRing, VerifiedRing,
    },
};

struct Officer {
    pair: KeyPair,
    entry: RingOfficer,
}

fn officer(id: &str) -> Officer {
    let pair = KeyPair::generate_unencrypted_keypair().unwrap();
    let entry = RingOfficer { id: id.parse().unwrap(), name: id.to_owned(), key: pair.pk.to_base64().parse().unwrap() };
    Officer { pair, entry }
}

fn sign(fields: &RingFields, signers: &[&Officer]) -> SignedRing {
    let bytes = canonical_json(fields).unwrap();
    let sign = |officer: &&Officer| {
        let signature = minisign::sign(None, &officer.pair.sk, Cursor::new(&bytes), None, None).unwrap();
        (officer.entry.id.clone(), signature.into_string())
    };
    let signatures: BTreeMap<_, _> = signers.iter().map(sign).collect();
    SignedRing { bytes, signatures }
}

fn recipient(id: &str, purpose: RecipientUse, from_day: i64, to_day: i64) -> RingRecipient {
    let symbols = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let data: String =
        id.bytes().cycle().take(58).map(|byte| symbols.as_bytes()[usize::from(byte) % 32] as char).collect();
    RingRecipient {
        id: id.parse().unwrap(),
        purpose,
        recipient: format!("age1{data}").parse().unwrap(),
        not_before: day(from_day),
        not_after: day(to_day),
    }
}

fn day(day: i64) -> Timestamp {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    start.checked_add(SignedDuration::from_hours(24 * day)).unwrap()
}

fn ring(officers: &[&Officer]) -> RingFields {
    RingFields {
        schema: RingSchema::Ring1,
        site: "demo".parse().unwrap(),
        version: 1,
        previous: Digest::ZERO,
        not_before: day(0),
        not_after: day(365),
        recipients: vec![
            recipient("intake-a", RecipientUse::Intake, 0, 42),
            recipient("intake-b", RecipientUse::Intake, 28, 70),
            recipient("recovery", RecipientUse::Recovery, 0, 365),
        ],
        gateways: vec![],
        bulletin_keys: vec![],
        officers: officers.iter().map(|officer| officer.entry.clone()).collect(),
        threshold: 2,
    }
}

fn pins(officers: &[&Officer]) -> OfficerPins {
    OfficerPins { fingerprints: officers.iter().map(|officer| officer.entry.key.fingerprint()).collect(), threshold: 2 }
}

#[test]
fn two_of_three_pinned_officers_make_a_ring_valid() {
    let (a, b, c) = (officer("a"), officer("b"), officer("c"));
    let fields = ring(&[&a, &b, &c]);
    let pins = pins(&[&a, &b, &c]);
    let verified = VerifiedRing::pinned(sign(&fields, &[&a, &c]), &pins).unwrap();
    assert_eq!(verified.fields(), &fields);
    assert_eq!(verified.signers().count(), 2);
    let one = VerifiedRing::pinned(sign(&fields, &[&a]), &pins);
    assert!(matches!(one, Err(RingError::Signatures { found: 1, needed: 2, whose: "pinned" })));
    let none = VerifiedRing::pinned(sign(&fields, &[]), &pins);
    assert!(matches!(none, Err(RingError::Signatures { found: 0, .. })));
}

#[test]
fn one_officer_signing_under_two_names_counts_once() {
    let (a, b, c) = (officer("a"), officer("b"), officer("c"));
    let fields = ring(&[&a, &b, &c]);
    let mut signed = sign(&fields, &[&a]);
    let signature = signed.signatures.values().next().unwrap().clone();
    signed.signatures.insert("b".parse().unwrap(), signature);
    assert!(matches!(VerifiedRing::pinned(signed, &pins(&[&a, &b, &c])), Err(RingError::Signatures { found: 1, .. })));
}

#[test]
fn strangers_cannot_make_a_ring_of_their_own() {
    let (a, b, x, y) = (officer("a"), officer("b"), officer("x"), officer("y"));
    let signed = sign(&ring(&[&x, &y]), &[&x, &y]);
    assert!(matches!(VerifiedRing::pinned(signed, &pins(&[&a, &b])), Err(RingError::Signatures { found: 0, .. })));
}

#[test]
fn any_changed_byte_makes_a_ring_invalid() {
    let (a, b) = (officer("a"), officer("b"));
    let signed = sign(&ring(&[&a, &b]), &[&a, &b]);
    for place in 0..signed.bytes.len() {
        let mut changed = signed.clone();
        changed.bytes[place] ^= 1;
        assert!(VerifiedRing::pinned(changed, &pins(&[&a, &b])).is_err(), "byte {place}");
    }
    let mut spaced = signed;
    spaced.bytes.push(b'\n');
    assert!(matches!(VerifiedRing::pinned(spaced, &pins(&[&a, &b])), Err(RingError::Spelling)));
}

#[test]
fn a_ring_never_goes_back_and_cites_the_one_before() {
    let (a, b) = (officer("a"), officer("b"));
    let first = ring(&[&a, &b]);
    let in_use = VerifiedRing::pinned(sign(&first, &[&a, &b]), &pins(&[&a, &b])).unwrap();
    assert!(in_use.successor(sign(&first, &[&a, &b])).is_ok(), "the very same ring is accepted again");

    let second = RingFields { version: 2, previous: in_use.digest(), ..first.clone() };
    let next = in_use.successor(sign(&second, &[&a, &b])).unwrap();
    assert!(matches!(next.successor(sign(&first, &[&a, &b])), Err(RingError::Rollback { current: 2, found: 1 })));

    let fork = RingFields { not_after: day(400), ..second.clone() };
    assert!(matches!(next.successor(sign(&fork, &[&a, &b])), Err(RingError::Rollback { current: 2, found: 2 })));
    let wrong = RingFields { previous: Digest::of(b"other"), ..second };
    assert!(matches!(in_use.successor(sign(&wrong, &[&a, &b])), Err(RingError::Previous { found: 2 })));
}

#[test]
fn new_officers_need_the_old_ones() {
    let (a, b, x, y) = (officer("a"), officer("b"), officer("x"), officer("y"));
    let in_use = VerifiedRing::pinned(sign(&ring(&[&a, &b]), &[&a, &b]), &pins(&[&a, &b])).unwrap();
    let taken_over = RingFields { version: 2, previous: in_use.digest(), ..ring(&[&x, &y]) };
    let alone = in_use.successor(sign(&taken_over, &[&x, &y]));
    assert!(matches!(alone, Err(RingError::Signatures { whose: "old", .. })));
    let unwilling = in_use.successor(sign(&taken_over, &[&a, &b]));
    assert!(matches!(unwilling, Err(RingError::Signatures { whose: "new", .. })));
    assert!(in_use.successor(sign(&taken_over, &[&a, &b, &x, &y])).is_ok());
}

#[test]
fn a_ring_that_is_wrong_in_itself_is_refused_however_signed() {
    let (a, b) = (officer("a"), officer("b"));
    let good = ring(&[&a, &b]);
    let recipients = |count: usize| good.recipients.iter().take(count).cloned().collect();
    let faulty = [
        (RingFields { threshold: 1, ..good.clone() }, RingFault::Threshold),
        (RingFields { threshold: 3, ..good.clone() }, RingFault::Threshold),
        (RingFields { version: 2, ..good.clone() }, RingFault::Previous),
        (RingFields { recipients: recipients(2), ..good.clone() }, RingFault::MissingRecipient),
        (RingFields { not_after: day(0), ..good.clone() }, RingFault::Window { of: "the ring".to_owned() }),
    ];
    for (fields, fault) in faulty {
        let refused = VerifiedRing::pinned(sign(&fields, &[&a, &b]), &pins(&[&a, &b]));
        assert!(matches!(refused, Err(RingError::Fault(found)) if found == fault), "{fault}");
    }
}

#[test]
fn the_youngest_key_seals_and_the_end_is_announced() {
    let (a, b) = (officer("a"), officer("b"));
    let ring = VerifiedRing::pinned(sign(&ring(&[&a, &b]), &[&a, &b]), &pins(&[&a, &b])).unwrap();
    let intake_at = |now| ring.sealing_keys(day(now)).map(|keys| keys.intake.id.to_string());
    assert_eq!(ring.standing(day(-2)), RingStanding::Early);
    assert!(intake_at(-2).is_err());
    assert_eq!(ring.standing(day(10)), RingStanding::Good { days_left: 60 });
    assert_eq!(intake_at(10).as_deref(), Ok("intake-a"));
    assert_eq!(intake_at(30).as_deref(), Ok("intake-b"));
    assert_eq!(ring.standing(day(50)), RingStanding::Ending { days_left: 20 });
    assert_eq!(ring.standing(day(75)), RingStanding::Grace { days_left: 9 });
    assert_eq!(intake_at(75).as_deref(), Ok("intake-b"));
    assert_eq!(ring.standing(day(84)), RingStanding::Closed);
    assert!(intake_at(84).is_err());
}
