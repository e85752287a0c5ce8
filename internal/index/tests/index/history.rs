//! Histories: any sequence of events, and everything that an index can be asked after it.

use nightsafe_casework::{event, triage::Priority};
use nightsafe_index::{Filter, Index, Order, Paging, SearchText};
use nightsafe_schema::digest::Digest;
use proptest::prelude::*;

use crate::{
    log::nonsense,
    site::{
        Site, UNITS, analyst, case, claimed, entry, item, received, report, routed, sealed, supplement, triaged,
        widened,
    },
};

/// One thing that happens. Many of them do not follow from what was before; the index must take that too.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Report { case: u64, text: String, name: &'static str },
    Supplement { case: u64, text: String },
    Triage { case: u64, priority: Priority },
    Route { case: u64, holders: Vec<&'static str>, forbidden: Vec<&'static str> },
    Widen { case: u64, forbidden: &'static str },
    Claim { case: u64, item: u64 },
    Unlock { item: u64 },
    View { case: u64 },
    Retry { case: u64 },
    Number { case: u64 },
    Nonsense { case: Option<u64> },
    Erase { case: u64 },
}

const CASES: u64 = 6;
/// Units of every level and system among the samples.
const HOLDERS: [&str; 6] =
    ["POLICE.990121", "POLICE.990100", "DISC.990100", "OFFICE.990000", "POLICE.990000", "OFFICE.990100"];
const NAMES: [&str; 4] = ["霍三爷", "老𠮷", "不清楚", "李四"];
const PRIORITIES: [Priority; 5] = [Priority::P0, Priority::P1, Priority::P2, Priority::P3, Priority::P4];

pub(crate) fn text() -> impl Strategy<Value = String> {
    let characters = prop::sample::select("黑社会老大霍三爷砸𠮷a1，。 保护费".chars().collect::<Vec<_>>());
    prop::collection::vec(characters, 0..40).prop_map(String::from_iter)
}

fn step() -> impl Strategy<Value = Step> {
    let case = 0..CASES;
    let units = || prop::collection::vec(prop::sample::select(&HOLDERS[..]), 0..3);
    prop_oneof![
        4 => (case.clone(), text(), prop::sample::select(&NAMES[..])).prop_map(|(case, text, name)| Step::Report { case, text, name }),
        2 => (case.clone(), text()).prop_map(|(case, text)| Step::Supplement { case, text }),
        2 => (case.clone(), prop::sample::select(&PRIORITIES[..])).prop_map(|(case, priority)| Step::Triage { case, priority }),
        5 => (case.clone(), units(), units()).prop_map(|(case, holders, forbidden)| Step::Route { case, holders, forbidden }),
        1 => (case.clone(), prop::sample::select(&HOLDERS[..])).prop_map(|(case, forbidden)| Step::Widen { case, forbidden }),
        1 => (case.clone(), 100..104_u64).prop_map(|(case, item)| Step::Claim { case, item }),
        1 => (100..104_u64).prop_map(|item| Step::Unlock { item }),
        1 => case.clone().prop_map(|case| Step::View { case }),
        1 => case.clone().prop_map(|case| Step::Retry { case }),
        1 => case.clone().prop_map(|case| Step::Number { case }),
        1 => prop::option::of(case.clone()).prop_map(|case| Step::Nonsense { case }),
    ]
}

pub(crate) fn steps(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), length)
}

impl Site {
    /// Writes steps into the ledger.
    pub(crate) fn record_all(&self, steps: &[Step]) {
        for step in steps {
            self.record(step);
        }
    }

    /// Writes a step into the ledger.
    pub(crate) fn record(&self, step: &Step) {
        let number = self.log.after(0).len() as u64 + 1_000;
        match step {
            Step::Report { case: which, text, name } => {
                self.log.record(Some(case(*which)), received(number, report(name, text), &[100 + which % 4]))
            }
            Step::Supplement { case: which, text } => {
                self.log.record(Some(case(*which)), supplement(number, text, &[]))
            }
            Step::Triage { case: which, priority } => self.log.record(Some(case(*which)), triaged(*priority)),
            Step::Route { case: which, holders, forbidden } => {
                self.log.record(Some(case(*which)), routed(holders, forbidden))
            }
            Step::Widen { case: which, forbidden } => self.log.record(Some(case(*which)), widened(forbidden)),
            Step::Claim { case: which, item } => self.log.record(Some(case(*which)), claimed(*item)),
            Step::Unlock { item } => self.log.record(None, event::AttachmentUnlocked { sealed: sealed(*item) }),
            Step::View { case: which } => {
                self.log.record(Some(case(*which)), event::CaseViewed { via: event::Via::Console, copies: Vec::new() })
            }
            Step::Retry { case: which } => {
                let accepted_hour = "2026-11-22T05:00:00Z".parse().unwrap();
                let retry = event::RetryRecorded { item: item(number), entry: entry(number), accepted_hour };
                self.log.record(Some(case(*which)), retry)
            }
            Step::Number { case: which } => self.log.record(
                Some(case(*which)),
                event::NumberDerived { case: case(*which), lookup: Digest::of(&which.to_be_bytes()) },
            ),
            Step::Nonsense { case: which } => self.log.record_raw(which.map(case), "REPORT_RECEIVED", nonsense()),
            Step::Erase { case: which } => {
                self.log.erase(case(*which));
                0
            }
        };
    }
}

/// Everything that viewers of every unit are told, in words.
pub(crate) fn all_answers(index: &Index) -> String {
    let mut answers = Vec::new();
    let queries =
        ["", "霍", "霍三爷", "老大", "-霍", "电话:139-0000-0000 保", "优先级:P1", "state:assigned -人名:李四"];
    let orders = [Order::Urgency, Order::Deadline, Order::Newest, Order::Relevance];
    for unit in UNITS.units() {
        let viewer = analyst(unit.id.as_str());
        for query in queries {
            for order in orders {
                let text = SearchText::parse(query);
                let page = index.search(&viewer, &text, &Filter::default(), order, Paging::new(0, 50)).unwrap();
                answers.push(format!("{} {query} {order:?} {page:?}", unit.id));
            }
        }
        for number in 0..CASES {
            let (view, related) =
                (index.case(&viewer, case(number)).unwrap(), index.related(&viewer, case(number)).unwrap());
            answers.push(format!("{} {number} {view:?} {related:?}", unit.id));
        }
    }
    answers.push(format!("{:?}", index.unreadable().unwrap()));
    answers.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn an_index_that_grew_is_the_one_built_at_once(steps in steps(1..60), cuts in prop::collection::vec(0..3_u8, 60)) {
        let site = Site::new();
        let (mut index, _) = site.open();
        for (step, cut) in steps.iter().zip(cuts) {
            site.record(step);
            match cut {
                0 => {
                    let new = site.log.after(index.position().unwrap().seq);
                    index.apply(&site.log, &new).unwrap();
                }
                1 if steps.len() % 3 == 0 => {
                    drop(index);
                    index = site.open().0;
                }
                _ => {}
            }
        }
        index.catch_up(&site.log).unwrap();
        let (_place, anew) = site.built_anew();
        prop_assert_eq!(crate::site::dump(&index).1, crate::site::dump(&anew).1);
        prop_assert_eq!(all_answers(&index), all_answers(&anew));
        index.rebuild(&site.log).unwrap();
        prop_assert_eq!(crate::site::dump(&index).0, crate::site::dump(&anew).0);
    }
}
