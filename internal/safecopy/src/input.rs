//! What comes in at standard input, never more than its kind may be.

use std::fs::File;
use std::io::{self, Read, Seek};

use rustix::fs::{MemfdFlags, memfd_create};

use crate::copy::CopyError;

/// All of it, in memory.
pub(crate) fn read(most: u64) -> Result<Vec<u8>, CopyError> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(CopyError::Input)?;
    if bytes.len() as u64 > most {
        return Err(CopyError::TooLarge { most });
    }
    Ok(bytes)
}

/// All of it, in a file that exists in memory only, for a reader that has to go back and forth. Also its length.
pub(crate) fn into_memory_file(most: u64) -> Result<(File, u64), CopyError> {
    let made = memfd_create("attachment", MemfdFlags::empty()).map_err(io::Error::from);
    let mut file = File::from(made.map_err(CopyError::Input)?);
    let length = io::copy(&mut io::stdin().lock().take(most.saturating_add(1)), &mut file).map_err(CopyError::Input)?;
    if length > most {
        return Err(CopyError::TooLarge { most });
    }
    file.rewind().map_err(CopyError::Input)?;
    Ok((file, length))
}
