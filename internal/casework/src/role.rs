//! Roles and what each may do: the one table that every operation is checked against.
//!
//! A role alone never opens a case: [`crate::visibility`] decides which cases an account's unit may see.

use std::{fmt, str::FromStr};

use nightsafe_schema::unit::Level;
use serde::{Deserialize, Serialize};

/// What an account is for. An account has exactly one role, so nobody holds two of the three offices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 研判员: reads, searches, assesses.
    Analyst,
    /// 交办员 (省级扫黑办): assigns cases to units.
    Dispatcher,
    /// 核查员: verifies what is assigned.
    Verifier,
    /// 审核员: decides at a gate.
    Reviewer,
    /// 单位负责人: leads a unit; answers for what its people look at.
    Head,
    /// 登记员: registers letters, calls and visits.
    Clerk,
    /// 系统管理员: runs the machine; an office, sees no report.
    Administrator,
    /// 安全员: key rings and accounts; an office, sees no report.
    SecurityOfficer,
    /// 审计员: reads the log; an office, sees no report.
    Auditor,
}

/// One thing that an account may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See the inbox, search, open a case that its unit may see.
    ReadCases,
    /// See why a case went where it went, the forbidden units included.
    ReadRouting,
    /// See the reporter's identity, after a recorded reason.
    ReadIdentity,
    /// Take the original sealed file of an item out, after a recorded reason.
    ExportItems,
    /// See what was quarantined and why.
    ReadQuarantine,
    /// List accounts and add them.
    ManageAccounts,
    /// Read the audit log.
    ReadAudit,
    /// See the state of the service; trigger an ingest or a rebuild of the index.
    Operate,
    /// Work on a case: take an alarm up, tie a supplement to its case, say that one has a conflict with it.
    Work,
    /// Give a part of a case to another unit, forbid further units, assign a verifier.
    Dispatch,
    /// Merge cases that belong together, and undo it; above county level only.
    Merge,
    /// See which identities one's own people looked at, and why.
    ReadCustody,
    /// Import units, routing table, calendar, gates and officers register.
    ManageTables,
    /// Put the undertaking of a person on file.
    FileUndertakings,
    /// In the national office: see the month's call-backs, approve that their list goes out.
    CallBack,
    /// Register a report that came by telephone, letter, visit or mail; it opens no case to whoever registers it.
    Register,
}

/// The text names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a role: analyst, dispatcher, verifier, reviewer, head, clerk, administrator, security_officer, auditor")]
pub struct UnknownRole;

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Analyst,
        Self::Dispatcher,
        Self::Verifier,
        Self::Reviewer,
        Self::Head,
        Self::Clerk,
        Self::Administrator,
        Self::SecurityOfficer,
        Self::Auditor,
    ];

    /// Whether this role may do that.
    ///
    /// | | cases | routing | identity | export | quarantine | accounts | audit | operate | work | dispatch | custody | tables | merge | undertakings | call-back | register |
    /// |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
    /// | analyst | x | x | x | | | | | | x | | | | x | | x | |
    /// | dispatcher | x | x | | | | | | | x | x | | | | | x | |
    /// | verifier | x | | x | | | | | | x | | | | | | | |
    /// | reviewer | x | x | x | | | | | | x | | | | | | | |
    /// | head | x | x | | | | | | | x | x | x | | | x | | |
    /// | clerk | | | | | x | | | | | | | | | | | x |
    /// | administrator | | | | | | | | x | | | | x | | | | |
    /// | security officer | | | | x | x | x | | | | | | | | x | | |
    /// | auditor | | | | | | | x | | | | | | | | | |
    ///
    /// An exported item is still sealed: whoever takes it out cannot read it without an intake key.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Analyst => {
                matches!(permission, P::ReadCases | P::ReadRouting | P::ReadIdentity | P::Work | P::Merge | P::CallBack)
            }
            Self::Reviewer => {
                matches!(permission, P::ReadCases | P::ReadRouting | P::ReadIdentity | P::Work)
            }
            Self::Dispatcher => {
                matches!(permission, P::ReadCases | P::ReadRouting | P::Work | P::Dispatch | P::CallBack)
            }
            Self::Verifier => matches!(permission, P::ReadCases | P::ReadIdentity | P::Work),
            Self::Head => {
                matches!(
                    permission,
                    P::ReadCases | P::ReadRouting | P::Work | P::Dispatch | P::ReadCustody | P::FileUndertakings
                )
            }
            Self::Clerk => matches!(permission, P::ReadQuarantine | P::Register),
            Self::Administrator => matches!(permission, P::Operate | P::ManageTables),
            Self::SecurityOfficer => {
                matches!(permission, P::ExportItems | P::ReadQuarantine | P::ManageAccounts | P::FileUndertakings)
            }
            Self::Auditor => matches!(permission, P::ReadAudit),
        }
    }

    /// Whether nobody of this role is given a case, or reads one, without a valid undertaking (the platform article, fact 11:
    /// 全部核查人员).
    pub const fn needs_undertaking(self) -> bool {
        matches!(self, Self::Verifier)
    }

    /// One of the three offices that exclude each other and see no report.
    pub const fn is_office(self) -> bool {
        matches!(self, Self::Administrator | Self::SecurityOfficer | Self::Auditor)
    }

    /// Whether an account of this role may belong to a unit of this level. The log tells of every case, so whoever reads it
    /// is of the national level: a unit below could learn that somebody accused it.
    pub fn may_belong_to(self, level: Level) -> bool {
        level == Level::Nation || !self.may(Permission::ReadAudit)
    }

    /// Its code, as in accounts, events and the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Dispatcher => "dispatcher",
            Self::Verifier => "verifier",
            Self::Reviewer => "reviewer",
            Self::Head => "head",
            Self::Clerk => "clerk",
            Self::Administrator => "administrator",
            Self::SecurityOfficer => "security_officer",
            Self::Auditor => "auditor",
        }
    }

    /// Its Chinese name.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Analyst => "研判员",
            Self::Dispatcher => "交办员",
            Self::Verifier => "核查员",
            Self::Reviewer => "审核员",
            Self::Head => "单位负责人",
            Self::Clerk => "登记员",
            Self::Administrator => "系统管理员",
            Self::SecurityOfficer => "安全员",
            Self::Auditor => "审计员",
        }
    }

    /// Its English name.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Analyst => "Analyst",
            Self::Dispatcher => "Dispatcher",
            Self::Verifier => "Verifier",
            Self::Reviewer => "Reviewer",
            Self::Head => "Head",
            Self::Clerk => "Clerk",
            Self::Administrator => "Administrator",
            Self::SecurityOfficer => "Security officer",
            Self::Auditor => "Auditor",
        }
    }
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 16] = [
        Self::ReadCases,
        Self::ReadRouting,
        Self::ReadIdentity,
        Self::ExportItems,
        Self::ReadQuarantine,
        Self::ManageAccounts,
        Self::ReadAudit,
        Self::Operate,
        Self::Work,
        Self::Dispatch,
        Self::ReadCustody,
        Self::ManageTables,
        Self::Merge,
        Self::FileUndertakings,
        Self::CallBack,
        Self::Register,
    ];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.code() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_reads_no_case_and_no_identity() {
        use Permission as P;
        for role in Role::ALL.into_iter().filter(|role| role.is_office()) {
            for permission in [
                P::ReadCases,
                P::ReadRouting,
                P::ReadIdentity,
                P::Work,
                P::Dispatch,
                P::ReadCustody,
                P::Merge,
                P::CallBack,
            ] {
                assert!(!role.may(permission), "{role} {permission:?}");
            }
        }
    }

    #[test]
    fn who_reads_the_log_is_of_the_national_level() {
        for role in Role::ALL {
            let below = [Level::Province, Level::Prefecture, Level::County].map(|level| role.may_belong_to(level));
            assert_eq!(below, [!role.may(Permission::ReadAudit); 3], "{role}");
            assert!(role.may_belong_to(Level::Nation));
        }
    }

    #[test]
    fn no_role_holds_the_powers_of_two_offices() {
        use Permission as P;
        for role in Role::ALL {
            let offices = [P::ManageAccounts, P::ReadAudit, P::ManageTables];
            assert!(offices.into_iter().filter(|&permission| role.may(permission)).count() <= 1, "{role}");
        }
    }

    #[test]
    fn the_documented_table_is_the_real_one() {
        let source = include_str!("role.rs");
        let rows: Vec<&str> = source.lines().filter_map(|line| line.trim().strip_prefix("/// | ")).collect();
        for role in Role::ALL {
            let name = role.en().to_lowercase();
            let row = rows.iter().find(|row| row.starts_with(&format!("{name} |"))).unwrap();
            let cells: Vec<bool> = row.split('|').skip(1).take(16).map(|cell| cell.trim() == "x").collect();
            let table: Vec<bool> = Permission::ALL.into_iter().map(|permission| role.may(permission)).collect();
            assert_eq!(cells, table, "{name}");
        }
    }

    #[test]
    fn a_role_is_read_as_it_was_written() {
        for role in Role::ALL {
            assert_eq!(role.code().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.code());
        }
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }
}
