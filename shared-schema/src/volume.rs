//! The folder that carries items across the gap on a medium (DESIGN section 7, docs/spec/transfer.md).
//!
//! ```text
//! volume-000123/
//!   entries.jsonl   journal lines, verbatim
//!   items/          <item-id>.age
//!   head.json       the newest head of the journal, verbatim
//! ```
//!
//! A volume is written once under a name that is not its own, and never changed after it has its own.

use std::{fmt, str::FromStr};

/// The number of a volume, counted from 1 by the low side; the folder is `volume-` and at least six digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeNumber(u64);

/// The name is not that of a volume.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a volume such as volume-000123")]
pub struct VolumeNumberError;

impl VolumeNumber {
    /// The first volume.
    pub const FIRST: Self = Self(1);

    /// The volume after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for VolumeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "volume-{:06}", self.0)
    }
}

impl FromStr for VolumeNumber {
    type Err = VolumeNumberError;

    fn from_str(name: &str) -> Result<Self, VolumeNumberError> {
        let digits = name.strip_prefix("volume-").ok_or(VolumeNumberError)?;
        let volume = Self(digits.parse().map_err(|_| VolumeNumberError)?);
        if volume.0 > 0 && volume.to_string() == name { Ok(volume) } else { Err(VolumeNumberError) }
    }
}

/// The file of journal lines in a volume.
pub const ENTRIES: &str = "entries.jsonl";
/// The folder of items in a volume, an outbox and an inbox.
pub const ITEMS: &str = "items";
/// The file of the newest head in a volume.
pub const HEAD: &str = "head.json";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_is_read_as_it_was_written(number in 1..u64::MAX) {
            let volume = VolumeNumber(number);
            prop_assert_eq!(volume.to_string().parse(), Ok(volume));
        }
    }

    #[test]
    fn there_is_one_name_a_volume() {
        assert_eq!(VolumeNumber(123).to_string(), "volume-000123");
        for name in
            ["volume-123", "volume-000000", "volume-0000123", "volume-+00123", "Volume-000123", ".volume-000123"]
        {
            assert_eq!(name.parse::<VolumeNumber>(), Err(VolumeNumberError), "{name}");
        }
    }
}
