//! What can be asked of the full text, and how it becomes a query of tantivy's.

use std::ops::Bound;

use tantivy::{
    Term,
    query::{AllQuery, BooleanQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery},
    schema::IndexRecordOption,
};

use super::{fields::Fields, tokens};
use crate::{folded::Folded, limits, scope::Scope};

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// The text contains this.
    Text(Folded),
    /// The case has one of these labels.
    Label(Vec<String>),
    /// Accepted within this range of seconds since 1970.
    Received(Bound<u64>, Bound<u64>),
    /// Due within this range of seconds since 1970.
    Due(Bound<u64>, Bound<u64>),
    /// None of this.
    Not(Box<Self>),
}

/// The viewer's filter as a query.
pub(super) fn visible(scope: &Scope, fields: &Fields) -> Box<dyn Query> {
    match scope.unit() {
        Some(unit) => {
            Box::new(TermQuery::new(Term::from_field_text(fields.visible, unit.as_str()), IndexRecordOption::Basic))
        }
        None => Box::new(EmptyQuery),
    }
}

/// The whole query: the viewer's filter and every condition.
pub(super) fn query(scope: &Scope, asked: &[Ask], fields: &Fields) -> Box<dyn Query> {
    let mut clauses = vec![(Occur::Must, visible(scope, fields))];
    clauses.extend(asked.iter().map(|ask| clause(ask, fields)));
    Box::new(BooleanQuery::new(clauses))
}

/// The words that an order by relevance goes by.
pub(super) fn words(asked: &[Ask]) -> impl Iterator<Item = String> {
    let texts = asked.iter().filter_map(|ask| match ask {
        Ask::Text(text) => Some(text),
        _ => None,
    });
    texts.flat_map(tokens::words_of).take(limits::QUERY_CLAUSES)
}

fn clause(ask: &Ask, fields: &Fields) -> (Occur, Box<dyn Query>) {
    match ask {
        Ask::Not(inner) => match clause(inner, fields) {
            (Occur::MustNot, query) => (Occur::Must, query),
            (_, query) => (Occur::MustNot, query),
        },
        Ask::Text(text) => (Occur::Must, containing(text, fields)),
        Ask::Label(labels) => {
            let term = |label: &String| -> Box<dyn Query> {
                Box::new(TermQuery::new(Term::from_field_text(fields.labels, label), IndexRecordOption::Basic))
            };
            (Occur::Must, Box::new(BooleanQuery::union(labels.iter().map(term).collect())))
        }
        Ask::Received(from, to) => (Occur::Must, between(fields.received, *from, *to)),
        Ask::Due(from, to) => (Occur::Must, between(fields.deadline, *from, *to)),
    }
}

/// The exact substring, of any length.
fn containing(text: &Folded, fields: &Fields) -> Box<dyn Query> {
    let mut pairs = tokens::pairs_of(text);
    match (pairs.len(), pairs.pop()) {
        // No text: no condition.
        _ if text.is_empty() => Box::new(AllQuery),
        (0, _) | (_, None) => {
            let character = Term::from_field_text(fields.characters, text.as_str());
            Box::new(TermQuery::new(character, IndexRecordOption::Basic))
        }
        (1, Some((_, pair))) => {
            Box::new(TermQuery::new(Term::from_field_text(fields.pairs, &pair), IndexRecordOption::Basic))
        }
        (_, Some(last)) => {
            pairs.push(last);
            let term = |(offset, pair): (usize, String)| (offset, Term::from_field_text(fields.pairs, &pair));
            Box::new(PhraseQuery::new_with_offset(pairs.into_iter().map(term).collect()))
        }
    }
}

fn between(field: tantivy::schema::Field, from: Bound<u64>, to: Bound<u64>) -> Box<dyn Query> {
    let term = |seconds| Term::from_field_u64(field, seconds);
    Box::new(RangeQuery::new(from.map(term), to.map(term)))
}
