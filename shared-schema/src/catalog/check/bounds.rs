//! What a document may weigh, before anything in it is looked at.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::words;
use crate::catalog::{Limits, problem::FieldProblem};

/// Reads JSON that names nothing twice in one object. Nesting is bounded by the parser while it reads.
pub(super) fn parse(text: &[u8], limits: Limits) -> Result<Value, FieldProblem> {
    if text.len() > limits.document_bytes {
        return Err(words::too_large(limits));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Unique.deserialize(&mut deserializer).map_err(|error| problem_of(&error))?;
    deserializer.end().map_err(|error| problem_of(&error))?;
    Ok(value)
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

fn problem_of(error: &serde_json::Error) -> FieldProblem {
    if error.is_data() { words::duplicate() } else { words::not_json(error.line(), error.column()) }
}

/// Builds a [`Value`] and refuses an object that names a field twice: two readers could see two reports.
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
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
        while let Some(member) = members.next_element_seed(Self)? {
            array.push(member);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Self)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Value::Object(object))
    }
}
