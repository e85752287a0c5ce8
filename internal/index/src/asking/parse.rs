//! The search line: words, "phrases", -exclusions, field:value (UX section 5).
//!
//! Every line means something: what is no syntax is text. Length and number of clauses are bounded; what lies beyond is
//! ignored and said to be. Words are substrings as well; quotes only hold spaces together.

use std::fmt;

use super::Field;
use crate::{folded::Folded, limits};

/// A search line, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchText {
    clauses: Vec<Clause>,
    cut: bool,
}

/// One part of it; a case must satisfy each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// This must hold.
    With(Wanted),
    /// This must not.
    Without(Wanted),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The text contains this. Folded: lower case, half width, single spaces.
    Text(String),
    /// The field has this value.
    Field(Field, String),
}

impl SearchText {
    /// Reads a line. There is no line that cannot be read.
    pub fn parse(line: &str) -> Self {
        let mut reader = Reader::new(line);
        let mut clauses = Vec::new();
        while let Some(clause) = reader.clause() {
            if clauses.len() == limits::QUERY_CLAUSES {
                return Self { clauses, cut: true };
            }
            clauses.push(clause);
        }
        Self { clauses, cut: reader.cut }
    }

    /// Its parts.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Whether something of the line was ignored because it was too long.
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// The texts that a found case contains, for marking them.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.clauses.iter().filter_map(|clause| match clause {
            Clause::With(Wanted::Text(text)) => Some(text.as_str()),
            _ => None,
        })
    }
}

impl fmt::Display for SearchText {
    /// A line that is read as the same clauses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, clause) in self.clauses.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            match clause {
                Clause::With(wanted) => write!(f, "{wanted}")?,
                Clause::Without(wanted) => write!(f, "-{wanted}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Field(field, value) => write!(f, "{}:\"{value}\"", field.name()),
        }
    }
}

struct Reader {
    rest: std::iter::Peekable<std::vec::IntoIter<char>>,
    cut: bool,
}

impl Reader {
    fn new(line: &str) -> Self {
        let mut characters = line.chars().map(plain);
        let kept: Vec<char> = characters.by_ref().take(limits::QUERY_CHARACTERS).collect();
        Self { rest: kept.into_iter().peekable(), cut: characters.next().is_some() }
    }

    /// The next part that asks for something; `None` at the end.
    fn clause(&mut self) -> Option<Clause> {
        loop {
            while self.rest.next_if(|character| character.is_whitespace()).is_some() {}
            let first = *self.rest.peek()?;
            let excludes = first == '-' && {
                self.rest.next();
                self.rest.peek().is_some_and(|next| !next.is_whitespace())
            };
            let wanted = match (excludes, first) {
                (false, '-') => text("-"),
                _ => self.wanted(),
            };
            if let Some(wanted) = wanted {
                return Some(if excludes { Clause::Without(wanted) } else { Clause::With(wanted) });
            }
        }
    }

    fn wanted(&mut self) -> Option<Wanted> {
        if self.rest.next_if_eq(&QUOTE).is_some() {
            return text(&self.until_quote());
        }
        let mut word = String::new();
        while let Some(character) = self.rest.next_if(|&next| !next.is_whitespace() && next != QUOTE) {
            let field = if character == ':' { Field::of_name(&word.to_lowercase()) } else { None };
            if let Some(field) = field {
                let quoted = self.rest.next_if_eq(&QUOTE).is_some();
                let value = if quoted { self.until_quote() } else { self.until_space() };
                // A field without a value is text.
                return self::value(field, &value).or_else(|| text(&format!("{word}:")));
            }
            word.push(character);
        }
        text(&word)
    }

    fn until_quote(&mut self) -> String {
        self.rest.by_ref().take_while(|&character| character != QUOTE).collect()
    }

    fn until_space(&mut self) -> String {
        std::iter::from_fn(|| self.rest.next_if(|&next| !next.is_whitespace() && next != QUOTE)).collect()
    }
}

fn text(typed: &str) -> Option<Wanted> {
    let folded = Folded::of(typed).truncated(limits::PHRASE_CHARACTERS);
    (!folded.is_empty()).then(|| Wanted::Text(folded.as_str().to_owned()))
}

fn value(field: Field, typed: &str) -> Option<Wanted> {
    let typed = Folded::of(typed).truncated(limits::PHRASE_CHARACTERS);
    (!typed.is_empty()).then(|| Wanted::Field(field, field.value(typed.as_str())))
}

/// Quotes, colon and minus as typed on any keyboard.
const fn plain(character: char) -> char {
    match character {
        '“' | '”' | '＂' | '„' | '「' | '」' | '『' | '』' => QUOTE,
        '：' => ':',
        '－' => '-',
        '\u{3000}' => ' ',
        other => other,
    }
}

const QUOTE: char = '"';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::case::IdentifierKind;

    fn with(text: &str) -> Clause {
        Clause::With(Wanted::Text(text.to_owned()))
    }

    fn read(line: &str) -> Vec<Clause> {
        SearchText::parse(line).clauses
    }

    #[test]
    fn words_phrases_exclusions_and_fields() {
        assert_eq!(
            read("霍三爷 “保护 费” -自首"),
            [with("霍三爷"), with("保护 费"), Clause::Without(Wanted::Text("自首".into())),]
        );
        assert_eq!(
            read("类型：涉黑涉恶 -state:assigned phone:\"139 0000 0000\""),
            [
                Clause::With(Wanted::Field(Field::Flow, "gang_crime".into())),
                Clause::Without(Wanted::Field(Field::State, "assigned".into())),
                Clause::With(Wanted::Field(Field::Named(IdentifierKind::Phone), "139 0000 0000".into())),
            ]
        );
    }

    #[test]
    fn what_is_no_syntax_is_text() {
        assert_eq!(read("http://a.example/x"), [with("http://a.example/x")]);
        assert_eq!(read("时间:8点 - flow: \"未完"), [with("时间:8点"), with("-"), with("flow:"), with("未完")]);
        assert_eq!(read(" \"\" -\"\" “”　"), []);
        assert_eq!(read("--a"), [Clause::Without(Wanted::Text("-a".into()))]);
    }

    #[test]
    fn what_is_too_long_is_cut_and_said_to_be() {
        assert!(SearchText::parse(&"字 ".repeat(limits::QUERY_CLAUSES + 1)).is_cut());
        assert!(SearchText::parse(&"字".repeat(limits::QUERY_CHARACTERS + 1)).is_cut());
        assert_eq!(read(&"字".repeat(500)), [with(&"字".repeat(limits::PHRASE_CHARACTERS))]);
        assert!(!SearchText::parse("字").is_cut());
    }

    proptest! {
        #[test]
        fn any_line_is_read_and_reads_the_same_when_printed(line in "[-a:\"“： 霍\\PC]{0,60}|flow:[a-z\" ]{0,9}|\\PC{0,40}") {
            let read = SearchText::parse(&line);
            let again = SearchText::parse(&read.to_string());
            prop_assert_eq!(again.clauses(), read.clauses(), "{}", read);
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
            SearchText::parse(&String::from_utf8_lossy(&bytes));
        }
    }
}
