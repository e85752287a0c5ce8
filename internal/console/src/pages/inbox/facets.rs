//! What the listed cases consist of, with counts; where the inbox can be narrowed to a value, as a link.

use nightsafe_casework::workflow::Stage;
use nightsafe_index::{Facet, FacetCounts};
use nightsafe_schema::{catalog::Label, intake::Channel};

use super::super::{
    entrance::query_escaped,
    identity_mode,
    words::{self, Both},
};
use crate::{reference::Reference, reference::bare};

/// One facet.
pub(super) struct Counted {
    pub(super) label: Both,
    pub(super) values: Vec<Value>,
}

/// One of its values.
pub(super) struct Value {
    pub(super) label: Both,
    pub(super) count: u64,
    /// The same list narrowed to it.
    pub(super) href: Option<String>,
}

/// All facets that have more than nothing to say; `kept` are the parameters of this list.
pub(super) fn counted(facets: &FacetCounts, reference: &Reference, kept: &[(&str, Option<&str>)]) -> Vec<Counted> {
    let of = |facet: Facet| {
        let counts = facets.get(&facet)?;
        let value = |(code, count): (&String, &u64)| Value {
            label: Both(label(facet, code, reference)),
            count: *count,
            href: parameter(facet, code).map(|(name, value)| link(kept, name, &value)),
        };
        let values: Vec<Value> = counts.iter().map(value).collect();
        (!values.is_empty()).then_some(Counted { label: name(facet), values })
    };
    Facet::ALL.into_iter().filter_map(of).collect()
}

fn name(facet: Facet) -> Both {
    let (zh, en) = match facet {
        Facet::State => ("状态", "State"),
        Facet::Flow => ("类型", "Kind"),
        Facet::Priority => ("优先级", "Priority"),
        Facet::Identity => ("实名", "Identity"),
        Facet::Attachments => ("附件", "Attachments"),
        Facet::Province => ("地区", "Province"),
        Facet::Channel => ("渠道", "Channel"),
    };
    Both::new(zh, en)
}

fn label(facet: Facet, code: &str, reference: &Reference) -> Label {
    let both = |zh: &str, en: &str| Label { zh: zh.to_owned(), en: en.to_owned() };
    match (facet, code) {
        (Facet::Flow, code) => reference.flow(code),
        (Facet::Identity, code) => identity_mode(code).unwrap_or_else(|| bare(code)),
        (Facet::Priority, code) => code.parse().map_or_else(
            |_| bare(code),
            |priority| {
                let (code, zh, en) = words::priority(Some(priority));
                both(&format!("{code} {zh}"), en)
            },
        ),
        (Facet::Province, "00") => both("不明", "unknown"),
        (Facet::Province, code) => {
            format!("{code}0000").parse().map_or_else(|_| bare(code), |place| both(&reference.place(place), ""))
        }
        (Facet::State, code) => {
            code.parse::<Stage>().map_or_else(|_| bare(code), |stage| both(stage.words().0, stage.words().1))
        }
        (Facet::Attachments, "none") => both("没有", "none"),
        (Facet::Attachments, "here") => both("已到", "here"),
        (Facet::Attachments, "crossing") => both("尚在传输", "still crossing"),
        (Facet::Channel, code) => {
            Channel::of_code(code).map_or_else(|| bare(code), |channel| words::channel(channel).0)
        }
        (_, code) => bare(code),
    }
}

/// The parameter of the inbox that narrows it to this value.
fn parameter(facet: Facet, code: &str) -> Option<(&'static str, String)> {
    match facet {
        Facet::State if code != "OTHER" => Some(("state", code.to_owned())),
        Facet::Flow => Some(("flow", code.to_owned())),
        Facet::Priority if code != "OTHER" => Some(("priority", code.to_owned())),
        Facet::Province if code != "00" => Some(("place", format!("{code}0000"))),
        _ => None,
    }
}

fn link(kept: &[(&str, Option<&str>)], name: &str, value: &str) -> String {
    let others = kept.iter().filter(|(kept, _)| *kept != name).filter_map(|(name, value)| Some((*name, (*value)?)));
    let pairs: Vec<String> =
        others.chain([(name, value)]).map(|(name, value)| format!("{name}={}", query_escaped(value))).collect();
    format!("/q?{}", pairs.join("&"))
}
