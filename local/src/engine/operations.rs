//! The operations of DynamoDB on the embedded database, called by name.

use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use thiserror::Error as ThisError;

/// The data file cannot be used.
#[derive(Debug, ThisError)]
#[error("the data file cannot be used: {0}")]
pub struct DataError(String);

/// A database of this process, and every operation on it.
#[derive(Clone)]
pub struct Operations {
    database: Database,
}

/// Runs the method that belongs to the name of the operation.
macro_rules! run {
    ($operation:expr, $body:expr, $database:expr, { $($name:literal => $method:ident,)* }) => {
        match $operation {
            $($name => answer($body, |request| $database.$method(request)),)*
            _ => return refusal(400, "UnknownOperationException", None),
        }
    };
}

impl Operations {
    /// Opens an empty database in memory.
    pub fn memory() -> Result<Self, DataError> {
        Self::of(Database::memory())
    }

    /// Opens the database in the file at `path`, or creates the file.
    pub fn file(path: &str) -> Result<Self, DataError> {
        Self::of(Database::new(path))
    }

    fn of(opened: dynoxide::Result<Database>) -> Result<Self, DataError> {
        opened.map(|database| Self { database }).map_err(|error| DataError(error.to_string()))
    }

    /// Carries out `operation`, such as `PutItem`, and returns the HTTP status and the JSON of the answer.
    ///
    /// Blocks until the data file has the change.
    #[must_use]
    pub fn call(&self, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let answered = run!(operation, body, self.database, {
            "GetItem" => get_item,
            "PutItem" => put_item,
            "UpdateItem" => update_item,
            "DeleteItem" => delete_item,
            "BatchGetItem" => batch_get_item,
            "BatchWriteItem" => batch_write_item,
            "TransactGetItems" => transact_get_items,
            "TransactWriteItems" => transact_write_items,
            "Query" => query,
            "Scan" => scan,
            "CreateTable" => create_table,
            "UpdateTable" => update_table,
            "DescribeTable" => describe_table,
            "ListTables" => list_tables,
            "DeleteTable" => delete_table,
            "UpdateTimeToLive" => update_time_to_live,
            "DescribeTimeToLive" => describe_time_to_live,
            "ExecuteStatement" => execute_statement,
            "BatchExecuteStatement" => batch_execute_statement,
            "ExecuteTransaction" => execute_transaction,
        });
        reply(answered)
    }

    /// Carries out a `TransactWriteItems` without its `ClientRequestToken`.
    ///
    /// The database walks through the tokens of the last ten minutes in every transaction that has one.
    #[must_use]
    pub fn transact_without_token(&self, body: &[u8]) -> (u16, Vec<u8>) {
        reply(answer(body, |mut request: TransactWriteItemsRequest| {
            request.client_request_token = None;
            self.database.transact_write_items(request)
        }))
    }

    /// Deletes the items that are past their `ttl` by the system's clock.
    pub fn expire(&self) -> Result<usize, DataError> {
        self.database.sweep_ttl().map_err(|error| DataError(error.to_string()))
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<Vec<u8>> {
    let request = serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))?;
    let answer = call(request)?;
    serde_json::to_vec(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn reply(answered: dynoxide::Result<Vec<u8>>) -> (u16, Vec<u8>) {
    match answered {
        Ok(json) => (200, json),
        Err(error) => (error.status_code(), error.to_json().into_bytes()),
    }
}

/// Returns the error of a request that the database could not read.
///
/// The database marks the errors that are DynamoDB's own. Example: `VALIDATION:The parameter cannot be converted to
/// a numeric value`.
fn unreadable(text: &str) -> DynoxideError {
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    let marked = ["VALIDATION:", "VALIDATION_REQUEST:"].iter().find_map(|marker| text.strip_prefix(marker));
    match marked {
        Some(text) => DynoxideError::ValidationException(text.to_owned()),
        None if text.starts_with("missing field") => DynoxideError::ValidationException(text.to_owned()),
        None => DynoxideError::SerializationException(
            text.strip_prefix("SERIALIZATION:").unwrap_or(text).to_owned(),
        ),
    }
}

/// Returns an error in DynamoDB's form. Example: `refusal(400, "UnknownOperationException", None)`.
#[must_use]
pub fn refusal(status: u16, name: &str, message: Option<&str>) -> (u16, Vec<u8>) {
    let name = format!("com.amazon.coral.service#{name}");
    let body = match message {
        Some(message) => json!({"__type": name, "message": message}),
        None => json!({"__type": name}),
    };
    (status, body.to_string().into_bytes())
}

impl std::fmt::Debug for Operations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Operations")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn call(operations: &Operations, operation: &str, body: &Value) -> (u16, Value) {
        let (status, answer) = operations.call(operation, body.to_string().as_bytes());
        (status, serde_json::from_slice(&answer).unwrap())
    }

    fn table(operations: &Operations) {
        let key = json!([{"AttributeName": "pk", "KeyType": "HASH"}]);
        let types = json!([{"AttributeName": "pk", "AttributeType": "S"}]);
        let table = json!({"TableName": "tea", "KeySchema": key, "AttributeDefinitions": types,
            "BillingMode": "PAY_PER_REQUEST"});
        assert_eq!(call(operations, "CreateTable", &table).0, 200);
    }

    #[test]
    fn errors_have_the_form_of_dynamodb() {
        let operations = Operations::memory().unwrap();
        table(&operations);
        let number = json!({"TableName": "tea", "Item": {"pk": {"S": "a"}, "n": {"N": "many"}}});
        let absent = json!({"TableName": "absent", "Key": {"pk": {"S": "a"}}});
        for (operation, body, name) in [
            ("DropTable", &number, "UnknownOperationException"),
            ("PutItem", &number, "ValidationException"),
            ("PutItem", &json!({}), "ValidationException"),
            ("PutItem", &json!(3), "SerializationException"),
            ("GetItem", &absent, "ResourceNotFoundException"),
        ] {
            let (status, answer) = call(&operations, operation, body);
            let told = answer["__type"].as_str().unwrap();
            assert!(status == 400 && told.ends_with(&format!("#{name}")), "{operation} {body}: {answer}");
        }
    }

    #[test]
    fn transaction_without_its_token_runs_each_time() {
        let operations = Operations::memory().unwrap();
        table(&operations);
        let put = json!({"Put": {"TableName": "tea", "Item": {"pk": {"S": "a"}},
            "ConditionExpression": "attribute_not_exists(pk)"}});
        let body = json!({"TransactItems": [put], "ClientRequestToken": "token"});
        assert_eq!(call(&operations, "TransactWriteItems", &body).0, 200);
        assert_eq!(call(&operations, "TransactWriteItems", &body).0, 200, "the answer of the first call");
        assert_eq!(operations.transact_without_token(body.to_string().as_bytes()).0, 400);
    }
}
