//! What the pages of a shop send.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::Method;
use okyaku_store::clock::Clock;
use serde_json::{Value, json};

use crate::client::Client;

/// What every browser here calls itself.
pub const BROWSER: [(&str, &str); 3] = [
    ("content-type", "application/json"),
    (
        "user-agent",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    ),
    ("accept-language", "ko-KR,ko;q=0.9"),
];

/// The routes of a page.
pub const BOOT: &str = "/front/v1/boot";
/// … and its events.
pub const EVENTS: &str = "/front/v1/events";

/// A visitor after a boot.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The customer's id.
    pub id: String,
    /// The veilId.
    pub veil: String,
    /// The session token.
    pub token: String,
}

impl Visitor {
    /// Out of a boot's answer.
    #[must_use]
    pub fn of(answer: &[u8]) -> Option<Self> {
        let answer: Value = serde_json::from_slice(answer).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Self {
            id: text(&answer["user"]["id"])?,
            veil: text(&answer["veilId"])?,
            token: text(&answer["sessionToken"])?,
        })
    }

    /// Boots a new visitor.
    pub async fn boot(client: &mut Client) -> Self {
        let answer = client.call(Method::POST, BOOT, &BROWSER, boot(None)).await;
        let (status, body) = answer.expect("a boot's answer");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        Self::of(&body).expect("a visitor")
    }

    /// The headers of its events.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, &str); 4] {
        let [kind, agent, language] = BROWSER;
        [kind, agent, language, ("x-session", &self.token)]
    }
}

/// A boot's body.
#[must_use]
pub fn boot(veil: Option<&str>) -> Bytes {
    let page = json!({"url": "https://shop.example.com/", "referrer": "https://search.example.com/"});
    json!({"pluginKey": "dev-plugin-key", "veilId": veil, "page": page}).to_string().into()
}

/// The next number of an event: no two events have the same.
#[must_use]
pub fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Now, in epoch ms.
#[must_use]
pub fn now() -> i64 {
    Clock::system().now_ms()
}

/// A batch's body, of events with these numbers and times. `run` keeps the ids of two runs on one table apart.
#[must_use]
pub fn batch(run: u64, events: &[(u64, i64)], attempt: u32) -> Bytes {
    let mut body = String::from(r#"{"events":["#);
    for (place, (number, at)) in events.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        // A String is written to without failing.
        let _ = write!(
            body,
            r#"{comma}{{"id":"{run:x}-{number}","name":"ProductView","createdAt":{at},"property":{{"n":{number},"id":"P-{}","name":"Linen shirt","amount":59000,"currency":"KRW","url":"https://shop.example.com/products/{}?from=list","title":"Linen shirt, white"}}}}"#,
            number % 1000,
            number % 1000
        );
    }
    let _ = write!(body, r#"],"attempt":{attempt}}}"#);
    body.into()
}

/// How many verdicts of a batch's answer have this status.
#[must_use]
pub fn verdicts(answer: &[u8], status: &str) -> usize {
    let text = String::from_utf8_lossy(answer);
    text.matches(&format!(r#""status":"{status}""#)).count()
}
