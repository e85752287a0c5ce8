//! What is wrong with an index that cannot be trusted, and the fence around the stores that may panic over it.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Something under `index/` is not what was written there. The answer is always the same: rebuild from the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    part: Part,
    detail: String,
}

/// Which half of the index is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// sled.
    Projections,
    /// tantivy.
    FullText,
}

impl Damage {
    pub(crate) fn new(part: Part, detail: impl fmt::Display) -> Self {
        Self { part, detail: detail.to_string() }
    }

    pub(crate) fn projections(detail: impl fmt::Display) -> Self {
        Self::new(Part::Projections, detail)
    }

    pub(crate) fn full_text(detail: impl fmt::Display) -> Self {
        Self::new(Part::FullText, detail)
    }

    /// Which half.
    pub const fn part(&self) -> Part {
        self.part
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Projections => "projections",
            Part::FullText => "full text",
        };
        write!(f, "{part}: {}", self.detail)
    }
}

impl std::error::Error for Damage {}

/// Runs what may fail or panic on damaged files, and makes both the same thing.
pub(crate) fn fenced<T, E: fmt::Display>(part: Part, work: impl FnOnce() -> Result<T, E>) -> Result<T, Damage> {
    // Whatever a panic left half done belongs to a store that is given up right after.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Damage::new(part, error)),
        Err(panic) => {
            let said = panic.downcast_ref::<&str>().copied();
            let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            Err(Damage::new(part, format_args!("panicked: {}", said.unwrap_or("no message"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_damage() {
        let damage = fenced(Part::FullText, || -> Result<(), String> { panic!("a slice too long") }).unwrap_err();
        assert_eq!(damage.to_string(), "full text: panicked: a slice too long");
        assert_eq!(fenced(Part::Projections, || Err::<(), _>("x")).unwrap_err().part(), Part::Projections);
    }
}
