//! A posted form: names and values, bounded.

/// The fields of one post, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers(Vec<(String, String)>);

/// More fields than any form has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form has more than {MOST_FIELDS} fields")]
pub(crate) struct TooManyFields;

impl Answers {
    /// Reads `application/x-www-form-urlencoded`; line ends become `\n`, as JSON has them.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, TooManyFields> {
        let mut answers = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            answers.push(name.into_owned(), &value)?;
        }
        Ok(answers)
    }

    /// One more field of the post.
    pub(crate) fn push(&mut self, name: String, value: &str) -> Result<(), TooManyFields> {
        if self.0.len() >= MOST_FIELDS {
            return Err(TooManyFields);
        }
        self.0.push((name, value.replace("\r\n", "\n")));
        Ok(())
    }

    /// The first value of this name that is not empty, without white space around it; empty if there is none.
    pub(crate) fn one<'a>(&'a self, name: &str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    /// Takes away every field whose name begins so.
    pub(crate) fn drop_below(&mut self, prefix: &str) {
        self.0.retain(|(name, _)| !name.starts_with(prefix));
    }

    /// Whether the post has a field of this name, empty or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }

    /// Whether the pressed button only asks for another size of text or language.
    pub(crate) fn only_switches_look(&self) -> bool {
        self.one("do").starts_with("look:")
    }

    /// Every value of this name that is not empty.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// The longest form has five subjects of a dozen fields and a few dozen ticks.
const MOST_FIELDS: usize = 1000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Answers, TooManyFields};

    #[test]
    fn values_are_decoded_and_trimmed() {
        let answers = Answers::parse("a=%E7%BB%8F+x%0D%0Ay&b=&a= z ".as_bytes()).unwrap();
        assert_eq!(answers.all("a").collect::<Vec<_>>(), ["经 x\ny", "z"]);
        assert_eq!(answers.one("b"), "");
    }

    #[test]
    fn too_many_fields_are_refused() {
        assert_eq!(Answers::parse("a=1&".repeat(1001).as_bytes()).err(), Some(TooManyFields));
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Answers::parse(&bytes);
        }
    }
}
