//! Draws that were forged in the ledger, as whoever has the host could: `callback verify` ends with 10 on every kind of them.
//!
//! The words are those of the command line, read by clap, asked over the control socket and answered by the service.

use std::{sync::Arc, time::Duration};

use clap::Parser as _;
use nightsafe_casework::{
    account::{Account, Viewer},
    event::{AccountAdded, CallbackCandidates, CallbackCommitted, CallbackDrawn, PasswordHash, Via},
    role::Role,
    workflow::{CallbackCandidate, Commitment, SampleSize, draw},
};
use nightsafe_console::desk::{AuditQuery, CallbackProof, DeskError, WITHHELD};
use nightsafe_runtime::{ExitCode, Shutdown, SystemRandomness};
use nightsafe_schema::{case::CaseId, digest::Digest};

use super::{World, commit, drawing, november, recorded, round};
use crate::{
    accounts::sessions::SessionKey,
    cli::CommandLine,
    control::{server::ControlSocket, service::Service},
    desk::{SiteDesk, login::Authenticated},
    indexed::SharedIndex,
    records::{Actor, NewEvent},
    serve::{Reopening, ingest::Ingest},
};

/// What stands in the ledger of a draw.
struct Forgery {
    secret: Commitment,
    size: SampleSize,
    candidates: Vec<CallbackCandidate>,
    seed: Digest,
    drawn: Vec<u32>,
}

/// Changes something before it is recorded.
type Forge = fn(&mut Forgery);

impl Forgery {
    /// Nothing is forged yet: what the daemon itself would record.
    fn of(world: &World, secret: Commitment) -> Self {
        let judged = drawing::Judged::of(&world.site, november()).unwrap();
        let candidates = judged.candidates(&world.site, &world.site.records.register()).unwrap();
        let mut forgery = Self { secret, size: SIZE, candidates, seed: Digest::ZERO, drawn: Vec::new() };
        forgery.follow();
        forgery
    }

    /// Seed and draw as they follow from everything else.
    fn follow(&mut self) {
        let drew = draw(&self.secret, &self.candidates, self.size).unwrap();
        self.seed = drew.seed;
        let places = drew.drawn.iter().map(|one| self.candidates.iter().position(|other| other == one).unwrap());
        self.drawn = places.map(|place| u32::try_from(place).unwrap()).collect();
    }

    fn record(self, world: &World) {
        let (month, nonce) = (november(), self.secret.nonce);
        let candidates = u32::try_from(self.candidates.len()).unwrap();
        let list = CallbackCandidates { month, part: 1, parts: 1, candidates: self.candidates };
        let drawn = CallbackDrawn { month, nonce, seed: self.seed, size: self.size, candidates, drawn: self.drawn };
        world.record(vec![NewEvent::of_site(list), NewEvent::of_site(drawn)]);
    }
}

/// What the month was committed to.
fn secret(world: &World) -> Commitment {
    recorded(&world.site, november()).unwrap().unwrap().committed.secret
}

fn chosen(nonce: u8) -> Commitment {
    Commitment { month: november(), nonce: Digest::from_bytes([nonce; 32]) }
}

/// A commitment written into the ledger without the daemon's consent.
fn committed_to(world: &World, secret: Commitment) {
    let commitment = secret.published();
    world.record(vec![NewEvent::of_site(CallbackCommitted { secret, commitment, size: SIZE })]);
}

/// An auditor of this unit, whose account is made as it was made before anybody asked where auditors belong.
fn auditor(world: &World, unit: &str) -> (Account, SiteDesk) {
    let account = Account { name: "auditor".parse().unwrap(), role: Role::Auditor, unit: unit.parse().unwrap() };
    let (name, role, unit) = (account.name.clone(), account.role, account.unit.clone());
    world.record(vec![NewEvent::of_site(AccountAdded { name, role, unit, password: PasswordHash(String::new()) })]);
    let desk = SiteDesk::new(Arc::clone(&world.site), Arc::new(SharedIndex::open(&world.site).unwrap()));
    (account, desk)
}

/// How `nightsafe-internal callback verify 2026-11` ends for the auditor.
fn verified(world: &World) -> ExitCode {
    let (account, desk) = auditor(world, "OFFICE.000000");
    let caller = SessionKey::User(rustix::process::getuid().as_raw());
    let authenticated = Authenticated { viewer: Viewer::authenticated(account), totp_step: None };
    desk.open_session(authenticated, caller).unwrap();
    let service = Service::new(desk.through(Via::CommandLine), Arc::new(Ingest::default()), Reopening::default());

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let socket = {
        let _entered = runtime.enter();
        ControlSocket::bind(&world.site.config.folders.control).unwrap()
    };
    runtime.spawn(socket.serve(Arc::new(service), Shutdown::new(Duration::from_secs(1))));
    let config = world.folder.path().join("internal.toml");
    let words = ["nightsafe-internal", "--config", config.to_str().unwrap(), "callback", "verify", "2026-11"];
    let code = crate::run(CommandLine::try_parse_from(words).unwrap()).unwrap();
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

#[test]
fn an_honest_draw_is_verified_whether_the_daemon_recorded_it_or_another_program_worked_it_out() {
    let world = World::drawn_in_december(5);
    assert_eq!(verified(&world), ExitCode::NothingToDo, "nothing is drawn yet");
    let world = World::drawn_in_december(5);
    round(&world.site).unwrap();
    // What comes later changes nothing about it.
    world.told("14400000009");
    assert_eq!(verified(&world), ExitCode::Ok);
    let world = World::drawn_in_december(5);
    let secret = secret(&world);
    Forgery::of(&world, secret).record(&world);
    assert_eq!(verified(&world), ExitCode::Ok);
}

#[test]
fn a_draw_that_does_not_follow_from_its_commitment_and_its_month_ends_with_ten() {
    let kinds: [(&str, Forge); 11] = [
        ("another seed", |forged| forged.seed = Digest::from_bytes([7; 32])),
        ("another seed, and those whom it draws", |forged| {
            let real = std::mem::replace(&mut forged.secret, chosen(7));
            forged.follow();
            forged.secret = real;
        }),
        ("another nonce", |forged| {
            forged.secret = chosen(7);
            forged.follow();
        }),
        ("somebody is left out", |forged| {
            forged.candidates.remove(0);
            forged.follow();
        }),
        ("somebody who was told nothing", |forged| {
            let case = CaseId::random(&SystemRandomness).unwrap();
            forged.candidates.push(CallbackCandidate { case, ..forged.candidates[0] });
            forged.candidates.sort_unstable();
            forged.follow();
        }),
        ("somebody is in it twice", |forged| {
            forged.candidates.push(forged.candidates[0]);
            forged.candidates.sort_unstable();
            forged.follow();
        }),
        ("somebody has a province alone", |forged| {
            forged.candidates[0].province = "110000".parse().ok();
            forged.follow();
        }),
        ("somebody is in it twice, with two provinces", |forged| {
            let province = "110000".parse().ok();
            forged.candidates.push(CallbackCandidate { province, ..forged.candidates[0] });
            forged.candidates.sort_unstable();
            forged.follow();
        }),
        ("others are called", |forged| {
            let all = u32::try_from(forged.candidates.len()).unwrap();
            forged.drawn = (0..all).filter(|place| !forged.drawn.contains(place)).take(forged.drawn.len()).collect();
        }),
        ("fewer are called", |forged| {
            forged.size = SampleSize { least: 1, percent: 0 };
            forged.follow();
        }),
        ("a place that nobody has is called too", |forged| forged.drawn.push(99)),
    ];
    for (kind, forge) in kinds {
        let world = World::drawn_in_december(5);
        let secret = secret(&world);
        let mut forgery = Forgery::of(&world, secret);
        forge(&mut forgery);
        forgery.record(&world);
        assert_eq!(verified(&world), ExitCode::Integrity, "{kind}");
    }
}

#[test]
fn a_commitment_that_came_late_or_was_changed_and_a_draw_before_its_time_end_with_ten() {
    // Once everybody is known, another commitment is put behind the first.
    let world = World::drawn_in_december(5);
    committed_to(&world, chosen(7));
    Forgery::of(&world, chosen(7)).record(&world);
    assert_eq!(verified(&world), ExitCode::Integrity, "changed");

    let world = World::new();
    world.set("2026-11-10T04:00:00Z");
    world.told("14400000001");
    committed_to(&world, chosen(7));
    world.set("2026-12-01T04:00:00Z");
    Forgery::of(&world, chosen(7)).record(&world);
    assert_eq!(verified(&world), ExitCode::Integrity, "committed within the month");

    let world = World::drawn_in_december(5);
    world.set("2026-11-25T04:00:00Z");
    let real = secret(&world);
    Forgery::of(&world, real).record(&world);
    assert_eq!(verified(&world), ExitCode::Integrity, "drawn within the month");

    let world = World::new();
    Forgery::of(&world, chosen(7)).record(&world);
    commit(&world.site, &Actor::daemon(), november()).unwrap();
    assert_eq!(verified(&world), ExitCode::Integrity, "drawn before the commitment");
}

#[test]
fn a_candidate_that_was_erased_says_nothing_and_one_that_never_was_does() {
    let world = World::drawn_in_december(5);
    round(&world.site).unwrap();
    world.erased(recorded(&world.site, november()).unwrap().unwrap().candidates[0].case);
    assert_eq!(verified(&world), ExitCode::Ok);
    // It hides nothing about the others.
    let world = World::drawn_in_december(5);
    let real = secret(&world);
    let mut forgery = Forgery::of(&world, real);
    world.erased(forgery.candidates[0].case);
    forgery.candidates.pop();
    forgery.follow();
    forgery.record(&world);
    assert_eq!(verified(&world), ExitCode::Integrity);
}

#[test]
fn nobody_is_given_the_number_of_a_case_that_is_kept_from_their_unit_as_a_candidate() {
    let world = World::drawn_in_december(5);
    round(&world.site).unwrap();
    let (account, desk) = auditor(&world, "OFFICE.000000");
    let auditor = Viewer::authenticated(account);
    let detail = || desk.show_callback(&auditor, november()).unwrap();
    let Some(CallbackProof::Shown { candidates, .. }) = detail().proof else {
        panic!("the auditor works it out again")
    };
    world.kept_from_the_office(candidates[0].case);
    let kept = detail();
    assert_eq!(kept.proof, Some(CallbackProof::Withheld));
    assert!(kept.check.unwrap().holds(), "what was drawn stays as it was drawn");
    let said = format!("{kept:?}");
    assert!(candidates.iter().all(|one| !said.contains(&one.case.to_string())), "{said}");
}

#[test]
fn of_a_case_that_can_be_read_no_more_neither_the_log_nor_a_proof_tells() {
    let world = World::drawn_in_december(2);
    round(&world.site).unwrap();
    let (account, desk) = auditor(&world, "OFFICE.000000");
    let auditor = Viewer::authenticated(account);
    let erased = recorded(&world.site, november()).unwrap().unwrap().candidates[0].case;
    let found = |query: AuditQuery| desk.list_audit(&auditor, &query).unwrap();
    let of_case = || found(AuditQuery { case: Some(erased), ..AuditQuery::default() }).total;
    let routed = || found(AuditQuery { kind: Some("CASE_ROUTED".to_owned()), ..AuditQuery::default() }).total;
    assert!(of_case() > 2 && routed() == 2);
    world.erased(erased);
    assert_eq!((of_case(), routed()), (0, 1));
    let whole = found(AuditQuery::default()).rows;
    assert!(whole.iter().all(|row| row.case != Some(erased)));
    assert!(whole.iter().filter(|row| row.kind == WITHHELD).all(|row| row.case.is_none() && row.detail.is_empty()));
    assert_eq!(desk.show_callback(&auditor, november()).unwrap().proof, Some(CallbackProof::Withheld));
}

#[test]
fn an_auditor_below_the_national_level_reads_neither_the_log_nor_a_draw() {
    let world = World::drawn_in_december(1);
    round(&world.site).unwrap();
    for unit in ["POLICE.990201", "OFFICE.999999"] {
        let (account, desk) = auditor(&world, unit);
        let auditor = Viewer::authenticated(account);
        assert!(matches!(desk.list_audit(&auditor, &AuditQuery::default()), Err(DeskError::NotAllowed)), "{unit}");
        assert!(matches!(desk.list_callbacks(&auditor), Err(DeskError::NotAllowed)), "{unit}");
        assert!(matches!(desk.show_callback(&auditor, november()), Err(DeskError::NotAllowed)), "{unit}");
    }
}

/// As the settings of the site say.
const SIZE: SampleSize = SampleSize { least: 2, percent: 0 };
