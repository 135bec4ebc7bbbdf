//! The attributes of an item.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// The attributes of an item.
pub type Item = HashMap<String, AttributeValue>;
