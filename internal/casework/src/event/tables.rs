//! What is recorded when the tables that the rules work on are replaced.

use std::fmt;

use nightsafe_schema::digest::Digest;
use serde::{Deserialize, Serialize};

/// A table was replaced by a file; the file itself stands here, in as many parts as it needs, all in one batch, so that the
/// rules of any day can be told from the ledger alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableImported {
    /// Which table.
    pub table: Table,
    /// Digest of the whole file.
    pub sha256: Digest,
    /// Which part of the file this is, from 1.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// The part; empty for accounts, whose file holds first passwords.
    pub text: String,
    /// How many rows are new, gone, and different.
    pub difference: [u64; 3],
}

/// A table that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// 单位.
    Units,
    /// 分办表.
    Routing,
    /// 工作日历.
    Calendar,
    /// 任职名册.
    Officers,
    /// 审核单位表: who holds the gates.
    Gates,
    /// 账号.
    Users,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 6] = [Self::Units, Self::Routing, Self::Calendar, Self::Officers, Self::Gates, Self::Users];

    /// Its code, as on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Routing => "routing",
            Self::Calendar => "calendar",
            Self::Officers => "officers",
            Self::Gates => "gates",
            Self::Users => "users",
        }
    }

    /// The table of this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.code() == code)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for TableImported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableImported({} {}/{})", self.table, self.part, self.parts)
    }
}
