//! A report begun for the clerk: every field that its flow requires says 不清楚, what a mail says stands where it belongs, and
//! what the clerk knows better is laid over it. No field is named here but those that a mail fills.

use nightsafe_mail::{Mail, Remark};
use nightsafe_schema::catalog::{Catalog, Field, FieldKind};
use serde_json::{Map, Value, json};

/// The document that a mail becomes, before the clerk's own fields, and what had to be left to the mail itself.
pub(super) fn of_mail(mail: &Mail, flow: &str, catalog: &Catalog) -> (Value, Vec<Remark>) {
    let mut remarks: Vec<Remark> = mail.remarks.iter().copied().collect();
    let mut document = Value::Object(required(catalog.fields(flow), flow, catalog));
    let title = if mail.subject.is_empty() { "电子邮件举报" } else { &mail.subject };
    put(&mut document, (flow, catalog), "facts.title", title);
    let narrative = if mail.text.chars().count() < SHORTEST {
        format!("{}\n（正文见所附的邮件原件）", mail.text)
    } else {
        mail.text.clone()
    };
    if put(&mut document, (flow, catalog), "facts.narrative", narrative.trim()) && !remarks.contains(&Remark::TextCut) {
        remarks.push(Remark::TextCut);
    }
    if let Some(sender) = &mail.from {
        // An address that was cut reaches nobody: the mail has it whole.
        if fits(&sender.address, (flow, catalog), "reporter.email") {
            put(&mut document, (flow, catalog), "reporter.email", &sender.address);
        }
        put(&mut document, (flow, catalog), "reporter.name", &sender.name);
    }
    (document, remarks)
}

/// Lays what the clerk wrote over a draft: objects by field, everything else as a whole.
pub(super) fn laid_over(draft: Value, over: Value) -> Value {
    match (draft, over) {
        (Value::Object(mut draft), Value::Object(over)) => {
            for (name, value) in over {
                let below = draft.shift_remove(&name).unwrap_or(Value::Null);
                draft.insert(name, laid_over(below, value));
            }
            Value::Object(draft)
        }
        (_draft, over) => over,
    }
}

/// The required fields of a flow, each with the answer that says nothing. What only the reporter can agree to is left out.
fn required<'a>(fields: impl Iterator<Item = &'a Field>, flow: &str, catalog: &Catalog) -> Map<String, Value> {
    let needed = fields.filter(|field| field.is_required_in(flow));
    needed.filter_map(|field| Some((field.name.clone(), unknown(field, flow, catalog)?))).collect()
}

fn unknown(field: &Field, flow: &str, catalog: &Catalog) -> Option<Value> {
    let one = match &field.kind {
        FieldKind::Group => {
            if field.fields(flow).any(|below| below.kind == FieldKind::Flag { must: true }) {
                return None;
            }
            Value::Object(required(field.fields(flow), flow, catalog))
        }
        FieldKind::Line { .. } | FieldKind::Text { .. } => json!(UNKNOWN_ZH),
        FieldKind::Code { list } => {
            let list = catalog.list(list)?;
            let unknown = list.entry("UNKNOWN").map(|entry| entry.code.clone());
            json!(field.preset.clone().or(unknown).or_else(|| list.entries.first().map(|entry| entry.code.clone()))?)
        }
        FieldKind::Constant { value } => json!(value),
        FieldKind::Flow => json!(flow),
        FieldKind::Date
        | FieldKind::Moment
        | FieldKind::Money
        | FieldKind::Digest
        | FieldKind::Division
        | FieldKind::Digits { .. } => json!(""),
        FieldKind::Flag { .. }
        | FieldKind::Whole { .. }
        | FieldKind::ClueNumber
        | FieldKind::Campaign
        | FieldKind::Ignored => {
            return None;
        }
    };
    Some(if let Some(many) = field.many { Value::Array(vec![one; many.floor]) } else { one })
}

/// Puts a text where this flow has a field for it, cut to what fits; whether it was cut.
fn put(document: &mut Value, (flow, catalog): (&str, &Catalog), path: &str, text: &str) -> bool {
    let Some(most) = longest(flow, catalog, path).filter(|_most| !text.is_empty()) else { return false };
    let Some((group, name)) = path.split_once('.') else { return false };
    let cut: String = text.chars().take(most).collect();
    let was_cut = cut.len() < text.len();
    let Some(fields) = document.as_object_mut() else { return false };
    let group = fields.entry(group).or_insert_with(|| required_of(flow, catalog, group));
    if let Some(group) = group.as_object_mut() {
        group.insert(name.to_owned(), json!(cut));
    }
    was_cut
}

fn required_of(flow: &str, catalog: &Catalog, group: &str) -> Value {
    let below = catalog.field(flow, group).map(|field| required(field.fields(flow), flow, catalog));
    Value::Object(below.unwrap_or_default())
}

fn fits(text: &str, (flow, catalog): (&str, &Catalog), path: &str) -> bool {
    longest(flow, catalog, path).is_some_and(|most| text.chars().count() <= most)
}

fn longest(flow: &str, catalog: &Catalog, path: &str) -> Option<usize> {
    match catalog.field(flow, path)?.kind {
        FieldKind::Line { max, .. } | FieldKind::Text { max, .. } => Some(max),
        _ => None,
    }
}

const UNKNOWN_ZH: &str = "不清楚";
/// A text that is shorter than this says where the rest is; the catalog wants at least as much.
const SHORTEST: usize = 10;

#[cfg(test)]
mod tests {
    use nightsafe_mail::Sender;
    use nightsafe_schema::catalog::Strictness;

    use super::*;

    fn mail(text: &str) -> Mail {
        Mail {
            subject: "举报".to_owned(),
            from: Some(Sender { name: "苏木青".to_owned(), address: "su@example.test".to_owned() }),
            text: text.to_owned(),
            ..Mail::default()
        }
    }

    #[test]
    fn a_mail_is_a_report_of_any_flow_even_if_it_says_nothing() {
        let catalog = Catalog::embedded().unwrap();
        for flow in ["GANG_CRIME", "OFFICER_MISCONDUCT", "SECTOR_DISORDER"] {
            for text in ["", "短", "霍大椿在杏花村强收保护费，请查处。", &"长".repeat(9_000)] {
                let (document, remarks) = of_mail(&mail(text), flow, &catalog);
                catalog
                    .check(&document, Strictness::Registered)
                    .unwrap_or_else(|problems| panic!("{problems:?} {document}"));
                assert_eq!(document["reporter"]["email"], "su@example.test");
                assert_eq!(remarks.contains(&Remark::TextCut), text.len() > 5_000);
            }
            assert!(
                of_mail(&Mail::default(), flow, &catalog).0.get("reporter").is_none(),
                "nobody is said to have written it"
            );
        }
    }

    #[test]
    fn what_the_clerk_says_goes_before_what_the_mail_says() {
        let catalog = Catalog::embedded().unwrap();
        let (draft, _remarks) = of_mail(&mail("霍大椿在杏花村强收保护费，请查处。"), "GANG_CRIME", &catalog);
        let known =
            json!({"subjects": [{"kind": "individual", "name": "霍大椿"}], "facts": {"place": {"code": "990121"}}});
        let document = laid_over(draft, known);
        assert_eq!(document["subjects"], json!([{"kind": "individual", "name": "霍大椿"}]));
        assert_eq!(document["facts"]["place"], json!({"detail": "不清楚", "code": "990121"}));
        assert_eq!(document["facts"]["title"], "举报");
        assert!(catalog.check(&document, Strictness::Registered).is_ok());
    }
}
