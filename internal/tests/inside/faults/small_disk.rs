//! A disk of a few MiB under everything that the inside keeps: a real tmpfs in a mount namespace of its own, gone with
//! the test. The inbox stays where it is: it is the transfer's.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::symlink,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use crate::site::Site;

/// Lives as long as the process that holds its namespace.
pub(crate) struct SmallDisk {
    holder: Child,
    mount: PathBuf,
}

impl SmallDisk {
    /// Moves what the site keeps onto a new disk; its commands run where the disk is from now on.
    pub(crate) fn under(site: &mut Site) -> Self {
        let (mount, aside) = (site.path("disk"), site.path("aside"));
        fs::create_dir(&mount).unwrap();
        fs::create_dir(&aside).unwrap();
        for folder in ["vault", "ledger", "index", "quarantine", "state"] {
            fs::rename(site.path(folder), aside.join(folder)).unwrap();
            symlink(mount.join(folder), site.path(folder)).unwrap();
        }
        let script = format!(
            "set -e; mount -t tmpfs -o size={SIZE},mode=700 small '{0}'; cp -a '{1}/.' '{0}'; echo mounted; exec cat",
            mount.display(),
            aside.display()
        );
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", &script]);
        let mut holder = unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "mounted\n", "a small disk needs leave to mount");
        site.move_into(holder.id());
        Self { holder, mount }
    }

    /// Leaves so many bytes free.
    pub(crate) fn fill_but(&self, bytes: u64) {
        let disk = rustix::fs::statvfs(self.seen_from_here()).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        let filler = usize::try_from(free.saturating_sub(bytes)).unwrap();
        let mut file = fs::File::create(self.seen_from_here().join("filler")).unwrap();
        // Zeros would do, but not a hole.
        file.write_all(&vec![1; filler]).unwrap();
    }

    /// There is room again.
    pub(crate) fn empty(&self) {
        fs::remove_file(self.seen_from_here().join("filler")).unwrap();
    }

    fn seen_from_here(&self) -> PathBuf {
        format!("/proc/{}/root{}", self.holder.id(), self.mount.display()).into()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // With the last process in it the namespace ends, and the disk with it.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

const SIZE: u64 = 32 * 1024 * 1024;
