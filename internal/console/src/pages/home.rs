//! `/`: to the first page that the role has.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};

use super::{Frame, page};
use crate::{
    Console,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
}

pub(crate) async fn show(visitor: Visitor, State(console): State<Console>) -> Answer {
    let frame = Frame::of(&visitor, &console.reference, "/", "首页", "Home");
    Ok(match frame.links.first() {
        Some(link) => Redirect::to(link.href).into_response(),
        None => page(&HomePage { frame }),
    })
}
