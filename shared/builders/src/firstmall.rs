//! Gabia Firstmall: a fixed list of profile values and events, handed over by the mall's pages from their
//! templates.
//!
//! On a channel connected to Firstmall, a page may send only the values and events in the lists (R13). The
//! shop's server is unrestricted. The lists come from Channel Talk's page about the builder.

use serde_json::{Map, Value};

use okyaku_domain::amount;
use okyaku_domain::detail::Detail;
use okyaku_domain::field::{self, LAST_CHECKOUT};
use okyaku_domain::limit::DETAILS;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::{self, Millis};

/// The profile keys that Firstmall supplies. Firstmall also supplies the memberId, which is outside the
/// profile.
pub const KEYS: [&str; 14] = [
    "name",
    "email",
    "mobileNumber",
    "wishCount",
    "cartCount",
    "cartPrice",
    "totalPurchasedCount",
    "totalPurchasedAmount",
    LAST_CHECKOUT,
    "couponCount",
    "availableMileage",
    "totalDeposit",
    "groupName",
    "memberType",
];

/// The events that Firstmall supplies.
pub const EVENTS: [&str; 6] =
    ["SignUp", "ProductView", "AddToWish", "AddToCart", "CheckoutBegin", "CheckoutComplete"];

/// Channel Talk's own event of a page. Every page has the event, although no builder supplies the event.
const PAGE_VIEW: &str = "PageView";

/// Keys with numeric values. A template may print a number as text.
const NUMBERS: [&str; 8] = [
    "wishCount",
    "cartCount",
    "cartPrice",
    "totalPurchasedCount",
    "totalPurchasedAmount",
    "couponCount",
    "availableMileage",
    "totalDeposit",
];

/// Firstmall's own names, and the names common to all builders.
const ALIASES: [(&str, &str); 2] =
    [("totalPurchasedCount", "totalPurchaseCount"), ("totalPurchasedAmount", "totalPurchaseAmount")];

/// Digits of epoch seconds from 2001 to 2286. Epoch milliseconds have more digits since April 1970.
const SECONDS_DIGITS: usize = 10;
/// A template's text for an absent time.
const NO_TIME: &str = "0000-00-00";

/// Returns whether a page may send an event with this name.
#[must_use]
pub fn is_supplied_event(name: &str) -> bool {
    EVENTS.contains(&name) || name == PAGE_VIEW
}

/// Returns the profile fields that Firstmall supplies, and the dropped fields for the page.
///
/// `within` is `profile` or `profileOnce`.
///
/// - Set-once keys stay, because the page supplies these keys.
/// - A numeric text becomes a number, and a time becomes epoch ms.
/// - A blank number or time is left out, and a null still clears the field.
/// - A value is also kept under its name common to all builders. For example, `totalPurchasedCount` is also
///   kept as `totalPurchaseCount`.
#[must_use]
pub fn supply(within: &str, profile: Map<String, Value>) -> (Map<String, Value>, Vec<Detail>) {
    let mut dropped = Vec::new();
    let mut kept = Map::new();
    // Read every field. The list of dropped fields stops at its limit.
    for (key, value) in profile {
        match read(&key, value) {
            Ok(Some(value)) => drop(kept.insert(key, value)),
            Ok(None) => {}
            Err(message) if dropped.len() < DETAILS => {
                let reason =
                    if is_supplied(&key) { RejectionReason::Invalid } else { RejectionReason::NotSupplied };
                dropped.push(Detail::new(format!("{within}.{key}"), message).because(reason));
            }
            Err(_) => {}
        }
    }
    // Keep a total also under the name common to all builders.
    for (own, common) in ALIASES {
        if let Some(value) = kept.get(own).cloned() {
            kept.insert(common.to_owned(), value);
        }
    }
    (kept, dropped)
}

fn is_supplied(key: &str) -> bool {
    KEYS.contains(&key) || field::is_set_once(key)
}

/// Returns the value of `key` as stored. `Ok(None)` for a blank number or time.
fn read(key: &str, value: Value) -> Result<Option<Value>, &'static str> {
    if !is_supplied(key) {
        return Err("is not a value that Firstmall supplies");
    }
    let (number, moment) = (NUMBERS.contains(&key), key == LAST_CHECKOUT);
    if value.is_null() || !(number || moment) {
        return Ok(Some(value));
    }
    // Only numbers and the time go on from here.
    let text = match &value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ if number => return Err("must be a number, or text that is one"),
        _ => return Err("must be a time"),
    };
    // A template prints a blank or a zero date for an absent value.
    if text.is_empty() || (moment && text.starts_with(NO_TIME)) {
        return Ok(None);
    }
    if moment {
        return instant(&text).map(|at| Some(at.into())).ok_or(
            "must be a time in epoch milliseconds or seconds, or as YYYY-MM-DD HH:MM:SS by Korea's clock",
        );
    }
    // Take out the commas between thousands, then parse a plain decimal.
    let number = ungrouped(&text).as_deref().and_then(amount::parse).and_then(amount::json);
    number.map(|number| Some(Value::Number(number))).ok_or("must be a number from 0, or text that is one")
}

/// Returns the epoch ms of a time as printed by a template.
fn instant(text: &str) -> Option<Millis> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return time::korean(text);
    }
    let number = text.parse::<Millis>().ok().filter(|number| *number <= time::MAX)?;
    match text.trim_start_matches('0').len() {
        ..SECONDS_DIGITS => None,
        SECONDS_DIGITS => number.checked_mul(1000),
        _ => Some(number),
    }
}

/// Takes out the commas between thousands. For example, `12,000.50` becomes `12000.50`, and `1,2` is refused.
fn ungrouped(text: &str) -> Option<String> {
    let whole = text.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = whole.contains(',');
    let fits = !grouped || ((1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3));
    let fraction = text.strip_prefix(whole).unwrap_or_default();
    fits.then(|| format!("{}{fraction}", whole.replace(',', "")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn supplied(profile: Value) -> (Value, Vec<(String, String)>) {
        let Value::Object(profile) = profile else { panic!() };
        let (kept, dropped) = supply("profile", profile);
        (Value::Object(kept), dropped.into_iter().map(|detail| (detail.field, detail.message)).collect())
    }

    #[test]
    fn supplied_values_are_kept_and_no_other() {
        // Every supplied key is kept, and a total also under its common name.
        let mut profile: Map<String, Value> =
            KEYS.iter().map(|key| ((*key).to_owned(), json!("1"))).collect();
        profile.insert(LAST_CHECKOUT.to_owned(), json!("2026-11-20 10:00:00"));
        let (kept, dropped) = supply("profile", profile);
        let expected = KEYS.into_iter().chain(ALIASES.map(|(_, common)| common));
        let expected: std::collections::BTreeSet<_> = expected.map(str::to_owned).collect();
        assert_eq!(kept.keys().cloned().collect::<std::collections::BTreeSet<_>>(), expected);
        assert_eq!(dropped, []);

        // Any further key is dropped with a message.
        let message = "is not a value that Firstmall supplies".to_owned();
        for key in
            ["grade", "memberId", "recentPurchaseCount", "totalPurchaseCount", "description", "Name", ""]
        {
            let (kept, dropped) = supplied(json!({key: "1", "name": "이서윤"}));
            assert_eq!(kept, json!({"name": "이서윤"}), "{key}");
            assert_eq!(dropped, [(format!("profile.{key}"), message.clone())]);
        }
    }

    #[test]
    fn referrer_and_utm_values_are_kept() {
        let profile = json!({"referrer": "https://example.com/", "utmSource": "kakao", "utmTerm": "mug"});
        assert_eq!(supplied(profile.clone()), (profile, vec![]));
    }

    #[test]
    fn printed_count_or_amount_becomes_a_number() {
        for (printed, number) in [
            (json!("3"), json!(3)),
            (json!(" 12,000 "), json!(12_000)),
            (json!("12000.00"), json!(12_000)),
            (json!("1,234,567.50"), json!(1_234_567.5)),
            (json!("0"), json!(0)),
            (json!(7), json!(7)),
            (json!(12_000.0), json!(12_000)),
            (json!(null), json!(null)),
        ] {
            for key in NUMBERS {
                let (kept, dropped) = supplied(json!({key: printed}));
                assert_eq!((&kept[key], dropped), (&number, vec![]), "{key} {printed}");
            }
        }
        // Anything but a plain number from 0 is dropped.
        for wrong in [
            json!("1,2"),
            json!("12,00"),
            json!(",000"),
            json!("1,000,00"),
            json!("1.000,00"),
            json!("three"),
            json!("3개"),
            json!("-3"),
            json!(-3),
            json!("1e3"),
            json!("NaN"),
            json!(true),
            json!([3]),
            json!({}),
        ] {
            for key in NUMBERS {
                let (kept, dropped) = supplied(json!({key: wrong}));
                assert_eq!((kept, dropped.len()), (json!({}), 1), "{key} {wrong}");
                assert_eq!(dropped[0].0, format!("profile.{key}"));
                // The message leaves out the value.
                assert!(!dropped[0].1.contains("개"));
            }
        }
    }

    #[test]
    fn blank_updates_nothing_and_null_clears() {
        let (kept, dropped) = supplied(json!({"wishCount": "", "cartPrice": " ", LAST_CHECKOUT: "",
            "totalDeposit": null, "name": "", "totalPurchasedCount": null}));
        let expected = json!({"totalDeposit": null, "name": "", "totalPurchasedCount": null, "totalPurchaseCount": null});
        assert_eq!((kept, dropped), (expected, vec![]));
        assert_eq!(supplied(json!({LAST_CHECKOUT: "0000-00-00 00:00:00"})), (json!({}), vec![]));
    }

    #[test]
    fn latest_order_time_becomes_epoch_milliseconds() {
        let at = 1_795_136_400_000_i64;
        // Milliseconds, seconds, Korea's clock and RFC 3339.
        for printed in [
            json!(at),
            json!(at.to_string()),
            json!(at / 1000),
            json!((at / 1000).to_string()),
            json!("2026-11-20 10:00:00"),
            json!("2026-11-20T10:00:00+09:00"),
        ] {
            assert_eq!(supplied(json!({LAST_CHECKOUT: printed})), (json!({LAST_CHECKOUT: at}), vec![]));
        }
        // Any further form is dropped.
        for wrong in [
            json!(0),
            json!("20261120"),
            json!("2026-11-20"),
            json!("어제"),
            json!(1.5),
            json!(-1_795_136_400_000_i64),
            json!("99999999999999999999"),
            json!(9_000_000_000_000_000_i64),
            json!(true),
            json!([]),
        ] {
            let (kept, dropped) = supplied(json!({LAST_CHECKOUT: wrong}));
            assert_eq!((kept, dropped.len()), (json!({}), 1), "{wrong}");
        }
    }

    #[test]
    fn total_is_also_kept_under_the_name_common_to_all_builders() {
        let (kept, _) = supplied(json!({"totalPurchasedCount": "12", "totalPurchasedAmount": "340,000"}));
        let expected = json!({"totalPurchasedCount": 12, "totalPurchaseCount": 12,
            "totalPurchasedAmount": 340_000, "totalPurchaseAmount": 340_000});
        assert_eq!(kept, expected);
        let (kept, _) = supplied(json!({"totalPurchasedCount": "dozen"}));
        assert_eq!(kept, json!({}));
    }

    #[test]
    fn dropped_fields_are_named_by_path_up_to_the_limit() {
        let profile = (0..DETAILS + 9).map(|at| (format!("k{at}"), json!(1))).collect();
        let (_, dropped) = supply("profileOnce", profile);
        assert_eq!(dropped.len(), DETAILS);
        assert!(dropped.iter().all(|detail| detail.field.starts_with("profileOnce.k")));
    }

    #[test]
    fn page_sends_the_six_events_and_page_views() {
        for name in EVENTS.into_iter().chain(["PageView"]) {
            assert!(is_supplied_event(name), "{name}");
        }
        for name in ["Searched", "signUp", "", "UserChatOpen", "SignUp "] {
            assert!(!is_supplied_event(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(key in prop::sample::select(KEYS.to_vec()), text in "\\PC{0,24}|[0-9,. :-]{0,24}") {
            let _ = supplied(json!({key: text}));
        }
    }
}
