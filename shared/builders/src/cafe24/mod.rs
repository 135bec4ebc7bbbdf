//! Cafe24's deliveries. The events and their fields are those of
//! <https://developers.cafe24.com/docs/api/admin/#webhooks> and of its sample data.

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

/// The least number that an event has. The number of a shop within the mall, beside which it may stand, is far below.
const FIRST_EVENT: u64 = 90_000;

/// The mall that a delivery names, for the caller to compare with its channel's.
#[must_use]
pub fn mall(body: &Map<String, Value>) -> Option<&str> {
    let named = resource(body).get("mall_id").or_else(|| body.get("mall_id"));
    named?.as_str().map(str::trim).filter(|mall| !mall.is_empty())
}

/// What a delivery says; its event number is in the body, or in its shape.
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
                reader.say(BuilderUpdate::Erase { by: PersonRef::Member(member), at: context.at });
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
        Some(90072) => order::many(&mut reader, Kind::Cancelled),
        Some(90073) => order::many(&mut reader, Kind::Refunded),
        Some(90074) => order::many(&mut reader, Kind::Returned),
        // Shipping, checkout forms, social accounts, the app itself: nothing that a customer's record keeps.
        Some(90024 | 90063 | 90070 | 90071 | 90077 | 90078) => {}
        _ => reader.leave_out("event_no", RejectionReason::UnknownTopic),
    }
    reader.into_delivery()
}

/// What the delivery is about: within `resource`, or the body itself where it is flat.
fn resource(body: &Map<String, Value>) -> &Map<String, Value> {
    body.get("resource").and_then(Value::as_object).unwrap_or(body)
}

/// The event's number, as a number or text. Cafe24's samples show it in the place of the shop's number too, and leave
/// it out of three flat bodies, which their keys tell apart.
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
