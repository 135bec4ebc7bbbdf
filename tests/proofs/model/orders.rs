//! A builder's orders, done to both sides. A list of orders makes no event, so the mall's lists are sent.

use super::world::{Verdict, World, differ};
use serde_json::{Value, json};
use support::Answer;
use support::model::{Named, SECOND};

impl World {
    /// An order of a person, whoever had the order before.
    pub async fn order(&mut self, channel: usize, person: u8, order: u8, total: u16) -> Verdict {
        self.second().await;
        let member = format!("member-{person}");
        let placed = chrono::DateTime::from_timestamp_millis(self.model.now).unwrap().to_rfc3339();
        // This code gives nothing back and cancels nothing.
        let body = json!({"order_id": order_id(order), "member_id": member, "order_date": placed,
            "order_price_amount": format!("{total}.00"), "event_code": "unrefund_order"});
        let answer = self.delivery(channel, 90073, body).await;
        let taken = self.model.order(channel, &member, order, i64::from(total));
        let erased = json!([{"field": "customer", "reason": "erased"}]);
        told(&answer, if taken { json!([]) } else { erased })?;
        // The delivery does not answer whom it made.
        let shown = self.server(channel, "GET", &format!("/open/v5/users/@{member}"), None).await;
        let wanted = self.model.get(channel, &Named::Member(member));
        self.compare(channel, &shown, &wanted, false)
    }

    /// A cancellation by the order's id alone.
    pub async fn cancel_order(&mut self, channel: usize, order: u8) -> Verdict {
        if self.model.order_is_lost(channel, order) {
            return Ok(());
        }
        self.second().await;
        let body = json!({"order_id": order_id(order), "event_code": "cancel_order"});
        let answer = self.delivery(channel, 90072, body).await;
        self.model.cancel_order(channel, order);
        told(&answer, json!([]))
    }

    /// A refund by the order's id alone, of an amount or of nobody knows how much.
    pub async fn refund_order(&mut self, channel: usize, order: u8, amount: Option<u16>) -> Verdict {
        if self.model.order_is_lost(channel, order) {
            return Ok(());
        }
        self.second().await;
        let mut body = json!({"order_id": order_id(order), "event_code": "refund_order"});
        if let Some(amount) = amount {
            body["refund_amount"] = json!(format!("{amount}.00"));
        }
        let answer = self.delivery(channel, 90073, body).await;
        self.model.refund_order(channel, order, amount.map(i64::from));
        told(&answer, json!([]))
    }

    /// A second passes: no two versions of an order are of one time.
    async fn second(&mut self) {
        self.shop.clock.advance(SECOND);
        self.model.now += SECOND;
    }
}

fn order_id(order: u8) -> String {
    format!("20261120-000000{order}")
}

/// A delivery is taken, and exactly these parts were rejected.
fn told(answer: &Answer, rejected: Value) -> Verdict {
    if answer.status != 200 || answer.body["dropped"] != rejected {
        differ!("{} {} instead of 200 and {rejected}", answer.status, answer.body);
    }
    Ok(())
}
