//! Cafe24's deliveries.
//!
//! The events and fields come from <https://developers.cafe24.com/docs/api/admin/#webhooks> and from the sample data at
//! <https://developers.cafe24.com/app/front/app/develop/webhook/sample>. Earlier editions of the samples have flat bodies
//! for some events, and no `event_code`.

mod member;
mod order;
mod reader;

use serde_json::{Map, Value};

use self::order::Kind;
use self::reader::Reader;
use crate::context::Context;
use okyaku_domain::builder_update::{BuilderUpdate, Delivery};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::rejection_reason::RejectionReason;

/// The smallest event number. The number of a shop within the mall may stand in the same place, and is far
/// smaller.
const FIRST_EVENT: u64 = 90_000;

/// Returns the mall named by a delivery. The caller compares the mall with the channel's mall.
#[must_use]
pub fn mall(body: &Map<String, Value>) -> Option<&str> {
    let named = resource(body).get("mall_id").or_else(|| body.get("mall_id"));
    named?.as_str().map(str::trim).filter(|mall| !mall.is_empty())
}

/// Reads a delivery. The event number is in the body, or follows from the body's shape.
#[must_use]
pub fn read(body: &Map<String, Value>, context: Context<'_>) -> Delivery {
    let resource = resource(body);
    let mut reader = Reader::new(resource, context);
    match event_no(body, resource) {
        Some(90032) => member::signed_up(&mut reader),
        Some(90080) => member::changed(&mut reader),
        Some(90143) => member::signed_in(&mut reader),
        Some(90144) => member::graded(&mut reader),
        Some(90145) => member::dormant(&mut reader, true),
        Some(90146) => member::dormant(&mut reader, false),
        Some(90147) => {
            for member in reader.members() {
                reader.say(BuilderUpdate::Erase {
                    by: PersonRef::Member(member),
                    addresses: Vec::new(),
                    at: context.at,
                });
            }
        }
        Some(90148) => member::points(&mut reader),
        Some(90084) => member::added_to_cart(&mut reader),
        Some(90023) => order::one(&mut reader, Kind::Received),
        Some(90025) => order::one(&mut reader, Kind::Paid),
        Some(90026) => order::one(&mut reader, Kind::Cancelled),
        Some(90027) => order::one(&mut reader, Kind::Returned),
        Some(90028) => order::one(&mut reader, Kind::Exchanged),
        Some(90029) => order::one(&mut reader, Kind::Refunded),
        Some(90031) => order::one(&mut reader, Kind::Extended),
        Some(90160) => order::claim(&mut reader),
        Some(90072) => order::many(&mut reader, Kind::Cancelled),
        Some(90073) => order::many(&mut reader, Kind::Refunded),
        Some(90074) => order::many(&mut reader, Kind::Returned),
        // Shipping, checkout forms, social accounts and the app itself: a customer's record keeps none of
        // these.
        Some(90024 | 90063 | 90070 | 90071 | 90077 | 90078) => {}
        _ => reader.leave_out("event_no", RejectionReason::UnknownTopic),
    }
    reader.into_delivery()
}

/// Returns the object that the delivery is about: `resource`, or the flat body itself.
fn resource(body: &Map<String, Value>) -> &Map<String, Value> {
    body.get("resource").and_then(Value::as_object).unwrap_or(body)
}

/// Returns the event's number, given as a number or a text.
///
/// Earlier samples also show the event's number in the place of the shop's number. Three flat bodies in them leave
/// out the number, and are recognised by their keys. For example, a body with `diff_key` is
/// 90080.
fn event_no(body: &Map<String, Value>, resource: &Map<String, Value>) -> Option<u64> {
    let given = [body, resource].into_iter().find_map(|map| map.get("event_no").filter(|no| !no.is_null()));
    if let Some(given) = given {
        return number(given);
    }
    let misplaced = resource.get("event_shop_no").and_then(number).filter(|no| *no >= FIRST_EVENT);
    misplaced.or_else(|| {
        let has = |key| resource.contains_key(key);
        match has("member_id") {
            true if has("diff_key") => Some(90080),
            true if has("inflow_name") => Some(90143),
            true if has("avail_mileage") => Some(90148),
            _ => None,
        }
    })
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests;
