//! `nightsafe-internal`: the inside of Nightsafe. Receives sealed items, opens them once, keeps them, and lets the right
//! people, and nobody else, read what was reported.
//!
//! **Architecture Invariant:** this program connects to nothing; it listens on the console's address and on its control
//! socket. Items are opened in `nightsafe-open` alone; every look and every decision is an event in the ledger before it
//! is an answer ([`desk`]).

mod accounts;
mod callbacks;
mod cases;
mod cli;
mod config;
mod control;
mod copies;
mod counter;
mod credentials;
mod data;
mod desk;
mod failpoints;
mod import;
mod indexed;
mod limits;
mod linking;
mod process;
mod receipt;
mod records;
mod register;
mod serve;
mod site;
mod stores;
mod stretching;
mod verbs;

use clap::Parser as _;
use nightsafe_runtime::{ExitCode, StartError, config::load, exit::conclude};

use self::{
    cli::{AuditVerb, CommandLine, ItemVerb, UsersVerb, Verb},
    config::Config,
};

fn main() -> ExitCode {
    conclude("nightsafe-internal", run(CommandLine::parse()))
}

fn run(line: CommandLine) -> Result<ExitCode, StartError> {
    let path = line.config;
    let config = || load::<Config>(&path).map_err(StartError::from);
    match line.verb {
        Verb::Init(arguments) => verbs::init::run(&path, &arguments),
        Verb::Serve(arguments) => serve::run(&config, arguments.telemetry),
        Verb::Import(arguments) => verbs::import::run(&config()?, &arguments),
        Verb::Login(arguments) => verbs::session::log_in(&config()?, arguments),
        Verb::Me(arguments) => verbs::me::run(&config()?, arguments),
        Verb::Logout => verbs::session::log_out(&config()?),
        Verb::Ingest(arguments) => verbs::ingest::run(config()?, &arguments),
        Verb::Search(arguments) => verbs::search::run(&config()?, arguments),
        Verb::Show(arguments) => verbs::show::run(&config()?, arguments),
        Verb::Inbox(arguments) => verbs::work::inbox(&config()?, arguments),
        Verb::Alarms(arguments) => verbs::work::alarms(&config()?, &arguments),
        Verb::Act(arguments) => verbs::work::act(&config()?, *arguments),
        Verb::Stats(arguments) => verbs::stats::show(&config()?, arguments),
        Verb::Custody(arguments) => verbs::work::custody(&config()?, &arguments),
        Verb::Attachment(arguments) => verbs::attachment::run(&config()?, arguments),
        Verb::Callback(arguments) => verbs::callback::run(&config()?, arguments),
        Verb::Register(arguments) => verbs::register::run(&config()?, arguments),
        Verb::Sealed(arguments) => verbs::work::sealed(&config()?, arguments),
        Verb::Audit(arguments) => match arguments.verb {
            None => verbs::audit::list(&config()?, arguments.query),
            Some(AuditVerb::Verify { against, output }) => verbs::audit::verify(&config()?, against.as_deref(), output),
        },
        Verb::Reindex(arguments) => verbs::reindex::run(config()?, &arguments),
        Verb::Item(arguments) => match arguments.verb {
            ItemVerb::Export(arguments) => verbs::item::export(config()?, arguments),
        },
        Verb::Users(arguments) => match arguments.verb {
            None => verbs::users::list(&config()?, arguments.output),
            Some(UsersVerb::Add(arguments)) => verbs::users::add(&config()?, arguments),
            Some(UsersVerb::Close(which)) => verbs::users::change(&config()?, which, "close", None),
            Some(UsersVerb::Password { which, password_file }) => {
                verbs::users::change(&config()?, which, "password", Some(&password_file))
            }
            Some(UsersVerb::TotpRemove(which)) => verbs::users::change(&config()?, which, "totp_remove", None),
            Some(UsersVerb::EndSessions(which)) => verbs::users::change(&config()?, which, "end_sessions", None),
            Some(UsersVerb::Undertake(arguments)) => verbs::users::undertake(&config()?, arguments),
        },
        Verb::Routes => verbs::routes::list(),
        #[cfg(feature = "failpoints")]
        Verb::Failpoints => verbs::failpoints::list(),
    }
}
