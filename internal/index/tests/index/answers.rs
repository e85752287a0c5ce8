//! What is found, in which order.

use nightsafe_casework::triage::Priority;
use nightsafe_index::{Facet, Filter, IdentifierKind, Index, Order, Paging, SearchText, Stage};
use nightsafe_schema::case::CaseId;
use serde_json::json;

use crate::site::{Site, analyst, case, claimed, received, report, routed, supplement, triaged};

const NATION: &str = "OFFICE.000000";

fn found(index: &Index, unit: &str, query: &str, order: Order) -> Vec<CaseId> {
    let page = index.search(&analyst(unit), &SearchText::parse(query), &Filter::default(), order, Paging::new(0, 50));
    page.unwrap().rows.into_iter().map(|row| row.summary.case).collect()
}

fn site() -> Site {
    let site = Site::new();
    let texts =
        ["霍三爷在东门市场收保护费", "霍三爷夜里带黑衣人砸店，霍三爷还打人", "老板拖欠工资", "𠮷野家门口有人收保护费"];
    for (number, text) in (1..).zip(texts) {
        let mut report = report(if number == 3 { "王五" } else { "霍三爷" }, text);
        report["subjects"][0]["phone"] = json!(format!("1390000000{number}"));
        site.log.record(Some(case(number)), received(number, report, &[100 + number]));
        let priorities = [Priority::P2, Priority::P0, Priority::P3, Priority::P1];
        site.log.record(Some(case(number)), triaged(priorities[usize::try_from(number - 1).unwrap()]));
        site.log.record(Some(case(number)), routed(&["POLICE.990100"], &["POLICE.990121"]));
    }
    site.log.record(Some(case(1)), claimed(101));
    site.log.record(Some(case(3)), supplement(50, "后来霍三爷的人也来了", &[]));
    site
}

#[test]
fn words_phrases_exclusions_and_fields_are_found() {
    let site = site();
    let (index, _) = site.open();
    let cases = |query| {
        let mut cases = found(&index, NATION, query, Order::Newest);
        cases.sort_unstable();
        cases
    };
    for (query, expected) in [
        ("霍三爷", &[1, 2, 3, 4][..]),
        ("保护费", &[1, 4]),
        ("𠮷", &[4]),
        ("𠮷野", &[4]),
        ("保护费 -东门", &[4]),
        ("“霍三爷的人”", &[3]),
        ("霍 三 爷 砸", &[2]),
        ("优先级：P0", &[2]),
        ("phone:139-0000-0003", &[3]),
        ("人名:王五", &[3]),
        ("人名:王", &[]),
        ("附件:有", &[1]),
        ("附件:尚在传输", &[2, 3, 4]),
        ("类别:gc06 地区:990121", &[1, 2, 3, 4]),
        ("地区:110000", &[]),
        ("unit:police.990100 -优先级:P0 -优先级:P1", &[1, 3]),
        ("收到:2026-11", &[1, 2, 3, 4]),
        ("张举报", &[]),
        ("GANG_CRIME", &[]),
        ("没有这样的话", &[]),
    ] {
        assert_eq!(cases(query), expected.iter().map(|number| case(*number)).collect::<Vec<_>>(), "{query}");
    }
    assert_eq!(cases(&format!("case:{}", case(2))), [case(2)]);
}

#[test]
fn the_inbox_is_ordered_filtered_counted_and_paged() {
    let site = site();
    let (index, _) = site.open();
    let viewer = analyst("POLICE.990100");
    let inbox = |filter: &Filter, order, skip, rows| {
        let page = index.inbox(&viewer, filter, order, Paging::new(skip, rows)).unwrap();
        let cases: Vec<CaseId> = page.rows.iter().map(|row| row.summary.case).collect();
        (cases, page.total, page)
    };
    let all = Filter::default();
    assert_eq!(inbox(&all, Order::Urgency, 0, 50).0, [2, 4, 1, 3].map(case));
    assert_eq!(inbox(&all, Order::Deadline, 0, 50).0, [2, 4, 1, 3].map(case));
    assert_eq!(inbox(&all, Order::Newest, 0, 50).0, [4, 3, 2, 1].map(case));
    let (cases, total, page) = inbox(&all, Order::Urgency, 1, 2);
    assert_eq!((cases, total, page.skipped), (vec![case(4), case(1)], 4, 1));
    assert_eq!(page.facets[&Facet::Attachments]["crossing"], 3);
    assert_eq!(page.facets[&Facet::Province]["99"], 4);
    assert_eq!(page.rows[0].summary.stage, Stage::Screened);

    let urgent = Filter { priorities: vec![Priority::P0, Priority::P1], ..Filter::default() };
    assert_eq!(inbox(&urgent, Order::Urgency, 0, 50).0, [2, 4].map(case));
    let due = Filter { due_before: page.rows[0].summary.deadline, ..Filter::default() };
    assert_eq!(inbox(&due, Order::Urgency, 0, 50).0, [case(2)]);
    let days = |from: &str, before: &str| Filter {
        received_from: Some(from.parse().unwrap()),
        received_before: Some(before.parse().unwrap()),
        ..Filter::default()
    };
    assert_eq!(inbox(&days("2026-11-03T00:00:00Z", "2026-11-05T00:00:00Z"), Order::Newest, 0, 50).0, [3, 2].map(case));
    assert_eq!(inbox(&Filter { stages: vec![Stage::Sealed], ..Filter::default() }, Order::Urgency, 0, 50).1, 0);
}

#[test]
fn below_the_national_level_relevance_is_not_an_order() {
    let site = site();
    let (index, _) = site.open();
    assert_eq!(found(&index, "POLICE.990100", "霍三爷", Order::Relevance), [4, 3, 2, 1].map(case));
    assert_ne!(found(&index, NATION, "保护费 OR", Order::Relevance), [4, 1].map(case));
    assert_eq!(found(&index, NATION, "保护费", Order::Relevance).len(), 2);
}

#[test]
fn related_cases_are_named_with_their_reasons() {
    let site = site();
    let (index, _) = site.open();
    let related = index.related(&analyst(NATION), case(1)).unwrap();
    let cases: Vec<CaseId> = related.iter().map(|related| related.row.summary.case).collect();
    assert_eq!(cases, [2, 4].map(case));
    assert!(related.iter().all(|related| related.reasons.contains(&IdentifierKind::Person)));
    assert!(index.related(&analyst("POLICE.990121"), case(1)).unwrap().is_empty());
}

#[test]
fn a_case_names_its_events() {
    let site = site();
    let (index, _) = site.open();
    let view = index.case(&analyst(NATION), case(1)).unwrap().unwrap();
    assert_eq!(view.events, [1, 2, 3, 13]);
    assert_eq!(view.row.summary.version, 4);
    assert!(index.case(&analyst("POLICE.990121"), case(1)).unwrap().is_none());
    assert!(index.case(&analyst(NATION), case(99)).unwrap().is_none());
}
