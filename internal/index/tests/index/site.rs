//! A site with the sample units and divisions, viewers of it, and events as its daemon would write them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use nightsafe_casework::{
    account::{Account, Viewer},
    attachment::Attachment,
    event::{
        AttachmentClaimed, Cites, EntryPosition, ReceivedIntake, ReportReceived, SupplementReceived, UnlockedItem,
    },
    role::Role,
    routing::{Decision, Forbidden, Ground, Part, Task, Widening},
    triage::{Priority, Triage},
};
use nightsafe_index::{Found, Index, IndexKey, Rules};
use nightsafe_schema::{
    case::CaseId,
    digest::Digest,
    division::Divisions,
    intake::{Channel, IntakeAttachment},
    item::ItemId,
    journal::StreamId,
    submission::SubmissionId,
    time::Hour,
    unit::{UnitId, UnitRegistry},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::log::MemoryLog;

/// A folder for an index, and the ledger that it follows.
pub(crate) struct Site {
    place: TempDir,
    pub(crate) log: MemoryLog,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap(), log: MemoryLog::default() }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.place.path().join("index")
    }

    pub(crate) fn open(&self) -> (Index, Found) {
        Self::open_at(&self.folder(), &self.log)
    }

    /// As it is, answering before it was checked.
    pub(crate) fn open_unchecked(&self) -> Index {
        Index::open_unchecked(&self.folder(), IndexKey::from_bytes([7; 32]), rules(), &self.log).unwrap().0
    }

    /// The same ledger indexed at once in another folder.
    pub(crate) fn built_anew(&self) -> (TempDir, Index) {
        let place = tempfile::tempdir().unwrap();
        let (index, found) = Self::open_at(&place.path().join("index"), &self.log);
        assert_eq!(found, Found::Missing);
        (place, index)
    }

    fn open_at(folder: &Path, log: &MemoryLog) -> (Index, Found) {
        Index::open(folder, IndexKey::from_bytes([7; 32]), rules(), log).unwrap()
    }
}

pub(crate) fn rules() -> Rules {
    Rules::new(Arc::clone(&UNITS), Arc::clone(&DIVISIONS))
}

pub(crate) fn dump(index: &Index) -> (Digest, String) {
    let mut out = Vec::new();
    let digest = index.dump(&mut out).unwrap();
    assert_eq!(Digest::of(&out), digest);
    (digest, String::from_utf8(out).unwrap())
}

pub(crate) fn unit(name: &str) -> UnitId {
    name.parse().unwrap()
}

pub(crate) fn viewer(name: &str, role: Role) -> Viewer {
    Viewer::authenticated(Account { name: "li.wei".parse().unwrap(), role, unit: unit(name) })
}

pub(crate) fn analyst(name: &str) -> Viewer {
    viewer(name, Role::Analyst)
}

pub(crate) fn case(number: u64) -> CaseId {
    CaseId::from_bytes(number.to_be_bytes()).unwrap()
}

pub(crate) fn item(number: u64) -> ItemId {
    ItemId::from_bytes(u128::from(number).to_be_bytes())
}

pub(crate) fn entry(number: u64) -> EntryPosition {
    EntryPosition { stream: StreamId::from_bytes([1; 16]), seq: number }
}

pub(crate) fn sealed(number: u64) -> UnlockedItem {
    UnlockedItem {
        item: item(number),
        entry: entry(number),
        size: 32_768,
        sha256: Digest::of(&number.to_be_bytes()),
        header: "YWdl".to_owned(),
        file_key: number,
    }
}

pub(crate) fn submission(number: u64) -> SubmissionId {
    format!("{number:032x}").parse().unwrap()
}

fn intake(number: u64) -> ReceivedIntake {
    ReceivedIntake {
        submission_id: submission(number),
        accepted_hour: format!("2026-11-{:02}T{:02}:00:00Z", 1 + number % 28, number % 24).parse::<Hour>().unwrap(),
        gateway: "g1".to_owned(),
        channel: Channel::Web,
        catalog: "1".to_owned(),
        registered: None,
    }
}

/// A report about someone, with that text.
pub(crate) fn report(name: &str, text: &str) -> Value {
    json!({
        "schema": "report/1",
        "flow": "GANG_CRIME",
        "reporter": {"kind": "individual", "identity_mode": "anonymous", "name": "张举报"},
        "subjects": [{"sid": "S1", "kind": "individual", "name": name, "phone": "13900000000"}],
        "facts": {"title": "线索", "narrative": text, "categories": ["GC06"], "place": {"code": "990121"}},
    })
}

/// A report with this number: its item, entry, submission and content follow from it.
pub(crate) fn received(number: u64, report: Value, attachments: &[u64]) -> ReportReceived {
    ReportReceived {
        sealed: sealed(number),
        intake: intake(number),
        content: Digest::of(report.to_string().as_bytes()),
        report,
        attachments: attachments.iter().map(|item| attachment(*item)).collect(),
        marks: Vec::new(),
    }
}

pub(crate) fn supplement(number: u64, text: &str, attachments: &[u64]) -> SupplementReceived {
    let ReportReceived { sealed, intake, report, attachments, content, marks } =
        received(number, json!({"flow": "SUPPLEMENT", "facts": {"narrative": text}}), attachments);
    SupplementReceived { sealed, cites: Cites::ClueNumber, intake, report, attachments, content, marks }
}

fn attachment(number: u64) -> Attachment {
    let supplied = IntakeAttachment {
        item: item(number),
        name: "a.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        length: 3,
        sha256: Digest::ZERO,
        item_sha256: Digest::ZERO,
    };
    Attachment { position: 1, supplied: Some(supplied), declared: None, differences: Vec::new() }
}

pub(crate) fn claimed(number: u64) -> AttachmentClaimed {
    AttachmentClaimed { sealed: sealed(number) }
}

pub(crate) fn triaged(priority: Priority) -> Triage {
    Triage {
        priority,
        rules: Vec::new(),
        alarm: priority == Priority::P0,
        escalate: false,
        police_suspected: false,
        suggested: Vec::new(),
        not_admitted: Vec::new(),
        notes: Vec::new(),
        companions: nightsafe_casework::triage::Companions::default(),
    }
}

/// A decision that gives the case to these units, and forbids those.
pub(crate) fn routed(holders: &[&str], forbidden: &[&str]) -> Decision {
    let task = |name: &&str| Task { part: Part::Crime, unit: unit(name), copies: Vec::new() };
    Decision {
        tasks: holders.iter().map(task).collect(),
        forbidden: forbidden.iter().map(|name| accused(name)).collect(),
        candidates: Vec::new(),
        rules: Vec::new(),
        place: Some("990121".parse().unwrap()),
        sealed: holders.is_empty(),
        table: "1".to_owned(),
        units: "1".to_owned(),
        officers: String::new(),
    }
}

pub(crate) fn widened(forbidden: &str) -> Widening {
    Widening { added: vec![accused(forbidden)] }
}

fn accused(name: &str) -> Forbidden {
    Forbidden { unit: unit(name), why: vec![Ground { rule: "F_ACCUSED".to_owned(), from: "subjects[0]".to_owned() }] }
}

/// The sample units and divisions.
pub(crate) static UNITS: LazyLock<Arc<UnitRegistry>> = LazyLock::new(|| {
    Arc::new(UnitRegistry::from_json([include_str!("../../../../tests/data/samples/units.json")]).unwrap())
});
pub(crate) static DIVISIONS: LazyLock<Arc<Divisions>> = LazyLock::new(|| {
    let files = [include_str!("../../../../tests/data/samples/fictional_divisions.json")];
    Arc::new(Divisions::with_files(files).unwrap())
});
