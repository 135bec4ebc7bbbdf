//! An act on many contacts: what is done, and to whom.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::customer::Customer;
use crate::detail::Detail;
use crate::limit::{BULK_IDS, TAGS};
use crate::person_ref::PersonRef;
use crate::sender::Sender;
use crate::tag;
use crate::wrong_fields::WrongFields;

/// What is done to each contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BulkAction {
    /// Adds tags.
    AddTags(Vec<String>),
    /// Removes tags.
    RemoveTags(Vec<String>),
    /// Blocks or unblocks.
    Block(bool),
    /// Erases.
    Erase,
}

/// The contacts of an act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BulkTarget {
    /// These people.
    People(Vec<PersonRef>),
    /// Everyone who matches a filter and was there when the act began.
    #[serde(rename_all = "camelCase")]
    Filter {
        /// The filter, as it was sent.
        filter: Value,
        /// The search text.
        query: Option<String>,
        /// The place up to which the act came.
        since: Option<String>,
    },
}

impl BulkAction {
    /// Reads `action`: `{"addTags":["vip"]}`, `{"removeTags":["vip"]}`, `{"block":true}` or `{"erase":true}`.
    pub fn parse(value: Option<&Value>, wrong: &mut WrongFields) -> Option<Self> {
        let one = value.and_then(Value::as_object).filter(|map| map.len() == 1);
        let Some((key, value)) = one.and_then(|map| map.iter().next()) else {
            wrong.add("action", "must be one of addTags, removeTags, block and erase");
            return None;
        };
        match (key.as_str(), value) {
            ("addTags" | "removeTags", value) => {
                let tags = tags(value, key, wrong)?;
                Some(if key == "addTags" { Self::AddTags(tags) } else { Self::RemoveTags(tags) })
            }
            ("block", Value::Bool(blocked)) => Some(Self::Block(*blocked)),
            ("erase", Value::Bool(true)) => Some(Self::Erase),
            ("block", _) => {
                wrong.add("action.block", "must be true or false");
                None
            }
            ("erase", _) => {
                wrong.add("action.erase", "must be true");
                None
            }
            _ => {
                wrong.add(format!("action.{key}"), "is not a known key");
                None
            }
        }
    }

    /// Applies the act to a customer. An erasure is another command.
    ///
    /// # Errors
    /// The refused field, if the customer would have too many tags.
    pub fn apply(&self, customer: &mut Customer) -> Result<(), Detail> {
        match self {
            Self::AddTags(tags) => tag::add(&mut customer.tags, tags, Sender::Server)
                .map_err(|message| Detail::new("tags", message))?,
            Self::RemoveTags(tags) => tag::remove(&mut customer.tags, tags, Sender::Server),
            Self::Block(blocked) => customer.blocked = *blocked,
            Self::Erase => {}
        }
        Ok(())
    }
}

fn tags(value: &Value, key: &str, wrong: &mut WrongFields) -> Option<Vec<String>> {
    match tag::parse_list(value) {
        Ok((tags, details)) if details.is_empty() && !tags.is_empty() => Some(tags),
        Ok((_, details)) if details.is_empty() => {
            wrong.add(format!("action.{key}"), format!("must have 1 to {TAGS} tags"));
            None
        }
        Ok((_, details)) => {
            for Detail { field, message, .. } in details {
                wrong.add(format!("action.{}", field.replacen("tags", key, 1)), message);
            }
            None
        }
        Err(detail) => {
            wrong.add(format!("action.{key}"), detail.message);
            None
        }
    }
}

/// Reads `ids`: ids and `@memberId`, at most 1,000.
pub fn people(body: &Map<String, Value>, wrong: &mut WrongFields) -> Option<Vec<PersonRef>> {
    let list = body.get("ids").and_then(Value::as_array).filter(|list| (1..=BULK_IDS).contains(&list.len()));
    let Some(list) = list else {
        wrong.add("ids", format!("must be a list of 1 to {BULK_IDS} ids"));
        return None;
    };
    let mut people = Vec::new();
    for (at, id) in list.iter().enumerate() {
        match id.as_str().and_then(PersonRef::of_path) {
            Some(person) => people.push(person),
            None => wrong.add(format!("ids[{at}]"), "must be an id, or @ and a memberId"),
        }
    }
    (people.len() == list.len()).then_some(people)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Result<BulkAction, Vec<String>> {
        let mut wrong = WrongFields::default();
        let action = BulkAction::parse(Some(value), &mut wrong);
        wrong.end(action).map_err(|error| match error {
            crate::error::Error::Invalid(details) => details.into_iter().map(|detail| detail.field).collect(),
            error => panic!("{error}"),
        })
    }

    #[test]
    fn action_is_read_or_named() {
        assert_eq!(read(&json!({"addTags": [" VIP "]})), Ok(BulkAction::AddTags(vec!["vip".into()])));
        assert_eq!(read(&json!({"block": false})), Ok(BulkAction::Block(false)));
        assert_eq!(read(&json!({"erase": true})), Ok(BulkAction::Erase));
        let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
        for (value, field) in [
            (json!(null), "action"),
            (json!({}), "action"),
            (json!({"block": true, "erase": true}), "action"),
            (json!({"erase": false}), "action.erase"),
            (json!({"block": 1}), "action.block"),
            (json!({"paint": "red"}), "action.paint"),
            (json!({"addTags": []}), "action.addTags"),
            (json!({"addTags": "vip"}), "action.addTags"),
            (json!({ "addTags": many }), "action.addTags"),
            (json!({"removeTags": ["a", 7]}), "action.removeTags[1]"),
        ] {
            assert_eq!(read(&value), Err(vec![field.to_owned()]), "{value}");
        }
        assert!(read(&json!({ "addTags": many[..20] })).is_ok());
    }
}
