//! What the pressed button asks for.

use nightsafe_schema::item::ItemId;

use super::answers::Answers;

/// From the value of the button called `do`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Go on to the next page, or back to the check.
    Next,
    /// Go back to the page before, whatever is on this one.
    Back,
    /// Send the report.
    Send,
    /// Only draw the page again: the next list of places, another size of text.
    Stay,
    /// Draw the page with one more block of this list.
    Another(String),
    /// Take one block of this list away. Counted from 0.
    Drop(String, usize),
    /// Take the chosen files.
    Add,
    /// Take this attachment back.
    Remove(ItemId),
    /// From the check to this page.
    Edit(String),
}

impl Action {
    /// Anything unknown only draws the page again: nothing is sent by accident.
    pub(crate) fn of(answers: &Answers) -> Self {
        let value = answers.one("do");
        match value.split_once(':').unwrap_or((value, "")) {
            ("next", _) => Self::Next,
            ("back", _) => Self::Back,
            ("send", _) => Self::Send,
            ("add", _) => Self::Add,
            ("another", list) => Self::Another(list.to_owned()),
            ("drop", block) => drop_of(block).unwrap_or(Self::Stay),
            ("remove", item) => item.parse().map_or(Self::Stay, Self::Remove),
            ("edit", page) => Self::Edit(page.to_owned()),
            _ => Self::Stay,
        }
    }
}

/// Of a block such as `subjects[1]`.
fn drop_of(block: &str) -> Option<Action> {
    let (list, index) = block.strip_suffix(']')?.rsplit_once('[')?;
    Some(Action::Drop(list.to_owned(), index.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_send_button_sends() {
        let action = |form: &str| Action::of(&Answers::parse(form.as_bytes()).unwrap());
        assert_eq!(action("do=send"), Action::Send);
        assert_eq!(action("do=another:umbrella.persons"), Action::Another("umbrella.persons".to_owned()));
        assert_eq!(action("do=drop:umbrella.persons[2]"), Action::Drop("umbrella.persons".to_owned(), 2));
        assert_eq!(action("do=edit:who"), Action::Edit("who".to_owned()));
        let item = ItemId::from_bytes([7; 16]);
        assert_eq!(action(&format!("do=remove:{item}")), Action::Remove(item));
        for other in ["", "do=places", "do=look:big", "do=drop:subjects", "do=drop:subjects[x]", "do=remove:x"] {
            assert_eq!(action(other), Action::Stay, "{other}");
        }
    }
}
