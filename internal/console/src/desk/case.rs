//! One case as a viewer is shown it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use jiff::Timestamp;
use nightsafe_casework::{
    account::{AccountName, Viewer},
    case::{Alarm, CaseAttachment, CaseState, CaseSummary, Supplement},
    event::{Body, ReceivedIntake, TaskMoved},
    role::Permission,
    routing::{Decision, Forbidden, Part},
    triage::Triage,
    workflow::{Due, Move, Progress, PublicStatus, RewardBand},
};
use nightsafe_schema::{case::CaseId, item::ItemId, unit::UnitId};
use serde_json::Value;

use super::{LinkRow, MediaRow};

/// One case, cut to what this viewer's role shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseDetail {
    /// Its line in lists.
    pub summary: CaseSummary,
    /// The gateway's part.
    pub intake: ReceivedIntake,
    /// The report without the reporter's identity.
    pub report: Value,
    /// Its attachments.
    pub attachments: Vec<CaseAttachment>,
    /// How those that have come can be looked at.
    pub media: BTreeMap<ItemId, MediaRow>,
    /// What was said later.
    pub supplements: Vec<Supplement>,
    /// How often the same submission came again.
    pub retries: u32,
    /// How urgent, and why.
    pub triage: Option<Triage>,
    /// Its alarm, if there ever was one.
    pub alarm: Option<Alarm>,
    /// How far each part has come.
    pub progress: BTreeMap<Part, Progress>,
    /// What the reporter may be told.
    pub public_status: PublicStatus,
    /// What is due, the earliest first.
    pub due: Vec<Due>,
    /// The moves that this viewer may make now.
    pub moves_open: Vec<(Part, Move)>,
    /// The bands of rewards.
    pub bands: Vec<RewardBand>,
    /// Verifiers of the units that have a part, who may be named.
    pub verifiers: Vec<(AccountName, UnitId)>,
    /// What happened, the newest first.
    pub timeline: Vec<Happening>,
    /// From which event on a page is old: what a form sends back.
    pub edition: u64,
    /// Who verifies it.
    pub verifier: Option<AccountName>,
    /// Who was taken off it for a conflict.
    pub recused: BTreeSet<AccountName>,
    /// Parts that a person gave to another unit; only for those who see the routing.
    pub moves: Vec<TaskMoved>,
    /// This viewer marked it.
    pub starred: bool,
    /// For a supplement that stood alone: its case.
    pub joined: Option<CaseId>,
    /// Cases that it resembles or is merged with.
    pub links: Vec<LinkRow>,
    /// 串并: the cases that it is one series with, itself among them, in the order in which they were reported.
    pub series: Vec<CaseId>,
    /// Why it went where it went; only for those allowed to see it.
    pub routing: Option<Routing>,
}

/// The routing of a case with its forbidden units.
#[derive(Clone, Debug, PartialEq)]
pub struct Routing {
    /// The last decision.
    pub decision: Decision,
    /// Every ground ever recorded.
    pub forbidden: Vec<Forbidden>,
}

/// Something that happened to a case, as far as this viewer is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// The number of its event.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who: an account, or the daemon.
    pub actor: String,
    /// In which role.
    pub role: String,
    /// What.
    pub body: Body,
}

/// Why someone needs to know who the reporter is: 4 to 300 characters, as typed, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

/// The text is no reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reason has 4 to 300 characters")]
pub struct ReasonError;

impl CaseDetail {
    /// What this viewer's role shows of a case that the viewer was found to see.
    pub fn for_viewer(viewer: &Viewer, case: CaseId, state: CaseState) -> Self {
        let summary = state.summary(case);
        let public_status = state.public_status();
        let forbidden = state.forbidden;
        let routed = viewer.may(Permission::ReadRouting);
        let decision = state.decision.filter(|_| routed);
        Self {
            summary,
            intake: state.intake,
            report: state.report,
            attachments: state.attachments,
            media: BTreeMap::new(),
            supplements: state.supplements,
            retries: state.retries,
            triage: state.triage,
            public_status,
            progress: state.progress,
            due: Vec::new(),
            moves_open: Vec::new(),
            bands: Vec::new(),
            verifiers: Vec::new(),
            timeline: Vec::new(),
            edition: state.edition,
            alarm: state.alarm,
            verifier: state.verifier,
            recused: state.recused,
            moves: if routed { state.moves } else { Vec::new() },
            starred: false,
            joined: state.joined,
            links: Vec::new(),
            series: Vec::new(),
            routing: decision.map(|decision| Routing { decision, forbidden }),
        }
    }
}

impl Reason {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, ReasonError> {
        let text = text.trim();
        let length = text.chars().count();
        if !(4..=300).contains(&length) || text.chars().any(char::is_control) {
            return Err(ReasonError);
        }
        Ok(Self(text.to_owned()))
    }
}
