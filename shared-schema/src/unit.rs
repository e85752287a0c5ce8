//! Units: who reports go to, who stands above whom, and which organ a station belongs to.
//!
//! A unit has an id of its own. Its division code is an attribute, because some units have none (阿尔善分局) or one that is in no
//! national list (乌拉盖). This module answers who is above and below; who may see what is decided elsewhere from its answers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

use crate::division::{DivisionCode, DivisionLevel};

mod registry;

pub use registry::{UnitError, UnitRegistry};

/// The id of a unit: its system, a dot, and a name, such as `POLICE.990121` or `POLICE.990121.liuye`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(String);

/// A branch of the state: `POLICE`, `DISC`, `OFFICE`, … Data, not a closed list: a site may add regulators.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct System(String);

/// The text is not a unit id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a unit id is a system in capitals, a dot, and 1 to 48 letters, digits, dots, dashes or underscores")]
pub struct UnitIdError;

/// The text is not the name of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a system is 1 to 16 capitals or underscores")]
pub struct SystemError;

/// The rank of a unit. Ordered from the top: `Nation < Province`, because it stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    /// 全国.
    Nation,
    /// 省级.
    Province,
    /// 市级.
    Prefecture,
    /// 县级.
    County,
    /// 派出所、内设机构: counts as its organ.
    Station,
}

/// One unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Its Chinese name.
    pub name: String,
    /// Its branch.
    pub system: System,
    /// Its rank.
    pub level: Level,
    /// The division it serves, where there is one.
    #[serde(default)]
    pub division: Option<DivisionCode>,
    /// The unit above it in the same system.
    #[serde(default)]
    pub parent: Option<UnitId>,
    /// For a station or internal division: the organ it is part of.
    #[serde(default)]
    pub organ: Option<UnitId>,
    /// How the public reaches it.
    #[serde(default, skip_serializing_if = "Channels::is_empty")]
    pub channels: Channels,
}

/// How the public reaches a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Channels {
    /// Telephone numbers as printed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// E-mail addresses as printed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
}

impl UnitId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UnitId {
    type Err = UnitIdError;

    fn from_str(text: &str) -> Result<Self, UnitIdError> {
        let (system, name) = text.split_once('.').ok_or(UnitIdError)?;
        system.parse::<System>().map_err(|_| UnitIdError)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if name.is_empty() || name.len() > 48 || !name.bytes().all(allowed) {
            return Err(UnitIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl System {
    /// 扫黑办, the coordinating office.
    pub const OFFICE: &str = "OFFICE";
    /// 公安.
    pub const POLICE: &str = "POLICE";
    /// 纪委监委.
    pub const DISC: &str = "DISC";
    /// 党委政法委.
    pub const PLC: &str = "PLC";
    /// 法院.
    pub const COURT: &str = "COURT";
    /// 检察院.
    pub const PROC: &str = "PROC";
    /// 司法行政.
    pub const JUSTICE: &str = "JUSTICE";

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for System {
    type Err = SystemError;

    fn from_str(text: &str) -> Result<Self, SystemError> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
        if text.is_empty() || text.len() > 16 || !text.bytes().all(allowed) {
            return Err(SystemError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl PartialEq<str> for System {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl Level {
    /// Every level, from the top.
    pub const ALL: [Self; 5] = [Self::Nation, Self::Province, Self::Prefecture, Self::County, Self::Station];

    /// The level above; none above the nation.
    pub const fn above(self) -> Option<Self> {
        match self {
            Self::Nation => None,
            Self::Province => Some(Self::Nation),
            Self::Prefecture => Some(Self::Province),
            Self::County => Some(Self::Prefecture),
            Self::Station => Some(Self::County),
        }
    }

    /// Whether this level stands strictly above `other`.
    pub fn is_above(self, other: Self) -> bool {
        self < other
    }

    /// The level of divisions that units of this level serve; none for the nation.
    pub const fn division_level(self) -> Option<DivisionLevel> {
        match self {
            Self::Nation => None,
            Self::Province => Some(DivisionLevel::Province),
            Self::Prefecture => Some(DivisionLevel::Prefecture),
            Self::County => Some(DivisionLevel::County),
            Self::Station => Some(DivisionLevel::Locality),
        }
    }

    /// As written in tables: `COUNTY`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nation => "NATION",
            Self::Province => "PROVINCE",
            Self::Prefecture => "PREFECTURE",
            Self::County => "COUNTY",
            Self::Station => "STATION",
        }
    }
}

impl Channels {
    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.phones.is_empty() && self.emails.is_empty()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text newtypes print, compare and travel as their text.
macro_rules! as_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

as_text!(UnitId);
as_text!(System);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_a_system_and_a_name() {
        for good in ["POLICE.990121", "POLICE.990121.liuye", "STATE_SEC.000000", "POLICE.152502.aershan"] {
            assert_eq!(good.parse::<UnitId>().unwrap().to_string(), good);
        }
        for bad in ["", "POLICE", "POLICE.", ".990121", "police.990121", "POLICE.99 0121", "POLICE.青禾"] {
            assert_eq!(bad.parse::<UnitId>(), Err(UnitIdError), "{bad}");
        }
    }

    #[test]
    fn levels_are_ordered_from_the_top() {
        assert!(Level::Nation.is_above(Level::Province) && !Level::County.is_above(Level::County));
        assert_eq!(Level::County.above(), Some(Level::Prefecture));
        assert_eq!(Level::Nation.above(), None);
    }
}
