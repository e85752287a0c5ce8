//! Where a report goes, and where it must never go (DOMAIN 7).

mod decision;

pub use self::decision::{Candidate, Decision, Forbidden, Ground, Outcome, Part, Task, Widening};
