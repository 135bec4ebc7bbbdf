//! The names and values of an expression.
//!
//! DynamoDB refuses an expression with a missing or unused name or value. So the writer of an expression asks
//! for each name and value at the place of use.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::Item;

/// The names and values in the expressions of one request.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    names: HashMap<String, String>,
    values: Item,
}

impl Terms {
    /// Returns the placeholder of an attribute's name. Example: `#pk`.
    ///
    /// A placeholder has letters, digits and `_`, and a name such as `plugin:KEY` has more.
    pub(crate) fn name(&mut self, attribute: &str) -> String {
        let plain = attribute.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let placeholder = if plain { format!("#{attribute}") } else { format!("#_{}", self.names.len()) };
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    /// Returns the placeholder of a value. Example: `:v0`. Equal values share a placeholder.
    pub(crate) fn value(&mut self, value: AttributeValue) -> String {
        let known = self.values.iter().find(|(_, known)| **known == value);
        if let Some((placeholder, _)) = known {
            return placeholder.clone();
        }
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// Returns the names, if any.
    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    /// Returns the values, if any.
    pub(crate) fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}
