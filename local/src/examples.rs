//! The example deliveries of `events/deliveries/`, as if they happened now.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeDelta};
use okyaku_domain::builder::Builder;
use okyaku_domain::time::{self, Millis};
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;

/// The texts of a folder's files.
macro_rules! files {
    ($folder:literal: $($name:literal)*) => {
        &[$(include_str!(concat!("../../events/deliveries/", $folder, "/", $name, ".json"))),*]
    };
}

const SHOPIFY: &[&str] = files!("shopify":
    "app-uninstalled" "carts-create" "carts-update" "checkouts-create" "checkouts-update" "customer.tags_added"
    "customer.tags_removed" "customers-create" "customers-data_request" "customers-delete" "customers-disable"
    "customers-enable" "customers-merge" "customers-purchasing_summary" "customers-redact" "customers-update"
    "customers_email_marketing_consent-update" "customers_marketing_consent-update" "orders-cancelled"
    "orders-create" "orders-delete" "orders-edited" "orders-fulfilled" "orders-paid" "orders-updated" "refunds-create" "shop-redact");
const CAFE24: &[&str] = files!("cafe24":
    "90023" "90024" "90025" "90026" "90027" "90028" "90029" "90031" "90032" "90063" "90070" "90071" "90072" "90073"
    "90074" "90077" "90078" "90080" "90084" "90143" "90144" "90145" "90146" "90147" "90148" "90160");
/// How Cafe24 writes a time without a zone.
const ZONELESS: &str = "%Y-%m-%d %H:%M:%S";

/// A file: what it is an example of, and the delivery's body.
#[derive(Deserialize)]
struct Example {
    topic: Option<String>,
    event_no: Option<u64>,
    body: Value,
}

/// The body of a builder's example, its latest time moved to `now` and all others as far.
pub(crate) fn body(builder: Builder, topic: &str, now: Millis) -> Result<Value, Failure> {
    let mut known = Vec::new();
    for text in texts(builder) {
        let Example { topic: named, event_no, mut body } = serde_json::from_str(text)?;
        let name = named.or(event_no.map(|number| number.to_string())).unwrap_or_default();
        if name == topic {
            if let Some(latest) = latest(&body) {
                // Whole seconds, as most times have no fraction; rounded down, so that nothing is yet to come.
                shift(&mut body, TimeDelta::seconds((now - latest).div_euclid(1000)));
            }
            return Ok(body);
        }
        known.push(name);
    }
    let name = builder.name();
    Err(format!(
        "there is no example of {topic} by {name}: send your own with --body, or one of {}",
        known.join(", ")
    )
    .into())
}

fn texts(builder: Builder) -> &'static [&'static str] {
    match builder {
        Builder::Shopify => SHOPIFY,
        Builder::Cafe24 => CAFE24,
        Builder::Firstmall => &[],
    }
}

/// The latest time in it, epoch ms.
fn latest(value: &Value) -> Option<Millis> {
    match value {
        // Cafe24 joins the times of several orders by commas.
        Value::String(text) => text.split(',').filter_map(time::korean).max(),
        Value::Array(items) => items.iter().filter_map(latest).max(),
        Value::Object(fields) => fields.values().filter_map(latest).max(),
        _ => None,
    }
}

fn shift(value: &mut Value, by: TimeDelta) {
    match value {
        Value::String(text) => {
            *text = text.split(',').map(|part| shifted(part, by)).collect::<Vec<_>>().join(",");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| shift(field, by)),
        _ => {}
    }
}

/// A time moved, in the form and zone that it had; any other text as it is.
fn shifted(text: &str, by: TimeDelta) -> String {
    let moved = if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        let form = if text.contains('.') { SecondsFormat::Millis } else { SecondsFormat::Secs };
        at.checked_add_signed(by).map(|at| at.to_rfc3339_opts(form, text.ends_with('Z')))
    } else {
        let at = NaiveDateTime::parse_from_str(text, ZONELESS).ok();
        at.and_then(|at| at.checked_add_signed(by)).map(|at| at.format(ZONELESS).to_string())
    };
    moved.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn examples_are_complete_and_end_now() {
        let now = 1_800_000_000_000;
        for builder in [Builder::Shopify, Builder::Cafe24] {
            let folder = format!("{}/../events/deliveries/{}", env!("CARGO_MANIFEST_DIR"), builder.name());
            let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
            assert_eq!(files.len(), texts(builder).len(), "{}", builder.name());
            for file in files {
                let text = std::fs::read_to_string(&file).unwrap();
                assert!(texts(builder).contains(&text.as_str()), "{}", file.display());
                let example: Value = serde_json::from_str(&text).unwrap();
                let topic =
                    example["topic"].as_str().map_or_else(|| example["event_no"].to_string(), str::to_owned);
                let body = body(builder, &topic, now).unwrap();
                if let Some(before) = latest(&example["body"]) {
                    let latest = latest(&body).unwrap();
                    assert!(latest <= now && latest > now - 1000, "{topic} {before} {latest}");
                } else {
                    assert_eq!(body, example["body"], "{topic}");
                }
            }
        }
    }

    #[test]
    fn times_move_together_and_keep_their_form() {
        let mut value = json!({"a": "2026-11-20T09:00:00+09:00", "b": ["2026-11-20T00:20:00.000Z"],
            "c": "2026-11-20 09:10:00", "d": "2026-11-20T09:00:00+09:00,2026-11-20T09:05:00+09:00",
            "e": "2026-11-20", "f": "0000-00-00 00:00:00", "g": "이서윤, Lee", "h": 1_795_136_400, "i": null});
        assert_eq!(latest(&value), Some(1_795_134_000_000));
        shift(&mut value, TimeDelta::hours(25));
        assert_eq!(
            value,
            json!({"a": "2026-11-21T10:00:00+09:00", "b": ["2026-11-21T01:20:00.000Z"],
            "c": "2026-11-21 10:10:00", "d": "2026-11-21T10:00:00+09:00,2026-11-21T10:05:00+09:00",
            "e": "2026-11-20", "f": "0000-00-00 00:00:00", "g": "이서윤, Lee", "h": 1_795_136_400, "i": null})
        );
    }

    #[test]
    fn unknown_topic_error_lists_the_known_topics() {
        let told = body(Builder::Cafe24, "customers/create", 0).unwrap_err().to_string();
        assert!(told.contains("90025, 90026") && told.ends_with("90160"), "{told}");
        let told = body(Builder::Shopify, "90023", 0).unwrap_err().to_string();
        assert!(told.contains("customer.tags_added") && told.contains("customers/create"), "{told}");
    }
}
