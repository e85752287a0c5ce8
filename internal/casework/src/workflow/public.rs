//! What the reporter may be told (DOMAIN 4.1): derived from the parts, and nothing that would tell a tipped-off insider
//! anything: no merge, no level, no conflict, no priority.

use serde::{Deserialize, Serialize};

use super::stage::Stage;

/// A public status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PublicStatus {
    /// 已受理.
    Accepted,
    /// 核查中.
    Verifying,
    /// 审核中.
    Reviewing,
    /// 已办结.
    Closed,
    /// 不予受理.
    NotAdmitted,
}

impl PublicStatus {
    /// The status of a case with these parts: that of the part that is furthest behind.
    pub fn of(stages: impl IntoIterator<Item = Stage>) -> Self {
        let told = stages.into_iter().map(Self::of_part);
        // What was not admitted says so only if nothing else goes on.
        told.min().unwrap_or(Self::Accepted)
    }

    const fn of_part(stage: Stage) -> Self {
        match stage {
            Stage::Registered | Stage::Screened | Stage::Assessed | Stage::Sealed | Stage::Held => Self::Accepted,
            Stage::Reopened
            | Stage::ReturnedRoute
            | Stage::Escalated
            | Stage::Assigned
            | Stage::Forwarded
            | Stage::Signed
            | Stage::Verifying
            | Stage::ReturnedVerify
            | Stage::Merged
            | Stage::TransferredOut => Self::Verifying,
            Stage::ResultSubmitted | Stage::GateProv | Stage::GateMps => Self::Reviewing,
            Stage::Closed | Stage::FedBack | Stage::CalledBack | Stage::Archived => Self::Closed,
            Stage::NotAdmitted => Self::NotAdmitted,
        }
    }

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "ACCEPTED",
            Self::Verifying => "VERIFYING",
            Self::Reviewing => "REVIEWING",
            Self::Closed => "CLOSED",
            Self::NotAdmitted => "NOT_ADMITTED",
        }
    }

    /// Its name, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Accepted => ("已受理", "accepted"),
            Self::Verifying => ("核查中", "being verified"),
            Self::Reviewing => ("审核中", "under review"),
            Self::Closed => ("已办结", "closed"),
            Self::NotAdmitted => ("不予受理", "not admitted"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_status_is_that_of_the_part_furthest_behind_and_tells_no_merge_and_no_level() {
        assert_eq!(PublicStatus::of([Stage::Closed, Stage::Verifying]), PublicStatus::Verifying);
        assert_eq!(PublicStatus::of([Stage::NotAdmitted, Stage::Closed]), PublicStatus::Closed);
        assert_eq!(PublicStatus::of([Stage::NotAdmitted]), PublicStatus::NotAdmitted);
        assert_eq!(PublicStatus::of([]), PublicStatus::Accepted);
        let verifying = PublicStatus::of([Stage::Verifying]);
        for hidden in [Stage::Merged, Stage::Escalated, Stage::ReturnedRoute, Stage::Reopened, Stage::ReturnedVerify] {
            assert_eq!(PublicStatus::of([hidden]), verifying, "{hidden}");
        }
        assert_eq!(PublicStatus::of([Stage::Sealed]), PublicStatus::of([Stage::Screened]));
    }
}
