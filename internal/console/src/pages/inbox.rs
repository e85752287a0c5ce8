//! `/q` 收件箱: the cases that this viewer's unit may see, most urgent first.

use askama::Template;
use axum::extract::State;
use nightsafe_casework::{
    case::{CaseSummary, Column, Columns, Worklist},
    role::{Permission, Role},
    triage::Priority,
    workflow::{Move, Stage},
};

mod facets;

use self::facets::Counted;
use super::{
    Frame,
    entrance::{is_returnable, query_escaped},
    page,
    pager::{self, Pager},
    parameters::Parameters,
    row::{Row, heads},
    trail::Trail,
    words::{self, Both},
};
use crate::{
    Console,
    desk::{Common, Inbox, InboxFilter, Order, Page, Showing},
    reference::Reference,
    visitor::{Answer, Visitor},
};

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
    filtered: bool,
    flows: Vec<Choice>,
    priorities: Vec<Choice>,
    lists: Vec<Choice>,
    categories: Vec<Choice>,
    orders: Vec<Choice>,
    showings: Vec<Choice>,
    states: Vec<Choice>,
    overdue: Vec<Choice>,
    facets: Vec<Counted>,
    place: String,
    columns: Columns,
    heads: Vec<Both>,
    choosable: Vec<Choice>,
    /// What this viewer may do with several at once: name of the act, words, key.
    commons: Vec<(&'static str, Both, &'static str)>,
    /// The same list with every row chosen.
    all: String,
    form: String,
    /// This list, as an address.
    here: String,
    /// The case with which something was just done.
    done: Option<String>,
}

/// One option of a select.
struct Choice {
    value: String,
    label: Both,
    chosen: bool,
}

pub(crate) async fn show(visitor: Visitor, parameters: Parameters, State(console): State<Console>) -> Answer {
    visitor.allowed(Permission::ReadCases)?;
    let filter = filter(&parameters);
    let (viewer, asked) = (visitor.viewer().clone(), filter.clone());
    let Inbox { page: list, facets } = console.ask(move |desk| desk.inbox(&viewer, &asked)).await?;
    let kept: Vec<(&str, Option<&str>)> = KEPT.iter().map(|&name| (name, parameters.text(name))).collect();
    let reference = &console.reference;
    let columns = visitor.notices().columns.clone();
    Ok(page(&InboxPage {
        frame: Frame::of(&visitor, reference, "/q", "收件箱", "Inbox"),
        rows: rows(&list, &kept, reference, parameters.text("choose") == Some("all")),
        done: parameters.parsed::<nightsafe_schema::case::CaseId>("done").map(|case| case.to_string()),
        pager: Pager::of(&list, "/q", &kept),
        filtered: KEPT.iter().any(|name| *name != "order" && parameters.text(name).is_some()),
        flows: flows(reference, &filter),
        priorities: priorities(&filter),
        lists: lists(&filter),
        categories: categories(reference, &filter),
        orders: orders(filter.order),
        showings: showings(filter.showing),
        states: states(&filter),
        overdue: overdue(&filter),
        facets: facets::counted(&facets, reference, &kept),
        place: parameters.text("place").unwrap_or_default().to_owned(),
        choosable: choosable(&columns),
        commons: commons(visitor.viewer().role()),
        all: all(&kept, list.skipped),
        heads: heads(&columns),
        columns,
        form: visitor.form_token().to_string(),
        here: pager::link("/q", &kept, list.skipped),
    }))
}

/// The rows, each with its place in the list.
fn rows(list: &Page<CaseSummary>, kept: &[(&str, Option<&str>)], reference: &Reference, chosen: bool) -> Vec<Row> {
    let pair = |(name, value): &(&str, Option<&str>)| value.map(|value| format!("{name}={}", query_escaped(value)));
    let question = kept.iter().filter_map(pair).collect::<Vec<_>>().join("&");
    let placed = (list.skipped..).zip(&list.rows);
    placed.map(|(at, summary)| Row::of(summary, reference).on(&Trail::row(&question, at)).choosable(chosen)).collect()
}

/// An address of this list, as a form carries it to lead back there.
pub(super) fn list_address(text: &str) -> Option<&str> {
    let is_list = text == "/q" || text.starts_with("/q?");
    Some(text).filter(|text| is_list && is_returnable(text))
}

/// The same question from another row on.
pub(super) fn filter_at(parameters: &Parameters, skip: u64) -> InboxFilter {
    InboxFilter { skip, ..filter(parameters) }
}

fn filter(parameters: &Parameters) -> InboxFilter {
    let code = |name| parameters.text(name).filter(|code| code.len() <= 40).map(str::to_owned);
    let priority = parameters.text("priority");
    InboxFilter {
        flow: code("flow"),
        priority: PRIORITIES.into_iter().find(|(code, ..)| priority == Some(code)).map(|(_, priority)| priority),
        place: parameters.parsed("place"),
        category: code("category"),
        worklist: parameters.parsed("list"),
        stage: parameters.parsed("state"),
        overdue: parameters.text("overdue") == Some("yes"),
        showing: showing(parameters),
        order: match parameters.text("order") {
            Some("newest") => Order::Newest,
            Some("urgency") => Order::Urgency,
            _ => Order::Deadline,
        },
        skip: parameters.skip(),
    }
}

/// Whoever comes without a question is shown what waits; a list or a state is shown whole.
fn showing(parameters: &Parameters) -> Showing {
    let asked = parameters.text("show").and_then(Showing::of_code);
    let narrowed = ["list", "state", "overdue"].into_iter().any(|name| parameters.text(name).is_some());
    asked.unwrap_or(if narrowed { Showing::All } else { Showing::Waiting })
}

fn showings(chosen: Showing) -> Vec<Choice> {
    let choice = |showing: Showing| {
        let (zh, en) = match showing {
            Showing::Waiting => ("未结，未指派或由我核查", "open, nobody's or mine"),
            Showing::Mine => ("由我核查", "mine"),
            Showing::Starred => ("我标记的", "marked by me"),
            Showing::Open => ("未结", "open"),
            Showing::All => ("全部", "all"),
        };
        Choice { value: showing.code().to_owned(), label: Both::new(zh, en), chosen: showing == chosen }
    };
    Showing::ALL.into_iter().map(choice).collect()
}

fn states(filter: &InboxFilter) -> Vec<Choice> {
    let choice = |stage: Stage| {
        let (zh, en) = stage.words();
        Choice { value: stage.code().to_owned(), label: Both::new(zh, en), chosen: filter.stage == Some(stage) }
    };
    Stage::ALL.into_iter().filter(|stage| *stage != Stage::Sealed).map(choice).collect()
}

fn overdue(filter: &InboxFilter) -> Vec<Choice> {
    vec![Choice { value: "yes".to_owned(), label: Both::new("只看超期", "overdue only"), chosen: filter.overdue }]
}

fn flows(reference: &Reference, filter: &InboxFilter) -> Vec<Choice> {
    let flows = reference.catalog.flows().iter();
    flows
        .map(|flow| Choice {
            value: flow.code.clone(),
            label: Both(flow.label.clone()),
            chosen: filter.flow.as_deref() == Some(&flow.code),
        })
        .collect()
}

/// The categories of the chosen flow, else of all flows.
fn categories(reference: &Reference, filter: &InboxFilter) -> Vec<Choice> {
    let catalog = &reference.catalog;
    let flows = catalog.flows().iter().filter(|flow| filter.flow.as_ref().is_none_or(|chosen| *chosen == flow.code));
    let lists = flows.filter_map(|flow| catalog.field(&flow.code, "facts.categories[]")?.list());
    let mut choices: Vec<Choice> = Vec::new();
    for entry in lists.filter_map(|list| catalog.list(list)).flat_map(|list| &list.entries) {
        if choices.iter().all(|choice| choice.value != entry.code) {
            let chosen = filter.category.as_deref() == Some(&entry.code);
            choices.push(Choice { value: entry.code.clone(), label: Both(entry.label.clone()), chosen });
        }
    }
    choices
}

fn priorities(filter: &InboxFilter) -> Vec<Choice> {
    let words = |priority| words::priority(Some(priority));
    PRIORITIES
        .into_iter()
        .map(|(code, priority)| {
            let (_, zh, en) = words(priority);
            let label = Both::new(&format!("{code} {zh}"), en);
            Choice { value: code.to_owned(), label, chosen: filter.priority == Some(priority) }
        })
        .collect()
}

fn lists(filter: &InboxFilter) -> Vec<Choice> {
    let choice = |list: Worklist| Choice {
        value: list.code().to_owned(),
        label: Both::new(list.zh(), list.en()),
        chosen: filter.worklist == Some(list),
    };
    Worklist::ALL.into_iter().map(choice).collect()
}

fn commons(role: Role) -> Vec<(&'static str, Both, &'static str)> {
    let offered = Common::all().filter(|common| common.is_for(role));
    let mut keys = vec!["s", "n", "v", "r"];
    let button = |common: Common| {
        let wanted = match common {
            Common::Step(Move::Assign | Move::Forward) => "r",
            Common::Step(Move::Begin) | Common::Verifier => "v",
            Common::Note => "n",
            Common::Star => "s",
            _ => "",
        };
        // A key presses one button: the first that it would fit.
        let at = keys.iter().position(|key| *key == wanted);
        let key = at.map_or("", |at| keys.swap_remove(at));
        let (zh, en) = common.words();
        (common.code(), Both::new(zh, en), key)
    };
    offered.map(button).collect()
}

fn all(kept: &[(&str, Option<&str>)], skipped: u64) -> String {
    let all: Vec<(&str, Option<&str>)> = kept.iter().copied().chain([("choose", Some("all"))]).collect();
    pager::link("/q", &all, skipped)
}

/// Every column, with those that are shown.
fn choosable(columns: &Columns) -> Vec<Choice> {
    let choice = |column: Column| Choice {
        value: column.code().to_owned(),
        label: words::column(column),
        chosen: columns.has(column),
    };
    Column::ALL.into_iter().map(choice).collect()
}

fn orders(order: Order) -> Vec<Choice> {
    let choice = |value: &str, zh, en, chosen| Choice { value: value.to_owned(), label: Both::new(zh, en), chosen };
    vec![
        choice("", "期限近的在前", "nearest deadline first", order == Order::Deadline),
        choice("urgency", "最急的在前", "most urgent first", order == Order::Urgency),
        choice("newest", "最新的在前", "newest first", order == Order::Newest),
    ]
}

const KEPT: [&str; 9] = ["show", "flow", "priority", "list", "state", "overdue", "place", "category", "order"];

const PRIORITIES: [(&str, Priority); 5] =
    [("P0", Priority::P0), ("P1", Priority::P1), ("P2", Priority::P2), ("P3", Priority::P3), ("P4", Priority::P4)];
