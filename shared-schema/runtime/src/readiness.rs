//! Tells the parent process and systemd that a program is up, stopping or alive.

use std::io::{self, Write};
use std::net::SocketAddr;

use sd_notify::NotifyState;

/// Says once that the program serves: one line on standard output, and `READY=1` to systemd.
///
/// The line is `ready https://127.0.0.1:8443` for a program that listens, `ready` for one that does not. Parents wait on
/// that line; nobody polls.
pub fn announce_ready(address: Option<SocketAddr>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match address {
        Some(address) => writeln!(stdout, "ready https://{address}")?,
        None => writeln!(stdout, "ready")?,
    }
    stdout.flush()?;
    notify(NotifyState::Ready);
    Ok(())
}

/// As [`announce_ready`], for a program that receives datagrams: `ready udp://127.0.0.1:4700`.
pub fn announce_ready_for_datagrams(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "ready udp://{address}")?;
    stdout.flush()?;
    notify(NotifyState::Ready);
    Ok(())
}

/// Says that the program is finishing what it accepted and then ends.
pub fn announce_stopping() {
    notify(NotifyState::Stopping);
}

/// Shows `text` in `systemctl status`: the first line of the program's own status.
pub fn announce_status(text: &str) {
    notify(NotifyState::Status(text));
}

/// Tells systemd's watchdog that the program is alive.
pub(crate) fn announce_alive() {
    notify(NotifyState::Watchdog);
}

fn notify(state: NotifyState<'_>) {
    // Without systemd there is no socket; a program must run the same without it.
    let _ = sd_notify::notify(&[state]);
}
