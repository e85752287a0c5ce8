//! `/q` 收件箱: the cases that this viewer's unit may see, most urgent first.

use askama::Template;
use axum::extract::State;
use nightsafe_casework::{case::Worklist, role::Permission, triage::Priority};

mod facets;

use self::facets::Counted;
use super::{Frame, page, pager::Pager, parameters::Parameters, row::Row, words::Both};
use crate::{
    Console,
    desk::{Inbox, InboxFilter, Order},
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
    facets: Vec<Counted>,
    place: String,
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
    Ok(page(&InboxPage {
        frame: Frame::of(&visitor, reference, "/q", "收件箱", "Inbox"),
        rows: list.rows.iter().map(|summary| Row::of(summary, reference)).collect(),
        pager: Pager::of(&list, "/q", &kept),
        filtered: KEPT.iter().any(|name| *name != "order" && parameters.text(name).is_some()),
        flows: flows(reference, &filter),
        priorities: priorities(&filter),
        lists: lists(&filter),
        categories: categories(reference, &filter),
        orders: orders(filter.order),
        facets: facets::counted(&facets, reference, &kept),
        place: parameters.text("place").unwrap_or_default().to_owned(),
    }))
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
        order: if parameters.text("order") == Some("newest") { Order::Newest } else { Order::Urgency },
        skip: parameters.skip(),
    }
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
    let words = |priority| super::words::priority(Some(priority));
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

fn orders(order: Order) -> Vec<Choice> {
    let choice = |value: &str, zh, en, chosen| Choice { value: value.to_owned(), label: Both::new(zh, en), chosen };
    vec![
        choice("", "最急的在前", "most urgent first", order == Order::Urgency),
        choice("newest", "最新的在前", "newest first", order == Order::Newest),
    ]
}

const KEPT: [&str; 6] = ["flow", "priority", "list", "place", "category", "order"];

const PRIORITIES: [(&str, Priority); 5] =
    [("P0", Priority::P0), ("P1", Priority::P1), ("P2", Priority::P2), ("P3", Priority::P3), ("P4", Priority::P4)];
