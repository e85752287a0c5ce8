//! How full a disk or medium is.

use std::path::Path;

/// The used part of the file system that holds `path`, in percent; `None` if it is not there or does not say.
pub(crate) fn used_percent(path: &Path) -> Option<u8> {
    if !path.is_dir() {
        return None;
    }
    let found = rustix::fs::statvfs(path).ok()?;
    if found.f_blocks == 0 {
        return Some(0);
    }
    let used = found.f_blocks.saturating_sub(found.f_bavail);
    u8::try_from(used.saturating_mul(100) / found.f_blocks).ok()
}
