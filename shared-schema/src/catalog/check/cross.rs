//! Rules that look at several fields at once.

use serde_json::{Map, Value};

use super::{ProblemCode, Walk, words};
use crate::partial_date::PartialDate;

impl Walk<'_> {
    pub(super) fn cross_rules(&mut self, top: &Map<String, Value>) {
        self.attachments(top);
        self.something_is_added(top);
        self.dates(top);
    }

    /// A declared name or type outside the flow's kinds (DESIGN section 4). Sizes are claims: they only warn.
    fn attachments(&mut self, top: &Map<String, Value>) {
        let Some(declared) = at(top, &["evidence", "attachments"]).and_then(Value::as_array) else { return };
        let Some(flow) = self.catalog.flow(self.flow) else { return };
        let kinds = self.catalog.attachments();
        let (mut problems, mut warnings) = (Vec::new(), Vec::new());
        for (index, attachment) in declared.iter().take(kinds.count).enumerate() {
            let text = |name: &str| attachment.get(name).and_then(Value::as_str).unwrap_or_default();
            let path = format!("evidence.attachments[{index}]");
            if !kinds.accepts(&flow.attachments, text("name"), text("media_type")) {
                problems.push(words::attachment_format(&path, index + 1, &flow.attachments.join(" ")));
                continue;
            }
            let size = attachment.get("size").and_then(Value::as_u64).unwrap_or_default();
            if kinds.most_bytes(text("name"), text("media_type")).is_some_and(|most| size > most) {
                warnings.push(words::warning(
                    &path,
                    ProblemCode::CheckSize,
                    ("附件可能太大，请压缩或分段", "The attachment may be too large: shorten or split it"),
                ));
            }
        }
        for problem in problems {
            self.problem(problem);
        }
        for warning in warnings {
            self.warn(warning);
        }
    }

    /// A supplement without text and without evidence adds nothing.
    fn something_is_added(&mut self, top: &Map<String, Value>) {
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
        let is_listed = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty());
        let narrative = at(top, &["facts", "narrative"]);
        let evidence = top.get("evidence").and_then(Value::as_object);
        let any = narrative.is_some_and(is_text) || evidence.is_some_and(|lists| lists.values().any(is_listed));
        if self.catalog.field(self.flow, "cites").is_some() && !any {
            self.problem(words::nothing_added("facts.narrative"));
        }
    }

    fn dates(&mut self, top: &Map<String, Value>) {
        let date = |name: &str| at(top, &["facts", name]).and_then(Value::as_str)?.parse::<PartialDate>().ok();
        if let (Some(from), Some(to)) = (date("occurred_from"), date("occurred_to"))
            && to.last_day() < from.first_day()
        {
            let wording =
                ("结束时间早于开始时间，请看看是否写反", "The end lies before the beginning: check the dates");
            self.warn(words::warning("facts.occurred_to", ProblemCode::CheckDates, wording));
        }
    }
}

fn at<'a>(top: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(top.get(*first)?, |value, name| value.get(*name))
}
