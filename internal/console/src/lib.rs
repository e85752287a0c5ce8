//! The analysts' console: server-rendered pages over one port, [`desk::Desk`].
//!
//! Chinese first, English beside; no external request, no state besides the session cookie; one small script that only presses
//! what is on the page anyway. This package
//! stores nothing. Each page asks for the permission that its role table names before it asks the desk, and the desk
//! authorises and records on its own account; every byte of a report is treated as hostile text.

mod contrast;
mod cookie;
pub mod desk;
mod failure;
mod form;
mod headers;
mod limits;
mod outpour;
mod pages;
mod range;
mod reference;
mod report;
mod routes;
pub mod statistics;
mod visible;
mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use nightsafe_schema::randomness::Randomness;
use tokio::sync::Semaphore;

use self::routes::Routes;
use self::{
    desk::Desk,
    pages::{
        accounts, act, asset, audit, callbacks, case, compare, custody, entrance, file, help, home, identity, inbox,
        many, me, register, sealed, search, stats, trail, undertakings,
    },
};
pub use self::{limits::PAGE_ROWS, reference::Reference, routes::Route};

/// What every page works with.
#[derive(Clone)]
pub struct Console {
    desk: Arc<dyn Desk>,
    reference: Arc<Reference>,
    randomness: Arc<dyn Randomness>,
    /// Turns at forms with files.
    uploads: Arc<Semaphore>,
}

impl Console {
    /// A console over this desk. Randomness is for the login form's nonce, the keys of merge forms and the tokens of
    /// registrations.
    pub fn new(desk: Arc<dyn Desk>, reference: Arc<Reference>, randomness: Arc<dyn Randomness>) -> Self {
        Self { desk, reference, randomness, uploads: Arc::new(Semaphore::new(limits::FILES_AT_ONCE)) }
    }

    /// All pages.
    ///
    /// | route | who |
    /// |---|---|
    /// | `GET /` | everyone logged in: sent to the first page that the role has |
    /// | `GET,POST /login`, `GET /assets/console.css`, `/assets/console.js` | everyone |
    /// | `POST /logout`, `GET,POST /me`, `GET /help/keys` | everyone logged in |
    /// | `GET /q`, `/q/next`, `/search`, `/compare`, `/c/{case}` | roles that read cases |
    /// | `POST /compare` | roles that merge cases |
    /// | `GET,POST /q/many` | roles that work on cases; which act is whose, [`desk::Common`] says |
    /// | `GET /stats`, `/stats/csv` | roles that read cases |
    /// | `GET /c/{case}/files/{item}`, `/c/{case}/files/{item}/{part}` | roles that read cases |
    /// | `POST /c/{case}/files/{item}/original` | roles that work on cases |
    /// | `POST /c/{case}/identity` | roles that read identities |
    /// | `GET /c/{case}/letter`, `/c/{case}/file` | roles that read cases |
    /// | `POST /c/{case}/act` | roles that work on cases, or give them to units; which move is whose, the workflow says |
    /// | `GET,POST /undertakings` | heads of units, the security officer |
    /// | `GET /register`, `GET,POST /register/{channel}/{flow}` | clerks |
    /// | `GET /custody` | heads of units |
    /// | `GET /callbacks`, `/callbacks/{month}` | analysts and dispatchers of the national office, the auditor |
    /// | `POST /callbacks` | analysts and dispatchers of the national office |
    /// | `GET /sealed`, `/sealed/{case}` | the two custodians |
    /// | `GET /audit` | the auditor |
    /// | `GET,POST /accounts`, `POST /accounts/{name}` | the security officer |
    pub fn router(self) -> Router {
        let (router, _listed) = Self::routes().into_parts();
        router
            .fallback(failure::not_found)
            .method_not_allowed_fallback(failure::method_not_allowed)
            .layer(DefaultBodyLimit::max(limits::FORM_BYTES))
            .layer(middleware::from_fn(headers::secure))
            .with_state(self)
    }

    /// Every address that is answered: the router's own list.
    pub fn addresses() -> Vec<Route> {
        Self::routes().into_parts().1
    }

    fn routes() -> Routes {
        Routes::new()
            .route("/", get(home::show))
            .route("/login", get(entrance::show).post(entrance::log_in))
            .route("/logout", post(entrance::log_out))
            .route("/q", get(inbox::show))
            .route("/q/next", get(trail::step))
            .route("/q/many", get(many::show).post(many::act))
            .route("/search", get(search::show))
            .route("/compare", get(compare::show).post(compare::act))
            .route("/c/{case}", get(case::show))
            .route("/c/{case}/files/{item}", get(file::show))
            .route("/c/{case}/files/{item}/original", post(file::original))
            .route("/c/{case}/files/{item}/{part}", get(file::part))
            .route("/c/{case}/identity", post(identity::show))
            .route("/c/{case}/act", post(act::act))
            .route("/c/{case}/letter", get(case::paper::letter))
            .route("/c/{case}/file", get(case::paper::file))
            .route("/undertakings", get(undertakings::show).post(undertakings::file))
            .route("/register", get(register::list))
            .route("/register/{channel}/{flow}", get(register::show).post(register::register))
            .route("/custody", get(custody::show))
            .route("/callbacks", get(callbacks::list).post(callbacks::act))
            .route("/callbacks/{month}", get(callbacks::show))
            .route("/sealed", get(sealed::list))
            .route("/sealed/{case}", get(sealed::show))
            .route("/stats", get(stats::show))
            .route("/stats/csv", get(stats::file))
            .route("/audit", get(audit::show))
            .route("/accounts", get(accounts::show).post(accounts::add))
            .route("/accounts/{name}", post(accounts::change))
            .route("/me", get(me::show).post(me::change))
            .route("/help/keys", get(help::keys))
            .route("/assets/console.css", get(asset::style_sheet))
            .route("/assets/console.js", get(asset::script))
    }
}
