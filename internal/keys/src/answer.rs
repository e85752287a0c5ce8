//! What a command tells: lines for people, or the same facts as JSON for machines. It decides nothing.

use std::io::{self, Write};

use nightsafe_runtime::ExitCode;
use serde_json::{Map, Value};

/// The outcome of a command that was not refused.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    code: ExitCode,
    facts: Map<String, Value>,
    lines: Vec<String>,
}

/// For whom an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Lines, Chinese with English beside.
    Person,
    /// One JSON object.
    Machine,
}

/// Whether the keys made are meant to protect anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Real keys, made offline.
    Real,
    /// A test or a demonstration; everything shown and written says so.
    Testing,
}

impl Answer {
    /// Adds a fact for machines.
    #[must_use]
    pub(crate) fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a line for people.
    #[must_use]
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Sets the exit code.
    #[must_use]
    pub(crate) fn code(mut self, code: ExitCode) -> Self {
        self.code = code;
        self
    }

    /// Prints the answer and returns the exit code.
    pub(crate) fn show(self, reader: Reader, purpose: Purpose) -> io::Result<ExitCode> {
        let mut out = io::stdout().lock();
        match reader {
            Reader::Person => {
                for line in purpose.watermark().into_iter().map(str::to_owned).chain(self.lines) {
                    writeln!(out, "{line}")?;
                }
            }
            Reader::Machine => {
                let mut facts = self.facts;
                facts.insert("testing".to_owned(), Value::Bool(purpose == Purpose::Testing));
                writeln!(out, "{}", Value::Object(facts))?;
            }
        }
        out.flush()?;
        Ok(self.code)
    }
}

impl Purpose {
    /// The line that stands above everything shown while testing.
    pub(crate) const fn watermark(self) -> Option<&'static str> {
        match self {
            Self::Real => None,
            Self::Testing => Some("══ 测试 TEST ══ 不得用于真实举报 not for real reports ══"),
        }
    }

    /// What is added to the comment of a file.
    pub(crate) const fn comment(self) -> &'static str {
        match self {
            Self::Real => "",
            Self::Testing => " TEST, not for real reports",
        }
    }
}
