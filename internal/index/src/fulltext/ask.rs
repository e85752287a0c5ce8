//! What can be asked of the full text, and how it becomes a query of tantivy's.

use std::ops::Bound;

use nightsafe_casework::account::AccountName;
use tantivy::{
    Searcher, Term,
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

/// The viewer's filter as a query: the unit may see it, and the account has no conflict with it.
pub(super) fn visible(searcher: &Searcher, scope: &Scope, fields: &Fields) -> tantivy::Result<Box<dyn Query>> {
    let Some(unit) = scope.unit() else { return Ok(Box::new(EmptyQuery)) };
    let of_unit = term(Term::from_field_text(fields.visible, unit.as_str()));
    let Some(account) = scope.account() else { return Ok(of_unit) };
    let recused = Term::from_field_text(fields.labels, &recused_label(account));
    if searcher.doc_freq(&recused)? == 0 {
        return Ok(of_unit);
    }
    Ok(Box::new(BooleanQuery::new(vec![(Occur::Must, of_unit), (Occur::MustNot, term(recused))])))
}

/// What marks a case with which an account has a conflict. No query of a person's can name it: it is no field.
pub(crate) fn recused_label(account: &AccountName) -> String {
    format!("recused:{account}")
}

fn term(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

/// The whole query: the viewer's filter and every condition.
pub(super) fn query(filter: &dyn Query, asked: &[Ask], fields: &Fields) -> Box<dyn Query> {
    let mut clauses = vec![(Occur::Must, filter.box_clone())];
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
            let labelled = |label: &String| term(Term::from_field_text(fields.labels, label));
            (Occur::Must, Box::new(BooleanQuery::union(labels.iter().map(labelled).collect())))
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
