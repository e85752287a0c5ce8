//! A site with some who were told their result, and a clock that the test sets.

mod forged;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use nightsafe_casework::{
    account::{Account, Viewer},
    event::{
        AccountAdded, CallbackApproved, EntryPosition, IdentityPart, PasswordHash, ReceivedIntake, ReportReceived,
        TaskStepped, UnlockedItem, VerifierRecused, Via,
    },
    role::Role,
    routing::{Forbidden, Ground, Part, Widening},
    triage::triage,
    workflow::{Channel as Told, Month, Step},
};
use nightsafe_ledger::EventLog as _;
use nightsafe_runtime::{SystemRandomness, config::parse};
use nightsafe_schema::{
    case::CaseId, catalog::Strictness, digest::Digest, intake::Channel, item::ItemId, journal::StreamId,
    report::Report, submission::SubmissionId, time::Clock,
};
use serde_json::{Value, json};

use super::{CallbackError, audited, commit, drawing, hand_over, ready, recorded, round};
use crate::{
    cases,
    config::{Config, EXAMPLE},
    credentials,
    records::{Actor, NewEvent},
    site::Site,
};

struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

struct World {
    folder: tempfile::TempDir,
    clock: Arc<SetClock>,
    site: Arc<Site>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("units.json"), UNITS).unwrap();
        std::fs::write(folder.path().join("divisions.json"), DIVISIONS).unwrap();
        std::fs::create_dir(folder.path().join("desk")).unwrap();
        let text = EXAMPLE
            .replace("units = []", "units = [\"units.json\"]")
            .replace("divisions = []", "divisions = [\"divisions.json\"]");
        let settings = format!("\n[callback]\nleast = 2\npercent = 0\nrecipient = \"{DESK}\"\nfolder = \"desk\"\n");
        let text = text + &settings;
        std::fs::write(folder.path().join("internal.toml"), &text).unwrap();
        let config: Config = parse(&text, folder.path()).unwrap();
        for key in [&config.credentials.store_key, &config.credentials.ledger_key] {
            credentials::make_key(key, &SystemRandomness).unwrap();
        }
        let clock = Arc::new(SetClock(Mutex::new(at("2026-10-20T04:00:00Z"))));
        let site = Arc::new(Site::found_at(config, Arc::clone(&clock) as Arc<dyn Clock>).unwrap());
        let world = Self { folder, clock, site };
        for name in ["national", "second"] {
            let Account { name, role, unit } = account(name);
            let password = PasswordHash(String::new());
            world.record(vec![NewEvent::of_site(AccountAdded { name, role, unit, password })]);
        }
        world
    }

    /// Committed in October, `told` people told in November, and it is December.
    fn drawn_in_december(told: usize) -> Self {
        let world = Self::new();
        commit(&world.site, &Actor::daemon(), november()).unwrap();
        world.set("2026-11-10T04:00:00Z");
        for number in 0..told {
            world.told(&format!("1440000000{number}"));
        }
        world.set("2026-12-01T04:00:00Z");
        world
    }

    fn set(&self, text: &str) {
        *self.clock.0.lock().unwrap() = at(text);
    }

    fn record(&self, events: Vec<NewEvent>) {
        self.site.records.append(&Actor::daemon(), &*self.site.clock, events).unwrap();
    }

    /// A real name with this number that was told the result now.
    fn told(&self, number: &str) -> CaseId {
        let sample: Value = serde_json::from_str(REPORT).unwrap();
        let report = self.site.data.catalog.check(&sample["report"], Strictness::Soft).unwrap();
        let report = Report::try_from(report).unwrap();
        let found = triage(&report, &[], &self.site.data.catalog);
        let decision = self.site.data.router(Site::day_of(self.clock.now())).unwrap().route(&report, &found);
        let case = CaseId::random(&SystemRandomness).unwrap();
        let identity = IdentityPart {
            clue_number: "000000000000000000000098".parse().unwrap(),
            reporter: json!({ "name": "某某", "phone": number }),
        };
        let received = ReportReceived {
            sealed: UnlockedItem {
                item: ItemId::random(&SystemRandomness).unwrap(),
                entry: EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: 1 },
                size: 1,
                sha256: Digest::ZERO,
                header: String::new(),
                file_key: 0,
            },
            intake: ReceivedIntake {
                submission_id: SubmissionId::random(&SystemRandomness).unwrap(),
                accepted_hour: "2026-11-02T05:00:00Z".parse().unwrap(),
                gateway: "gateway-1".to_owned(),
                channel: Channel::Web,
                catalog: "test".to_owned(),
                registered: None,
            },
            report: report.without_identity(),
            attachments: vec![],
            content: Digest::ZERO,
            marks: vec![],
        };
        let (by, unit) = ("verifier".parse().ok(), "POLICE.990201".parse().ok());
        let step = Step::FeedBack { channel: Told::Phone, note: String::new() };
        self.record(vec![
            NewEvent::opening(case, received, identity),
            NewEvent::of_case(case, found),
            NewEvent::of_case(case, decision),
            NewEvent::of_case(case, TaskStepped { via: Via::Console, part: Part::Crime, by, unit, step }),
        ]);
        case
    }

    /// From now on the national office must not see the case.
    fn kept_from_the_office(&self, case: CaseId) {
        let why = vec![Ground { rule: "F_ACCUSED".to_owned(), from: "test".to_owned() }];
        let added = vec![Forbidden { unit: "OFFICE.000000".parse().unwrap(), why }];
        self.record(vec![NewEvent::of_case(case, Widening { added })]);
    }

    /// Nobody will read the case again.
    fn erased(&self, case: CaseId) {
        let key = self.site.records.ledger().case_key(case).unwrap();
        self.site.stores.keys.erase(&[key]).unwrap();
    }

    /// Those whose case says that it was drawn.
    fn marked(&self) -> Vec<CaseId> {
        let drawn = recorded(&self.site, november()).unwrap().unwrap().drawn();
        let says = |case: &CaseId| {
            let state = cases::state(&self.site, &self.site.records.register(), *case).unwrap().unwrap();
            state.progress[&Part::Crime].drawn == Some(november())
        };
        drawn.into_iter().map(|drawn| drawn.case).filter(says).collect()
    }

    fn approved(&self) {
        let event = CallbackApproved { via: Via::Console, month: november(), by: "national".parse().unwrap() };
        self.record(vec![NewEvent::of_site(event)]);
    }

    fn handed_over(&self) -> Result<(), CallbackError> {
        let second = Viewer::authenticated(account("second"));
        hand_over(&self.site, Via::Console, november(), &account("national"), &second)
    }

    fn files(&self) -> Vec<String> {
        let folder = std::fs::read_dir(self.folder.path().join("desk")).unwrap();
        let mut names: Vec<String> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn account(name: &str) -> Account {
    Account { name: name.parse().unwrap(), role: Role::Analyst, unit: "OFFICE.000000".parse().unwrap() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn november() -> Month {
    "2026-11".parse().unwrap()
}

#[test]
fn a_draw_is_recorded_whole_and_goes_on_where_it_stopped() {
    let world = World::drawn_in_december(5);
    let drawing = world.site.records.register().callbacks().months()[&november()].clone();
    let judged = drawing::Judged::of(&world.site, november()).unwrap();
    drawing::record_draw(&world.site, &Actor::daemon(), &drawing, judged).unwrap();
    let before = recorded(&world.site, november()).unwrap().unwrap();
    assert_eq!((before.candidates.len(), before.drawn().len(), world.marked()), (5, 2, vec![]));
    // Nothing that comes between changes it.
    world.told("14400000009");
    round(&world.site).unwrap();
    let after = recorded(&world.site, november()).unwrap().unwrap();
    assert_eq!((after.drawn, after.candidates), (before.drawn, before.candidates));
    assert_eq!(world.marked().len(), 2);
    let end = world.site.records.ledger().tail().seq;
    round(&world.site).unwrap();
    assert_eq!(world.site.records.ledger().tail().seq, end, "what is done is done");
}

#[test]
fn what_is_recorded_while_a_draw_is_worked_out_counts_for_it() {
    let world = World::drawn_in_december(5);
    let drawing = world.site.records.register().callbacks().months()[&november()].clone();
    let judged = drawing::Judged::of(&world.site, november()).unwrap();
    let kept = judged.candidates(&world.site, &world.site.records.register()).unwrap()[0].case;
    let judged = drawing::Judged::of(&world.site, november()).unwrap();
    world.kept_from_the_office(kept);
    drawing::record_draw(&world.site, &Actor::daemon(), &drawing, judged).unwrap();
    let drawn = recorded(&world.site, november()).unwrap().unwrap();
    assert_eq!(drawn.candidates.len(), 4);
    assert!(drawn.candidates.iter().all(|one| one.case != kept));
    assert!(audited(&world.site, november(), &drawn).unwrap().unwrap().holds());
}

#[test]
fn a_month_without_a_commitment_is_not_drawn_and_none_is_made_late() {
    let world = World::new();
    world.set("2026-11-10T04:00:00Z");
    world.told("14400000001");
    assert!(matches!(commit(&world.site, &Actor::daemon(), november()), Err(CallbackError::NotBefore)));
    world.set("2026-12-01T04:00:00Z");
    round(&world.site).unwrap();
    assert!(recorded(&world.site, november()).unwrap().is_none());
    assert!(matches!(drawing::draw_month(&world.site, &Actor::daemon(), november()), Err(CallbackError::NoCommitment)));
    let (next, late) = ("2027-01".parse().unwrap(), "2028-01".parse().unwrap());
    assert!(recorded(&world.site, next).unwrap().is_some(), "the round has committed to the next month");
    assert!(matches!(commit(&world.site, &Actor::daemon(), late), Err(CallbackError::NotBefore)));
}

#[test]
fn whoever_has_a_conflict_hands_nobody_over() {
    let world = World::drawn_in_december(1);
    round(&world.site).unwrap();
    let [case] = world.marked().try_into().unwrap();
    let account_of = [account("national"), account("second")];
    let both = || ready(&world.site, november(), &account_of.each_ref()).unwrap().len();
    assert_eq!(both(), 1);
    world.approved();
    let account = account_of[1].name.clone();
    let recused = VerifierRecused { via: Via::Console, by: account.clone(), account, reason: "亲属".to_owned() };
    world.record(vec![NewEvent::of_case(case, recused)]);
    assert_eq!(both(), 0);
    assert!(matches!(world.handed_over(), Err(CallbackError::NothingReady)));
    assert_eq!(world.files(), Vec::<String>::new());
}

#[test]
fn a_list_that_was_recorded_gets_its_name_and_one_that_was_not_is_removed() {
    let world = World::drawn_in_december(1);
    round(&world.site).unwrap();
    world.approved();
    world.handed_over().unwrap();
    let file = "callback-2026-11-1.age";
    assert_eq!(world.files(), [file]);
    assert!(matches!(world.handed_over(), Err(CallbackError::NothingReady)), "nobody is handed over twice");
    let desk = world.folder.path().join("desk");
    std::fs::rename(desk.join(file), desk.join(format!("{file}.waiting"))).unwrap();
    std::fs::write(desk.join("callback-2026-11-2.age.waiting"), "never recorded").unwrap();
    round(&world.site).unwrap();
    assert_eq!(world.files(), [file]);
}

const UNITS: &str = include_str!("../../../tests/data/samples/units.json");
const DIVISIONS: &str = include_str!("../../../tests/data/samples/fictional_divisions.json");
const REPORT: &str = include_str!("../../../tests/data/samples/04_gang_soft_violence_collection.json");
/// A public key whose private half nobody kept.
const DESK: &str = "age1n5taukgq3r9ct47tp7fxqyp3gp0ap5qmx6emy9jlwn694h2kashs5ma8lm";
