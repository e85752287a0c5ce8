//! The answers of the other pages, carried by this one: the gateway keeps no draft (DESIGN section 6).

use nightsafe_schema::catalog::{Catalog, Field, FieldKind, Flow, Group, Page};
use serde_json::Value;

use super::document::field_name;
use super::value::{at, plain};

/// Name and value of one hidden field.
pub(crate) type Hidden = (String, String);

/// Everything in the document that `shown` does not ask for.
pub(crate) fn hidden(catalog: &Catalog, flow: &Flow, shown: &Page, document: &Value) -> Vec<Hidden> {
    let mut fields = Vec::new();
    for page in flow.pages.iter().filter(|page| page.id != shown.id) {
        for group in &page.groups {
            carry(catalog, flow, group, document, &mut fields);
        }
    }
    fields
}

fn carry(catalog: &Catalog, flow: &Flow, group: &Group, document: &Value, fields: &mut Vec<Hidden>) {
    let asked = || group.all_fields().filter_map(|path| catalog.field(&flow.code, path));
    let Some(list) = &group.repeat else {
        asked().for_each(|field| carry_field(field, field_name(field, &field.path), document, fields));
        return;
    };
    let base = list.trim_end_matches("[]");
    let members = at(document, base).and_then(Value::as_array).map_or(0, Vec::len);
    for index in 0..members {
        for field in asked() {
            let Some(below) = field.path.strip_prefix(list.as_str()) else { continue };
            carry_field(field, field_name(field, &format!("{base}[{index}]{below}")), document, fields);
        }
    }
}

fn carry_field(field: &Field, name: String, document: &Value, fields: &mut Vec<Hidden>) {
    match (&field.kind, at(document, &name)) {
        (FieldKind::Flag { .. }, Some(Value::Bool(true))) => fields.push((name, "yes".to_owned())),
        (FieldKind::Code { .. }, Some(Value::Array(codes))) => {
            fields.extend(codes.iter().map(|code| (name.clone(), plain(code))));
        }
        (_, Some(Value::Array(lines))) => {
            fields.push((name, lines.iter().map(plain).collect::<Vec<_>>().join("\n")));
        }
        (_, Some(value @ (Value::String(_) | Value::Number(_)))) => fields.push((name, plain(value))),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers::Answers;
    use super::super::document::document_of;
    use super::*;

    /// Whatever page is shown, what it carries and what was typed on it make the same document again.
    #[test]
    fn what_is_carried_comes_back_as_it_was() {
        let catalog = Catalog::embedded().unwrap();
        let flow = catalog.flow_by_slug("gang").unwrap();
        let typed = "notice_ack.accepted=yes&subjects[0].name=A&subjects[0].alias=x%0Ay&subjects[1].kind=individual\
                     &subjects[1].region_code=152531&facts.categories=GC03&facts.categories=GC06&facts.title=T\
                     &facts.narrative=%20one%0D%0A%0D%0Atwo&facts.occurred_from=2025-04&facts.imminent_danger=yes\
                     &facts.place.code=152500&umbrella.persons[0].name=B&evidence.transactions[0].amount_cny=8000\
                     &reporter.kind=individual&reporter.phone=%3C%22%26";
        let document = document_of(&catalog, flow, &Answers::parse(typed.as_bytes()).unwrap());
        let nothing = Page { id: "none".to_owned(), groups: Vec::new(), ..flow.pages[0].clone() };
        let carried = hidden(&catalog, flow, &nothing, &document);
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(carried).finish();
        let again = document_of(&catalog, flow, &Answers::parse(body.as_bytes()).unwrap());
        assert_eq!(again, document);
        assert_eq!(again["subjects"][1]["region_code"], "152531");
    }

    #[test]
    fn a_page_does_not_carry_what_it_asks_for() {
        let catalog = Catalog::embedded().unwrap();
        let flow = catalog.flow_by_slug("gang").unwrap();
        let answers = Answers::parse(b"facts.title=T&subjects[0].name=A").unwrap();
        let document = document_of(&catalog, flow, &answers);
        let carried = hidden(&catalog, flow, flow.page("who").unwrap(), &document);
        assert_eq!(carried, [("facts.title".to_owned(), "T".to_owned())]);
    }
}
