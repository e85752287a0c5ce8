//! `/register` 登记: what came by telephone, letter, visit or mail, typed or handed in by a clerk; the receipt to print.
//!
//! The form is the catalog's ([`tree`]); what is wrong is said beside it and everything typed stays. Whoever registers is
//! shown the number and nothing of the case.

mod tree;

use std::io::Read;

use askama::Template;
use axum::{
    body::Bytes,
    extract::{Path, State},
};
use http::StatusCode;
use jiff::{Timestamp, tz};
use nightsafe_casework::role::Permission;
use nightsafe_schema::{
    catalog::{FieldProblem, Label},
    intake::{Channel, ReceivedAt},
    submission::SubmissionId,
};

use self::tree::{Input, Piece, Tree};
use super::{
    Frame, page, page_with,
    words::{self, Both},
};
use crate::{
    Console,
    desk::{DeskError, Enclosure, MailImport, Registration, RegistrationProblem, RegistrationReceipt},
    failure::Failure,
    form::{Fields, SubmittedFiles},
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    frame: Frame,
    channels: Vec<Way>,
}

/// A channel, and the forms that it leads to.
struct Way {
    label: Both,
    forms: Vec<(String, Both)>,
}

#[derive(Template)]
#[template(path = "register_form.html")]
struct FormPage {
    frame: Frame,
    form: String,
    action: String,
    token: String,
    heading: Both,
    is_mail: bool,
    problems: Vec<Both>,
    received_at: String,
    sources: Vec<(String, Both, bool)>,
    pieces: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "registered.html")]
struct RegisteredPage {
    frame: Frame,
    number: String,
    at: String,
    channel: Both,
    attachments: usize,
    before: bool,
}

/// What is registered, as the path says: `/register/{channel}/{flow}`.
struct Wanted {
    channel: Channel,
    flow: String,
    label: Label,
}

/// `GET /register`.
pub(crate) async fn list(visitor: Visitor, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::Register)?;
    let flows = console.reference.catalog.flows();
    let way = |channel: Channel| Way {
        label: words::channel(channel).as_heading(),
        forms: flows
            .iter()
            .map(|flow| (format!("/register/{}/{}", channel.code(), flow.code), Both(flow.label.clone())))
            .collect(),
    };
    let channels = Channel::ALL.into_iter().filter(|channel| channel.is_registered_inside()).map(way);
    let frame = Frame::of(&visitor, &console.reference, HERE, "登记", "Register");
    Ok(page(&RegisterPage { frame, channels: channels.collect() }))
}

/// `GET /register/{channel}/{flow}`.
pub(crate) async fn show(
    visitor: Visitor,
    State(console): State<Console>,
    Path((channel, flow)): Path<(String, String)>,
) -> Answer {
    visitor.allowed(Permission::Register)?;
    let wanted = Wanted::of(&console, &channel, &flow)?;
    form(&console, &visitor, &wanted, &Fields::default(), Vec::new())
}

/// `POST /register/{channel}/{flow}`.
pub(crate) async fn register(
    State(console): State<Console>,
    Path((channel, flow)): Path<(String, String)>,
    submitted: SubmittedFiles,
) -> Answer {
    let SubmittedFiles { visitor, fields, files } = submitted;
    visitor.allowed(Permission::Register)?;
    let wanted = Wanted::of(&console, &channel, &flow)?;
    let Some(received_at) = received_at(&fields) else {
        return form(&console, &visitor, &wanted, &fields, vec![no_instant()]);
    };
    let asked = match wanted.channel {
        Channel::Mail => import(&console, &visitor, &wanted, (&fields, received_at), files).await?,
        _ => report(&console, &visitor, &wanted, (&fields, received_at), files).await?,
    };
    match asked {
        Ok(receipt) => Ok(registered(&console, &visitor, &receipt)),
        Err(RegistrationProblem::Report(problems)) => {
            let label = |problem: &FieldProblem| named(&console, &wanted.flow, problem);
            form(&console, &visitor, &wanted, &fields, problems.iter().map(label).collect())
        }
        Err(problem) => form(&console, &visitor, &wanted, &fields, vec![Both::new(&problem.zh(), &problem.en())]),
    }
}

type Registered = Result<RegistrationReceipt, RegistrationProblem>;
type Files = Vec<(String, Bytes)>;

async fn report(
    console: &Console,
    visitor: &Visitor,
    wanted: &Wanted,
    (fields, received_at): (&Fields, ReceivedAt),
    files: Files,
) -> Result<Registered, Failure> {
    let tree = Tree { catalog: &console.reference.catalog, flow: &wanted.flow };
    let enclosure = |(name, bytes): &(String, Bytes)| Enclosure { name: name.clone(), length: length(bytes) };
    let registration = Registration {
        token: fields.text("token").parse().map_err(|_| Failure::BadForm)?,
        channel: wanted.channel,
        source: fields.text("source").to_owned(),
        received_at,
        report: tree.document(fields).to_string(),
        enclosures: files.iter().map(enclosure).collect(),
    };
    let viewer = visitor.viewer().clone();
    console.ask(move |desk| mended(desk.register(&viewer, &registration, &mut one_after_the_other(&files)))).await
}

async fn import(
    console: &Console,
    visitor: &Visitor,
    wanted: &Wanted,
    (fields, received_at): (&Fields, ReceivedAt),
    files: Files,
) -> Result<Registered, Failure> {
    let Some((_name, file)) = files.into_iter().next() else { return Ok(Err(RegistrationProblem::NotAMail)) };
    let import = MailImport {
        flow: wanted.flow.clone(),
        source: fields.text("source").to_owned(),
        received_at: Some(received_at),
        known: String::new(),
        length: length(&file),
    };
    let viewer = visitor.viewer().clone();
    console
        .ask(move |desk| {
            let mut bytes: &[u8] = &file;
            mended(desk.import_mail(&viewer, &import, &mut bytes))
        })
        .await
}

/// What the clerk can mend is an answer.
fn mended(asked: Result<RegistrationReceipt, DeskError>) -> Result<Registered, DeskError> {
    match asked {
        Ok(receipt) => Ok(Ok(receipt)),
        Err(DeskError::Registration(problem)) => Ok(Err(problem)),
        Err(other) => Err(other),
    }
}

fn one_after_the_other(files: &[(String, Bytes)]) -> impl Read {
    files.iter().fold(Box::new(std::io::empty()) as Box<dyn Read + '_>, |before, (_name, bytes)| {
        let bytes: &[u8] = bytes;
        Box::new(before.chain(bytes))
    })
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn form(console: &Console, visitor: &Visitor, wanted: &Wanted, typed: &Fields, problems: Vec<Both>) -> Answer {
    let catalog = &console.reference.catalog;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let token = match typed.text("token") {
        "" => SubmissionId::random(&*console.randomness).map_err(|_| Failure::Failed)?.to_string(),
        sent => sent.to_owned(),
    };
    let chosen = if typed.text("source").is_empty() { "PUBLIC" } else { typed.text("source") };
    let sources = catalog.list("report_sources").into_iter().flat_map(|list| &list.entries);
    let sources = sources.map(|one| (one.code.clone(), Both(one.label.clone()), one.code == chosen));
    let is_mail = wanted.channel == Channel::Mail;
    let channel = words::channel(wanted.channel).as_heading().0;
    let tree = Tree { catalog, flow: &wanted.flow };
    Ok(page_with(
        status,
        &FormPage {
            frame: Frame::of(visitor, &console.reference, HERE, "登记", "Register"),
            form: visitor.form_token().to_string(),
            action: format!("/register/{}/{}", wanted.channel.code(), wanted.flow),
            token,
            heading: Both::new(
                &format!("{}：{}", channel.zh, wanted.label.zh),
                &format!("{}: {}", channel.en, wanted.label.en),
            ),
            is_mail,
            problems,
            received_at: typed.text("received_at").to_owned(),
            sources: sources.collect(),
            pieces: if is_mail { Vec::new() } else { tree.form(typed) },
        },
    ))
}

fn registered(console: &Console, visitor: &Visitor, receipt: &RegistrationReceipt) -> axum::response::Response {
    page(&RegisteredPage {
        frame: Frame::of(visitor, &console.reference, HERE, "回执", "Receipt"),
        number: receipt.clue_number.grouped(),
        at: words::moment(receipt.registered_at),
        channel: words::channel(receipt.channel).as_heading(),
        attachments: receipt.attachments,
        before: receipt.before,
    })
}

/// A day and time on the clerk's clock, which is China's unless an offset stands behind it: `2026-11-22 15:20`.
fn received_at(fields: &Fields) -> Option<ReceivedAt> {
    let text = fields.text("received_at").trim().replacen(' ', "T", 1);
    text.parse().ok().or_else(|| {
        let at = text.parse::<jiff::civil::DateTime>().ok().filter(|_at| text.contains('T'))?;
        let at: Timestamp = CHINA.to_timestamp(at).ok()?;
        Some(ReceivedAt::new(at, CHINA))
    })
}

fn no_instant() -> Both {
    Both::new("收到时间形如 2026-11-22 15:20", "The time it came looks like 2026-11-22 15:20")
}

/// A problem with the name that its field has in the form.
fn named(console: &Console, flow: &str, problem: &FieldProblem) -> Both {
    let pieces = problem.path.split('[').enumerate().map(|(at, piece)| {
        let rest = piece.split_once(']').map_or(piece, |(_index, rest)| rest);
        if at == 0 { piece.to_owned() } else { format!("[]{rest}") }
    });
    let path: String = pieces.collect();
    let catalog = &console.reference.catalog;
    let field = catalog.field(flow, &path).or_else(|| catalog.field(flow, &format!("{path}[]")));
    let label = field.map(|field| field.label.clone());
    let (zh, en) = label.map_or_else(|| (problem.path.clone(), problem.path.clone()), |label| (label.zh, label.en));
    Both::new(&format!("{zh}：{}", problem.text.zh), &format!("{en}: {}", problem.text.en))
}

impl Wanted {
    fn of(console: &Console, channel: &str, flow: &str) -> Result<Self, Failure> {
        let channel = Channel::of_code(channel).filter(|channel| channel.is_registered_inside());
        let flow = console.reference.catalog.flow(flow);
        let (channel, flow) = channel.zip(flow).ok_or(Failure::NotFound)?;
        Ok(Self { channel, flow: flow.code.clone(), label: flow.label.clone() })
    }
}

/// One offset for the whole country, all year.
const CHINA: tz::Offset = tz::offset(8);
const HERE: &str = "/register";
