//! What a page shows: the catalog's groups and fields, filled from a document, with what needs another look beside it.

use nightsafe_schema::catalog::{Campaign, Catalog, Field, Flow, Group, Label, Notice, Page, Part};
use nightsafe_schema::division::Divisions;
use serde_json::Value;

use super::control::Control;
use super::document::field_name;
use super::files::FilesView;
use super::state::FormState;
use super::summary::{Answered, answered};
use super::value::at;
use crate::http::FieldError;
use crate::words;

/// One group of the form.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) label: Label,
    /// May be skipped: shown closed until it has an answer.
    pub(crate) fold: bool,
    pub(crate) open: bool,
    pub(crate) notices: Vec<Notice>,
    /// The attachments, where the group has them.
    pub(crate) files: Option<FilesView>,
    /// Everything answered so far, where the group shows it.
    pub(crate) summary: Vec<Answered>,
    pub(crate) blocks: Vec<Block>,
    /// The list of which another block can be asked for.
    pub(crate) another: Option<String>,
}

/// One member of a repeated list, or the one block of any other group.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) id: String,
    /// Its number among several.
    pub(crate) number: Option<usize>,
    /// What its button to leave it out says; empty for the only one.
    pub(crate) drop: String,
    pub(crate) fields: Vec<FieldView>,
    /// Folded away, for those who know more.
    pub(crate) more: Vec<FieldView>,
    pub(crate) more_open: bool,
}

/// One input with its words.
#[derive(Debug)]
pub(crate) struct FieldView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) label: Label,
    pub(crate) hint: Option<Label>,
    pub(crate) prompts: Vec<Label>,
    pub(crate) example: Option<Label>,
    pub(crate) required: bool,
    pub(crate) error: Option<Label>,
    pub(crate) control: Control,
}

/// What a page is drawn from.
pub(crate) struct Drawing<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) divisions: &'a Divisions,
    pub(crate) flow: &'a Flow,
    pub(crate) page: &'a Page,
    pub(crate) campaign: Option<&'a Campaign>,
    pub(crate) document: &'a Value,
    pub(crate) state: &'a FormState,
    pub(crate) errors: &'a [FieldError],
    /// The list that one more block was asked of.
    pub(crate) another: Option<&'a str>,
}

/// The groups of a page.
pub(crate) fn sections(drawing: &Drawing<'_>) -> Vec<Section> {
    let mut sections: Vec<Section> = drawing.page.groups.iter().map(|group| drawing.section(group)).collect();
    place_errors(&mut sections, drawing.errors);
    sections
}

/// The `id` of the input of this name.
pub(crate) fn id_of(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect()
}

impl Drawing<'_> {
    fn section(&self, group: &Group) -> Section {
        let (blocks, another) = match &group.repeat {
            Some(list) => self.blocks(group, list),
            None => (vec![self.block(group, None)], None),
        };
        let is_asked = |list: &str| group.repeat.as_deref().is_some_and(|own| own.trim_end_matches("[]") == list);
        let open = !group.fold || self.another.is_some_and(is_asked) || blocks.iter().any(Block::is_answered);
        Section {
            id: group_id(group),
            label: group.label.clone(),
            fold: group.fold,
            open,
            notices: if group.part == Some(Part::Notice) { self.notices() } else { Vec::new() },
            files: (group.part == Some(Part::Attachments))
                .then(|| FilesView::of(self.catalog, self.flow, self.state, self.errors))
                .flatten(),
            summary: if group.part == Some(Part::Summary) { answered(self) } else { Vec::new() },
            blocks,
            another,
        }
    }

    fn notices(&self) -> Vec<Notice> {
        let versions = [Some(&self.flow.notice_version), self.flow.rules_version.as_ref()];
        versions.into_iter().flatten().filter_map(|version| self.catalog.notice(version)).cloned().collect()
    }

    /// A block for each member, at least one, and one more if it was asked for.
    fn blocks(&self, group: &Group, list: &str) -> (Vec<Block>, Option<String>) {
        let base = list.trim_end_matches("[]");
        let most = self.catalog.field(&self.flow.code, list).and_then(|field| field.many).map_or(1, |many| many.items);
        let members = at(self.document, base).and_then(Value::as_array).map_or(0, Vec::len);
        let asked = usize::from(self.another == Some(base));
        let shown = (members.max(1) + asked).min(most);
        let blocks = (0..shown).map(|index| {
            let drop = if shown > 1 { format!("{base}[{index}]") } else { String::new() };
            let block = self.block(group, Some((list, &format!("{base}[{index}]"))));
            Block { number: (most > 1).then_some(index + 1), drop, ..block }
        });
        (blocks.collect(), (shown < most).then(|| base.to_owned()))
    }

    /// A group's fields; for a member of a repeated list, those of the member.
    fn block(&self, group: &Group, member: Option<(&str, &str)>) -> Block {
        let place = |path: &str| match member {
            Some((list, base)) => path.strip_prefix(list).map(|rest| format!("{base}{rest}")),
            None => Some(path.to_owned()),
        };
        let more = self.fields(&group.more, place);
        let id = member.map_or_else(|| format!("block-{}", group.id), |(_, base)| id_of(base));
        // A campaign asks for what others may leave out.
        let more_open = self.campaign.is_some() && group.repeat.is_none() || more.iter().any(is_answered);
        Block { id, number: None, drop: String::new(), fields: self.fields(&group.fields, place), more, more_open }
    }

    fn fields(&self, paths: &[String], place: impl Fn(&str) -> Option<String>) -> Vec<FieldView> {
        let fields = paths.iter().filter_map(|path| self.catalog.field(&self.flow.code, path));
        fields.filter_map(|field| Some(self.field(field, &field_name(field, &place(&field.path)?)))).collect()
    }

    fn field(&self, field: &Field, name: &str) -> FieldView {
        FieldView {
            id: id_of(name),
            name: name.to_owned(),
            label: field.label.clone(),
            hint: field.hint.clone(),
            prompts: field.prompts.clone(),
            example: field.example.clone(),
            required: field.is_required_in(&self.flow.code),
            error: None,
            control: self.control(field, name, at(self.document, name)),
        }
    }
}

impl FieldView {
    /// What the input is called. Required is the exception, and said in words.
    pub(crate) fn title(&self) -> Label {
        let Label { zh, en } = &self.label;
        if self.required {
            Label { zh: format!("{zh}{}", words::REQUIRED.zh), en: format!("{en} {}", words::REQUIRED.en) }
        } else {
            self.label.clone()
        }
    }
}

impl Block {
    fn is_answered(&self) -> bool {
        self.fields.iter().chain(&self.more).any(is_answered)
    }
}

/// The `id` of a group's heading.
pub(super) fn group_id(group: &Group) -> String {
    format!("group-{}", group.id)
}

fn is_answered(field: &FieldView) -> bool {
    field.control.is_answered()
}

/// Puts each error beside the field it names, or beside the first field of the group it names.
fn place_errors(sections: &mut [Section], errors: &[FieldError]) {
    for error in errors {
        let exact =
            |name: &str| error.path == name || error.path.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
        let below = |name: &str| name.strip_prefix(&error.path).is_some_and(|rest| rest.starts_with(['.', '[']));
        let label = Label { zh: error.zh.clone(), en: error.en.clone() };
        if !place_at(sections, exact, &label) {
            place_at(sections, below, &label);
        }
    }
}

fn place_at(sections: &mut [Section], fits: impl Fn(&str) -> bool, label: &Label) -> bool {
    for section in sections {
        for block in &mut section.blocks {
            let is_more = !block.fields.iter().any(|field| fits(&field.name));
            if let Some(field) = block.fields.iter_mut().chain(&mut block.more).find(|field| fits(&field.name)) {
                section.open = true;
                block.more_open |= is_more;
                if field.error.is_none() {
                    field.error = Some(label.clone());
                }
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn draw(page: &str, document: &Value, errors: &[FieldError], another: Option<&str>) -> Vec<Section> {
        let catalog = Catalog::embedded().unwrap();
        let divisions = Divisions::embedded().unwrap();
        let flow = catalog.flow_by_slug("gang").unwrap();
        let page = flow.page(page).unwrap();
        let state = FormState::begin("00112233445566778899aabbccddeeff".parse().unwrap(), Timestamp::UNIX_EPOCH);
        let (catalog, divisions, state) = (&catalog, &divisions, &state);
        sections(&Drawing { catalog, divisions, flow, page, campaign: None, document, state, errors, another })
    }

    fn error(path: &str) -> FieldError {
        FieldError { path: path.to_owned(), code: "X".to_owned(), zh: "改".to_owned(), en: "mend".to_owned() }
    }

    fn fields(sections: &[Section]) -> Vec<&FieldView> {
        let blocks = sections.iter().flat_map(|one| &one.blocks);
        blocks.flat_map(|one| one.fields.iter().chain(&one.more)).collect()
    }

    fn field<'a>(sections: &'a [Section], name: &str) -> &'a FieldView {
        fields(sections).into_iter().find(|one| one.name == name).unwrap()
    }

    #[test]
    fn every_field_of_a_page_has_an_input_of_its_own() {
        for page in ["who", "what", "files", "about", "check"] {
            let sections = draw(page, &json!({}), &[], None);
            let mut ids: Vec<_> = fields(&sections).into_iter().map(|one| one.id.clone()).collect();
            let count = ids.len();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), count, "{page}");
        }
        let what = draw("what", &json!({}), &[], None);
        assert!(matches!(field(&what, "facts.narrative").control, Control::Text { max: 5000, .. }));
        assert_eq!(field(&what, "facts.narrative").prompts.len(), 5);
        let who = draw("who", &json!({}), &[], None);
        assert!(matches!(field(&who, "subjects[0].alias").control, Control::Lines { .. }));
    }

    #[test]
    fn answers_are_shown_again_and_what_is_folded_with_answers_is_open() {
        let document = json!({"facts": {"title": "题", "categories": ["GC03"], "occurred_from": "2025"}, "umbrella": {"detail": "某人"}});
        let sections = draw("what", &document, &[], None);
        assert!(matches!(&field(&sections, "facts.title").control, Control::Line { value, .. } if value == "题"));
        let section = |id: &str| sections.iter().find(|one| one.id == id).unwrap();
        assert!(section("group-umbrella").open && !section("group-extent").open);
        assert!(section("group-story").blocks[0].more_open && !section("group-kind").blocks[0].more_open);
    }

    #[test]
    fn errors_stand_beside_their_fields() {
        let errors =
            [error("facts.narrative"), error("facts.categories[3]"), error("facts.occurred_to"), error("nowhere")];
        let sections = draw("what", &json!({}), &errors, None);
        for name in ["facts.narrative", "facts.categories", "facts.occurred_to"] {
            assert!(field(&sections, name).error.is_some(), "{name}");
        }
        assert!(sections.iter().any(|one| one.blocks.iter().any(|block| block.more_open)));
        let sections = draw("check", &json!({}), &[error("declaration")], None);
        assert!(field(&sections, "declaration.truthful").error.is_some());
    }

    #[test]
    fn one_more_block_is_shown_up_to_the_most() {
        let blocks = |members: usize, another| {
            let document = json!({"subjects": vec![json!({"name": "A"}); members]});
            let sections = draw("who", &document, &[], another);
            let section = sections.into_iter().find(|one| one.id == "group-subjects").unwrap();
            let droppable = section.blocks.iter().filter(|block| !block.drop.is_empty()).count();
            (section.blocks.len(), droppable, section.another.is_some())
        };
        assert_eq!(blocks(0, None), (1, 0, true));
        assert_eq!(blocks(2, Some("subjects")), (3, 3, true));
        assert_eq!(blocks(5, Some("subjects")), (5, 5, false));
    }
}
