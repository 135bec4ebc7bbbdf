//! Many generated contacts, written into the table as the store writes them.

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use okyaku_domain::customer::Customer;
use okyaku_domain::field::Field;
use okyaku_domain::id::{ChannelId, CustomerId, MemberId};
use okyaku_domain::sender::Sender;
use okyaku_domain::time::DAY;
use okyaku_store::backend::Table;
use okyaku_store::items::customer::item;
use okyaku_store::loaded::State;
use serde_json::{Value, json};

/// Writes of one `BatchWriteItem`.
const BATCH: u32 = 25;

/// The names of the crowd, of three languages.
const NAMES: [&str; 6] = ["Lucas Kim", "佐藤 美奈", "김민준", "Mina Sato", "高橋 健", "이서연"];

/// Contact number `n`, created some days before `now`. Of 10 contacts 9 are members. 1 of 10 has the tag `vip`, 1 of 100
/// the tag `gold`, and 1 of 20 refuses e-mail.
pub fn contact(n: u32, now: i64) -> Customer {
    let mut id = [0; 10];
    // The ids spread over the shards, and over the table.
    id[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
    id[6..].copy_from_slice(&n.to_be_bytes());
    let created_at = now - i64::from(n % 1000) * DAY / 2;
    let mut customer = Customer::new(CustomerId::from_bytes(id), 0, created_at);
    let name = NAMES[n as usize % NAMES.len()];
    let text = |text: &str| Value::from(text);
    let fields = [
        ("name", text(name)),
        ("email", json!(format!("person{n}@example.com"))),
        ("mobileNumber", json!(format!("+8210{n:08}"))),
        ("utmSource", text(["naver", "google", "line"][n as usize % 3])),
        ("utmMedium", text("cpc")),
        ("utmCampaign", text("spring-2026")),
        ("referrer", text("https://search.example.com/")),
        ("lastCheckoutCompletedAt", json!(created_at + DAY)),
        ("grade", text("silver")),
        ("points", json!(n % 5000)),
        ("birthday", text("05-03")),
        ("memberSince", json!(created_at)),
        ("store", text("Gangnam")),
        ("size", text("M")),
        ("wishlist", json!(n % 7)),
        ("newsletter", json!(n.is_multiple_of(2))),
    ];
    let stored = |(key, value): (&str, Value)| {
        let sender = if n.is_multiple_of(2) { Sender::Server } else { Sender::Page };
        (key.to_owned(), Field { value, sender, time: created_at, verified: n.is_multiple_of(2) })
    };
    customer.profile = fields.map(stored).into_iter().collect();
    if !n.is_multiple_of(10) {
        customer.member_id = MemberId::parse(&format!("member-{n}")).ok();
    }
    customer.name = Some(name.to_owned());
    for (tag, of) in [("vip", 10), ("gold", 100)] {
        if n.is_multiple_of(of) {
            customer.tags.insert(tag.to_owned(), Sender::Server);
        }
    }
    customer.unsubscribe_email = n.is_multiple_of(20);
    customer.language = Some(["ko", "ja", "en"][n as usize % 3].to_owned());
    customer.country = Some(["KR", "JP"][n as usize % 2].to_owned());
    customer.sessions_count = n % 9;
    customer.last_seen_at = Some(now - i64::from(n % 400) * DAY);
    customer.web.browser_name = Some("Chrome".into());
    customer.web.os_name = Some(["Windows", "iOS", "Android"][n as usize % 3].to_owned());
    customer.web.device = Some("desktop".into());
    customer.web.sessions_count = n % 9;
    customer.web.last_seen_at = customer.last_seen_at;
    customer.stamp(None, created_at);
    customer
}

/// Writes contacts number `from` to before `to`.
pub async fn fill(table: &Table, channel: &ChannelId, from: u32, to: u32, now: i64) {
    for first in (from..to).step_by(BATCH as usize) {
        let put = |n| {
            let customer = contact(n, now);
            let item = item(channel, &customer, &State::default(), 1, "crowd", now).unwrap();
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        let writes = (first..to.min(first + BATCH)).map(put).collect();
        let batch = table.client.batch_write_item().request_items(&table.name, writes);
        assert!(batch.send().await.unwrap().unprocessed_items.is_none_or(|left| left.is_empty()));
    }
}
