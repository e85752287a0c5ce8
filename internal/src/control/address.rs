//! Where the control socket is.
//!
//! A unix socket's address holds 107 bytes, and sites have deep folders: the socket is therefore reached through its
//! folder's descriptor (`/proc/self/fd/N/name`), which is short whatever the path.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// A socket path that always fits, valid while this lives.
#[derive(Debug)]
pub(crate) struct SocketAddress {
    /// Keeps the descriptor in the path below open.
    _folder: Option<File>,
    path: PathBuf,
}

impl SocketAddress {
    /// The address of the socket at `path`; its folder must exist.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() < LONGEST {
            return Ok(Self { _folder: None, path: path.to_owned() });
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidFilename.into());
        };
        let folder = File::open(folder)?;
        let short = PathBuf::from(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&folder)));
        Ok(Self { path: short.join(name), _folder: Some(folder) })
    }

    /// The path to bind or to connect to.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// `sun_path` without its closing zero.
const LONGEST: usize = 108;

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn a_deep_folder_is_no_obstacle() {
        let top = tempfile::tempdir().unwrap();
        let deep = top.path().join("很深的目录".repeat(10)).join("再深一层".repeat(10));
        std::fs::create_dir_all(&deep).unwrap();
        let address = SocketAddress::of(&deep.join("control.sock")).unwrap();
        let _listener = UnixListener::bind(address.path()).unwrap();
        assert!(UnixStream::connect(SocketAddress::of(&deep.join("control.sock")).unwrap().path()).is_ok());
    }
}
