//! Nobody is ever shown, told or counted a case that accuses their unit or one above it (promise 8): asked of every page and of
//! every answer of the command line, over random trees of units, reports and transfers.
//!
//! What must hold is reckoned here from what was planted in the reports and from the tree, climbing by hand; nothing of the
//! rules is asked. Transfers to accused units are written into the ledger behind the desk's back, as if the check there had
//! failed. That the check has teeth is shown by leaving out what each rule found, one rule after another.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Router as Pages, body::Body as Bytes};
use data_encoding::{BASE64URL_NOPAD, HEXUPPER};
use jiff::Timestamp;
use nightsafe_casework::{
    account::{Account, Viewer},
    event::{Body, EntryPosition, IdentityPart, ReceivedIntake, ReportReceived, TaskMoved, UnlockedItem, Via},
    role::Role,
    routing::Part,
    triage::triage,
};
use nightsafe_console::{Console, Reference, desk::SessionToken};
use nightsafe_runtime::{SystemClock, SystemRandomness, config::parse};
use nightsafe_schema::{
    case::CaseId,
    catalog::Strictness,
    digest::Digest,
    intake::Channel,
    item::ItemId,
    journal::StreamId,
    randomness::{NoRandomness, Randomness},
    report::Report,
    unit::UnitId,
};
use proptest::{
    prelude::*,
    sample::{Index, select},
    strategy::ValueTree as _,
    test_runner::{Config as Runs, TestRunner},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::SiteDesk;
use crate::{
    accounts::sessions::SessionKey,
    config::{Config, EXAMPLE},
    control::{
        protocol::{Answer, RefusalCode, Request},
        server::{Peer, Reply},
        service::Service,
    },
    credentials,
    indexed::SharedIndex,
    records::{Actor, NewEvent},
    serve::{Reopening, ingest::Ingest},
    site::Site,
};

/// A tree of units over the fictional provinces, and reports about them.
#[derive(Debug, Clone)]
struct Plan {
    /// Counties under their province instead of their prefecture, and stations that are added.
    shape: Vec<(Index, bool)>,
    reports: Vec<Planned>,
}

/// A report, whom it accuses and how, and what happens to it behind the desk's back.
#[derive(Debug, Clone)]
struct Planned {
    place: &'static str,
    accused: Index,
    how: How,
    urgent: bool,
    moved: bool,
}

/// In which of its fields a report accuses a unit, and the rule that must find it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Umbrella,
    Subject,
    Disputed,
    Text,
}

impl How {
    const ALL: [Self; 4] = [Self::Umbrella, Self::Subject, Self::Disputed, Self::Text];

    const fn rule(self) -> &'static str {
        match self {
            Self::Umbrella | Self::Subject => "F_ACCUSED",
            Self::Disputed => "F_DISPUTED",
            Self::Text => "F_SUSPECTED",
        }
    }
}

fn plans() -> impl Strategy<Value = Plan> {
    let report = (
        select(vec!["990121", "990102", "990201", "980101", ""]),
        any::<Index>(),
        select(&How::ALL[..]),
        any::<bool>(),
        proptest::bool::weighted(0.7),
    );
    let report = report.prop_map(|(place, accused, how, urgent, moved)| Planned { place, accused, how, urgent, moved });
    (proptest::collection::vec((any::<Index>(), any::<bool>()), 0..6), proptest::collection::vec(report, 1..6))
        .prop_map(|(shape, reports)| Plan { shape, reports })
}

/// A site with the cases of a plan in it, and whom each of them accuses.
struct World {
    _folder: tempfile::TempDir,
    site: Arc<Site>,
    desk: SiteDesk,
    pages: Pages,
    service: Service,
    /// Case number, a word that stands in no other case, and the units that must hear nothing of it.
    cases: Vec<(CaseId, String, BTreeSet<UnitId>)>,
}

impl World {
    /// Makes it; what `switched_off` found is left out of the decisions.
    fn of(plan: &Plan, switched_off: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let units = shaped(&plan.shape);
        std::fs::write(folder.path().join("units.json"), json!({ "units": units }).to_string()).unwrap();
        std::fs::write(folder.path().join("divisions.json"), DIVISIONS).unwrap();
        let text = EXAMPLE
            .replace("units = []", "units = [\"units.json\"]")
            .replace("divisions = []", "divisions = [\"divisions.json\"]");
        let config: Config = parse(&text, folder.path()).unwrap();
        for key in [&config.credentials.store_key, &config.credentials.ledger_key] {
            credentials::make_key(key, &SystemRandomness).unwrap();
        }
        let site = Arc::new(Site::found_at(config, Arc::new(SystemClock::start())).unwrap());
        let accusable = accusable(&site);
        let mut cases = Vec::new();
        for (number, planned) in plan.reports.iter().enumerate() {
            let accused = planned.accused.get(&accusable).clone();
            let word = format!("针{number}号尖");
            let case = record(&site, planned, &accused, &word, switched_off);
            cases.push((case, word, barred(&site, &accused)));
        }
        let index = Arc::new(SharedIndex::open(&site).unwrap());
        let desk = SiteDesk::new(Arc::clone(&site), index);
        let (divisions, units) = ((*site.data.divisions).clone(), (*site.data.units).clone());
        let reference = Reference { catalog: site.data.catalog.clone(), divisions, units };
        let pages = Console::new(Arc::new(desk.clone()), Arc::new(reference), Arc::new(SystemRandomness)).router();
        let service = Service::new(desk.through(Via::CommandLine), Arc::new(Ingest::default()), Reopening::default());
        Self { _folder: folder, site, desk, pages, service, cases }
    }

    /// Everything that a unit is shown which it must not be, through every page and every answer.
    async fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        let mut asking: BTreeSet<&UnitId> = self.cases.iter().flat_map(|(.., barred)| barred).collect();
        let national = "OFFICE.000000".parse().unwrap();
        asking.insert(&national);
        for (number, unit) in asking.into_iter().enumerate() {
            let role = [Role::Analyst, Role::Dispatcher, Role::Head, Role::Reviewer][number % 4];
            let (token, peer) = self.log_in(unit, role, number);
            for (case, word, barred) in &self.cases {
                let hidden = barred.contains(unit);
                for (path, told) in self.pages_about(*case, word, &token).await {
                    leaks.extend((hidden && told).then(|| format!("{unit} {role} GET {path} tells of {case}")));
                }
                for (what, told) in self.answers_about(*case, word, peer) {
                    leaks.extend((hidden && told).then(|| format!("{unit} {role} {what} tells of {case}")));
                }
            }
            leaks.extend(self.miscounts(unit, &token, peer).await);
        }
        leaks
    }

    /// An account of the unit, logged in at both doors.
    fn log_in(&self, unit: &UnitId, role: Role, number: usize) -> (String, Peer) {
        let account = Account { name: format!("a{number}").parse().unwrap(), role, unit: unit.clone() };
        let added = nightsafe_casework::event::AccountAdded {
            name: account.name.clone(),
            role,
            unit: unit.clone(),
            password: nightsafe_casework::event::PasswordHash(String::new()),
        };
        self.site
            .records
            .append(&Actor::init(), &*self.site.clock, vec![NewEvent::of_site(Body::from(added))])
            .unwrap();
        let viewer = Viewer::authenticated(account);
        let secret = [u8::try_from(number % 250).unwrap() + 1; 32];
        let token = SessionToken::random(&Fixed(secret)).unwrap();
        let peer = Peer { user: u32::try_from(number).unwrap() + 10_000 };
        self.desk.open_session(&viewer, token.digest().into()).unwrap();
        self.desk.open_session(&viewer, SessionKey::User(peer.user)).unwrap();
        (BASE64URL_NOPAD.encode(&secret), peer)
    }

    async fn get(&self, path: &str, token: &str) -> String {
        let request = http::Request::builder()
            .uri(path)
            .header("host", "localhost")
            .header("cookie", format!("__Host-nightsafe={token}"))
            .body(Bytes::empty())
            .unwrap();
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// Each page that could tell of a case, and whether it does.
    async fn pages_about(&self, case: CaseId, word: &str, token: &str) -> Vec<(String, bool)> {
        let hex = HEXUPPER.encode(word.as_bytes());
        let bytes = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        let escaped: String = bytes.flat_map(|pair| ["%", pair]).collect();
        let paths = [
            "/q".to_owned(),
            "/q?list=alarm".to_owned(),
            "/q?list=missing".to_owned(),
            "/search?q=%E9%92%88".to_owned(),
            format!("/search?q={escaped}"),
            format!("/search?q=case%3A{case}"),
            format!("/c/{case}"),
            format!("/sealed/{case}"),
            "/sealed".to_owned(),
            "/custody".to_owned(),
        ];
        let mut told = Vec::new();
        for path in paths {
            let body = self.get(&path, token).await;
            // What was typed stands in the search box again; the number in a link is an answer.
            let names_it = body.contains(&format!("/c/{case}")) || (body.contains(word) && !path.contains("search"));
            told.push((path, names_it));
        }
        told
    }

    /// Each answer of the command line that could tell of a case, and whether it does.
    fn answers_about(&self, case: CaseId, word: &str, peer: Peer) -> Vec<(String, bool)> {
        let number = case.to_string();
        let search = |text: &str| Request::Search { text: text.to_owned(), skip: 0 };
        let fields = [("part", "crime"), ("unit", "POLICE.nowhere"), ("reason", "指定管辖")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let asked = [
            search(word),
            search("针"),
            search(&format!("case:{number}")),
            Request::Show { case: number.clone(), identity: None },
            Request::Show { case: number.clone(), identity: Some("核对举报人身份".to_owned()) },
            Request::Alarms { after: None },
            Request::Custody { skip: 0 },
            Request::Sealed { case: None },
            Request::Sealed { case: Some(number.clone()) },
            Request::Act { case: number.clone(), act: "transfer".to_owned(), fields },
        ];
        let told = |request: Request| {
            let what = format!("{request:?}");
            let told = match self.service.answer(peer, request) {
                Reply::Answer(Answer::Done(value)) => value.to_string().contains(&number),
                // What is wrong with an act is said of cases that are seen; the others do not exist.
                Reply::Answer(Answer::Refused(refusal)) => refusal.code == RefusalCode::Invalid,
                Reply::Answer(Answer::Bytes { .. }) | Reply::Bytes { .. } => true,
            };
            (what, told)
        };
        asked.into_iter().map(told).collect()
    }

    /// Counts that say more than the rows do.
    async fn miscounts(&self, unit: &UnitId, token: &str, peer: Peer) -> Vec<String> {
        let mut wrong = Vec::new();
        let seen: BTreeSet<&CaseId> =
            self.cases.iter().filter(|(.., barred)| !barred.contains(unit)).map(|(case, ..)| case).collect();
        let page = self.get("/q", token).await;
        let rows = self.cases.iter().filter(|(case, ..)| page.contains(&format!("href=\"/c/{case}\""))).count();
        // The pager says `1–3 / 3`, or `0 / 0`.
        let told = page.split("role=\"status\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
        let counted: usize = told.rsplit('/').next().unwrap_or_default().trim().parse().unwrap_or(usize::MAX);
        if counted != rows || rows > seen.len() {
            wrong.push(format!("{unit} is told of {told} cases and shown {rows}"));
        }
        if let Reply::Answer(Answer::Done(found)) =
            self.service.answer(peer, Request::Search { text: "针".to_owned(), skip: 0 })
        {
            let rows = found["rows"].as_array().map_or(0, Vec::len);
            if found["total"] != rows || rows > seen.len() {
                wrong.push(format!("{unit} is told of {} hits and shown {rows}", found["total"]));
            }
        }
        wrong
    }
}

/// The fictional units with some counties right under their province, and some with a station more.
fn shaped(shape: &[(Index, bool)]) -> Vec<Value> {
    let mut units: Vec<Value> = serde_json::from_str::<Value>(UNITS).unwrap()["units"].as_array().unwrap().clone();
    let counties: Vec<usize> = (0..units.len()).filter(|place| units[*place]["level"] == "COUNTY").collect();
    for (number, (which, station)) in shape.iter().enumerate() {
        let place = *which.get(&counties);
        let county = units[place].clone();
        if *station {
            let id = format!("{}.s{number}", county["id"].as_str().unwrap());
            let name = format!("{}第{number}站派出所", county["name"].as_str().unwrap());
            units.push(json!({"id": id, "name": name, "system": county["system"], "level": "STATION",
                "division": null, "parent": county["id"], "organ": county["id"]}));
        } else {
            let above = units.iter().find(|unit| unit["id"] == county["parent"]).unwrap()["parent"].clone();
            if !above.is_null() {
                units[place]["parent"] = above;
            }
        }
    }
    units
}

/// Local units that reports accuse.
fn accusable(site: &Site) -> Vec<UnitId> {
    let units = site.data.units.units();
    let local = units.filter(|unit| {
        let id = unit.id.as_str();
        (id.contains(".99") || id.contains(".98"))
            && ["POLICE", "COURT", "PROC", "DISC"].contains(&unit.system.as_str())
    });
    local.map(|unit| unit.id.clone()).collect()
}

/// The accused unit, the organ it counts as, and everything below either: climbing from each unit by hand.
fn barred(site: &Site, accused: &UnitId) -> BTreeSet<UnitId> {
    let unit = |id: &UnitId| site.data.units.unit(id).unwrap();
    let organ = unit(accused).organ.clone().unwrap_or_else(|| accused.clone());
    let is_barred = |start: &UnitId| {
        let mut next = Some(start.clone());
        while let Some(id) = next {
            if id == *accused || id == organ {
                return true;
            }
            next = unit(&id).parent.clone().or_else(|| unit(&id).organ.clone());
        }
        false
    };
    site.data.units.units().map(|unit| unit.id.clone()).filter(|id| is_barred(id)).collect()
}

/// Records a planned report as the receipt does, and afterwards what happens behind the desk's back.
fn record(site: &Site, planned: &Planned, accused: &UnitId, word: &str, switched_off: Option<&str>) -> CaseId {
    let document = document(site, planned, accused, word);
    let checked = site.data.catalog.check(&document, Strictness::Soft).unwrap();
    let report = Report::try_from(checked).unwrap();
    let found = triage(&report, &[], &site.data.catalog);
    let router = site.data.router(Site::day_of(Timestamp::UNIX_EPOCH)).unwrap();
    let mut decision = router.route(&report, &found);
    if switched_off == Some(planned.how.rule()) {
        decision.forbidden.clear();
    }
    let case = CaseId::random(&SystemRandomness).unwrap();
    let sealed = UnlockedItem {
        item: ItemId::random(&SystemRandomness).unwrap(),
        entry: EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: 1 },
        size: 1,
        sha256: Digest::ZERO,
        header: String::new(),
        file_key: 0,
    };
    let intake = ReceivedIntake {
        submission_id: nightsafe_schema::submission::SubmissionId::random(&SystemRandomness).unwrap(),
        accepted_hour: "2026-11-22T05:00:00Z".parse().unwrap(),
        gateway: "gateway-1".to_owned(),
        channel: Channel::Web,
        catalog: "test".to_owned(),
    };
    let body = report.without_identity();
    let received =
        ReportReceived { sealed, intake, report: body, attachments: vec![], content: Digest::ZERO, marks: vec![] };
    let identity = IdentityPart { clue_number: "000000000000000000000098".parse().unwrap(), reporter: Value::Null };
    let part = decision.tasks.first().map(|task| (task.part, task.unit.clone()));
    let mut events = vec![
        NewEvent::opening(case, received, identity),
        NewEvent::of_case(case, found),
        NewEvent::of_case(case, decision),
    ];
    let moved = |(part, from): (Part, UnitId)| TaskMoved {
        via: Via::Console,
        part,
        from,
        to: accused.clone(),
        by: "somebody".parse().unwrap(),
        reason: "绕过了检查".to_owned(),
        units: String::new(),
    };
    events.extend(part.filter(|_| planned.moved).map(|part| NewEvent::of_case(case, moved(part))));
    site.records.append(&Actor::daemon(), &*site.clock, events).unwrap();
    case
}

fn document(site: &Site, planned: &Planned, accused: &UnitId, word: &str) -> Value {
    let unit = site.data.units.unit(accused).unwrap();
    let name = &unit.name;
    let system = if unit.system == *"DISC" { "OTHER_GOV" } else { unit.system.as_str() };
    let subject = if planned.how == How::Subject && system != "OTHER_GOV" {
        json!({"sid": "S1", "kind": "organisation", "name": name, "org_name": name, "system": system, "role": "UNIT"})
    } else {
        json!({"sid": "S1", "kind": "individual", "name": "某人"})
    };
    let officers = planned.how == How::Subject && system != "OTHER_GOV";
    let says = if planned.how == How::Text || (planned.how == How::Subject && !officers) {
        format!("，{name}领导收了钱")
    } else {
        String::new()
    };
    let mut report = json!({
        "schema": "report/1",
        "flow": if officers { "OFFICER_MISCONDUCT" } else { "GANG_CRIME" },
        "notice_ack": {"notice_version": "N-2026-1", "accepted": true},
        "reporter": {"kind": "undisclosed"},
        "subjects": [subject],
        "facts": {
            "categories": [if officers { "PD05" } else { "GC06" }],
            "title": format!("{word}收钱"),
            "narrative": format!("每月都有人来收钱，{word}{says}，大家都不敢说。"),
            "place": {"code": planned.place, "detail": "集市"},
        },
        "evidence": {},
        "declaration": {"truthful": true},
    });
    if !officers {
        report["facts"]["imminent_danger"] = json!(planned.urgent);
        report["notice_ack"]["rules_version"] = json!("R-2026-1");
    }
    match planned.how {
        How::Umbrella => {
            let person = json!({"name": "某", "org_name": name, "system": system, "post": "工作人员", "rank": "STAFF"});
            report["umbrella"] = json!({"known": "YES", "persons": [person], "acts": ["UM3"]});
        }
        How::Disputed => {
            report["prior_reports"] = json!([{"receiving_unit": name, "channel": "LETTER", "result": "NOT_SUBSTANTIATED", "satisfied": "NO"}]);
        }
        How::Subject | How::Text => {}
    }
    report
}

struct Fixed([u8; 32]);

impl Randomness for Fixed {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

fn leaks_of(plan: &Plan, switched_off: Option<&str>) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(World::of(plan, switched_off).leaks())
}

fn runs() -> Runs {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(RUNS);
    Runs { cases: cases.min(MOST_RUNS), max_shrink_iters: 30, failure_persistence: None, ..Runs::default() }
}

#[test]
fn nobody_is_told_of_a_case_that_accuses_their_unit_or_one_above_it() {
    let told = TestRunner::new(runs()).run(&plans(), |plan| {
        let leaks = leaks_of(&plan, None);
        prop_assert!(leaks.is_empty(), "{leaks:#?}");
        Ok(())
    });
    told.unwrap();
}

/// The check above must fail as soon as one rule finds nothing.
#[test]
fn with_any_one_rule_switched_off_somebody_is_told() {
    let rules: BTreeSet<&str> = How::ALL.into_iter().map(How::rule).collect();
    for rule in rules {
        let how = How::ALL.into_iter().find(|how| how.rule() == rule).unwrap();
        let planned = Planned { place: "990121", accused: index_of("POLICE.990121"), how, urgent: true, moved: true };
        let plan = Plan { shape: vec![], reports: vec![planned] };
        assert!(leaks_of(&plan, None).is_empty(), "{rule}: with the rule nobody is told");
        let leaks = leaks_of(&plan, Some(rule));
        for door in ["GET /q", "GET /search", "GET /c/", "Search", "Show", "Alarms"] {
            assert!(leaks.iter().any(|leak| leak.contains(door)), "{rule}: nothing at {door}: {leaks:#?}");
        }
    }
}

/// The index by which a plan names a unit.
fn index_of(unit: &str) -> Index {
    let all: Vec<String> = {
        let plan = Plan { shape: vec![], reports: vec![] };
        let world = World::of(&plan, None);
        accusable(&world.site).iter().map(ToString::to_string).collect()
    };
    let wanted = all.iter().position(|id| id == unit).unwrap();
    let mut runner = TestRunner::deterministic();
    loop {
        let index = any::<Index>().new_tree(&mut runner).unwrap().current();
        if index.index(all.len()) == wanted {
            return index;
        }
    }
}

const UNITS: &str = include_str!("../../../tests/data/samples/units.json");
const DIVISIONS: &str = include_str!("../../../tests/data/samples/fictional_divisions.json");
/// Plans in an ordinary run; each is a site of its own with some hundreds of requests.
const RUNS: u32 = 12;
const MOST_RUNS: u32 = 200;
