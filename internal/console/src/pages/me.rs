//! `/me` 本人账号: password, one-time codes, sessions, keys, columns of lists. For everyone logged in.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use nightsafe_casework::{case::Columns, event::Via, role::Permission};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Frame,
    inbox::list_address,
    page, page_with,
    words::{self, Both},
};
use crate::{
    Console,
    desk::{AccountProblem, DeskError, OwnAccount, OwnChange, OwnChanged},
    failure::Failure,
    form::{Fields, Submitted},
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    frame: Frame,
    form: String,
    name: String,
    has_totp: bool,
    totp_begun: bool,
    sessions: Vec<Line>,
    shortcuts: bool,
    /// The columns of lists; none for whoever reads none.
    columns: Option<Vec<Both>>,
    problem: Option<Both>,
}

/// The secret, on the only page that it is ever on.
#[derive(Template)]
#[template(path = "secret.html")]
struct SecretPage {
    frame: Frame,
    form: String,
    secret: String,
    uri: String,
}

impl MePage {
    /// Whether there is a session besides this one.
    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this)
    }
}

struct Line {
    via: Both,
    until: String,
    is_this: bool,
}

/// `GET /me`.
pub(crate) async fn show(visitor: Visitor, State(console): State<Console>) -> Answer {
    render(&console, &visitor, None).await
}

/// `POST /me`.
pub(crate) async fn change(State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    let change = match read(&fields) {
        Ok(change) => change.ok_or(Failure::BadForm)?,
        Err(problem) => return render(&console, &visitor, Some(problem)).await,
    };
    let token = visitor.token().clone();
    let changed = console.ask(move |desk| match desk.change_own(&token, &change) {
        Ok(changed) => Ok(Ok(changed)),
        Err(DeskError::Account(problem)) => Ok(Err(problem)),
        Err(other) => Err(other),
    });
    match changed.await? {
        Ok(OwnChanged::Done) => Ok(Redirect::to(back(&fields)).into_response()),
        Ok(OwnChanged::Totp { secret, uri }) => Ok(page(&SecretPage {
            frame: Frame::of(&visitor, &console.reference, "/me", "动态码", "One-time codes"),
            form: visitor.form_token().to_string(),
            secret: in_fours(secret.expose_secret()),
            uri: uri.expose_secret().to_owned(),
        })),
        Err(problem) => render(&console, &visitor, Some(problem)).await,
    }
}

async fn render(console: &Console, visitor: &Visitor, problem: Option<AccountProblem>) -> Answer {
    let token = visitor.token().clone();
    let own = console.ask(move |desk| desk.own_account(&token)).await?;
    let (status, zh, en) = match problem {
        None => (StatusCode::OK, "本人账号", "Your account"),
        Some(_) => (StatusCode::UNPROCESSABLE_ENTITY, "出错：本人账号", "Error: your account"),
    };
    let OwnAccount { name, has_totp, totp_begun, sessions, shortcuts, columns } = own;
    let reads = visitor.viewer().may(Permission::ReadCases);
    let page = MePage {
        frame: Frame::of(visitor, &console.reference, "/me", zh, en),
        form: visitor.form_token().to_string(),
        name: name.to_string(),
        has_totp,
        totp_begun,
        shortcuts,
        columns: reads.then(|| columns.iter().map(words::column).collect()),
        sessions: sessions
            .iter()
            .map(|session| Line {
                via: match session.via {
                    Via::Console => Both::new("控制台", "console"),
                    Via::CommandLine => Both::new("命令行", "command line"),
                    Via::Daemon => Both::new("系统", "the daemon"),
                },
                until: words::moment(session.until),
                is_this: session.is_this,
            })
            .collect(),
        problem: problem.map(|problem| Both::new(problem.zh(), &problem.to_string())),
    };
    Ok(page_with(status, &page))
}

/// What is wanted; nothing that there is, or a column that there is not.
fn read(fields: &Fields) -> Result<Option<OwnChange>, AccountProblem> {
    let typed = |name: &str| SecretString::from(fields.text(name).to_owned());
    Ok(match fields.text("change") {
        "password" => Some(OwnChange::Password { current: typed("current"), new: typed("new") }),
        "totp_begin" => Some(OwnChange::BeginTotp { current: typed("current") }),
        "totp_confirm" => Some(OwnChange::ConfirmTotp { code: fields.text("code").to_owned() }),
        "end_sessions" => Some(OwnChange::EndOtherSessions),
        "shortcuts_on" => Some(OwnChange::Shortcuts(true)),
        "shortcuts_off" => Some(OwnChange::Shortcuts(false)),
        "columns" => {
            let chosen = fields.ticked("column_").map(str::parse);
            Some(OwnChange::Columns(chosen.collect::<Result<_, _>>().map_err(|_| AccountProblem::NoSuchColumn)?))
        }
        "columns_default" => Some(OwnChange::Columns(Columns::default())),
        _ => None,
    })
}

/// Where it was asked for: the columns at the list that has them, all else on this page.
fn back(fields: &Fields) -> &str {
    list_address(fields.text("back")).unwrap_or("/me")
}

/// Easier to type: in groups of four.
fn in_fours(secret: &str) -> String {
    let characters: Vec<char> = secret.chars().collect();
    characters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
