//! How far the parts of a case have come, and the moves that are open to this viewer, each as a form without a script.

use std::borrow::Cow;

use nightsafe_casework::{
    routing::Part,
    workflow::{
        Channel, Disposal, EarlierCheck, Extension, GROUNDS, Gate, Measure, Move, Opinion, Progress, Protection,
        Reward, RewardBand, Verdict, VerificationResult,
    },
};

use super::words::{self, Both};
use crate::{desk::CaseDetail, form::Fields, reference::Reference, visible::Visible};

/// The section of a case about its way.
pub(super) struct Flow {
    /// What the reporter is told.
    pub(super) public: Both,
    pub(super) parts: Vec<Way>,
    /// What is due: until when, what, of which part.
    pub(super) due: Vec<(String, Both, Option<Both>)>,
    pub(super) moves: Vec<MoveForm>,
    /// Who may be named to verify it: account and unit.
    pub(super) verifiers: Vec<(String, String)>,
    /// What the forms were made from.
    pub(super) edition: u64,
    /// There is something to print for a unit.
    pub(super) letters: bool,
}

/// One part.
pub(super) struct Way {
    pub(super) part: Both,
    pub(super) code: &'static str,
    pub(super) unit: String,
    pub(super) stage: Both,
    pub(super) since: String,
    pub(super) lines: Vec<(Both, Visible)>,
}

/// A move as a form. What is not asked for is empty.
pub(super) struct MoveForm {
    /// The key that opens it.
    pub(super) key: &'static str,
    pub(super) id: String,
    pub(super) act: &'static str,
    pub(super) part: &'static str,
    pub(super) name: Both,
    pub(super) of: Both,
    pub(super) note: Note,
    pub(super) typed: String,
    pub(super) unit: Option<String>,
    pub(super) case: Option<String>,
    /// Selects: field, label, options with what was chosen.
    pub(super) selects: Vec<(&'static str, Both, Vec<Choice>)>,
    /// What the boxes are about.
    pub(super) legend: Both,
    /// Boxes: field, label, whether it was ticked.
    pub(super) boxes: Vec<(String, Both, bool)>,
    /// An amount of money.
    pub(super) amount: Option<String>,
}

/// One option.
pub(super) struct Choice {
    pub(super) code: Cow<'static, str>,
    pub(super) label: Both,
    pub(super) chosen: bool,
}

/// Whether something is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    None,
    Optional,
    Required,
    /// Several lines.
    Basis,
}

impl Note {
    pub(super) fn is(self, other: &str) -> bool {
        let name = match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Required => "required",
            Self::Basis => "basis",
        };
        name == other
    }
}

impl Flow {
    pub(super) fn of(detail: &CaseDetail, reference: &Reference, typed: &Fields) -> Self {
        let (zh, en) = detail.public_status.words();
        let way = |(part, progress): (&Part, &Progress)| {
            let task = detail.summary.tasks.iter().find(|task| task.part == *part)?;
            Some(Way::of(*part, reference.unit(&task.unit), progress, reference))
        };
        let due = detail.due.iter().map(|due| {
            let (zh, en) = due.kind.words();
            (words::moment(due.at), Both::new(zh, en), due.part.map(words::part))
        });
        let verifiers = detail.verifiers.iter().map(|(name, unit)| (name.to_string(), reference.unit(unit)));
        Self {
            public: Both::new(zh, en),
            parts: detail.progress.iter().filter_map(way).collect(),
            due: due.collect(),
            moves: detail
                .moves_open
                .iter()
                .map(|(part, act)| MoveForm::of(*part, *act, &detail.bands, typed))
                .collect(),
            verifiers: verifiers.collect(),
            edition: detail.edition,
            letters: detail.progress.values().any(|progress| progress.assigned_at.is_some()),
        }
    }

    /// The same with nothing to be done.
    pub(super) fn read_only(self) -> Self {
        Self { moves: Vec::new(), verifiers: Vec::new(), ..self }
    }
}

impl Way {
    fn of(part: Part, unit: String, progress: &Progress, reference: &Reference) -> Self {
        let (zh, en) = progress.stage.words();
        Self {
            part: words::part(part),
            code: part.code(),
            unit,
            stage: Both::new(zh, en),
            since: words::moment(progress.since),
            lines: lines(progress, reference),
        }
    }
}

/// What the steps left behind.
fn lines(progress: &Progress, reference: &Reference) -> Vec<(Both, Visible)> {
    let mut lines = Vec::new();
    let mut add = |zh, en, text: String| lines.push((Both::new(zh, en), Visible(text)));
    if let Some(at) = progress.signed_at {
        add("签收", "Signed for", words::moment(at));
    }
    if let Some(verifier) = &progress.verifier {
        add("核查员", "Verifier", verifier.to_string());
    }
    if let Some(told) = &progress.contacted {
        add("首次联系", "First contact", format!("{} {}", words::moment(told.heard.at), told.channel.words().0));
    }
    if let Some(told) = &progress.acceptance_told {
        add(
            "受理告知",
            "Told of the acceptance",
            format!("{} {}", words::moment(told.heard.at), told.channel.words().0),
        );
    }
    match &progress.extension {
        Extension::None => {}
        Extension::Asked(asked) => add("申请延期", "Extension asked for", format!("{} {}", asked.by, asked.note)),
        Extension::Granted(granted) => add("已延期三十天", "Extended by thirty days", granted.by.to_string()),
    }
    if let Some(heard) = &progress.supervised {
        add("督办", "Supervised", format!("{} {}", heard.by, heard.note));
    }
    if let Some(record) = &progress.record {
        let disposals: Vec<&str> = record.disposals.iter().map(|disposal| disposal.words().0).collect();
        add("核查结论", "Result", format!("{}；{}（{}）", record.result.words().0, disposals.join("、"), record.by));
        add("依据", "Basis", record.basis.clone());
    }
    if let Some(signature) = &progress.submitted {
        add("签发", "Signed by", format!("{} {}", signature.by, words::moment(signature.at)));
    }
    if let Some(gates) = &progress.gates {
        for gate in [Gate::First, Gate::Second] {
            add(gate.words().0, gate.words().1, reference.unit(gates.unit(gate)));
        }
    }
    for decision in progress.earlier.iter().chain(&progress.decisions) {
        let verdict = match decision.verdict {
            Verdict::Passed => "通过",
            Verdict::Rejected => "退回",
        };
        let (unit, gate) = (reference.unit(&decision.unit), decision.gate.words().0);
        add("审核", "Gate", format!("{gate}{verdict} {unit} {} {}", decision.by, decision.note));
    }
    if let Some(told) = &progress.fed_back {
        let text = format!("{} {} {}", words::moment(told.heard.at), told.channel.words().0, told.heard.note);
        add("反馈", "Reporter told", text);
    }
    if let Some((opinion, heard)) = &progress.opinion {
        add("回访", "Call-back", format!("{} {}", opinion.words().0, heard.note));
    }
    match &progress.complaint {
        EarlierCheck::None => {}
        EarlierCheck::Given { to, heard } => {
            let text = format!("{} {}", reference.unit(to), heard.note);
            lines.push((Both::new("前期举报核查", "Earlier report being checked"), Visible(text)));
        }
        EarlierCheck::Done { unit, heard } => {
            let text = format!("{} {} {}", reference.unit(unit), heard.by, heard.note);
            lines.push((Both::new("前期举报核查结论", "What became of the earlier report"), Visible(text)));
        }
    }
    lines.extend(cared(progress));
    if let Some(case) = progress.merged_into {
        lines.push((Both::new("主案", "Leading case"), Visible(case.to_string())));
    }
    lines
}

/// What is done for the reporter.
fn cared(progress: &Progress) -> Vec<(Both, Visible)> {
    let mut lines = Vec::new();
    let mut add = |zh, en, text: String| lines.push((Both::new(zh, en), Visible(text)));
    match &progress.protection {
        Protection::None => {}
        Protection::Asked(heard) => add("申请保护", "Protection asked for", format!("{} {}", heard.by, heard.note)),
        Protection::Granted { measures, decided, taken } => {
            let measures: Vec<&str> = measures.iter().map(|measure| measure.words().0).collect();
            add("保护中", "Protected", format!("{}（{}）{}", measures.join("、"), decided.by, decided.note));
            for heard in taken {
                let text = format!("{} {} {}", words::moment(heard.at), heard.by, heard.note);
                add("保护措施落实", "Measure carried out", text);
            }
        }
        Protection::Refused(heard) => add("不予保护", "Protection refused", format!("{} {}", heard.by, heard.note)),
        Protection::Ended(heard) => add("保护解除", "Protection ended", format!("{} {}", heard.by, heard.note)),
    }
    match &progress.reward {
        Reward::None => {}
        Reward::Recommended(amount, heard) => {
            add("建议奖励", "Reward recommended", format!("{} 元（{}）{}", amount.yuan, heard.by, heard.note));
        }
        Reward::Approved(amount, heard) => {
            add("同意奖励", "Reward approved", format!("{} 元（{}）{}", amount.yuan, heard.by, heard.note));
        }
        Reward::Refused(amount, heard) => {
            add("不予奖励", "Reward refused", format!("{} 元（{}）{}", amount.yuan, heard.by, heard.note));
        }
    }
    lines
}

impl MoveForm {
    fn of(part: Part, act: Move, bands: &[RewardBand], typed: &Fields) -> Self {
        // What was typed belongs to the form that it was typed into.
        let same = typed.text("act") == act.code() && typed.text("part") == part.code();
        let was = |field: &str| if same { typed.text(field).to_owned() } else { String::new() };
        let (zh, en) = act.words();
        let choice = |field: &'static str, code: &'static str, words: (&str, &str)| Choice {
            code: code.into(),
            label: Both::new(words.0, words.1),
            chosen: was(field) == code,
        };
        let channels = || {
            let choices = Channel::ALL.map(|channel| choice("channel", channel.code(), channel.words()));
            ("channel", Both::new("方式", "How"), choices.into_iter().collect())
        };
        let selects: Vec<(&'static str, Both, Vec<Choice>)> = match act {
            Move::Refuse => {
                let ground = |ground: &'static str| choice("ground", ground, ground_words(ground));
                vec![("ground", Both::new("理由", "Ground"), GROUNDS.into_iter().map(ground).collect())]
            }
            Move::Record => {
                let result = |result: VerificationResult| choice("result", result.code(), result.words());
                vec![("result", Both::new("结论", "Result"), VerificationResult::ALL.into_iter().map(result).collect())]
            }
            Move::CallBack => {
                let opinion = |opinion: Opinion| choice("opinion", opinion.code(), opinion.words());
                vec![("opinion", Both::new("意见", "Opinion"), Opinion::ALL.into_iter().map(opinion).collect())]
            }
            Move::FeedBack | Move::Contact | Move::TellAcceptance => vec![channels()],
            Move::RecommendReward => {
                let band = |band: &RewardBand| Choice {
                    code: band.code.clone().into(),
                    label: Both::new(
                        &format!("{}（{}–{} 元）", band.zh, band.least, band.most),
                        &format!("{} (CNY {}–{})", band.en, band.least, band.most),
                    ),
                    chosen: was("band") == band.code,
                };
                vec![("band", Both::new("档次", "Band"), bands.iter().map(band).collect())]
            }
            _ => Vec::new(),
        };
        let disposal = |disposal: Disposal| {
            let field = format!("disposal_{}", disposal.code());
            let ticked = !was(&field).is_empty();
            (field, Both::new(disposal.words().0, disposal.words().1), ticked)
        };
        let measure = |measure: Measure| {
            let field = format!("measure_{}", measure.code());
            let ticked = !was(&field).is_empty();
            (field, Both::new(measure.words().0, measure.words().1), ticked)
        };
        Self {
            key: match act {
                Move::Forward | Move::Assign => "r",
                Move::Begin | Move::Record | Move::Submit | Move::Pass => "v",
                _ => "",
            },
            id: format!("do-{}-{}", act.code(), part.code()),
            act: act.code(),
            part: part.code(),
            name: Both::new(zh, en),
            of: words::part(part),
            note: note(act),
            typed: was("reason"),
            unit: matches!(act, Move::Assign | Move::Forward | Move::CheckEarlier).then(|| was("unit")),
            case: (act == Move::Merge).then(|| was("case")),
            selects,
            legend: if act == Move::Protect {
                Both::new("保护措施（至少一项）", "Measures (at least one)")
            } else {
                Both::new("处置（至少一项）", "Disposals (at least one)")
            },
            boxes: match act {
                Move::Record => Disposal::ALL.into_iter().map(disposal).collect(),
                Move::Protect => Measure::ALL.into_iter().map(measure).collect(),
                _ => Vec::new(),
            },
            amount: (act == Move::RecommendReward).then(|| was("amount")),
        }
    }
}

const fn note(act: Move) -> Note {
    match act {
        Move::Sign | Move::Begin | Move::Submit | Move::Close | Move::Draw | Move::Archive => Note::None,
        Move::Pass
        | Move::FeedBack
        | Move::CallBack
        | Move::Contact
        | Move::TellAcceptance
        | Move::Extend
        | Move::ApproveReward => Note::Optional,
        Move::Record => Note::Basis,
        _ => Note::Required,
    }
}

fn ground_words(ground: &'static str) -> (&'static str, &'static str) {
    nightsafe_casework::rule::words(ground).unwrap_or((ground, ""))
}
