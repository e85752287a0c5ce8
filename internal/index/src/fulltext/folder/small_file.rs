//! Files that are replaced whole: `meta.json` and tantivy's list of its files. The content is followed by its tag.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
};

use super::CheckedFolder;
use crate::{
    key::{TAG, Tag},
    limits,
};

pub(super) fn read(folder: &CheckedFolder, name: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(folder.at(name))?.take(limits::SMALL_FILE).read_to_end(&mut bytes)?;
    let content_length = bytes.len().checked_sub(TAG);
    let Some((content, found)) = content_length.and_then(|length| bytes.split_at_checked(length)) else {
        return Err(folder.inner.damage.report(name, "shorter than its tag"));
    };
    if found != tag(folder, name, content) {
        return Err(folder.inner.damage.report(name, "not what was written"));
    }
    bytes.truncate(bytes.len().saturating_sub(TAG));
    Ok(bytes)
}

pub(super) fn replace(folder: &CheckedFolder, name: &Path, content: &[u8]) -> io::Result<()> {
    let part = folder.part(name);
    let mut file = fs::File::create(&part)?;
    file.write_all(content)?;
    file.write_all(&tag(folder, name, content))?;
    file.sync_data()?;
    fs::rename(part, folder.at(name))
}

fn tag(folder: &CheckedFolder, name: &Path, content: &[u8]) -> Tag {
    folder.inner.tagger.tag(&[b"small", name.as_os_str().as_encoded_bytes(), content])
}
