//! The embedded engine without its socket: a call of the SDK goes straight into it.
//!
//! Thousands of small worlds need an engine each, and none of them may wait by the wall clock. Without a socket nothing
//! waits but timers, so tokio's paused clock jumps from one to the next, and a run depends on nothing but its choices.

use std::sync::atomic::{AtomicU64, Ordering};

use okyaku_local::engine::operations::Operations;
use serde_json::{Value, json};

/// An engine of its own, in memory.
#[derive(Clone)]
pub struct Engine(Operations);

impl Default for Engine {
    fn default() -> Self {
        Self(Operations::memory().unwrap())
    }
}

impl Engine {
    /// Answers one call: its status and its JSON.
    pub fn answer(&self, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
        self.0.call(operation, body)
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

/// A table's name that no other world of this process has.
pub fn table_name() -> String {
    static TABLES: AtomicU64 = AtomicU64::new(0);
    format!("world-{}", TABLES.fetch_add(1, Ordering::Relaxed))
}
