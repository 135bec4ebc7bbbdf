//! The embedded engine without its socket: a call of the SDK goes straight into it.
//!
//! Thousands of small worlds need an engine each, and none of them may wait by the wall clock. Without a socket nothing
//! waits but timers, so tokio's paused clock jumps from one to the next, and a run depends on nothing but its choices.

use std::sync::atomic::{AtomicU64, Ordering};

use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// An engine of its own, in memory.
#[derive(Clone)]
pub struct Engine(Database);

impl Default for Engine {
    fn default() -> Self {
        Self(Database::memory().unwrap())
    }
}

impl Engine {
    /// Answers one call: its status and its JSON, as the engine's own server does.
    pub fn answer(&self, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let db = &self.0;
        let answered = match operation {
            "GetItem" => run(body, |request| db.get_item(request)),
            "BatchGetItem" => run(body, |request| db.batch_get_item(request)),
            "PutItem" => run(body, |request| db.put_item(request)),
            "UpdateItem" => run(body, |request| db.update_item(request)),
            "DeleteItem" => run(body, |request| db.delete_item(request)),
            "BatchWriteItem" => run(body, |request| db.batch_write_item(request)),
            "TransactWriteItems" => run(body, |request| db.transact_write_items(request)),
            "Query" => run(body, |request| db.query(request)),
            "Scan" => run(body, |request| db.scan(request)),
            "CreateTable" => run(body, |request| db.create_table(request)),
            "UpdateTimeToLive" => run(body, |request| db.update_time_to_live(request)),
            other => panic!("the worlds' engine is not asked for {other}"),
        };
        match answered {
            Ok(json) => (200, json),
            Err(error) => (error.status_code(), error.to_json().into_bytes()),
        }
    }

    /// The same with a JSON value; the test ends here if the engine refuses.
    pub fn ask(&self, operation: &str, body: &Value) -> Value {
        let (status, answer) = self.answer(operation, body.to_string().as_bytes());
        assert_eq!(status, 200, "{operation}: {}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).unwrap()
    }

    /// Every item of a table, as the engine's JSON.
    pub fn items(&self, table: &str) -> Vec<Value> {
        let (mut items, mut start) = (Vec::new(), Value::Null);
        loop {
            let mut ask = json!({"TableName": table, "ConsistentRead": true});
            if !start.is_null() {
                ask["ExclusiveStartKey"] = start;
            }
            let mut page = self.ask("Scan", &ask);
            items.append(page["Items"].as_array_mut().unwrap());
            start = page["LastEvaluatedKey"].take();
            if start.is_null() {
                return items;
            }
        }
    }

    /// Puts items into a table.
    pub fn load(&self, table: &str, items: &[Value]) {
        for some in items.chunks(25) {
            let puts: Vec<_> = some.iter().map(|item| json!({"PutRequest": {"Item": item}})).collect();
            self.ask("BatchWriteItem", &json!({"RequestItems": {table: puts}}));
        }
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> Result<Vec<u8>, DynoxideError> {
    let request =
        serde_json::from_slice(body).map_err(|e| DynoxideError::SerializationException(e.to_string()))?;
    let answer = call(request)?;
    serde_json::to_vec(&answer).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
}

/// A table's name that no other world of this process has.
pub fn table_name() -> String {
    static TABLES: AtomicU64 = AtomicU64::new(0);
    format!("world-{}", TABLES.fetch_add(1, Ordering::Relaxed))
}
