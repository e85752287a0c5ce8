//! nightsafe-index
mod damage;
mod folded;
mod fulltext;
mod key;
mod limits;
mod position;
mod projections;
mod scope;
pub use key::IndexKey;
