//! A site with the cases of a plan in it, asked through every page and every answer of the command line.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Router as Pages, body::Body as Bytes};
use data_encoding::{BASE64URL_NOPAD, HEXUPPER};
use nightsafe_casework::{
    account::{Account, Viewer},
    event::{AccountAdded, Body, PasswordHash, Via},
    role::Role,
    statistics::{Shape, TableKey},
};
use nightsafe_console::{
    Console, Reference,
    desk::{Act, DeskError, InboxFilter, Reason, SessionToken, Showing},
};
use nightsafe_runtime::{SystemClock, SystemRandomness, config::parse};
use nightsafe_schema::{
    case::CaseId,
    randomness::{NoRandomness, Randomness},
    unit::UnitId,
};
use serde_json::json;
use tower::ServiceExt as _;

use super::{
    Check,
    plan::{Oracle, Plan, Tree},
    planting,
};
use crate::{
    accounts::sessions::SessionKey,
    cases,
    config::{Config, EXAMPLE},
    control::{
        protocol::{Answer, RefusalCode, Request},
        server::{Peer, Reply},
        service::Service,
    },
    credentials,
    desk::{SiteDesk, login::Authenticated},
    indexed::SharedIndex,
    records::{Actor, NewEvent},
    serve::{Reopening, ingest::Ingest},
    site::Site,
};

/// A site with the cases of a plan in it, and whom each of them accuses.
pub(super) struct World {
    _folder: tempfile::TempDir,
    pub(super) site: Arc<Site>,
    desk: SiteDesk,
    pages: Pages,
    service: Service,
    cases: Vec<Planted>,
    oracle: Oracle,
    switched_off: Option<Check>,
}

/// A case, and what is known of it from how it was made.
struct Planted {
    case: CaseId,
    /// Stands in no other case.
    word: String,
    /// Those who see it have a conflict with it.
    conflict: bool,
}

impl World {
    /// Makes it; what `switched_off` would have found is left out.
    pub(super) fn of(plan: &Plan, switched_off: Option<Check>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let oracle = Oracle::new(Tree::shaped(&plan.shape));
        std::fs::write(folder.path().join("units.json"), oracle.tree.file()).unwrap();
        std::fs::write(folder.path().join("divisions.json"), DIVISIONS).unwrap();
        let text = EXAMPLE
            .replace("units = []", "units = [\"units.json\"]")
            .replace("divisions = []", "divisions = [\"divisions.json\"]");
        let config: Config = parse(&text, folder.path()).unwrap();
        for key in [&config.credentials.store_key, &config.credentials.ledger_key] {
            credentials::make_key(key, &SystemRandomness).unwrap();
        }
        let site = Arc::new(Site::found_at(config, Arc::new(SystemClock::start())).unwrap());
        let index = Arc::new(SharedIndex::open(&site).unwrap());
        let desk = SiteDesk::new(Arc::clone(&site), index);
        let (divisions, units) = ((*site.data.divisions).clone(), (*site.data.units).clone());
        let reference = Reference { catalog: site.data.catalog.clone(), divisions, units };
        let pages = Console::new(Arc::new(desk.clone()), Arc::new(reference), Arc::new(SystemRandomness)).router();
        let service = Service::new(desk.through(Via::CommandLine), Arc::new(Ingest::default()), Reopening::default());
        let mut world = Self { _folder: folder, site, desk, pages, service, cases: Vec::new(), oracle, switched_off };
        world.live_through(plan);
        world
    }

    /// Reports come, are merged, are added to, are parted again, and are given to whom they accuse.
    fn live_through(&mut self, plan: &Plan) {
        let accusable = self.oracle.tree.accusable();
        for (number, planned) in plan.reports.iter().enumerate() {
            let accused = planned.accused.get(&accusable).clone();
            let word = format!("针{number}号尖");
            let case = planting::report(&self.site, &self.oracle.tree, planned, &accused, &word, self.switched_off);
            self.oracle.report(accused);
            self.cases.push(Planted { case, word, conflict: planned.conflict });
        }
        let earlier = |number: usize| plan.reports[number].merged.as_ref().filter(|_| number > 0);
        for number in 0..plan.reports.len() {
            let Some(with) = earlier(number).map(|merged| merged.with.index(number)) else { continue };
            if self.merge(number, with) {
                self.oracle.merge(number, with);
            }
        }
        for (number, planned) in plan.reports.iter().enumerate() {
            let Some(accused) = planned.supplement.map(|index| index.get(&accusable).clone()) else { continue };
            let case = self.cases[number].case;
            planting::supplement(&self.site, &self.oracle.tree, case, &accused, self.switched_off);
            self.oracle.supplement(number, accused);
        }
        for (number, with) in
            self.oracle.merged().filter(|(number, _)| earlier(*number).is_some_and(|merged| merged.undone))
        {
            let (case, with) = (self.cases[number].case, self.cases[with].case);
            self.act(case, &Act::Unmerge { with, reason: reason() }).unwrap();
        }
        for (number, planted) in self.cases.iter().enumerate().filter(|(number, _)| plan.reports[*number].moved) {
            planting::moved(&self.site, planted.case, self.oracle.accused(number).last().unwrap());
        }
    }

    /// Merges two cases; whether that could be done.
    fn merge(&self, number: usize, with: usize) -> bool {
        let (case, with) = (self.cases[number].case, self.cases[with].case);
        if self.switched_off == Some(Check::Series) {
            planting::merged_without_more(&self.site, case, with);
            return true;
        }
        match self.act(case, &Act::Merge { with, reason: reason(), key: None }) {
            Ok(()) => true,
            // A sealed case is merged by nobody.
            Err(DeskError::NotFound | DeskError::Act(_)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn act(&self, case: CaseId, act: &Act) -> Result<(), DeskError> {
        let national = Account { name: "national".parse().unwrap(), role: Role::Analyst, unit: national() };
        self.desk.act_on(&Viewer::authenticated(national), case, act, None)
    }

    /// Everything that somebody is shown which they must not be, through every page and every answer.
    pub(super) async fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        let barred = |number| self.oracle.barred(number).clone();
        let mut asking: BTreeSet<UnitId> = (0..self.cases.len()).flat_map(barred).collect();
        asking.insert(national());
        for planted in self.cases.iter().filter(|planted| planted.conflict) {
            let state = cases::state(&self.site, &self.site.records.register(), planted.case).unwrap().unwrap();
            asking.extend(state.access().holders);
        }
        for (number, unit) in asking.iter().enumerate() {
            let role = [Role::Analyst, Role::Dispatcher, Role::Head, Role::Reviewer][number % 4];
            let (viewer, token, peer) = self.log_in(unit, role, number);
            let hidden: BTreeSet<CaseId> = self.hidden_from(&viewer).collect();
            for Planted { case, word, .. } in &self.cases {
                let hidden = hidden.contains(case);
                for (path, told) in self.pages_about(*case, word, &token).await {
                    leaks.extend((hidden && told).then(|| format!("{unit} {role} GET {path} tells of {case}")));
                }
                for (what, told) in self.of_many(*case, &token, peer).await {
                    leaks.extend((hidden && told).then(|| format!("{unit} {role} {what} tells of {case}")));
                }
                for (what, told) in self.answers_about(*case, word, peer) {
                    leaks.extend((hidden && told).then(|| format!("{unit} {role} {what} tells of {case}")));
                }
            }
            leaks.extend(self.miscounts(unit, &hidden, &token, peer).await);
            leaks.extend(self.miscounted_statistics(&viewer, &hidden, peer));
        }
        leaks
    }

    /// The cases that a viewer must hear nothing of, once the viewer has said which conflicts there are.
    fn hidden_from<'a>(&'a self, viewer: &'a Viewer) -> impl Iterator<Item = CaseId> + 'a {
        let hidden = |(number, planted): &(usize, &Planted)| {
            let conflict = planted.conflict
                && (self.switched_off == Some(Check::Conflict)
                    || self
                        .desk
                        .act_on(viewer, planted.case, &Act::Recuse { account: None, reason: reason() }, None)
                        .is_ok());
            conflict || self.oracle.barred(*number).contains(viewer.unit())
        };
        self.cases.iter().enumerate().filter(hidden).map(|(_, planted)| planted.case)
    }

    /// An account of the unit, logged in at both doors.
    fn log_in(&self, unit: &UnitId, role: Role, number: usize) -> (Viewer, String, Peer) {
        let account = Account { name: format!("a{number}").parse().unwrap(), role, unit: unit.clone() };
        let added = AccountAdded {
            name: account.name.clone(),
            role,
            unit: unit.clone(),
            password: PasswordHash(String::new()),
        };
        self.site
            .records
            .append(&Actor::init(), &*self.site.clock, vec![NewEvent::of_site(Body::from(added))])
            .unwrap();
        let viewer = Viewer::authenticated(account);
        let secret = [u8::try_from(number % 250).unwrap() + 1; 32];
        let token = SessionToken::random(&Fixed(secret)).unwrap();
        let peer = Peer { user: u32::try_from(number).unwrap() + 10_000 };
        for key in [token.digest().into(), SessionKey::User(peer.user)] {
            let authenticated = Authenticated { viewer: viewer.clone(), totp_step: None };
            self.desk.open_session(authenticated, key).unwrap();
        }
        (viewer, BASE64URL_NOPAD.encode(&secret), peer)
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
            "/stats?period=2026".to_owned(),
            "/stats/csv?period=2026".to_owned(),
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
            Request::Stats { period: Some("2026".to_owned()), csv: false },
            Request::Sealed { case: None },
            Request::Sealed { case: Some(number.clone()) },
            Request::Act { case: number.clone(), act: "transfer".to_owned(), fields, edition: None },
        ];
        let told = |request: Request| {
            let what = format!("{request:?}");
            let told = match self.service.answer(peer, request, &mut std::io::empty()) {
                Reply::Answer(Answer::Done(value)) => value.to_string().contains(&number),
                // What is wrong with an act is said of cases that are seen; the others do not exist.
                Reply::Answer(Answer::Refused(refusal)) => refusal.code == RefusalCode::Invalid,
                Reply::Answer(Answer::Bytes { .. }) | Reply::Bytes { .. } => true,
            };
            (what, told)
        };
        asked.into_iter().map(told).collect()
    }

    /// Whether a case among several that are chosen is told from one that does not exist.
    async fn of_many(&self, case: CaseId, token: &str, peer: Peer) -> Vec<(String, bool)> {
        let absent = "0000-0000-0001";
        let mut told = Vec::new();
        for act in ["star", "note", "escalate", "forward"] {
            let page = async |number: &str| {
                let body = self.get(&format!("/q/many?act={act}&c_{number}=on"), token).await;
                // The key of the form is drawn for each page.
                let (before, after) = body.split_once("name=\"key\" value=\"").unwrap_or((&body, ""));
                format!("{before}{}", after.get(32..).unwrap_or_default()).replace(number, absent)
            };
            told.push((format!("GET /q/many?act={act}"), page(&case.to_string()).await != page(absent).await));
        }
        let answer = |number: &str| {
            let fields = [("reason".to_owned(), "同一件事，一起办".to_owned())].into();
            let (cases, act) = (vec![number.to_owned()], "escalate".to_owned());
            match self.service.answer(peer, Request::ActOnMany { cases, act, fields, key: None }, &mut std::io::empty())
            {
                Reply::Answer(Answer::Done(value)) => value.to_string().replace(number, absent),
                Reply::Answer(Answer::Refused(refusal)) => refusal.en,
                _ => panic!("not an answer of many"),
            }
        };
        told.push(("ActOnMany".to_owned(), answer(&case.to_string()) != answer(absent)));
        told
    }

    /// Counts that say more than the rows do.
    async fn miscounts(&self, unit: &UnitId, hidden: &BTreeSet<CaseId>, token: &str, peer: Peer) -> Vec<String> {
        let mut wrong = Vec::new();
        let seen = self.cases.len() - hidden.len();
        let page = self.get("/q", token).await;
        let rows = self.cases.iter().filter(|planted| page.contains(&format!("href=\"/c/{}", planted.case))).count();
        // The pager says `1–3 / 3`, or `0 / 0`.
        let told = page.split("role=\"status\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default();
        let counted: usize = told.rsplit('/').next().unwrap_or_default().trim().parse().unwrap_or(usize::MAX);
        if counted != rows || rows > seen {
            wrong.push(format!("{unit} is told of {told} cases and shown {rows}"));
        }
        if let Reply::Answer(Answer::Done(found)) =
            self.service.answer(peer, Request::Search { text: "针".to_owned(), skip: 0 }, &mut std::io::empty())
        {
            let rows = found["rows"].as_array().map_or(0, Vec::len);
            if found["total"] != rows || rows > seen {
                wrong.push(format!("{unit} is told of {} hits and shown {rows}", found["total"]));
            }
        }
        wrong
    }
}

impl World {
    /// Statistics that count another number of cases than may be seen, before anything is kept back; and answers that say
    /// another number than was counted.
    fn miscounted_statistics(&self, viewer: &Viewer, hidden: &BTreeSet<CaseId>, peer: Peer) -> Vec<String> {
        let unit = viewer.unit();
        let tally = self.desk.tally_of(viewer, "2026".parse().unwrap()).unwrap();
        let mut wrong = Vec::new();
        let sums = |key: TableKey| {
            let table = tally.tables().find(|table| table.key == key).unwrap();
            table.rows.values().flatten().sum::<u64>()
        };
        let all = InboxFilter { showing: Showing::All, ..InboxFilter::default() };
        let listed = self.desk.list_inbox(viewer, &all).unwrap().page.total;
        let seen = (self.cases.len() - hidden.len()) as u64;
        for key in TableKey::ALL.into_iter().filter(|key| !key.is_of_units() && key.shape() == Shape::Partition) {
            let counted = sums(key);
            if counted != listed || counted > seen {
                wrong.push(format!("{unit} statistics {key:?} count {counted} of {listed} listed, {seen} seen"));
            }
        }
        let asked = Request::Stats { period: Some("2026".to_owned()), csv: false };
        let Reply::Answer(Answer::Done(answer)) = self.service.answer(peer, asked, &mut std::io::empty()) else {
            return wrong;
        };
        let expected = match listed {
            1..5 => json!("<5"),
            count => json!(count),
        };
        let flows = answer["tables"].as_array().unwrap().iter().find(|table| table["key"] == "flow").unwrap();
        if flows["sum"]["total"] != expected {
            wrong.push(format!("{unit} statistics say {} of {listed}", flows["sum"]["total"]));
        }
        wrong
    }
}

fn national() -> UnitId {
    "OFFICE.000000".parse().unwrap()
}

fn reason() -> Reason {
    "同一件事".parse().unwrap()
}

struct Fixed([u8; 32]);

impl Randomness for Fixed {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

const DIVISIONS: &str = include_str!("../../../../tests/data/samples/fictional_divisions.json");
