//! What a run is given beside its work: a clock, a way to be stopped, and somebody who watches how far it is.

use nightsafe_schema::time::Clock;

use crate::progress::Progress;

/// The surroundings of one run.
#[derive(Clone, Copy)]
pub(crate) struct Supervision<'a> {
    /// What time it is.
    pub(crate) clock: &'a dyn Clock,
    /// Whether the run should end at the next safe place.
    pub(crate) stop: &'a dyn Fn() -> bool,
    /// How far it is.
    pub(crate) progress: &'a Progress,
}
