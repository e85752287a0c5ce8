//! Lists of work beside the inbox: each is a filter over the same cases, with the same viewers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A list that a case can stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worklist {
    /// 警报: nobody has acknowledged the alarm.
    Alarm,
    /// 缺表: a unit or a row of the routing table was missing, and the case went to a higher unit.
    Missing,
    /// 待关联: a supplement whose cited number is not known.
    Unlinked,
    /// 拟不予受理: a reason not to admit it waits for a person.
    Doubtful,
    /// 前期举报待核查: an earlier report came to nothing, and no unit has said yet why.
    Earlier,
    /// 举报人保护: the reporter is protected, or somebody is to decide whether.
    Protection,
}

/// The text names no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a list: alarm, missing, unlinked, doubtful, earlier, protection")]
pub struct UnknownWorklist;

impl Worklist {
    /// Every list.
    pub const ALL: [Self; 6] =
        [Self::Alarm, Self::Missing, Self::Unlinked, Self::Doubtful, Self::Earlier, Self::Protection];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Missing => "missing",
            Self::Unlinked => "unlinked",
            Self::Doubtful => "doubtful",
            Self::Earlier => "earlier",
            Self::Protection => "protection",
        }
    }

    /// Its Chinese name.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Alarm => "未确认警报",
            Self::Missing => "缺少单位或分办行",
            Self::Unlinked => "待关联的补充材料",
            Self::Doubtful => "拟不予受理",
            Self::Earlier => "前期举报待核查",
            Self::Protection => "举报人保护",
        }
    }

    /// Its English name.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Alarm => "Open alarms",
            Self::Missing => "Missing unit or row",
            Self::Unlinked => "Unlinked supplements",
            Self::Doubtful => "Doubtful admission",
            Self::Earlier => "Earlier reports to be checked",
            Self::Protection => "Reporter protected",
        }
    }
}

impl fmt::Display for Worklist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Worklist {
    type Err = UnknownWorklist;

    fn from_str(text: &str) -> Result<Self, UnknownWorklist> {
        Self::ALL.into_iter().find(|list| list.code() == text).ok_or(UnknownWorklist)
    }
}
