//! How an invocation ends: with an answer, or with one of these.

use std::future::Future;
use std::time::Duration;

use serde_json::Value;
use thiserror::Error as ThisError;

/// Lambda refuses an answer larger than this, in bytes of JSON.
const MAX_ANSWER: usize = 6 * 1024 * 1024;

/// Why an invocation gave no answer. The caller of the gateway sees a 500 for all of these.
#[derive(Debug, ThisError)]
pub enum InvokeError {
    /// No route has the event's `routeKey`, nor, if that is `$default`, its method and path.
    #[error("the event's route key is not in template.yaml")]
    UnknownRoute,
    /// There is no function of this logical id.
    #[error("there is no function {0}")]
    UnknownFunction(String),
    /// The event is not one of API Gateway.
    #[error("the event is not one of API Gateway: {0}")]
    Event(serde_json::Error),
    /// The answer could not be serialised.
    #[error("the answer could not be serialised: {0}")]
    Answer(serde_json::Error),
    /// The function is not an HTTP one and failed. Its text has the cause, for the log.
    #[error("the function failed: {0:?}")]
    Failed(okyaku_domain::error::Error),
    /// The function panicked.
    #[error("the function panicked")]
    Panicked,
    /// The function did not answer within the template's `Timeout`.
    #[error("the function timed out")]
    TimedOut,
    /// The answer is larger than Lambda lets through.
    #[error("the answer is larger than {MAX_ANSWER} bytes")]
    TooLarge,
    /// The operating system gave no random bytes.
    #[error("no random bytes: {0}")]
    NoEntropy(getrandom::Error),
}

/// Runs `function` in a task of its own: what panics there ends there, as the process of a Lambda would.
pub(crate) async fn isolated<F>(limit: Duration, function: F) -> Result<Value, InvokeError>
where
    F: Future<Output = Result<Value, InvokeError>> + Send + 'static,
{
    let answer = match tokio::spawn(tokio::time::timeout(limit, function)).await {
        Ok(Ok(answer)) => answer?,
        Ok(Err(_)) => return Err(InvokeError::TimedOut),
        Err(_) => return Err(InvokeError::Panicked),
    };
    if is_too_large(&answer) { Err(InvokeError::TooLarge) } else { Ok(answer) }
}

/// Whether an answer is larger than Lambda lets through. It is written as JSON only where its text alone does not tell: a
/// character takes at most six bytes there, and headers are far smaller than half of what may be sent.
fn is_too_large(answer: &Value) -> bool {
    let body = answer.get("body").and_then(Value::as_str).map(str::len);
    let is_small = body.is_some_and(|length| length.saturating_mul(6) <= MAX_ANSWER / 2);
    !is_small && answer.to_string().len() > MAX_ANSWER
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn failing_function_fails_alone() {
        let limit = Duration::from_millis(20);
        let panicking = async { panic!("as asked") };
        assert!(matches!(isolated(limit, panicking).await, Err(InvokeError::Panicked)));
        assert!(matches!(isolated(limit, std::future::pending()).await, Err(InvokeError::TimedOut)));
        let long = async { Ok(json!({"body": "x".repeat(MAX_ANSWER)})) };
        assert!(matches!(isolated(Duration::from_secs(5), long).await, Err(InvokeError::TooLarge)));
        let answer = isolated(Duration::from_secs(5), async { Ok(json!(1)) }).await;
        assert_eq!(answer.unwrap(), json!(1));
    }
}
