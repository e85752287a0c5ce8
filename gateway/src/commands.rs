//! One module a verb.

mod check_catalog;
mod init;
mod new_stream;
mod output;
mod routes;
mod serve;
mod status;

pub(crate) use self::check_catalog::check_catalog;
pub(crate) use self::init::init;
pub(crate) use self::new_stream::new_stream;
pub(crate) use self::output::Output;
pub(crate) use self::routes::routes;
pub(crate) use self::serve::serve;
pub(crate) use self::status::status;

/// Prints the names of all failpoints.
#[cfg(feature = "failpoints")]
pub(crate) fn failpoints() -> Result<nightsafe_runtime::ExitCode, nightsafe_runtime::StartError> {
    output::line(&crate::outbox::failpoints::ALL.join("\n"))
}
