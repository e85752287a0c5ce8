//! A desk of one case and a handful of accounts. It authorises by role, as any desk must, and remembers what was asked.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use nightsafe_casework::{
    account::{Account, AccountName, Viewer},
    attachment,
    case::{CaseState, CaseSummary, Columns, Recorded},
    event::{
        AttachmentClaimed, Body, EntryPosition, ReceivedIntake, ReportReceived, UnlockedItem, VerifierAssigned, Via,
    },
    linking::LinkKind,
    role::{Permission, Role},
    routing::{Part, Router, Tables},
    safe_copy::{CopyKind, OriginalRequest},
    statistics::{Facts, Period, Scope, Statistics, Tally},
    triage::triage,
    workflow::{CallbackCandidate, Month, Move, Opinion, SampleSize, Stage, Undertaking, due},
};
use nightsafe_console::{
    Reference,
    desk::{
        AccountOrder, AccountProblem, AccountRow, Act, ActProblem, AuditQuery, AuditRow, CallList, CallbackAct,
        CallbackCheck, CallbackDetail, CallbackMonth, CallbackProblem, CallbackProof, CallbackRow, CaseDetail, Common,
        Comparison, CopyState, Credentials, Desk, DeskError, Fates, Happening, Hit, Inbox, InboxFilter, Line, LinkRow,
        LookRow, MailImport, Many, Media, MediaRow, NewAccount, NewUndertaking, Notices, OwnAccount, OwnChange,
        OwnChanged, OwnSession, Page, Reason, Registration, RegistrationProblem, RegistrationReceipt, SealedRow,
        SearchQuery, Session, SessionToken, Shown, Snippet, UndertakingProblem,
    },
};
use nightsafe_index::Facet;
use nightsafe_schema::{
    case::CaseId,
    catalog::{Catalog, Strictness},
    digest::Digest,
    division::Divisions,
    intake::{Channel, IntakeAttachment},
    item::ItemId,
    journal::StreamId,
    randomness::{NoRandomness, Randomness},
    report::Report,
    routing_table::RoutingTable,
    unit::UnitRegistry,
};
use serde_json::{Value, json};

/// The one case that there is.
pub(crate) const CASE: &str = "7K2M-9QXW-3T5A";
/// A case number that no case has.
pub(crate) const NO_CASE: &str = "0000-0000-0001";
/// The number of a case that resembles the one.
pub(crate) const OTHER: &str = "0000-0000-0002";

pub(crate) struct FakeDesk {
    state: CaseState,
    identity: Value,
    sessions: Mutex<BTreeMap<Digest, Viewer>>,
    asked: Mutex<Vec<String>>,
    /// There is an alarm that nobody has acknowledged.
    pub(crate) alarmed: bool,
    /// How far the copy of the first attachment has come.
    pub(crate) copy: CopyState,
    /// The type of that copy.
    pub(crate) media_type: &'static str,
    /// Keys act on the pages.
    pub(crate) shortcuts: bool,
    /// What lists show of each case.
    pub(crate) columns: Mutex<Columns>,
    /// A second case that resembles the first.
    pub(crate) other: Option<CaseState>,
    /// The case is sealed: nobody opens it but by the list of the two.
    pub(crate) sealed: bool,
    /// What every question about cases is answered with, if anything but an answer.
    pub(crate) fault: Option<fn() -> DeskError>,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sample(name: &str) -> String {
    fs::read_to_string(root().join("tests/data/samples").join(name)).unwrap()
}

pub(crate) fn reference() -> Reference {
    reference_with(Catalog::embedded().unwrap())
}

pub(crate) fn reference_with(catalog: Catalog) -> Reference {
    Reference {
        catalog,
        divisions: Divisions::with_files([sample("fictional_divisions.json").as_str()]).unwrap(),
        units: UnitRegistry::with_files([sample("units.json").as_str()]).unwrap(),
    }
}

pub(crate) fn sample_report(name: &str) -> Value {
    serde_json::from_str::<Value>(&sample(name)).unwrap()["report"].take()
}

impl FakeDesk {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::with(&sample_report("01_gang_village_bully_umbrella.json"), &reference()))
    }

    pub(crate) fn with(document: &Value, reference: &Reference) -> Self {
        let Reference { catalog, divisions, units } = reference;
        let report = Report::try_from(catalog.check(document, Strictness::Soft).unwrap()).unwrap();
        let supplied = supplied(document);
        let attachments = attachment::matched(report.document(), &supplied);
        let triage = triage(&report, &attachments, catalog);
        let table = RoutingTable::embedded().unwrap();
        let router = Router::new(Tables { table: &table, units, divisions, catalog }).unwrap();
        let decision = router.route(&report, &triage);
        let received = ReportReceived {
            sealed: unlocked(item(0), 1),
            intake: ReceivedIntake {
                submission_id: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
                accepted_hour: "2026-11-22T05:00:00Z".parse().unwrap(),
                gateway: "gateway-1".to_owned(),
                channel: Channel::Web,
                catalog: "2026-11-1".to_owned(),
                registered: None,
            },
            report: report.without_identity(),
            attachments,
            content: Digest::ZERO,
            marks: Vec::new(),
        };
        let mut events = vec![Body::from(received), Body::from(triage), Body::from(decision)];
        if let Some(first) = supplied.first() {
            events.push(Body::from(AttachmentClaimed { sealed: unlocked(first.item, 2) }));
        }
        let recorded = (1..).map(|seq| Recorded { seq, version: seq, at: "2026-11-22T06:07:08Z".parse().unwrap() });
        let identity = json!({"clue_number": "000000000000000000000098", "reporter": report.identity()["reporter"]});
        Self {
            state: CaseState::fold(recorded.zip(&events)).unwrap(),
            identity,
            sessions: Mutex::default(),
            asked: Mutex::default(),
            alarmed: false,
            copy: CopyState::Made { parts: 3 },
            media_type: "image/png",
            shortcuts: true,
            columns: Mutex::default(),
            other: None,
            sealed: false,
            fault: None,
        }
    }

    /// The same desk with a second case, which resembles the first.
    pub(crate) fn beside(self, document: &Value) -> Self {
        let other = Self::with(document, &reference()).state;
        Self { other: Some(other), ..self }
    }

    /// What was asked, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn note(&self, viewer: &Viewer, permission: Permission, question: String) -> Result<(), DeskError> {
        self.asked.lock().unwrap().push(question);
        if let Some(fault) = self.fault {
            return Err(fault());
        }
        if viewer.may(permission) { Ok(()) } else { Err(DeskError::NotAllowed) }
    }

    fn note_callback(&self, viewer: &Viewer, question: String) -> Result<(), DeskError> {
        let permission = if viewer.may(Permission::CallBack) { Permission::CallBack } else { Permission::ReadAudit };
        self.note(viewer, permission, question)
    }

    fn summary(&self) -> CaseSummary {
        self.state.summary(CASE.parse().unwrap())
    }

    /// The first attachment has a copy, and somebody asked for its original.
    fn with_media(&self, mut detail: CaseDetail) -> CaseDetail {
        let request = OriginalRequest {
            by: "verifier".parse().unwrap(),
            at: "2026-11-22T06:07:08Z".parse().unwrap(),
            reason: "<i>核对\u{202e}原件</i>".to_owned(),
            granted: None,
        };
        let copy = (CopyKind::Pages, self.copy);
        detail.media.insert(item(1), MediaRow { copy: Some(copy), original: Some(request) });
        detail
    }

    fn custodian(&self, viewer: &Viewer) -> Result<(), DeskError> {
        if self.notices(viewer)?.is_custodian { Ok(()) } else { Err(DeskError::NotFound) }
    }

    /// A case that resembles the first.
    fn link(&self, to: &str) -> LinkRow {
        let summary = self.summary();
        LinkRow {
            to: to.parse().unwrap(),
            kind: LinkKind::Series,
            reasons: Vec::new(),
            merged: false,
            protected: false,
            title: summary.title,
            received_hour: summary.received_hour,
        }
    }

    fn own(case: CaseId) -> Result<(), DeskError> {
        if case.to_string() == CASE { Ok(()) } else { Err(DeskError::NotFound) }
    }
}

fn callback_month() -> CallbackMonth {
    CallbackMonth {
        month: "2026-11".parse().unwrap(),
        commitment: Digest::ZERO,
        committed_at: "2026-10-22T06:07:08Z".parse().unwrap(),
        size: SampleSize { least: 20, percent: 5 },
        drawn_at: "2026-12-01T00:07:08Z".parse().ok(),
        approved: "second".parse().ok(),
    }
}

/// The account names are the role codes.
pub(crate) fn account(role: Role) -> Account {
    let unit = if role.is_office() || role == Role::Dispatcher { "OFFICE.000000" } else { "DISC.990100" };
    Account { name: role.code().parse().unwrap(), role, unit: unit.parse().unwrap() }
}

fn row(role: Role) -> AccountRow {
    let Account { name, role, unit } = account(role);
    let undertaking = (role == Role::Verifier).then(|| Undertaking {
        signed_on: "2026-03-01".parse().unwrap(),
        valid_to: "2027-02-28".parse().unwrap(),
        document: Digest::ZERO,
    });
    AccountRow {
        name,
        role,
        unit,
        added_at: "2026-11-20T01:00:00Z".parse().unwrap(),
        closed: false,
        has_totp: role == Role::Analyst,
        sessions: 1,
        undertaking,
    }
}

fn supplied(document: &Value) -> Vec<IntakeAttachment> {
    let declared = document.pointer("/evidence/attachments").and_then(Value::as_array).cloned().unwrap_or_default();
    let file = |(number, entry): (usize, &Value)| IntakeAttachment {
        item: item(u8::try_from(number).unwrap() + 1),
        name: entry["name"].as_str().unwrap().to_owned(),
        media_type: entry["media_type"].as_str().unwrap().to_owned(),
        length: entry["size"].as_u64().unwrap(),
        sha256: Digest::ZERO,
        item_sha256: Digest::ZERO,
    };
    declared.iter().enumerate().take(2).map(file).collect()
}

pub(crate) fn item(number: u8) -> ItemId {
    ItemId::from_bytes([number; 16])
}

fn unlocked(item: ItemId, seq: u64) -> UnlockedItem {
    let entry = EntryPosition { stream: StreamId::from_bytes([1; 16]), seq };
    UnlockedItem { item, entry, size: 32_768, sha256: Digest::ZERO, header: String::new(), file_key: 0 }
}

struct Counting(u8);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl Desk for FakeDesk {
    fn log_in(&self, credentials: &Credentials) -> Result<Session, DeskError> {
        use secrecy::ExposeSecret as _;
        if credentials.name == "throttled" {
            return Err(DeskError::TryLater { seconds: 90 });
        }
        let role = credentials.name.parse::<Role>().map_err(|_| DeskError::LoginRefused)?;
        if credentials.password.expose_secret() != "correct horse battery" {
            return Err(DeskError::LoginRefused);
        }
        let viewer = Viewer::authenticated(account(role));
        let mut sessions = self.sessions.lock().unwrap();
        let token = SessionToken::random(&Counting(u8::try_from(sessions.len()).unwrap() + 1)).unwrap();
        sessions.insert(token.digest(), viewer.clone());
        Ok(Session { token, viewer, expires: "2026-11-22T14:00:00Z".parse().unwrap() })
    }

    fn session(&self, token: &SessionToken) -> Result<Viewer, DeskError> {
        self.sessions.lock().unwrap().get(&token.digest()).cloned().ok_or(DeskError::NotLoggedIn)
    }

    fn log_out(&self, token: &SessionToken) -> Result<(), DeskError> {
        self.sessions.lock().unwrap().remove(&token.digest());
        Ok(())
    }

    fn inbox(&self, viewer: &Viewer, filter: &InboxFilter) -> Result<Inbox, DeskError> {
        self.note(viewer, Permission::ReadCases, format!("inbox {filter:?}"))?;
        let page = Page { rows: vec![self.summary()], total: 51, skipped: filter.skip };
        let counts = |code: &str| BTreeMap::from([(code.to_owned(), 51)]);
        let facets = [(Facet::Flow, counts("GANG_CRIME")), (Facet::Province, counts("99"))];
        Ok(Inbox { page, facets: facets.into_iter().collect() })
    }

    fn search(&self, viewer: &Viewer, query: &SearchQuery) -> Result<Page<Hit>, DeskError> {
        self.note(viewer, Permission::ReadCases, format!("search {}", query.text))?;
        let pieces = vec!["前<b>".to_owned(), query.text.clone(), "\u{202e}后".to_owned()];
        let hit = Hit { summary: self.summary(), snippets: vec![Snippet { pieces }] };
        Ok(Page { rows: vec![hit], total: 1, skipped: 0 })
    }

    fn compare(&self, viewer: &Viewer, left: CaseId, right: CaseId) -> Result<Comparison, DeskError> {
        self.note(viewer, Permission::ReadCases, format!("compare {left} {right}"))?;
        Self::own(left)?;
        let other = self.other.as_ref().filter(|_| right.to_string() == OTHER).ok_or(DeskError::NotFound)?;
        let mut here = CaseDetail::for_viewer(viewer, left, self.state.clone());
        here.links = vec![self.link(OTHER), self.link("0000-0000-0003")];
        let link = here.links.first().cloned();
        Ok(Comparison { left: here, right: CaseDetail::for_viewer(viewer, right, other.clone()), link })
    }

    fn case(&self, viewer: &Viewer, case: CaseId, shown: Shown) -> Result<CaseDetail, DeskError> {
        self.note(viewer, Permission::ReadCases, format!("case {case} {shown:?}"))?;
        Self::own(case)?;
        if self.sealed {
            return Err(DeskError::NotFound);
        }
        let part = self.state.progress.keys().next().copied().unwrap();
        Ok(CaseDetail {
            moves_open: Move::ALL.into_iter().map(|act| (part, act)).collect(),
            due: due(&self.state, None),
            links: if self.other.is_some() { vec![self.link(OTHER)] } else { Vec::new() },
            verifiers: vec![("verifier".parse().unwrap(), "POLICE.990100".parse().unwrap())],
            ..self.with_media(CaseDetail::for_viewer(viewer, case, self.state.clone()))
        })
    }

    fn copy(&self, viewer: &Viewer, case: CaseId, item: ItemId, part: u32) -> Result<Media, DeskError> {
        self.note(viewer, Permission::ReadCases, format!("copy {case} {item} {part}"))?;
        Self::own(case)?;
        if item != self::item(1) || part != 1 {
            return Err(DeskError::NotFound);
        }
        Ok(Media { media_type: self.media_type, length: 5, bytes: Box::new(&b"pixel"[..]) })
    }

    fn original(&self, viewer: &Viewer, case: CaseId, item: ItemId) -> Result<Media, DeskError> {
        self.note(viewer, Permission::Work, format!("original {case} {item}"))?;
        Self::own(case)?;
        match viewer.role() {
            Role::Analyst => {
                Ok(Media { media_type: "application/octet-stream", length: 8, bytes: Box::new(&b"<script>"[..]) })
            }
            _ => Err(DeskError::Act(ActProblem::NotGranted)),
        }
    }

    fn identity(&self, viewer: &Viewer, case: CaseId, reason: &Reason) -> Result<Value, DeskError> {
        self.note(viewer, Permission::ReadIdentity, format!("identity {case} {reason}"))?;
        Self::own(case)?;
        Ok(self.identity.clone())
    }

    fn notices(&self, viewer: &Viewer) -> Result<Notices, DeskError> {
        let alarms = u64::from(self.alarmed && viewer.may(Permission::ReadCases));
        let calls_back = viewer.may(Permission::CallBack);
        let is_custodian = viewer.role() == Role::Reviewer;
        let (shortcuts, columns) = (self.shortcuts, self.columns.lock().unwrap().clone());
        Ok(Notices { alarms, is_custodian, calls_back, shortcuts, columns })
    }

    fn lines(&self, viewer: &Viewer, common: Common, cases: &[CaseId]) -> Result<Vec<Line>, DeskError> {
        self.note(viewer, Permission::ReadCases, format!("lines {} {cases:?}", common.code()))?;
        let own = |case: &&CaseId| [CASE, OTHER].contains(&case.to_string().as_str());
        let line = |case: &CaseId| Line {
            summary: self.state.summary(*case),
            edition: self.state.edition,
            open: case.to_string() == CASE,
        };
        Ok(cases.iter().filter(own).map(line).collect())
    }

    fn act_on_many(&self, viewer: &Viewer, many: &Many) -> Result<Fates, DeskError> {
        let one = |&(case, edition): &(CaseId, Option<u64>)| (case, self.act(viewer, case, many.act(), edition));
        Ok(many.cases().iter().map(one).collect())
    }

    fn act(&self, viewer: &Viewer, case: CaseId, act: &Act, edition: Option<u64>) -> Result<(), DeskError> {
        self.note(viewer, act.permission(), format!("act {case} {act:?}"))?;
        Self::own(case)?;
        if edition.is_some_and(|edition| edition != self.state.edition) {
            let body = Body::from(VerifierAssigned {
                via: Via::Console,
                part: None,
                verifier: "verifier".parse().unwrap(),
                by: "head".parse().unwrap(),
            });
            let (at, actor, role) = ("2026-11-22T06:07:09Z".parse().unwrap(), "head".to_owned(), "head".to_owned());
            return Err(DeskError::Changed(vec![Happening { seq: 9, at, actor, role, body }]));
        }
        match act {
            Act::Transfer { to, .. } if to.as_str() == "POLICE.990121" => {
                Err(DeskError::Act(ActProblem::ForbiddenUnit))
            }
            _ => Ok(()),
        }
    }

    fn undertakings(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError> {
        self.note(viewer, Permission::FileUndertakings, "undertakings".to_owned())?;
        Ok(vec![row(Role::Verifier)])
    }

    fn undertake(&self, viewer: &Viewer, filed: &NewUndertaking) -> Result<(), DeskError> {
        self.note(viewer, Permission::FileUndertakings, format!("undertake {filed:?}"))?;
        match filed.account.as_str() {
            "verifier" => Ok(()),
            _ => Err(DeskError::Undertaking(UndertakingProblem::UnknownAccount)),
        }
    }

    fn custody(&self, viewer: &Viewer, skip: u64) -> Result<Page<LookRow>, DeskError> {
        self.note(viewer, Permission::ReadCustody, format!("custody {skip}"))?;
        let row = LookRow {
            at: "2026-11-22T06:07:08Z".parse().unwrap(),
            account: "analyst".parse().unwrap(),
            unit: "DISC.990100".parse().unwrap(),
            case: CASE.parse().unwrap(),
            reason: "<i>联系\u{202e}举报人</i>".to_owned(),
        };
        Ok(Page { rows: vec![row], total: 1, skipped: skip })
    }

    fn sealed(&self, viewer: &Viewer) -> Result<Vec<SealedRow>, DeskError> {
        self.custodian(viewer)?;
        Ok(vec![SealedRow { case: CASE.parse().unwrap(), since: "2026-11-22T06:07:08Z".parse().unwrap() }])
    }

    fn sealed_case(&self, viewer: &Viewer, case: CaseId, _shown: Shown) -> Result<CaseDetail, DeskError> {
        self.custodian(viewer)?;
        Self::own(case)?;
        Ok(self.with_media(CaseDetail::for_viewer(viewer, case, self.state.clone())))
    }

    fn callbacks(&self, viewer: &Viewer) -> Result<Vec<CallbackMonth>, DeskError> {
        self.note_callback(viewer, "callbacks".to_owned())?;
        Ok(vec![callback_month()])
    }

    fn callback(&self, viewer: &Viewer, month: Month) -> Result<CallbackDetail, DeskError> {
        self.note_callback(viewer, format!("callback {month}"))?;
        if month != callback_month().month {
            return Err(DeskError::NotFound);
        }
        let case = CASE.parse().unwrap();
        let candidate = CallbackCandidate { case, part: Part::Crime, province: "990000".parse().ok() };
        let proof = CallbackProof::Shown {
            nonce: Digest::ZERO,
            seed: Digest::ZERO,
            candidates: vec![candidate],
            drawn: vec![candidate],
        };
        let row = CallbackRow {
            case,
            part: Part::Crime,
            reference: Some("ABCDEFGHIJKLMNOP".to_owned()),
            without_number: false,
            stage: Stage::CalledBack,
            opinion: Some(Opinion::Satisfied),
        };
        let waiting =
            CallbackRow { reference: None, without_number: true, stage: Stage::FedBack, opinion: None, ..row.clone() };
        Ok(CallbackDetail {
            month: callback_month(),
            check: Some(CallbackCheck { commitment: true, seed: true, draw: true, order: true, complete: None }),
            proof: viewer.may(Permission::ReadAudit).then_some(proof),
            rows: if viewer.may(Permission::CallBack) { vec![row, waiting] } else { Vec::new() },
            lists: vec![CallList {
                at: "2026-12-01T06:07:08Z".parse().unwrap(),
                file: "callback-2026-11-1.age".to_owned(),
                sha256: Digest::ZERO,
                entries: 1,
                approved: ["national".parse().unwrap(), "second".parse().unwrap()],
            }],
            ready: 1,
        })
    }

    fn act_on_callback(&self, viewer: &Viewer, month: Month, act: CallbackAct) -> Result<(), DeskError> {
        self.note(viewer, Permission::CallBack, format!("callback {} {month}", act.code()))?;
        match act {
            CallbackAct::Approve => Err(DeskError::Callback(CallbackProblem::SamePerson)),
            _ => Ok(()),
        }
    }

    fn statistics(&self, viewer: &Viewer, period: Option<Period>) -> Result<Statistics, DeskError> {
        self.note(
            viewer,
            Permission::ReadCases,
            format!("statistics {}", period.map_or_else(String::new, |p| p.to_string())),
        )?;
        Ok(counted(period.unwrap_or("2026-11".parse().unwrap())))
    }

    fn register(
        &self,
        viewer: &Viewer,
        registration: &Registration,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, DeskError> {
        let (channel, source) = (registration.channel.code(), &registration.source);
        self.note(viewer, Permission::Register, format!("register {channel} {source} {}", registration.received_at))?;
        let checked = Catalog::embedded().unwrap().read(registration.report.as_bytes(), Strictness::Registered);
        checked.map_err(|problems| DeskError::Registration(RegistrationProblem::Report(problems)))?;
        for enclosure in &registration.enclosures {
            let mut content = Vec::new();
            (&mut *bytes).take(enclosure.length).read_to_end(&mut content).unwrap();
            self.asked.lock().unwrap().push(format!("enclosed {} {}", enclosure.name, Digest::of(&content)));
        }
        Ok(RegistrationReceipt {
            clue_number: "000000000000000000000098".parse().unwrap(),
            registered_at: "2026-11-22T06:07:08Z".parse().unwrap(),
            channel: registration.channel,
            attachments: registration.enclosures.len(),
            before: false,
        })
    }

    fn import_mail(
        &self,
        viewer: &Viewer,
        import: &MailImport,
        bytes: &mut dyn Read,
    ) -> Result<RegistrationReceipt, DeskError> {
        let MailImport { flow, source, length, .. } = import;
        self.note(viewer, Permission::Register, format!("mail {flow} {source} {length}"))?;
        let mut file = Vec::new();
        bytes.take(*length).read_to_end(&mut file).unwrap();
        if !file.starts_with(b"From:") {
            return Err(DeskError::Registration(RegistrationProblem::NotAMail));
        }
        Ok(RegistrationReceipt {
            clue_number: "000000000000000000000098".parse().unwrap(),
            registered_at: "2026-11-22T06:07:08Z".parse().unwrap(),
            channel: Channel::Mail,
            attachments: 1,
            before: true,
        })
    }

    fn audit(&self, viewer: &Viewer, query: &AuditQuery) -> Result<Page<AuditRow>, DeskError> {
        self.note(viewer, Permission::ReadAudit, format!("audit {query:?}"))?;
        let row = AuditRow {
            seq: 7,
            at: "2026-11-22T06:07:08Z".parse().unwrap(),
            actor: "analyst".to_owned(),
            role: "analyst".to_owned(),
            case: Some(CASE.parse().unwrap()),
            kind: "IDENTITY_VIEWED".to_owned(),
            detail: "<i>联系\u{202e}举报人</i>".to_owned(),
        };
        Ok(Page { rows: vec![row], total: 1, skipped: 0 })
    }

    fn accounts(&self, viewer: &Viewer) -> Result<Vec<AccountRow>, DeskError> {
        self.note(viewer, Permission::ManageAccounts, "accounts".to_owned())?;
        Ok(vec![row(Role::Analyst), row(Role::Auditor)])
    }

    fn change_account(&self, viewer: &Viewer, name: &AccountName, order: &AccountOrder) -> Result<(), DeskError> {
        self.note(viewer, Permission::ManageAccounts, format!("change {name} {order:?}"))?;
        match (name.as_str(), order) {
            ("security_officer", AccountOrder::Close) => Err(DeskError::Account(AccountProblem::LastOfficer)),
            _ => Ok(()),
        }
    }

    fn own_account(&self, token: &SessionToken) -> Result<OwnAccount, DeskError> {
        let until = "2026-11-22T14:00:00Z".parse().unwrap();
        let session = |via, is_this| OwnSession { via, until, is_this };
        let sessions = vec![session(Via::Console, true), session(Via::CommandLine, false)];
        let name = self.session(token)?.account().clone();
        let (shortcuts, columns) = (self.shortcuts, self.columns.lock().unwrap().clone());
        Ok(OwnAccount { name, has_totp: false, totp_begun: true, sessions, shortcuts, columns })
    }

    fn change_own(&self, token: &SessionToken, change: &OwnChange) -> Result<OwnChanged, DeskError> {
        use secrecy::ExposeSecret as _;
        self.session(token)?;
        match change {
            OwnChange::Password { current, .. } | OwnChange::BeginTotp { current }
                if current.expose_secret() != "correct horse battery" =>
            {
                Err(DeskError::Account(AccountProblem::WrongPassword))
            }
            OwnChange::BeginTotp { .. } => {
                Ok(OwnChanged::Totp { secret: "ABCDEFGHIJ".into(), uri: "otpauth://totp/x?secret=ABCDEFGHIJ".into() })
            }
            OwnChange::Columns(columns) => {
                self.columns.lock().unwrap().clone_from(columns);
                Ok(OwnChanged::Done)
            }
            _ => Ok(OwnChanged::Done),
        }
    }

    fn add_account(&self, viewer: &Viewer, account: &NewAccount) -> Result<(), DeskError> {
        self.note(viewer, Permission::ManageAccounts, format!("add {} {}", account.name, account.unit))?;
        match account.name.as_str() {
            "analyst" => Err(DeskError::Account(AccountProblem::NameTaken)),
            _ => Ok(()),
        }
    }
}

/// Some months of reports: enough to show, too few, and units that did something with theirs.
fn counted(period: Period) -> Statistics {
    let mut tally = Tally::new(period, Scope::default(), "2026-11-22T04:00:00Z".parse().unwrap());
    let day = |day: &str| Facts::key_of_day(*day.parse::<Period>().unwrap().days().start());
    let mut add = |line: String, times: u64| tally.add(&Facts::read(&line).unwrap(), times);
    let closed = r#"{"u":"POLICE.990100","s":"c","r":"SUBSTANTIATED","d":["CRIMINAL_CASE"],"f":true,"c":"y","x":"p","y":"p","o":"y"}"#;
    let open = r#"{"u":"DISC.990100","s":{"o":1},"c":{"o":1},"x":"r","l":true}"#;
    for (from, province, flow, admission, parts, times) in [
        ("2026-11-02", "99", "GANG_CRIME", "y", closed, 41),
        ("2026-11-03", "15", "GANG_CRIME", "y", open, 17),
        ("2026-11-03", "44", "OFFICER_MISCONDUCT", "n", "", 8),
        ("2026-11-04", "44", "SECTOR_DISORDER", "u", "", 3),
        ("2026-11-05", "", "SECTOR_DISORDER", "u", "", 9),
    ] {
        let facts = format!(
            r#"{}{{"f":"{flow}","c":"web","p":"{province}","i":"real_name","a":"{admission}","k":"county","s":["S04"],"n":["NC5"],"g":["u"],"w":[{parts}]}}"#,
            day(from)
        );
        add(facts, times);
    }
    Statistics::of(&tally, &[])
}
