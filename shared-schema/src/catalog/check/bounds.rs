//! What a document may weigh, before anything in it is looked at.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::words;
use crate::catalog::{Limits, problem::FieldProblem};

/// Reads JSON that names nothing twice in one object and nests no deeper than the catalog allows: what lies deeper is not
/// read.
pub(super) fn parse(text: &[u8], limits: Limits) -> Result<Value, FieldProblem> {
    if text.len() > limits.document_bytes {
        return Err(words::too_large(limits));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let refused = Cell::new(None);
    let value = Bounded { depth: 1, most: limits.depth, refused: &refused };
    let value = value.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| match refused.get() {
        Some(Refusal::TooDeep) => words::too_large(limits),
        Some(Refusal::Twice) => words::duplicate(),
        None => words::not_json(error.line(), error.column()),
    })
}

/// The problem of a document with more values or deeper nesting than a report may have. Walks without recursion.
pub(super) fn exceeded(document: &Value, limits: Limits) -> Option<FieldProblem> {
    let mut waiting = vec![(document, 1_usize)];
    let mut values = 0_usize;
    while let Some((value, depth)) = waiting.pop() {
        values += 1;
        if depth > limits.depth || values.saturating_add(waiting.len()) > limits.values {
            return Some(words::too_large(limits));
        }
        match value {
            Value::Array(members) => waiting.extend(members.iter().map(|member| (member, depth + 1))),
            Value::Object(object) => waiting.extend(object.values().map(|member| (member, depth + 1))),
            _ => {}
        }
    }
    None
}

/// Builds a [`Value`] and refuses an object that names a field twice, since two readers could see two reports, and what
/// lies too deep.
#[derive(Clone, Copy)]
struct Bounded<'r> {
    /// Of the value that is to be read; the document is at 1.
    depth: usize,
    most: usize,
    /// Why it was refused here: the parser's own error cannot carry it.
    refused: &'r Cell<Option<Refusal>>,
}

/// What is refused in JSON that is good by itself.
#[derive(Clone, Copy)]
enum Refusal {
    Twice,
    TooDeep,
}

impl Bounded<'_> {
    /// The same one level down.
    fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn refuse<E: Error>(self, refusal: Refusal) -> E {
        self.refused.set(Some(refusal));
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > self.most {
            return Err(self.refuse(Refusal::TooDeep));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(member) = members.next_element_seed(self.inside())? {
            array.push(member);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.inside())?;
            if object.insert(name, value).is_some() {
                return Err(self.refuse(Refusal::Twice));
            }
        }
        Ok(Value::Object(object))
    }
}
