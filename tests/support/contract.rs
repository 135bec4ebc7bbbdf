//! Compares every answer of a test with the contract, the document of `okyaku_local::contract`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use okyaku_local::contract;
use okyaku_local::routes::{Router, routes};

use crate::Answer;

/// The schema of an answer, compiled. The inner `None` is an answer without a body.
type Schema = Option<Option<Arc<Validator>>>;

static ROUTER: LazyLock<Router> = LazyLock::new(|| Router::new(routes()).unwrap());
static SCHEMAS: LazyLock<Mutex<HashMap<(String, u16), Schema>>> = LazyLock::new(Mutex::default);

/// Ends the test if the answer of a route is not in the document, or differs from it.
#[track_caller]
pub fn check(method: &str, path: &str, answer: &Answer) {
    // The gateway's own answers have no route.
    let Ok(Some(found)) = ROUTER.find(method, path) else { return };
    let route = found.route.route_key;
    let schema = schema_of(&route, answer.status);
    let Some(schema) = schema else {
        panic!("the document lacks {} of {route}: {}", answer.status, answer.body)
    };
    match schema {
        None => assert!(answer.body.is_null(), "{} of {route} has a body: {}", answer.status, answer.body),
        // The answer is no JSON, such as the page script.
        Some(_) if answer.body.is_null() => {}
        Some(schema) => {
            if let Err(error) = schema.validate(&answer.body) {
                panic!(
                    "{} of {route} at {}: {error} in {}",
                    answer.status,
                    error.instance_path(),
                    answer.body
                );
            }
        }
    }
}

fn schema_of(route: &str, status: u16) -> Schema {
    let mut schemas = SCHEMAS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let compiled = schemas.entry((route.to_owned(), status)).or_insert_with(|| {
        let schema = contract::schema_of(route, status)?;
        Some(schema.map(|schema| Arc::new(jsonschema::draft202012::new(&schema).unwrap())))
    });
    compiled.clone()
}
