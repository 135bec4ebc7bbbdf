//! The table's definition, for engines outside the template.
//!
//! `tests/rules/permissions.rs` compares this definition with the template.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

use super::failure::Failure;
use crate::items::customer::{CONTACTS_INDEX, FILTER_DOCUMENT, LIST_PK, LIST_SK};
use crate::key::{PK, SK, TTL};
use okyaku_domain::error::Error;

/// Creates the table with its index and time to live. An existing table stays as it is, but gets its time to
/// live.
///
/// # Errors
/// [`Error::Internal`] or [`Error::Busy`] if the engine refuses.
pub async fn create_table(client: &Client, name: &str) -> Result<(), Error> {
    let attribute = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    // The index lists leads and members, each with its filter document.
    let projection = Projection::builder().projection_type(ProjectionType::Include);
    let index = GlobalSecondaryIndex::builder()
        .index_name(CONTACTS_INDEX)
        .key_schema(key(LIST_PK, KeyType::Hash).map_err(Error::internal)?)
        .key_schema(key(LIST_SK, KeyType::Range).map_err(Error::internal)?)
        .projection(projection.non_key_attributes(FILTER_DOCUMENT).build())
        .build()
        .map_err(Error::internal)?;
    // Create the table.
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key(PK, KeyType::Hash).map_err(Error::internal)?)
        .key_schema(key(SK, KeyType::Range).map_err(Error::internal)?)
        .global_secondary_indexes(index);
    for name in [PK, SK, LIST_PK, LIST_SK] {
        request = request.attribute_definitions(attribute(name).map_err(Error::internal)?);
    }
    match request.send().await {
        Ok(_) => {}
        // An earlier call may have created the table and stopped before the time to live was set. Go on.
        Err(error) if error.code() == Some("ResourceInUseException") => {}
        Err(error) => return Err(Failure::of(error).into()),
    }
    // Set the time to live, also on a table that existed.
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name(TTL)
        .enabled(true)
        .build()
        .map_err(Error::internal)?;
    let sent = client.update_time_to_live().table_name(name).time_to_live_specification(ttl).send().await;
    match sent {
        Ok(_) => Ok(()),
        // The engine's message is "TimeToLive is already enabled".
        Err(error) if error.code() == Some("ValidationException") => Ok(()),
        Err(error) => Err(Failure::of(error).into()),
    }
}
