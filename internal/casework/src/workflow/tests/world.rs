//! A case of two parts, people of every role and unit that matters, and a clock that goes forward.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jiff::{SignedDuration, Timestamp, civil::Date};
use nightsafe_schema::{
    calendar::Calendar, digest::Digest, division::Divisions, intake::Channel as IntakeChannel, item::ItemId,
    journal::StreamId, unit::UnitRegistry,
};
use serde_json::json;

use crate::{
    account::{Account, AccountName},
    case::{CaseState, Recorded},
    event::{
        Body, EntryPosition, ReceivedIntake, ReportReceived, TaskStepped, UnlockedItem, VerifierAssigned,
        VerifierRecused, Via,
    },
    role::Role,
    routing::{Decision, Forbidden, Ground, Part, Task},
    triage::Priority,
    workflow::{GateTable, Move, People, Refused, Reported, RewardBands, Setting, Stage, Step, Wish, decide},
};

const SAMPLE_UNITS: &str = include_str!("../../../../../tests/data/samples/units.json");
const SAMPLE_DIVISIONS: &str = include_str!("../../../../../tests/data/samples/fictional_divisions.json");

pub(super) static UNITS: LazyLock<UnitRegistry> = LazyLock::new(|| UnitRegistry::with_files([SAMPLE_UNITS]).unwrap());
pub(super) static DIVISIONS: LazyLock<Divisions> = LazyLock::new(|| Divisions::with_files([SAMPLE_DIVISIONS]).unwrap());
static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::embedded().unwrap());
static BANDS: LazyLock<RewardBands> = LazyLock::new(|| RewardBands::embedded().unwrap());
static GATES: LazyLock<GateTable> = LazyLock::new(|| GateTable::embedded().unwrap());

/// Everybody there is: name, role, unit.
pub(super) const PEOPLE: [(&str, Role, &str); 18] = [
    ("analyst", Role::Analyst, "OFFICE.990000"),
    ("county.analyst", Role::Analyst, "POLICE.990121"),
    ("national", Role::Analyst, "OFFICE.000000"),
    ("dispatcher", Role::Dispatcher, "OFFICE.990000"),
    ("city.dispatcher", Role::Dispatcher, "POLICE.990100"),
    ("head", Role::Head, "POLICE.990100"),
    ("disc.head", Role::Head, "DISC.990100"),
    ("head.above", Role::Head, "POLICE.990000"),
    ("head.far", Role::Head, "POLICE.990200"),
    ("verifier", Role::Verifier, "POLICE.990100"),
    ("other.verifier", Role::Verifier, "POLICE.990100"),
    ("unsworn", Role::Verifier, "POLICE.990100"),
    ("disc.verifier", Role::Verifier, "DISC.990100"),
    ("reviewer", Role::Reviewer, "OFFICE.990000"),
    ("reviewer.police", Role::Reviewer, "POLICE.000000"),
    ("reviewer.city", Role::Reviewer, "POLICE.990100"),
    ("reviewer.accused", Role::Reviewer, "POLICE.990121"),
    ("clerk", Role::Clerk, "OFFICE.990000"),
];

pub(super) fn account(name: &str) -> Account {
    let (name, role, unit) = PEOPLE.iter().find(|(known, ..)| *known == name).copied().unwrap();
    Account { name: name.parse().unwrap(), role, unit: unit.parse().unwrap() }
}

struct Everybody;

impl People for Everybody {
    fn account(&self, name: &AccountName) -> Option<Account> {
        PEOPLE.iter().any(|(known, ..)| *known == name.as_str()).then(|| account(name.as_str()))
    }

    fn has_undertaken(&self, account: &Account, _: Date) -> bool {
        account.name.as_str() != "unsworn"
    }
}

/// A case under way.
#[derive(Clone)]
pub(super) struct World {
    pub(super) bodies: Vec<(Recorded, Body)>,
    pub(super) state: CaseState,
    pub(super) at: Timestamp,
    pub(super) reported: Reported,
}

impl World {
    /// A real name, no danger, gang facts with the police of the city and an umbrella with its discipline; the county's
    /// police are accused.
    pub(super) fn new() -> Self {
        Self::with(Priority::P2, "real_name")
    }

    pub(super) fn with(priority: Priority, identity_mode: &str) -> Self {
        let task = |part, unit: &str| Task { part, unit: unit.parse().unwrap(), copies: Vec::new() };
        Self::of(
            priority,
            identity_mode,
            "GANG_CRIME",
            vec![task(Part::Crime, "POLICE.990100"), task(Part::Official, "DISC.990100")],
        )
    }

    pub(super) fn of(priority: Priority, identity_mode: &str, flow: &str, tasks: Vec<Task>) -> Self {
        let report = json!({
            "flow": flow,
            "reporter": {"identity_mode": identity_mode, "consent_sms_callback": true},
            "facts": {"title": "强揽工程", "narrative": "他们每天来工地要钱。"},
        });
        let entry = EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: 1 };
        let item = ItemId::from_bytes([1; 16]);
        let sealed = UnlockedItem { item, entry, size: 1, sha256: Digest::ZERO, header: String::new(), file_key: 0 };
        let received = ReportReceived {
            sealed,
            intake: ReceivedIntake {
                submission_id: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
                accepted_hour: "2026-03-02T01:00:00Z".parse().unwrap(),
                gateway: "gateway-1".to_owned(),
                channel: IntakeChannel::Web,
                catalog: "2026-11-1".to_owned(),
                registered: None,
            },
            report,
            attachments: Vec::new(),
            content: Digest::ZERO,
            marks: Vec::new(),
        };
        let triage = serde_json::from_value(json!({
            "priority": priority, "rules": [], "alarm": priority == Priority::P0, "escalate": false,
            "police_suspected": false, "suggested": [], "not_admitted": [],
        }));
        let ground = Ground { rule: "F_ACCUSED".to_owned(), from: "subjects[0]".to_owned() };
        let decision = Decision {
            tasks,
            forbidden: vec![Forbidden { unit: "POLICE.990121".parse().unwrap(), why: vec![ground] }],
            candidates: Vec::new(),
            rules: Vec::new(),
            place: "990121".parse().ok(),
            sealed: false,
            table: String::new(),
            units: String::new(),
            officers: String::new(),
        };
        let at = "2026-03-02T02:00:00Z".parse().unwrap();
        let received = Body::from(received);
        let recorded = Recorded { seq: 1, version: 1, at };
        let state = CaseState::after(None, &recorded, &received).unwrap();
        let mut world = Self { bodies: vec![(recorded, received)], state, at, reported: Reported::First };
        world.record(Body::CaseTriaged(triage.unwrap()));
        world.record(Body::from(decision));
        world
    }

    /// Takes an event in.
    pub(super) fn record(&mut self, body: Body) {
        let seq = self.bodies.len() as u64 + 1;
        let recorded = Recorded { seq, version: seq, at: self.at };
        self.state = CaseState::after(Some(self.state.clone()), &recorded, &body).unwrap();
        self.bodies.push((recorded, body));
    }

    pub(super) fn wait(&mut self, duration: SignedDuration) {
        self.at = self.at.checked_add(duration).unwrap();
    }

    pub(super) fn setting<'a>(&'a self, actor: Option<&'a Account>) -> Setting<'a> {
        Setting {
            state: &self.state,
            part: None,
            actor,
            at: self.at,
            units: &UNITS,
            divisions: &DIVISIONS,
            calendar: &CALENDAR,
            gates: &GATES,
            rewards: &BANDS,
            reported: self.reported,
            people: &Everybody,
        }
    }

    /// What would come of it.
    pub(super) fn asked(&self, name: &str, wish: &Wish) -> Result<Vec<Step>, Refused> {
        let actor = account(name);
        decide(&self.setting(Some(&actor)), wish).map(|decided| decided.steps)
    }

    /// Does it, or says why not.
    pub(super) fn try_to(&mut self, name: &str, wish: &Wish) -> Result<(), Refused> {
        let actor = account(name);
        let decided = decide(&self.setting(Some(&actor)), wish)?;
        for step in decided.steps {
            let person = step.act() != Move::Close;
            let by = person.then(|| actor.name.clone());
            let unit = person.then(|| actor.unit.clone());
            self.record(Body::from(TaskStepped { via: Via::Console, part: decided.part, by, unit, step }));
        }
        Ok(())
    }

    /// Does it with the crime part.
    pub(super) fn does(&mut self, name: &str, act: Move) -> &mut Self {
        self.does_with(name, &wish(act))
    }

    pub(super) fn does_with(&mut self, name: &str, wish: &Wish) -> &mut Self {
        let done = self.try_to(name, wish);
        assert_eq!(done, Ok(()), "{name} {}", wish.act);
        self
    }

    pub(super) fn name_verifier(&mut self, name: &str) -> &mut Self {
        let (verifier, by) = (name.parse().unwrap(), "head".parse().unwrap());
        self.record(Body::from(VerifierAssigned { via: Via::Console, part: Some(Part::Crime), verifier, by }));
        self
    }

    pub(super) fn recuse(&mut self, name: &str) {
        let account: AccountName = name.parse().unwrap();
        let by = account.clone();
        self.record(Body::from(VerifierRecused { via: Via::Console, account, by, reason: "亲属".to_owned() }));
    }

    pub(super) fn stage(&self) -> Stage {
        self.state.progress[&Part::Crime].stage
    }

    /// The crime part up to the first gate.
    pub(super) fn submitted() -> Self {
        let mut world = Self::verifying();
        world.does("verifier", Move::Record).does("head", Move::Submit);
        world
    }

    pub(super) fn verifying() -> Self {
        let mut world = Self::new();
        world.does("analyst", Move::Assess).does("dispatcher", Move::Assign).does("head", Move::Sign);
        world.name_verifier("verifier").does("verifier", Move::Begin);
        world
    }

    pub(super) fn closed() -> Self {
        let mut world = Self::submitted();
        world.does("reviewer", Move::Pass).does("reviewer.police", Move::Pass);
        world
    }

    /// The same bodies folded at once.
    pub(super) fn folded(&self) -> CaseState {
        CaseState::fold(self.bodies.iter().map(|(recorded, body)| (recorded.clone(), body))).unwrap()
    }

    /// The units that hold a part or decide about one.
    pub(super) fn holders(&self) -> BTreeSet<nightsafe_schema::unit::UnitId> {
        self.state.access().holders
    }

    /// How far each part has come.
    pub(super) fn stages(&self) -> BTreeMap<Part, Stage> {
        self.state.progress.iter().map(|(part, progress)| (*part, progress.stage)).collect()
    }
}

/// A wish for the crime part with everything filled in that its move needs.
pub(super) fn wish(act: Move) -> Wish {
    use crate::workflow::{Channel, Disposal, Measure, Opinion, RewardAmount, VerificationResult};
    Wish {
        note: "按规定办理，依据见材料一".to_owned(),
        unit: "POLICE.990100".parse().ok(),
        into: "0000-0000-0001".parse().ok(),
        ground: Some("NA1".to_owned()),
        result: Some(VerificationResult::Substantiated),
        disposals: vec![Disposal::CriminalCase],
        channel: Some(Channel::Phone),
        opinion: Some(Opinion::Satisfied),
        month: "2026-03".parse().ok(),
        measures: vec![Measure::Secrecy],
        amount: Some(RewardAmount { band: "EVIL_FORCES".to_owned(), yuan: 20_000 }),
        ..Wish::new(Some(Part::Crime), act)
    }
}
