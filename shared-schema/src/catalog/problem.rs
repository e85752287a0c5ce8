//! What is wrong with a report, in words that say what to do.

use std::fmt;

use serde::{Serialize, Serializer};

use super::list::Label;

/// One thing to mend in a report, or, as a warning, to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// Where: `facts.narrative`, `subjects[0].name`; empty for the report as a whole.
    pub path: String,
    /// What, for programs.
    pub code: ProblemCode,
    /// What to do, for people.
    #[serde(flatten)]
    pub text: Label,
}

/// The closed list of problem codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemCode {
    /// Not JSON, or not an object.
    NotAnObject,
    /// More bytes, values or nesting than a report may have.
    TooLarge,
    /// The same name twice in one object.
    DuplicateField,
    /// A field the format does not have.
    UnknownField,
    /// A field this flow does not have.
    NotInFlow,
    /// A field that only the gateway writes.
    ReservedField,
    /// Something of another type.
    WrongType,
    /// A required field is missing or empty.
    Required,
    /// Consent or declaration is missing.
    NotAccepted,
    /// Too few characters.
    TooShort,
    /// Too many characters.
    TooLong,
    /// Too few members.
    TooFew,
    /// Too many members.
    TooMany,
    /// Below the least or above the greatest number.
    OutOfRange,
    /// A code that is not in its list.
    UnknownCode,
    /// A date, amount, digest or number that is not written as it must be.
    BadFormat,
    /// A character that no text of a person has.
    BadCharacter,
    /// A clue number with a wrong digit.
    ClueNumber,
    /// An attachment of a kind this flow does not take.
    AttachmentFormat,
    /// An attachment without a byte.
    AttachmentEmpty,
    /// Warning: not a telephone number.
    CheckPhone,
    /// Warning: not an e-mail address.
    CheckEmail,
    /// Warning: the check digit of the identity number does not fit.
    CheckResidentId,
    /// Warning: the check digit of the credit code does not fit.
    CheckCreditCode,
    /// Warning: the end lies before the beginning.
    CheckDates,
    /// Warning: an attachment is said to be larger than its kind may be.
    CheckSize,
}

impl ProblemCode {
    /// Every code.
    pub const ALL: [Self; 26] = [
        Self::NotAnObject,
        Self::TooLarge,
        Self::DuplicateField,
        Self::UnknownField,
        Self::NotInFlow,
        Self::ReservedField,
        Self::WrongType,
        Self::Required,
        Self::NotAccepted,
        Self::TooShort,
        Self::TooLong,
        Self::TooFew,
        Self::TooMany,
        Self::OutOfRange,
        Self::UnknownCode,
        Self::BadFormat,
        Self::BadCharacter,
        Self::ClueNumber,
        Self::AttachmentFormat,
        Self::AttachmentEmpty,
        Self::CheckPhone,
        Self::CheckEmail,
        Self::CheckResidentId,
        Self::CheckCreditCode,
        Self::CheckDates,
        Self::CheckSize,
    ];

    /// As it travels: stable for ever.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnObject => "NOT_AN_OBJECT",
            Self::TooLarge => "TOO_LARGE",
            Self::DuplicateField => "DUPLICATE_FIELD",
            Self::UnknownField => "UNKNOWN_FIELD",
            Self::NotInFlow => "NOT_IN_FLOW",
            Self::ReservedField => "RESERVED_FIELD",
            Self::WrongType => "WRONG_TYPE",
            Self::Required => "REQUIRED",
            Self::NotAccepted => "NOT_ACCEPTED",
            Self::TooShort => "TOO_SHORT",
            Self::TooLong => "TOO_LONG",
            Self::TooFew => "TOO_FEW",
            Self::TooMany => "TOO_MANY",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::UnknownCode => "UNKNOWN_CODE",
            Self::BadFormat => "BAD_FORMAT",
            Self::BadCharacter => "BAD_CHARACTER",
            Self::ClueNumber => "CLUE_NUMBER",
            Self::AttachmentFormat => "ATTACHMENT_FORMAT",
            Self::AttachmentEmpty => "ATTACHMENT_EMPTY",
            Self::CheckPhone => "CHECK_PHONE",
            Self::CheckEmail => "CHECK_EMAIL",
            Self::CheckResidentId => "CHECK_RESIDENT_ID",
            Self::CheckCreditCode => "CHECK_CREDIT_CODE",
            Self::CheckDates => "CHECK_DATES",
            Self::CheckSize => "CHECK_SIZE",
        }
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ProblemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
