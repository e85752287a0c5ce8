//! Whether an item was acknowledged lately: asked of the journal itself, so that nothing else has to remember it.
//!
//! A form that is sent twice names attachments that are in the outbox already, or have crossed the gap and left it. The
//! end of the journal is enough: a form page names no attachment older than the staging folder keeps.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use nightsafe_schema::item::ItemId;

/// Whether a line near the end of a journal in `folder` is this item's. What cannot be read names nothing.
pub(super) fn names(folder: &Path, item: ItemId) -> bool {
    let Ok(listed) = fs::read_dir(folder) else { return false };
    let journals = listed.filter_map(|entry| Some(entry.ok()?.path()));
    journals.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")).any(|path| {
        let end = end_of(&path).unwrap_or_default();
        // Canonical JSON has one spelling, and an item id needs no escapes.
        memchr::memmem::find(&end, format!("\"item\":\"{item}\"").as_bytes()).is_some()
    })
}

/// The journal's last whole lines.
fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOOKED_AT)))?;
    let mut end = Vec::new();
    file.take(LOOKED_AT).read_to_end(&mut end)?;
    // A line without its end does not exist yet.
    end.truncate(memchr::memrchr(b'\n', &end).map_or(0, |last| last + 1));
    Ok(end)
}

/// Some fifty thousand lines.
const LOOKED_AT: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_name_items() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second, third) =
            (ItemId::from_bytes([1; 16]), ItemId::from_bytes([2; 16]), ItemId::from_bytes([3; 16]));
        let text = format!("{{\"item\":\"{first}\",\"seq\":1}}\n{{\"item\":\"{second}\",\"seq\":2}}");
        fs::write(folder.path().join("stream.jsonl"), text).unwrap();
        fs::write(folder.path().join("stream.head.json"), format!("{{\"item\":\"{third}\"}}\n")).unwrap();
        let named = [first, second, third].map(|item| names(folder.path(), item));
        assert_eq!(named, [true, false, false]);
        assert!(!names(&folder.path().join("nowhere"), first));
    }
}
