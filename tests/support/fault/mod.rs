//! What can go wrong with a call of the table, one kind at a time.

pub mod ask;
pub mod cast;
pub mod dump;
pub mod engine;
pub mod scene;
pub mod truth;
pub mod wire;
pub mod world;

use serde_json::{Value, json};

/// A fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Throttled, as an on-demand table that is not yet wide enough.
    Throttle,
    /// The table failed, and the call had no effect.
    Error,
    /// The call took effect, and then the answer was an error.
    ErrorAfter,
    /// No connection.
    Refused,
    /// The connector gave up before the call reached the table.
    TimeoutBefore,
    /// The call took effect, and the connector gave up waiting for the reply.
    TimeoutAfter,
    /// The reply never comes: the client's own time limit per try ends it. The call took effect.
    Silence,
    /// Another transaction is at one of the items. For a transaction and for a write of one item.
    Conflict,
    /// Only a part of a batch was done; the number is what decides which part.
    Partial(u64),
    /// Two seconds late.
    Slow,
}

/// Every kind.
pub const FAULTS: [Fault; 10] = [
    Fault::Throttle,
    Fault::Error,
    Fault::ErrorAfter,
    Fault::Refused,
    Fault::TimeoutBefore,
    Fault::TimeoutAfter,
    Fault::Silence,
    Fault::Conflict,
    Fault::Partial(1),
    Fault::Slow,
];

impl Fault {
    /// Whether the table can answer a call of `operation` like this.
    pub fn applies(self, operation: &str) -> bool {
        match self {
            Self::Conflict => {
                matches!(operation, "TransactWriteItems" | "PutItem" | "UpdateItem" | "DeleteItem")
            }
            Self::Partial(_) => operation.starts_with("Batch"),
            _ => true,
        }
    }

    /// Whether the call takes effect all the same.
    pub fn takes_effect(self) -> bool {
        matches!(self, Self::ErrorAfter | Self::TimeoutAfter | Self::Silence | Self::Partial(_) | Self::Slow)
    }
}

/// The answer of a table that refuses with an error of this name.
pub fn refusal(status: u16, name: &str) -> (u16, Value) {
    let name = format!("com.amazonaws.dynamodb.v20120810#{name}");
    (status, json!({"__type": name, "message": "injected"}))
}

/// The answer to a write that met another transaction.
pub fn conflict(operation: &str, request: &Value) -> (u16, Value) {
    if operation != "TransactWriteItems" {
        return refusal(400, "TransactionConflictException");
    }
    let count = request["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![json!({"Code": "None"}); count];
    reasons[count - 1] = json!({"Code": "TransactionConflict", "Message": "injected"});
    let (status, mut body) = refusal(400, "TransactionCanceledException");
    body["CancellationReasons"] = json!(reasons);
    (status, body)
}

/// Splits a batch: what the table does of it, and what it leaves over. At least one thing is left over, maybe all.
pub fn split(operation: &str, request: &Value, seed: u64) -> (Option<Value>, Value) {
    let (mut done, mut left) = (request.clone(), request["RequestItems"].clone());
    let mut rng = Rng::new(seed);
    let mut any = false;
    for (table, asked) in request["RequestItems"].as_object().unwrap() {
        let list = |of: &Value| match operation {
            "BatchGetItem" => of["Keys"].as_array().unwrap().clone(),
            _ => of.as_array().unwrap().clone(),
        };
        let all = list(asked);
        let keep = rng.below(all.len() as u64) as usize;
        any |= keep > 0;
        let set = |of: &mut Value, list: &[Value]| match operation {
            "BatchGetItem" => of["Keys"] = json!(list),
            _ => *of = json!(list),
        };
        set(&mut done["RequestItems"][table], &all[..keep]);
        set(&mut left[table], &all[keep..]);
    }
    (any.then_some(done), left)
}

/// The answer to a batch of which `left` was not done; `done` is the table's answer to the rest.
pub fn leftover(operation: &str, done: Option<Value>, left: Value) -> Value {
    let key = if operation == "BatchGetItem" { "UnprocessedKeys" } else { "UnprocessedItems" };
    let mut answer = done.unwrap_or_else(|| json!({"Responses": {}}));
    answer[key] = left;
    answer
}

/// Numbers that follow from a seed (splitmix64).
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number() % end.max(1)
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    /// True in `percent` of all cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
