//! How a program ends: softly, finishing what it accepted, or hard when that takes too long.
//!
//! SIGTERM and SIGINT ask softly; a second signal, or the grace time running out, ends hard. Every task is spawned
//! through [`Shutdown`], so that none outlives the program unseen and a crashed one ends it with exit code 1.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::exit::ExitCode;
use crate::readiness;

/// The one handle through which a program's tasks are spawned and ended. Clones share it.
#[derive(Clone, Debug)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    outcome: Arc<AtomicU8>,
    grace: Duration,
}

impl Shutdown {
    /// Nothing is ended yet; once asked softly, tasks have `grace` to finish.
    pub fn new(grace: Duration) -> Self {
        Self {
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            tasks: TaskTracker::new(),
            outcome: Arc::new(AtomicU8::new(CLEAN)),
            grace,
        }
    }

    /// Installs the signal handlers, and answers systemd's watchdog where there is one.
    pub fn listen(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let this = self.clone();
        tokio::spawn(async move {
            loop {
                let outcome = tokio::select! {
                    Some(()) = terminate.recv() => CLEAN,
                    Some(()) = interrupt.recv() => INTERRUPTED,
                    else => return,
                };
                if this.soft.is_cancelled() {
                    tracing::warn!("second signal: ending at once");
                    this.hard.cancel();
                } else {
                    this.outcome.fetch_max(outcome, Ordering::SeqCst);
                    this.begin();
                }
            }
        });
        if let Some(period) = sd_notify::watchdog_enabled() {
            let hard = self.hard.clone();
            tokio::spawn(hard.run_until_cancelled_owned(keep_alive(period)));
        }
        Ok(())
    }

    /// Asks every task to finish.
    pub fn begin(&self) {
        readiness::announce_stopping();
        self.soft.cancel();
    }

    /// Asks every task to finish although the program goes on: it will open what it works on anew.
    pub fn pause(&self) {
        self.soft.cancel();
    }

    /// Cancelled when the program should finish: stop accepting, complete what was accepted.
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Cancelled when the program must end now.
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Whether the program has been asked to finish; for loops that do not await.
    pub fn has_begun(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Runs a task that may end whenever it likes. If it panics, the program ends with exit code 1.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let running = tokio::spawn(task);
        self.watch(name, running, Ending::Any);
    }

    /// Runs a task without which the program is useless, such as the accept loop: if it ends unasked, so does the program.
    pub fn spawn_essential(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let running = tokio::spawn(task);
        self.watch(name, running, Ending::OnlyWhenAsked);
    }

    /// Runs blocking work on a thread of its own; waited for like any task, but it cannot be aborted.
    pub fn spawn_blocking(&self, name: &'static str, work: impl FnOnce() + Send + 'static) {
        let running = tokio::task::spawn_blocking(work);
        self.watch(name, running, Ending::Any);
    }

    /// Waits until the program is asked to finish and has: 0 after SIGTERM, 130 after Ctrl-C, 1 if a task crashed or
    /// did not end in time.
    pub async fn finished(self) -> ExitCode {
        self.soft.cancelled().await;
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            () = self.hard.cancelled() => self.outcome_at_least(CRASHED),
            () = tokio::time::sleep(self.grace) => {
                tracing::error!("tasks did not finish in time");
                self.outcome_at_least(CRASHED);
            }
        }
        self.hard.cancel();
        match self.outcome.load(Ordering::SeqCst) {
            CLEAN => ExitCode::Ok,
            INTERRUPTED => ExitCode::Interrupted,
            _ => ExitCode::Unexpected,
        }
    }

    fn watch(&self, name: &'static str, mut running: JoinHandle<()>, ending: Ending) {
        let this = self.clone();
        self.tasks.spawn(async move {
            let ended = tokio::select! {
                ended = &mut running => ended,
                () = this.hard.cancelled() => {
                    running.abort();
                    this.outcome_at_least(CRASHED);
                    return;
                }
            };
            let unasked = matches!(ending, Ending::OnlyWhenAsked) && !this.soft.is_cancelled();
            if ended.is_err() || unasked {
                // The panic's own message may quote input; the task's name is enough.
                tracing::error!(task = name, "task ended unexpectedly");
                this.outcome_at_least(CRASHED);
                this.begin();
            }
        });
    }

    fn outcome_at_least(&self, outcome: u8) {
        self.outcome.fetch_max(outcome, Ordering::SeqCst);
    }
}

/// When a task may end.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Any,
    OnlyWhenAsked,
}

async fn keep_alive(period: Duration) {
    let mut beat = tokio::time::interval(period / 2);
    loop {
        beat.tick().await;
        readiness::announce_alive();
    }
}

const CLEAN: u8 = 0;
const INTERRUPTED: u8 = 1;
const CRASHED: u8 = 2;

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    fn run<F: Future>(test: F) -> F::Output {
        Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(test)
    }

    const LONG: Duration = Duration::from_hours(1);

    #[test]
    fn tasks_finish_what_they_do_when_asked_softly() {
        let code = run(async {
            let shutdown = Shutdown::new(LONG);
            let soft = shutdown.soft();
            shutdown.spawn_essential("accept", async move { soft.cancelled().await });
            shutdown.spawn("short", async {});
            shutdown.begin();
            shutdown.finished().await
        });
        assert_eq!(code, ExitCode::Ok);
    }

    #[test]
    fn a_crashed_task_ends_the_program_with_a_failure() {
        let code = run(async {
            let shutdown = Shutdown::new(LONG);
            shutdown.spawn("crash", async { panic!("on purpose") });
            shutdown.finished().await
        });
        assert_eq!(code, ExitCode::Unexpected);
    }

    #[test]
    fn an_essential_task_that_ends_unasked_ends_the_program() {
        let code = run(async {
            let shutdown = Shutdown::new(LONG);
            shutdown.spawn_essential("accept", async {});
            shutdown.finished().await
        });
        assert_eq!(code, ExitCode::Unexpected);
    }

    #[test]
    fn a_task_that_hangs_is_aborted_after_the_grace_time() {
        let code = run(async {
            let shutdown = Shutdown::new(Duration::from_millis(1));
            shutdown.spawn("hang", std::future::pending());
            shutdown.begin();
            shutdown.finished().await
        });
        assert_eq!(code, ExitCode::Unexpected);
    }

    #[test]
    fn sigterm_ends_cleanly_and_a_second_signal_ends_hard() {
        let code = run(async {
            let shutdown = Shutdown::new(LONG);
            shutdown.listen().unwrap();
            let soft = shutdown.soft();
            shutdown.spawn("hang", async move {
                raise();
                soft.cancelled().await;
                raise();
                std::future::pending::<()>().await;
            });
            shutdown.finished().await
        });
        assert_eq!(code, ExitCode::Unexpected);
    }

    fn raise() {
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM).unwrap();
    }
}
