//! The report form: made from the catalog's field tree, read back into a report, and stateless in between.
//!
//! Answers travel as ordinary fields and are checked again with every post. One more hidden field, the
//! [`FormState`], says which submission the page belongs to; it is the only thing that is authenticated.
//!
//! No field of a report is named here: a field added to the catalog shows, is read and is checked with no code.

mod answers;
mod document;
mod files;
mod state;
mod view;

pub(crate) use self::answers::Answers;
pub(crate) use self::document::{Action, document_of};
pub(crate) use self::files::{FILES, is_about_files};
pub(crate) use self::state::{FormState, StateField};
pub(crate) use self::view::{Control, Drawing, Section, sections};
