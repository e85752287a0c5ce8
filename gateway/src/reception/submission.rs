//! A submission before and after the catalog has looked at it.

use nightsafe_schema::catalog::{Catalog, FieldProblem, Strictness};
use nightsafe_schema::clue::ClueNumber;
use nightsafe_schema::intake::Channel;
use nightsafe_schema::submission::SubmissionId;

use crate::http::{FieldError, HeldBody, Problem, ProblemKind};

/// What a client sent; nobody has looked at it.
#[derive(Debug)]
pub(crate) struct RawSubmission {
    submission: SubmissionId,
    channel: Channel,
    body: HeldBody,
}

/// A submission that is worth sealing: a `report/1` as far as the outside can tell.
///
/// Its bytes stay as the client sent them, less the white space around them: they are what is sealed and what the clue
/// number is derived from.
#[derive(Debug)]
pub(crate) struct CheckedSubmission {
    submission: SubmissionId,
    channel: Channel,
    body: HeldBody,
    flow: String,
    campaign: Option<String>,
    cites: Option<ClueNumber>,
}

impl RawSubmission {
    pub(crate) fn new(submission: SubmissionId, channel: Channel, body: HeldBody) -> Self {
        Self { submission, channel, body }
    }

    /// The soft check: shape, sizes, required fields. What a person can mend is named; nothing else is judged.
    pub(crate) fn check(self, catalog: &Catalog) -> Result<CheckedSubmission, Problem> {
        let checked = catalog
            .read(self.body.bytes(), Strictness::Soft)
            .map_err(|problems| Problem::fields(problems.into_iter().map(FieldError::from).collect()))?;
        let text = |name: &str| checked.document().get(name).and_then(serde_json::Value::as_str);
        let flow = text("flow").unwrap_or_default().to_owned();
        let campaign = text("campaign").map(str::to_owned);
        let cites = text("cites").map(str::parse).transpose().map_err(|_| Problem::from(ProblemKind::Malformed))?;
        if std::str::from_utf8(self.body.bytes()).is_err() {
            return Err(ProblemKind::Malformed.into());
        }
        Ok(CheckedSubmission {
            submission: self.submission,
            channel: self.channel,
            body: self.body,
            flow,
            campaign,
            cites,
        })
    }
}

impl CheckedSubmission {
    /// The client's JSON, to the byte.
    pub(crate) fn report(&self) -> &str {
        // Checked to be text; JSON's white space around the value is no part of it.
        std::str::from_utf8(self.body.bytes()).unwrap_or_default().trim_matches(JSON_SPACE)
    }

    pub(crate) fn submission(&self) -> &SubmissionId {
        &self.submission
    }

    pub(crate) fn channel(&self) -> Channel {
        self.channel
    }

    /// The code of its flow, which the catalog has.
    pub(crate) fn flow(&self) -> &str {
        &self.flow
    }

    /// The code of the campaign that it answers, which the catalog has.
    pub(crate) fn campaign(&self) -> Option<&str> {
        self.campaign.as_deref()
    }

    /// The clue number that a supplement adds to.
    pub(crate) fn cites(&self) -> Option<&ClueNumber> {
        self.cites.as_ref()
    }
}

impl From<FieldProblem> for FieldError {
    fn from(problem: FieldProblem) -> Self {
        Self { path: problem.path, code: problem.code.as_str().to_owned(), zh: problem.text.zh, en: problem.text.en }
    }
}

/// RFC 8259 section 2.
const JSON_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(report: &str) -> Result<CheckedSubmission, Problem> {
        let submission = "00112233445566778899aabbccddeeff".parse().unwrap();
        let raw = RawSubmission::new(submission, Channel::Api, HeldBody::from(report.as_bytes()));
        raw.check(&Catalog::embedded().unwrap())
    }

    const SAMPLE: &str = include_str!("../../../tests/data/samples/09_sector_minimal_elderly.json");

    fn sample() -> serde_json::Value {
        let sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        sample["report"].clone()
    }

    #[test]
    fn a_report_keeps_its_bytes_but_for_the_space_around_them() {
        let text = serde_json::to_string_pretty(&sample()).unwrap();
        let checked = check(&format!(" \r\n{text}\n")).unwrap();
        assert_eq!(checked.report(), text);
        assert!(checked.cites().is_none());
    }

    #[test]
    fn an_intake_block_of_the_clients_own_is_refused() {
        let mut report = sample();
        report.as_object_mut().unwrap().insert("intake".to_owned(), serde_json::json!({"clue_number": "1"}));
        let problem = check(&report.to_string()).unwrap_err();
        assert_eq!(problem.status(), 422);
        assert!(problem.errors().iter().any(|error| error.code == "RESERVED_FIELD"), "{:?}", problem.errors());
    }

    #[test]
    fn what_is_no_report_is_named_and_not_taken() {
        for text in ["", "[]", "{", "null", "{\"flow\":1}", "{\"a\":1,\"a\":2}"] {
            assert_eq!(check(text).unwrap_err().status(), 422, "{text}");
        }
    }
}
