//! The router and the list of what it answers, made in one go: what is listed is served, and what is served is listed.

use axum::{Router, routing::MethodRouter};

use crate::Console;

/// An address template, as the router has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its path, with what varies in braces.
    pub path: &'static str,
}

/// A router that remembers what was added to it.
pub(crate) struct Routes {
    router: Router<Console>,
    listed: Vec<Route>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), listed: Vec::new() }
    }

    /// Adds an address.
    pub(crate) fn route(mut self, path: &'static str, handler: MethodRouter<Console>) -> Self {
        self.listed.push(Route { path });
        Self { router: self.router.route(path, handler), ..self }
    }

    pub(crate) fn into_parts(self) -> (Router<Console>, Vec<Route>) {
        (self.router, self.listed)
    }
}
