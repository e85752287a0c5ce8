//! How full a disk or medium is.

use std::path::Path;

use serde::Serialize;

/// The file system that holds a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Space {
    /// Bytes that are free for us.
    pub(crate) free: u64,
    /// Bytes in all.
    pub(crate) total: u64,
    #[serde(skip)]
    block: u64,
}

impl Space {
    /// The file system that holds `folder`; `None` if the folder is not there or the file system does not say.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        if !folder.is_dir() {
            return None;
        }
        let found = rustix::fs::statvfs(folder).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Some(Self { free: bytes(found.f_bavail), total: bytes(found.f_blocks), block: found.f_frsize.max(1) })
    }

    /// The free part, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a share for people and graphs")]
    pub(crate) fn free_ratio(self) -> f64 {
        if self.total == 0 { 0.0 } else { self.free as f64 / self.total as f64 }
    }

    /// The used part, in percent.
    pub(crate) fn used_percent(self) -> u8 {
        let used = self.total.saturating_sub(self.free);
        u8::try_from(used.saturating_mul(100).checked_div(self.total).unwrap_or(100)).unwrap_or(100)
    }

    /// What a file of `size` bytes takes there, its name and its line in a list of entries included.
    pub(crate) fn cost(self, size: u64) -> u64 {
        size.div_ceil(self.block).saturating_add(1).saturating_mul(self.block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_between_nothing_and_all() {
        let space = Space { free: 25, total: 100, block: 10 };
        assert!((space.free_ratio() - 0.25).abs() < 1e-9);
        assert_eq!((space.used_percent(), space.cost(0), space.cost(11)), (75, 10, 30));
        let empty = Space { free: 0, total: 0, block: 1 };
        assert_eq!((empty.used_percent(), empty.free_ratio().to_bits()), (100, 0));
        assert_eq!(Space::of(Path::new("/nowhere/at/all")), None);
    }
}
