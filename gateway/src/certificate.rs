//! The certificate that connections are greeted with; a new one is taken up without a restart.
//!
//! The last good one serves. A certificate that cannot be read, or that its key does not fit, changes nothing but the
//! telemetry: a renewal gone wrong is no outage.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use nightsafe_runtime::Shutdown;
use nightsafe_runtime::tls::{self, TlsError};
use rustls::ServerConfig;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config::TlsConfig;
use crate::http::ALPN_PROTOCOLS;
use crate::watched::WatchedFiles;

/// Always the newest configuration that could be used.
pub(crate) type CurrentTls = watch::Receiver<Arc<ServerConfig>>;

/// Follows the certificate and its key on disk.
pub(crate) struct CertificateFollower {
    files: TlsConfig,
    seen: [Option<Stamp>; 2],
    current: watch::Sender<Arc<ServerConfig>>,
}

/// What tells that a file is another one than before, behind symbolic links too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl CertificateFollower {
    /// Starts with what is there; a program that cannot greet anybody does not start.
    pub(crate) fn new(files: &TlsConfig) -> Result<(Self, CurrentTls), TlsError> {
        let seen = stamps(files);
        let (current, newest) = watch::channel(read(files)?);
        Ok((Self { files: files.clone(), seen, current }, newest))
    }

    /// Looks again whenever the files may have changed.
    pub(crate) fn follow(self, shutdown: &Shutdown) -> io::Result<impl Future<Output = ()> + Send + use<>> {
        let watched = WatchedFiles::new(&[&self.files.certificate, &self.files.key])?;
        Ok(self.look_again_and_again(watched, shutdown.soft()))
    }

    async fn look_again_and_again(mut self, mut watched: WatchedFiles, soft: CancellationToken) {
        while soft.run_until_cancelled(watched.changed()).await.is_some() {
            let looked = tokio::task::spawn_blocking(move || {
                self.refresh();
                self
            });
            let Ok(follower) = looked.await else { return };
            self = follower;
        }
    }

    fn refresh(&mut self) {
        let stamps = stamps(&self.files);
        if std::mem::replace(&mut self.seen, stamps) == stamps {
            return;
        }
        match read(&self.files) {
            Ok(config) => {
                self.current.send_replace(config);
                tracing::info!("certificate replaced");
            }
            Err(error) => tracing::error!(
                alarm = "certificate",
                error = &error as &dyn std::error::Error,
                "the new certificate cannot be used: the last good one serves"
            ),
        }
    }
}

fn read(files: &TlsConfig) -> Result<Arc<ServerConfig>, TlsError> {
    tls::server_config(&files.certificate, &files.key, &ALPN_PROTOCOLS)
}

fn stamps(files: &TlsConfig) -> [Option<Stamp>; 2] {
    [&files.certificate, &files.key].map(|path| stamp(path).ok())
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let facts = fs::metadata(path)?;
    Ok(Stamp { inode: facts.ino(), length: facts.len(), changed: (facts.ctime(), facts.ctime_nsec()) })
}
