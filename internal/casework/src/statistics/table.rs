//! The tables of DOMAIN 4.5: which there are, how their columns are called, and the counts in them before anything is kept
//! back.

use std::collections::BTreeMap;

use serde::Serialize;

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKey {
    /// 类型.
    Flow,
    /// 渠道.
    Channel,
    /// 地区.
    Province,
    /// 日期: days, or months of a long period.
    Day,
    /// 实名.
    Identity,
    /// 重复与串并.
    Relation,
    /// 保护伞.
    Umbrella,
    /// 职级.
    Rank,
    /// 提级.
    Escalation,
    /// 行业.
    Sector,
    /// 网络犯罪类型.
    Internet,
    /// 涉黑涉恶类型.
    Gang,
    /// 泄密与打击报复.
    Leak,
    /// 处理结果.
    Disposal,
    /// 首报奖励.
    Reward,
    /// 承办单位: 查结与超期.
    UnitState,
    /// 承办单位: 查实.
    UnitResult,
    /// 承办单位: 按期.
    UnitPunctual,
    /// 承办单位: 反馈.
    UnitFeedback,
    /// 承办单位: 首次联系.
    UnitContact,
    /// 承办单位: 一审.
    UnitFirstGate,
    /// 承办单位: 二审.
    UnitSecondGate,
    /// 承办单位: 回访.
    UnitCallback,
    /// 承办单位: 提级.
    UnitEscalation,
}

/// How the rows of a table are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Everything that is counted stands in exactly one row and one column: rows add up to a total.
    Partition,
    /// Something may stand in several rows or in none: there is no total.
    Overlapping,
}

/// A column of a table: one part of what a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ColumnKey {
    /// Its code.
    pub code: &'static str,
    /// 中文.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// Columns of one group are put together before columns of different groups are.
    #[serde(skip)]
    pub(super) group: u8,
}

/// The counts of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Which.
    pub key: TableKey,
    /// For each row its counts, one for each of the key's columns.
    pub rows: BTreeMap<String, Vec<u64>>,
}

impl TableKey {
    /// Every table, in the order in which they are shown.
    pub const ALL: [Self; 24] = [
        Self::Flow,
        Self::Channel,
        Self::Province,
        Self::Day,
        Self::Identity,
        Self::Relation,
        Self::Umbrella,
        Self::Rank,
        Self::Escalation,
        Self::Sector,
        Self::Internet,
        Self::Gang,
        Self::Leak,
        Self::Disposal,
        Self::Reward,
        Self::UnitState,
        Self::UnitResult,
        Self::UnitPunctual,
        Self::UnitFeedback,
        Self::UnitContact,
        Self::UnitFirstGate,
        Self::UnitSecondGate,
        Self::UnitCallback,
        Self::UnitEscalation,
    ];

    /// Its code, as in addresses and files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Channel => "channel",
            Self::Province => "province",
            Self::Day => "day",
            Self::Identity => "identity",
            Self::Relation => "relation",
            Self::Umbrella => "umbrella",
            Self::Rank => "rank",
            Self::Escalation => "escalation",
            Self::Sector => "sector",
            Self::Internet => "internet",
            Self::Gang => "gang",
            Self::Leak => "leak",
            Self::Disposal => "disposal",
            Self::Reward => "reward",
            Self::UnitState => "unit_state",
            Self::UnitResult => "unit_result",
            Self::UnitPunctual => "unit_punctual",
            Self::UnitFeedback => "unit_feedback",
            Self::UnitContact => "unit_contact",
            Self::UnitFirstGate => "unit_first_gate",
            Self::UnitSecondGate => "unit_second_gate",
            Self::UnitCallback => "unit_callback",
            Self::UnitEscalation => "unit_escalation",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Flow => ("按类型", "By kind"),
            Self::Channel => ("按渠道", "By channel"),
            Self::Province => ("按地区", "By province"),
            Self::Day => ("按日期", "By date"),
            Self::Identity => ("实名情况", "Identity"),
            Self::Relation => ("重复与串并", "Repeats and series"),
            Self::Umbrella => ("涉保护伞", "Umbrella leads"),
            Self::Rank => ("涉及职级", "Rank of the accused"),
            Self::Escalation => ("提级情况", "Escalation"),
            Self::Sector => ("行业热度", "Sectors"),
            Self::Internet => ("网络犯罪类型热度", "Internet types"),
            Self::Gang => ("涉黑涉恶类型热度", "Kinds of gang crime"),
            Self::Leak => ("泄密与打击报复", "Leaks and retaliation"),
            Self::Disposal => ("处理结果", "Outcomes"),
            Self::Reward => ("首报奖励", "Rewards"),
            Self::UnitState => ("单位：查结率、超期数", "Units: closed, overdue"),
            Self::UnitResult => ("单位：查实率", "Units: substantiated"),
            Self::UnitPunctual => ("单位：按期率", "Units: in time"),
            Self::UnitFeedback => ("单位：实名反馈率", "Units: fed back to real names"),
            Self::UnitContact => ("单位：首次联系30天达标率", "Units: first contact within 30 days"),
            Self::UnitFirstGate => ("单位：一审退回率", "Units: rejected by the first gate"),
            Self::UnitSecondGate => ("单位：二审退回率", "Units: rejected by the second gate"),
            Self::UnitCallback => ("单位：回访满意率", "Units: satisfied at call-back"),
            Self::UnitEscalation => ("单位：提级数", "Units: escalated"),
        }
    }

    /// What its rows are to each other.
    pub const fn shape(self) -> Shape {
        match self {
            Self::Sector | Self::Internet | Self::Gang | Self::Leak | Self::Disposal | Self::Reward => {
                Shape::Overlapping
            }
            _ => Shape::Partition,
        }
    }

    /// Whether it counts parts of cases that units were given; the others count cases.
    pub const fn is_of_units(self) -> bool {
        matches!(
            self,
            Self::UnitState
                | Self::UnitResult
                | Self::UnitPunctual
                | Self::UnitFeedback
                | Self::UnitContact
                | Self::UnitFirstGate
                | Self::UnitSecondGate
                | Self::UnitCallback
                | Self::UnitEscalation
        )
    }

    /// What a row is divided into.
    pub const fn columns(self) -> &'static [ColumnKey] {
        match self {
            Self::Flow | Self::Channel | Self::Province | Self::Day => &ADMISSION,
            Self::UnitState => &STATE,
            Self::UnitResult => &RESULT,
            Self::UnitPunctual => &PUNCTUAL,
            Self::UnitFeedback => &FEEDBACK,
            Self::UnitContact => &CONTACT,
            Self::UnitFirstGate | Self::UnitSecondGate => &GATE,
            Self::UnitCallback => &CALLBACK,
            Self::UnitEscalation => &ESCALATION,
            _ => &COUNT,
        }
    }

    /// The rate that is read off a row: the share of its first column.
    pub const fn rate(self) -> Option<Rate> {
        let (zh, en, of) = match self {
            Self::Flow | Self::Channel | Self::Province | Self::Day => ("受理率", "accepted", 3),
            Self::UnitState => ("查结率", "closed", 4),
            Self::UnitResult => ("查实率", "substantiated", 2),
            Self::UnitPunctual => ("按期率", "in time", 2),
            Self::UnitFeedback => ("反馈率", "fed back", 2),
            Self::UnitContact => ("达标率", "in 30 days", 2),
            Self::UnitFirstGate | Self::UnitSecondGate => ("退回率", "rejected", 2),
            Self::UnitCallback => ("满意率", "satisfied", 2),
            _ => return None,
        };
        Some(Rate { zh, en, of })
    }
}

/// A share of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// 中文.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// Of how many columns, from the left; the first one is counted.
    pub of: usize,
}

impl std::str::FromStr for TableKey {
    type Err = UnknownTable;

    fn from_str(text: &str) -> Result<Self, UnknownTable> {
        Self::ALL.into_iter().find(|key| key.code() == text).ok_or(UnknownTable)
    }
}

/// The text names no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a table of the statistics")]
pub struct UnknownTable;

impl Table {
    /// An empty table.
    pub const fn new(key: TableKey) -> Self {
        Self { key, rows: BTreeMap::new() }
    }

    /// Counts so many in a row and a column.
    pub(super) fn count(&mut self, row: &str, column: usize, times: u64) {
        let columns = self.key.columns().len();
        if !self.rows.contains_key(row) {
            self.rows.insert(row.to_owned(), vec![0; columns]);
        }
        if let Some(count) = self.rows.get_mut(row).and_then(|counts| counts.get_mut(column)) {
            *count = count.saturating_add(times);
        }
    }
}

const fn column(code: &'static str, zh: &'static str, en: &'static str, group: u8) -> ColumnKey {
    ColumnKey { code, zh, en, group }
}

const NOT_CLOSED: ColumnKey = column("none", "未办结", "not closed", 1);
const COUNT: [ColumnKey; 1] = [column("count", "件数", "count", 0)];
const ADMISSION: [ColumnKey; 3] = [
    column("accepted", "受理", "accepted", 0),
    column("not_admitted", "不予受理", "not admitted", 1),
    column("undecided", "待定", "not decided yet", 1),
];
const STATE: [ColumnKey; 4] = [
    column("closed", "已办结", "closed", 0),
    column("open", "在办未超期", "open, not overdue", 1),
    column("overdue", "在办超期", "open, overdue", 1),
    column("ended", "移送、并案等", "ended otherwise", 1),
];
const RESULT: [ColumnKey; 3] = [
    column("substantiated", "查实或部分查实", "substantiated", 0),
    column("other", "其他结论", "other results", 0),
    NOT_CLOSED,
];
const PUNCTUAL: [ColumnKey; 3] =
    [column("in_time", "按期上报", "in time", 0), column("late", "逾期上报", "late", 0), NOT_CLOSED];
const FEEDBACK: [ColumnKey; 3] = [
    column("told", "实名已反馈", "real name, fed back", 0),
    column("untold", "实名未反馈", "real name, not yet", 0),
    column("none", "未办结或非实名", "not closed, or no real name", 1),
];
const CONTACT: [ColumnKey; 3] = [
    column("in_time", "30天内已联系", "within 30 days", 0),
    column("late", "超过30天", "later or not at all", 0),
    column("none", "未到期或不适用", "not due", 1),
];
const GATE: [ColumnKey; 3] = [
    column("rejected", "曾退回", "rejected at least once", 0),
    column("passed", "未退回", "passed at once", 0),
    column("none", "未审核", "not decided", 1),
];
const CALLBACK: [ColumnKey; 3] = [
    column("satisfied", "满意、基本满意", "satisfied, fairly", 0),
    column("dissatisfied", "不满意", "dissatisfied", 0),
    column("none", "未回访或未接通", "not asked, or not reached", 1),
];
const ESCALATION: [ColumnKey; 2] =
    [column("escalated", "曾提级", "escalated", 0), column("none", "未提级", "never escalated", 0)];
