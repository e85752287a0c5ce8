//! `/accounts` 账号: list and add, for the security officer.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use nightsafe_casework::{
    account::AccountName,
    role::{Permission, Role},
};
use secrecy::SecretString;

use super::{
    Frame, page_with,
    words::{self, Both},
};
use crate::{
    Console,
    desk::{AccountOrder, AccountProblem, AccountRow, DeskError, NewAccount},
    failure::Failure,
    form::{Fields, Submitted},
    limits::UNIT_SUGGESTIONS,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    frame: Frame,
    form: String,
    rows: Vec<Line>,
    problems: Vec<Problem>,
    name: String,
    unit: String,
    roles: Vec<RoleChoice>,
    units: Vec<(String, String)>,
}

struct Line {
    name: String,
    role: Both,
    unit: String,
    unit_name: String,
    since: String,
    closed: bool,
    has_totp: bool,
    sessions: usize,
}

struct RoleChoice {
    code: &'static str,
    label: Both,
    chosen: bool,
}

/// What to mend in the form, and where.
#[derive(Clone, Copy)]
struct Problem {
    field: &'static str,
    zh: &'static str,
    en: &'static str,
}

/// `GET /accounts`.
pub(crate) async fn show(visitor: Visitor, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ManageAccounts)?;
    list(&console, &visitor, &Fields::default(), vec![]).await
}

/// `POST /accounts`.
pub(crate) async fn add(State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    visitor.allowed(Permission::ManageAccounts)?;
    let account = match read(&fields) {
        Ok(account) => account,
        Err(problems) => return list(&console, &visitor, &fields, problems).await,
    };
    let viewer = visitor.viewer().clone();
    let added = console.ask(move |desk| match desk.add_account(&viewer, &account) {
        Ok(()) => Ok(None),
        Err(DeskError::Account(problem)) => Ok(Some(problem)),
        Err(other) => Err(other),
    });
    match added.await? {
        None => Ok(Redirect::to("/accounts").into_response()),
        Some(problem) => list(&console, &visitor, &fields, vec![words_for(problem)]).await,
    }
}

async fn list(console: &Console, visitor: &Visitor, fields: &Fields, problems: Vec<Problem>) -> Answer {
    let viewer = visitor.viewer().clone();
    let rows = console.ask(move |desk| desk.accounts(&viewer)).await?;
    let reference = &console.reference;
    let (status, zh, en) = if problems.is_empty() {
        (StatusCode::OK, "账号", "Accounts")
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, "出错：账号", "Error: accounts")
    };
    let role = |role: Role| RoleChoice {
        code: role.code(),
        label: Both::new(role.zh(), role.en()),
        chosen: fields.text("role") == role.code(),
    };
    let line = |row: &AccountRow| Line {
        name: row.name.to_string(),
        role: Both::new(row.role.zh(), row.role.en()),
        unit: row.unit.to_string(),
        unit_name: reference.unit(&row.unit),
        since: words::moment(row.added_at),
        closed: row.closed,
        has_totp: row.has_totp,
        sessions: row.sessions,
    };
    let page = AccountsPage {
        frame: Frame::of(visitor, reference, "/accounts", zh, en),
        form: visitor.form_token().to_string(),
        rows: rows.iter().map(line).collect(),
        problems,
        name: fields.text("name").to_owned(),
        unit: fields.text("unit").to_owned(),
        roles: Role::ALL.into_iter().map(role).collect(),
        units: reference
            .units
            .units()
            .take(UNIT_SUGGESTIONS)
            .map(|unit| (unit.id.to_string(), unit.name.clone()))
            .collect(),
    };
    Ok(page_with(status, &page))
}

fn read(fields: &Fields) -> Result<NewAccount, Vec<Problem>> {
    let name = fields.text("name").trim().parse().map_err(|_| NAME);
    let role = fields.text("role").parse().map_err(|_| ROLE);
    let unit = fields.text("unit").trim().parse().map_err(|_| UNIT);
    let password = fields.text("password");
    let length = if PASSWORD_CHARACTERS.contains(&password.chars().count()) { Ok(()) } else { Err(PASSWORD) };
    match (name, role, unit, length) {
        (Ok(name), Ok(role), Ok(unit), Ok(())) => {
            Ok(NewAccount { name, role, unit, password: SecretString::from(password.to_owned()) })
        }
        (name, role, unit, length) => {
            Err([name.err(), role.err(), unit.err(), length.err()].into_iter().flatten().collect())
        }
    }
}

/// `POST /accounts/{name}`: close it, give it another password, take its codes off, end its sessions.
pub(crate) async fn change(Path(name): Path<String>, State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    visitor.allowed(Permission::ManageAccounts)?;
    let name: AccountName = name.parse().map_err(|_| Failure::NotFound)?;
    let order = match fields.text("change") {
        "close" => AccountOrder::Close,
        "password" => AccountOrder::Password(SecretString::from(fields.text("new_password").to_owned())),
        "totp_remove" => AccountOrder::RemoveTotp,
        "end_sessions" => AccountOrder::EndSessions,
        _ => return Err(Failure::BadForm),
    };
    let viewer = visitor.viewer().clone();
    let changed = console.ask(move |desk| match desk.change_account(&viewer, &name, &order) {
        Ok(()) => Ok(None),
        Err(DeskError::Account(problem)) => Ok(Some(problem)),
        Err(other) => Err(other),
    });
    match changed.await? {
        None => Ok(Redirect::to("/accounts").into_response()),
        Some(problem) => list(&console, &visitor, &Fields::default(), vec![words_for(problem)]).await,
    }
}

fn words_for(problem: AccountProblem) -> Problem {
    match problem {
        AccountProblem::NameTaken => {
            Problem::of("name", "这个名字已有人用，请换一个", "This name is taken; choose another")
        }
        AccountProblem::UnknownUnit => Problem::of("unit", UNIT.zh, UNIT.en),
        AccountProblem::AuditorBelow => Problem::of(
            "unit",
            problem.zh(),
            "An auditor belongs to a unit of the national level: the log tells of every case",
        ),
        AccountProblem::PasswordLength => PASSWORD,
        AccountProblem::LastOfficer => Problem::of("list", problem.zh(), "One security officer has to remain"),
        AccountProblem::Closed => Problem::of("list", problem.zh(), "The account is closed"),
        AccountProblem::NoTotp => Problem::of("list", problem.zh(), "The account has no one-time codes"),
        AccountProblem::NoSuchAccount
        | AccountProblem::NoSuchColumn
        | AccountProblem::WrongPassword
        | AccountProblem::WrongCode => Problem::of("list", problem.zh(), "It cannot be done"),
    }
}

impl Problem {
    const fn of(field: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self { field, zh, en }
    }
}

/// A passphrase, not a puzzle: length is what counts.
const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 12..=200;

const NAME: Problem = Problem {
    field: "name",
    zh: "账号名用小写字母开头，可含数字、点、横线，最多 32 个字符",
    en: "Begin with a small letter; letters, digits, dot, dash, at most 32",
};
const ROLE: Problem = Problem { field: "role", zh: "请选择角色", en: "Choose a role" };
const UNIT: Problem = Problem {
    field: "unit",
    zh: "请填写单位编号，例如 POLICE.990121",
    en: "Give the id of a unit, such as POLICE.990121",
};
const PASSWORD: Problem =
    Problem { field: "password", zh: "密码要 12 到 200 个字符", en: "A password has 12 to 200 characters" };
