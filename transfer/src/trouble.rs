//! What is wrong, in the one form in which every report tells it: what, since when, why, and what to do next.

use jiff::Timestamp;
use nightsafe_runtime::{ExitCode, Language};
use serde::Serialize;

/// One thing that is wrong.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Trouble {
    /// The kind, for programs: `missing`, `quarantine`, …
    pub(crate) kind: &'static str,
    /// The exit code that it calls for.
    #[serde(rename = "exit", serialize_with = "crate::verdict::as_number")]
    pub(crate) code: ExitCode,
    /// What it is about, with labels in both languages: `缺 missing 7f3a91c2 1041-1043`.
    pub(crate) what: String,
    /// When it was first noticed, if that is known.
    pub(crate) since: Option<Timestamp>,
    /// Why.
    pub(crate) why: Words,
    /// What to do next; a command where one helps.
    pub(crate) next: Words,
}

/// A sentence for people in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Words {
    zh: String,
    en: String,
}

/// Everything that is wrong, worst first.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Troubles(Vec<Trouble>);

impl Words {
    /// The same in both languages, such as a command.
    pub(crate) fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { zh: text.clone(), en: text }
    }

    /// Chinese and English.
    pub(crate) fn new(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { zh: chinese.into(), en: english.into() }
    }

    /// The Chinese text.
    pub(crate) fn chinese(&self) -> &str {
        &self.zh
    }

    /// The English text.
    pub(crate) fn english(&self) -> &str {
        &self.en
    }

    /// The text in a language.
    pub(crate) fn choose(&self, language: Language) -> &str {
        language.choose(&self.zh, &self.en)
    }
}

impl From<(&str, &str)> for Words {
    fn from((chinese, english): (&str, &str)) -> Self {
        Self::new(chinese, english)
    }
}

impl Troubles {
    /// The worst of them; `Ok` of none.
    pub(crate) fn exit_code(&self) -> ExitCode {
        self.0.iter().map(|trouble| trouble.code).collect()
    }

    /// All, worst first.
    pub(crate) fn as_slice(&self) -> &[Trouble] {
        &self.0
    }
}

impl FromIterator<Trouble> for Troubles {
    /// Worst first, else in the order in which they came.
    fn from_iter<I: IntoIterator<Item = Trouble>>(troubles: I) -> Self {
        let mut all: Vec<Trouble> = troubles.into_iter().collect();
        all.sort_by(|one, other| match (one.code, other.code) {
            (one, other) if one == other => std::cmp::Ordering::Equal,
            (one, other) if one.worse_of(other) == one => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        });
        Self(all)
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_stands_first_and_gives_the_exit_code() {
        let codes = [ExitCode::Stuck, ExitCode::Gap, ExitCode::Integrity, ExitCode::Gap, ExitCode::Key];
        let trouble = |(number, code): (usize, ExitCode)| Trouble {
            kind: "test",
            code,
            what: number.to_string(),
            since: None,
            why: Words::same(""),
            next: Words::same(""),
        };
        let troubles: Troubles = codes.into_iter().enumerate().map(trouble).collect();
        let order: Vec<&str> = troubles.as_slice().iter().map(|trouble| trouble.what.as_str()).collect();
        assert_eq!(order, ["2", "4", "1", "3", "0"]);
        assert_eq!(troubles.exit_code(), ExitCode::Integrity);
        assert_eq!(Troubles::default().exit_code(), ExitCode::Ok);
    }
}
