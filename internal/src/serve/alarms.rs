//! Tells the site's command of each alarm: a pager, a horn, a message to a duty desk.
//!
//! The command is a list of words, started without a shell and without our environment; it learns the case number and
//! the level and nothing of the report. What became of it is recorded in the case, so that it is shown beside the alarm and
//! an alarm is told once, whatever crashes. Nothing waits for it: the receipt has gone on long before.

use std::{
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

use nightsafe_casework::event::{AlarmSignalled, Signal};
use nightsafe_runtime::Shutdown;
use nightsafe_schema::{case::CaseId, time::Clock};

use crate::{
    config::AlarmCommand,
    limits,
    receipt::fault::chain,
    records::{Actor, NewEvent},
    site::Site,
};

/// Tells of alarms until asked to end; returns at once if the site has no command.
pub(crate) async fn tell(site: Arc<Site>, shutdown: Shutdown) {
    let soft = shutdown.soft();
    if site.config.alarm.is_none() {
        return soft.cancelled().await;
    }
    let mut growth = site.records.growth();
    loop {
        let telling = Arc::clone(&site);
        let ending = shutdown.clone();
        let told = tokio::task::spawn_blocking(move || tell_waiting(&telling, &|| !ending.has_begun()));
        if told.await.is_err() {
            return;
        }
        tokio::select! {
            () = soft.cancelled() => return,
            changed = growth.changed() => if changed.is_err() { return },
        }
    }
}

fn tell_waiting(site: &Site, go_on: &dyn Fn() -> bool) {
    let Some(command) = &site.config.alarm else { return };
    let waiting = site.records.register().unsignalled();
    for case in waiting {
        if !go_on() {
            return;
        }
        let signal = run(command, case, &*site.clock);
        if !signal.is_done() {
            tracing::error!(%case, %signal, "警报命令没有成功 (the alarm command failed)");
        }
        let event = NewEvent::of_case(case, AlarmSignalled { signal });
        if let Err(error) = site.records.append(&Actor::daemon(), &*site.clock, vec![event]) {
            // Told again at the next growth or start: twice is better than never.
            tracing::error!(%case, reason = chain(&error), "what became of an alarm was not recorded");
            return;
        }
    }
}

/// Runs the command for one case, within its time.
fn run(command: &AlarmCommand, case: CaseId, clock: &dyn Clock) -> Signal {
    let Some((program, arguments)) = command.command.split_first() else { return Signal::NotStarted };
    let started = Command::new(program)
        .args(arguments)
        .args([&case.to_string(), LEVEL])
        .env_clear()
        .env("NIGHTSAFE_CASE", case.to_string())
        .env("NIGHTSAFE_LEVEL", LEVEL)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else { return Signal::NotStarted };
    let most = Duration::from_secs(command.seconds.clamp(1, limits::ALARM_COMMAND_SECONDS));
    let began = clock.elapsed();
    // Nobody ever sends: waiting on it is how this thread rests between looks at a child that it must be able to end.
    let (_quiet, rest) = mpsc::channel::<()>();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Signal::Done,
            Ok(Some(status)) => return Signal::Failed { code: status.code() },
            Ok(None) if clock.elapsed().saturating_sub(began) < most => {
                let _ = rest.recv_timeout(limits::ALARM_COMMAND_LOOK);
            }
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Signal::TimedOut;
            }
        }
    }
}

/// The only level that raises an alarm.
const LEVEL: &str = "P0";

#[cfg(test)]
mod tests {
    use nightsafe_runtime::SystemClock;

    use super::*;

    fn told(words: &[&str], seconds: u64) -> Signal {
        let command = AlarmCommand { command: words.iter().map(ToString::to_string).collect(), seconds };
        run(&command, "7K2M-9QXW-3T5A".parse().unwrap(), &SystemClock::start())
    }

    #[test]
    fn a_command_learns_the_case_and_the_level_and_nothing_else() {
        let script =
            r#"[ "$1 $2" = "7K2M-9QXW-3T5A P0" ] && [ "$NIGHTSAFE_CASE" = "$1" ] && [ -z "$HOME$USER$CARGO" ]"#;
        assert_eq!(told(&["/bin/sh", "-c", script, "bell"], 10), Signal::Done);
    }

    #[test]
    fn a_command_that_fails_hangs_or_does_not_exist_is_told_from_one_that_ends_well() {
        assert_eq!(told(&["/bin/sh", "-c", "exit 7"], 10), Signal::Failed { code: Some(7) });
        assert_eq!(told(&["/bin/sh", "-c", "while :; do :; done"], 1), Signal::TimedOut);
        assert_eq!(told(&["/nonexistent/bell"], 10), Signal::NotStarted);
        assert_eq!(told(&[], 10), Signal::NotStarted);
    }
}
