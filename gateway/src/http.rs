//! From a TCP connection to a request that may be looked at, and from an outcome to bytes for the client.
//!
//! ```text
//! listener ─▶ connection ─▶ TLS ─┬─ h2 ──────────────▶ hyper ─▶ front ─▶ routes
//!                                └─ HTTP/1.1 ─▶ guard ─▶ hyper ─┘
//! ```
//!
//! Nothing here may remember who connected: where a connection is accepted its address becomes a counter under a key that
//! is in memory only, and is dropped (promise 2).

mod body;
mod compression;
mod connection;
mod front;
mod gathering;
mod guarded;
mod listener;
mod metered;
mod negotiation;
mod parts;
mod patient;
mod problem;
mod sources;
mod unsent;

pub(crate) use self::body::{BodyBudget, HeldBody, drain, is_longer_than, read_on};
pub(crate) use self::compression::AsItIs;
pub(crate) use self::connection::{ALPN_PROTOCOLS, Connections};
pub(crate) use self::front::{front, is_same_site};
pub(crate) use self::listener::accept_until_asked;
pub(crate) use self::negotiation::{MediaType, content_type, is_json, prefers_page};
pub(crate) use self::parts::Parts;
pub(crate) use self::problem::{FieldError, Problem, ProblemKind};
pub(crate) use self::sources::Sources;
