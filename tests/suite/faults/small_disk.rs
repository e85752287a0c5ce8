//! A disk of a few MiB that holds the gateway's folder: a real tmpfs, in a mount namespace of its own, gone with the test.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use crate::gateway::Outside;

/// Lives as long as the process that holds its namespace.
pub(crate) struct SmallDisk {
    holder: Child,
    folder: PathBuf,
}

impl SmallDisk {
    /// Moves a copy of the gateway's folder onto a new disk, mounted over the original.
    pub(crate) fn holding(outside: &Outside) -> Self {
        let folder = outside.folder();
        let script = format!(
            "set -e; cp -a '{0}' '{0}.copy'; mount -t tmpfs -o size={SIZE},mode=700 small '{0}'; \
             cp -a '{0}.copy/.' '{0}'; echo mounted; exec cat",
            folder.display()
        );
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", &script]);
        let mut holder = unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "mounted\n", "a small disk needs leave to mount");
        Self { holder, folder }
    }

    /// The gateway's command, run where the disk is.
    pub(crate) fn serve(&self, outside: &Outside) -> Command {
        let plain = outside.command();
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.holder.id()));
        command.arg(plain.get_program()).args(plain.get_args());
        command
    }

    /// The outbox, seen from here.
    pub(crate) fn outbox(&self) -> PathBuf {
        self.root().join("outbox")
    }

    /// Leaves so many bytes free.
    pub(crate) fn fill_but(&self, bytes: u64) {
        let disk = rustix::fs::statvfs(self.root()).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        let filler = usize::try_from(free.saturating_sub(bytes)).unwrap();
        let mut file = fs::File::create(self.filler()).unwrap();
        // Zeros would do, but not a hole.
        file.write_all(&vec![1; filler]).unwrap();
        let disk = rustix::fs::statvfs(self.root()).unwrap();
        assert!(disk.f_bavail * disk.f_frsize <= bytes, "not full");
    }

    pub(crate) fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.root().join("filler")
    }

    fn root(&self) -> PathBuf {
        let there = format!("/proc/{}/root{}", self.holder.id(), self.folder.display());
        there.into()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // With the last process in it the namespace ends, and the disk with it.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

pub(crate) const SIZE: u64 = 16 * 1024 * 1024;
