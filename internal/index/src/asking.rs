//! What people ask for: a line of search text, the lists of a filter, a page of the answer.

mod field;
mod filter;
mod marks;
mod parse;

pub(crate) use self::field::Field;
pub use self::field::Field as SearchField;
pub use self::{
    filter::Filter,
    parse::{Clause, SearchText, Wanted},
};
