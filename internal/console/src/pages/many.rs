//! `/q/many` 批量办理: the same with several cases of the inbox. The first page says with how many, names those with which it
//! cannot be done, and asks what is the same for all; the second says what became of each. Nothing is remembered in between.

use askama::Template;
use axum::extract::State;
use data_encoding::HEXLOWER;
use http::StatusCode;
use nightsafe_casework::{event::OnceKey, role::Permission, workflow::Move};
use nightsafe_schema::{case::CaseId, randomness::random_bytes};

use super::{
    Frame, case::timeline::Entry, inbox::list_address, page, page_with, parameters::Parameters, row::Row, words::Both,
};
use crate::{
    Console,
    desk::{Act, ActProblem, Common, DeskError, Line, Many},
    failure::Failure,
    form::{Fields, Submitted},
    limits::PAGE_ROWS,
    visible::Visible,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "many.html")]
struct ManyPage {
    frame: Frame,
    form: String,
    key: String,
    act: &'static str,
    name: Both,
    /// With which it can be done, each with its edition.
    rows: Vec<(Row, u64)>,
    /// With which it cannot.
    others: Vec<Row>,
    /// Chosen ones that there are not, or not for this viewer.
    unknown: usize,
    asks: Asks,
    typed: String,
    unit: String,
    account: String,
    problem: Option<Both>,
    back: String,
}

/// What is asked for all of them.
#[derive(Clone, Copy, Default)]
struct Asks {
    unit: bool,
    account: bool,
    reason: Said,
}

/// Whether something is written.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Said {
    #[default]
    Nothing,
    /// If one likes.
    Remark,
    /// 4 to 300 characters.
    Reason,
    /// 1 to 2,000.
    Note,
}

#[derive(Template)]
#[template(path = "many_done.html")]
struct DonePage {
    frame: Frame,
    name: Both,
    done: Vec<String>,
    /// With which it was not done, and why.
    others: Vec<(String, Both, Vec<Entry>)>,
    typed: Option<Visible>,
    back: String,
}

/// `GET /q/many`: what would be done, and with how many.
pub(crate) async fn show(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let common = parameters.text("act").and_then(Common::of_code).ok_or(Failure::BadForm)?;
    let chosen: Vec<CaseId> = parameters.ticked("c_").filter_map(|case| case.parse().ok()).collect();
    let back = parameters.text("back").unwrap_or_default();
    ask(&console, &visitor, common, chosen, &Fields::default(), back, None).await
}

/// `POST /q/many`: does it.
pub(crate) async fn act(State(console): State<Console>, submitted: Submitted) -> Answer {
    let Submitted { visitor, fields } = submitted;
    visitor.allowed(Permission::ReadCases)?;
    let common = Common::of_code(fields.text("act")).ok_or(Failure::BadForm)?;
    allowed(&visitor, common)?;
    let cases = cases(&fields)?;
    let key = fields.text("key").parse::<OnceKey>().map_err(|_| Failure::BadForm)?;
    let read = Act::read(fields.text("act"), |name| fields.text(name));
    let many = match read.and_then(|act| Many::new(act, cases.clone(), Some(key))) {
        Ok(many) => many,
        Err(problem) => {
            let chosen = cases.into_iter().map(|(case, _)| case).collect();
            return ask(&console, &visitor, common, chosen, &fields, fields.text("back"), Some(problem)).await;
        }
    };
    let viewer = visitor.viewer().clone();
    let fates = console.ask(move |desk| desk.act_on_many(&viewer, &many)).await?;
    let mut done = Vec::new();
    let mut others = Vec::new();
    for (case, fate) in fates {
        match fate {
            Ok(()) => done.push(case.to_string()),
            Err(error) => {
                let since = match &error {
                    DeskError::Changed(since) => since.iter().map(|one| Entry::of(one, &console.reference)).collect(),
                    _ => Vec::new(),
                };
                others.push((case.to_string(), why(&error), since));
            }
        }
    }
    let (zh, en) = if others.is_empty() { ("已办理", "Done") } else { ("没有全部办成", "Not all was done") };
    Ok(page(&DonePage {
        frame: Frame::of(&visitor, &console.reference, "", zh, en),
        name: name(common),
        typed: Some(fields.text("reason")).filter(|text| !others.is_empty() && !text.is_empty()).map(Visible::from),
        done,
        others,
        back: list_address(fields.text("back")).unwrap_or("/q").to_owned(),
    }))
}

/// The first page, or the same again with what was typed.
async fn ask(
    console: &Console,
    visitor: &Visitor,
    common: Common,
    chosen: Vec<CaseId>,
    typed: &Fields,
    back: &str,
    problem: Option<ActProblem>,
) -> Answer {
    allowed(visitor, common)?;
    let wrong = if chosen.is_empty() || chosen.len() > PAGE_ROWS { Some(ActProblem::HowMany) } else { problem };
    let (viewer, asked) = (visitor.viewer().clone(), chosen.clone());
    let asked: Vec<CaseId> = if asked.len() > PAGE_ROWS { Vec::new() } else { asked };
    let counted = asked.len();
    let lines = console.ask(move |desk| desk.lines(&viewer, common, &asked)).await?;
    let unknown = counted.saturating_sub(lines.len());
    let (open, others): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| line.open);
    let row = |line: &Line| Row::of(&line.summary, &console.reference);
    let key = match typed.text("key").parse::<OnceKey>() {
        Ok(key) => key.to_string(),
        Err(_none) => drawn(console)?,
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let zh = if wrong.is_some() { "出错：批量办理" } else { "批量办理" };
    let page = ManyPage {
        frame: Frame::of(visitor, &console.reference, "", zh, "Several cases"),
        form: visitor.form_token().to_string(),
        key,
        act: common.code(),
        name: name(common),
        rows: open.iter().map(|line| (row(line), line.edition)).collect(),
        others: others.iter().map(row).collect(),
        unknown,
        asks: asks(common),
        typed: typed.text("reason").to_owned(),
        unit: typed.text("unit").to_owned(),
        account: typed.text("account").to_owned(),
        problem: wrong.map(|problem| Both::new(problem.zh(), &problem.to_string())),
        back: list_address(back).unwrap_or("/q").to_owned(),
    };
    Ok(page_with(status, &page))
}

/// Whether somebody in this role can ever do it.
fn allowed(visitor: &Visitor, common: Common) -> Result<(), Failure> {
    if common.is_for(visitor.viewer().role()) { Ok(()) } else { Err(Failure::NotAllowed) }
}

fn name(common: Common) -> Both {
    let (zh, en) = common.words();
    Both::new(zh, en)
}

const fn asks(common: Common) -> Asks {
    let (unit, reason) = match common {
        Common::Step(Move::Assign | Move::Forward) => (true, Said::Reason),
        Common::Step(Move::Sign | Move::Begin | Move::Archive) | Common::Verifier | Common::Star | Common::Unstar => {
            (false, Said::Nothing)
        }
        Common::Step(Move::Extend) => (false, Said::Remark),
        Common::Step(_) => (false, Said::Reason),
        Common::Note => (false, Said::Note),
    };
    Asks { unit, account: matches!(common, Common::Verifier), reason }
}

/// The cases of a form, each from the edition that the form was made from.
fn cases(fields: &Fields) -> Result<Vec<(CaseId, Option<u64>)>, Failure> {
    let read = |case: &str| {
        let edition = match fields.text(&format!("edition_{case}")) {
            "" => None,
            text => Some(text.parse().map_err(|_| Failure::BadForm)?),
        };
        Ok((case.parse().map_err(|_| Failure::BadForm)?, edition))
    };
    fields.named("edition_").map(read).collect()
}

/// Why it was not done with a case, in the words of its own page.
fn why(error: &DeskError) -> Both {
    match error {
        DeskError::Act(problem) => Both::new(problem.zh(), &problem.to_string()),
        DeskError::Changed(_) => Both::new(
            "您打开页面以后，别人改动了这条线索；请看过再办",
            "Somebody changed this case after you had opened the page; look at it first",
        ),
        DeskError::NotFound => {
            Both::new("没有这条线索，或者不在您单位的范围内", "There is no such case, or it is not within your reach")
        }
        _ => Both::new(
            "系统出错，这一条没有办，请再试一次",
            "Something broke; nothing was done with this one, try again",
        ),
    }
}

/// The key of the form.
fn drawn(console: &Console) -> Result<String, Failure> {
    let bytes: [u8; 16] = random_bytes(&*console.randomness).map_err(|error| DeskError::Failed(Box::new(error)))?;
    Ok(HEXLOWER.encode(&bytes))
}
