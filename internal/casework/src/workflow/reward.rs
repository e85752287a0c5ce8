//! 首报奖励: a reward is recommended for whoever reported a matter first, within bands that are data (DOMAIN 3).
//!
//! Who that is stays in the identity part: a recommendation names a case, a band and an amount, and nothing else.

use serde::{Deserialize, Serialize};

use super::progress::Heard;

/// A band of amounts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardBand {
    /// Its code.
    pub code: String,
    /// Its Chinese name.
    pub zh: String,
    /// Its English name.
    pub en: String,
    /// The least amount, in yuan.
    pub least: u32,
    /// The most, in yuan.
    pub most: u32,
    /// Where the amounts come from.
    pub source: String,
}

/// The bands that are in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewardBands {
    bands: Vec<RewardBand>,
}

/// Why a table of bands cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RewardBandsError {
    /// A row is malformed.
    #[error("a row of the reward bands is malformed: code, zh, en, least, most, source")]
    Row(#[source] csv::Error),
    /// Its amounts are the wrong way round, or there are two of one code.
    #[error("the band {code} is given twice, or its least amount is more than its most")]
    Band {
        /// Its code.
        code: String,
    },
}

/// How far the reward for a part has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reward {
    /// Nobody recommended one.
    #[default]
    None,
    /// Somebody recommended it; somebody else is to decide.
    Recommended(RewardAmount, Heard),
    /// It was approved.
    Approved(RewardAmount, Heard),
    /// It was not.
    Refused(RewardAmount, Heard),
}

impl Reward {
    /// What was approved.
    pub const fn approved(&self) -> Option<&RewardAmount> {
        match self {
            Self::Approved(amount, _) => Some(amount),
            Self::None | Self::Recommended(..) | Self::Refused(..) => None,
        }
    }
}

/// How much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardAmount {
    /// The code of its band.
    pub band: String,
    /// In yuan.
    pub yuan: u32,
}

/// Whether a case was reported before all others of its series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reported {
    /// It was, or it is one of no series.
    #[default]
    First,
    /// Another one was.
    Later,
}

impl RewardBands {
    /// The built-in table.
    pub fn embedded() -> Result<Self, RewardBandsError> {
        Self::from_csv(EMBEDDED)
    }

    /// A table from CSV: `code,zh,en,least,most,source`.
    pub fn from_csv(text: &str) -> Result<Self, RewardBandsError> {
        let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect::<Result<Vec<RewardBand>, _>>();
        let bands = rows.map_err(RewardBandsError::Row)?;
        for (place, band) in bands.iter().enumerate() {
            let twice = bands.iter().take(place).any(|other| other.code == band.code);
            if twice || band.least > band.most {
                return Err(RewardBandsError::Band { code: band.code.clone() });
            }
        }
        Ok(Self { bands })
    }

    /// The band of this code, if the amount lies in it.
    pub fn holding(&self, code: &str, yuan: u32) -> Option<&RewardBand> {
        self.bands.iter().find(|band| band.code == code && (band.least..=band.most).contains(&yuan))
    }

    /// All of them.
    pub fn all(&self) -> &[RewardBand] {
        &self.bands
    }
}

const EMBEDDED: &str = include_str!("../../../../shared-schema/rewards/bands.csv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_lies_in_its_band_and_every_band_says_where_it_comes_from() {
        let bands = RewardBands::embedded().unwrap();
        assert!(bands.all().iter().all(|band| !band.source.is_empty() && !band.zh.is_empty()));
        assert!(bands.holding("UMBRELLA", 5_000).is_some() && bands.holding("UMBRELLA", 30_000).is_some());
        for (code, yuan) in [("UMBRELLA", 4_999), ("UMBRELLA", 30_001), ("NOTHING", 5_000)] {
            assert_eq!(bands.holding(code, yuan), None, "{code} {yuan}");
        }
    }

    #[test]
    fn a_table_with_a_band_twice_or_upside_down_is_refused() {
        let read = |rows: &str| RewardBands::from_csv(&format!("code,zh,en,least,most,source\n{rows}"));
        assert!(matches!(read("A,甲,a,2,1,x\n"), Err(RewardBandsError::Band { .. })));
        assert!(matches!(read("A,甲,a,1,2,x\nA,甲,a,1,2,x\n"), Err(RewardBandsError::Band { .. })));
        assert!(matches!(read("A,甲,a,one,2,x\n"), Err(RewardBandsError::Row(_))));
    }
}
