//! The index: what the ledger says, arranged for looking things up. Never a source of truth.
//!
//! ```text
//! ledger events ──▶ fold ──▶ projections (sled)    keys, pointers, status records
//!                       └──▶ full text (tantivy)   substrings, fields, facets; never identity
//! viewer + question ──▶ scope ──▶ full text ──▶ rows of the projections ──▶ answer
//! ledger events ──▶ links (memory)                 keyed hashes and sketches by which cases resemble each other
//! ```
//!
//! Three rules hold everywhere. What lies under `index/` is never trusted: every byte is under a key of the daemon's,
//! checked at start and at each read, and anything wrong leads to a rebuild from the ledger. The same ledger gives the
//! same index, however it came about ([`Index::dump`]). And no question about cases is answered without a viewer.
//!
//! This crate decides nothing about cases: states, visibility and priorities are `nightsafe-casework`'s. It opens no
//! socket, reads no clock, draws no random byte. Formats: docs/spec/index.md.

mod asking;
mod case;
mod damage;
mod error;
mod fold;
mod folded;
mod folder;
mod fulltext;
mod hex;
mod index;
mod key;
mod limits;
mod links;
mod page;
mod position;
mod projections;
mod rules;
mod scope;
mod stores;

pub use self::{
    asking::{Clause, Filter, SearchField, SearchText, Wanted},
    case::{IdentifierKind, Stage},
    damage::{Damage, Part},
    error::IndexError,
    fulltext::{Facet, FacetCounts, Order, Revision, Word, cut},
    index::{Found, Index},
    key::IndexKey,
    links::{Arrival, Found as FoundLink, LinkError, LinkMarker, Links},
    page::{CaseRow, CaseView, Page, Paging, Related},
    position::Position,
    rules::Rules,
};
