//! The wrong fields of a request, so that one refusal names them all.

use serde_json::{Map, Value};

use crate::detail::Detail;
use crate::error::Error;
use crate::limit::DETAILS;

/// The wrong fields that a parser has found so far.
#[derive(Debug, Default)]
pub struct WrongFields(Vec<Detail>);

impl WrongFields {
    /// Adds every key of a body outside `known`.
    pub fn unknown_keys(&mut self, body: &Map<String, Value>, known: &[&str]) {
        let unknown = body.keys().filter(|key| !known.contains(&key.as_str()));
        self.0.extend(unknown.map(|key| Detail::new(key, "is not a known key")));
    }

    /// Adds one wrong field.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(Detail::new(field, message));
    }

    /// Takes a part of the request. The wrong fields of the part are added, and `None` stands for the part.
    ///
    /// # Errors
    /// Any error other than [`Error::Invalid`], because such an error ends the request.
    pub fn take<T>(&mut self, read: Result<T, Error>) -> Result<Option<T>, Error> {
        match read {
            Ok(part) => Ok(Some(part)),
            Err(Error::Invalid(details)) => {
                self.0.extend(details);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends the parse with `part`, a result that is `None` only after a wrong field.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all wrong fields, at most as many as a reply names.
    pub fn end<T>(mut self, part: Option<T>) -> Result<T, Error> {
        self.0.truncate(DETAILS);
        match part {
            Some(part) if self.0.is_empty() => Ok(part),
            _ => Err(Error::Invalid(self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refusal_names_all_fields_up_to_the_limit() {
        let mut wrong = WrongFields::default();
        let body = json!({"a": 1, "b": 2, "known": 3});
        wrong.unknown_keys(body.as_object().unwrap(), &["known"]);
        assert_eq!(wrong.take(Ok(7)).unwrap(), Some(7));
        let refused: Option<i32> = wrong.take(Err(Error::invalid("c", "must be text"))).unwrap();
        assert_eq!(refused, None);
        assert!(matches!(wrong.take::<i32>(Err(Error::Busy)), Err(Error::Busy)));
        let Err(Error::Invalid(details)) = wrong.end(Some(7)) else { panic!() };
        let fields: Vec<_> = details.iter().map(|detail| detail.field.as_str()).collect();
        assert_eq!(fields, ["a", "b", "c"]);

        let mut many = WrongFields::default();
        (0..=DETAILS).for_each(|_| many.add("x", "is wrong"));
        let Err(Error::Invalid(details)) = many.end(Some(())) else { panic!() };
        assert_eq!(details.len(), DETAILS);
        assert_eq!(WrongFields::default().end(Some(1)).unwrap(), 1);
    }
}
