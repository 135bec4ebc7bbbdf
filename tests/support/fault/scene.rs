//! The operations that are put to the proof, each on a stage where it has something to do.

use std::sync::Arc;

use okyaku_domain::limit::UPDATES_AT_ONCE;
use serde_json::{Value, json};

use crate::NOW;
use crate::fault::ask::Ask;
use crate::fault::cast::full_contact;
pub use crate::fault::cast::{Cast, VEILS, cast, events};
use crate::fault::world::Stage;

/// 2026-12-01T00:00:05Z.
pub const DECEMBER: i64 = 1_796_083_205_000;
const LATER: i64 = NOW + 31 * 60_000;

/// One operation on its stage.
#[derive(Clone)]
pub struct Scene {
    pub name: &'static str,
    pub stage: Arc<Stage>,
    pub ask: Ask,
    /// What it is answered when nothing goes wrong.
    pub status: u16,
}

fn scene(name: &'static str, stage: &Arc<Stage>, ask: Ask, status: u16) -> Scene {
    Scene { name, stage: stage.clone(), ask, status }
}

/// Boots, touches, and what a server writes of a customer.
pub async fn customers() -> Vec<Scene> {
    let (world, cast) = cast().await;
    let now = Arc::new(Stage::of(&world));
    let (later, month) = (Arc::new(now.at(LATER)), Arc::new(now.at(DECEMBER)));
    let full = Arc::new(full_contact(&world).await);
    let lee = |body: Value| {
        let mut body = body;
        body["memberId"] = json!("canary-lee");
        Ask::boot(body)
    };
    let max =
        json!({"memberId": "max", "profile": {"email": "max@example.com", "mobileNumber": "+821077770002"}});
    let mut max_links = max.clone();
    max_links["veilId"] = json!(VEILS[0]);
    let patch = |body: Value| Ask::server("PATCH", "/open/v5/users/@canary-lee", Some(body));
    let page = |method, path: &str, body: Value| {
        let body = Some(body).filter(|body| !body.is_null());
        Ask::page(&cast.lee, method, path, body)
    };
    vec![
        scene(
            "a new visitor's boot, veilId minted",
            &now,
            Ask::boot(json!({"profile": {"via": "minted"}})),
            200,
        ),
        scene("a new visitor's boot, veilId brought", &now, Ask::boot(json!({"veilId": VEILS[2]})), 200),
        scene("a visitor's boot, nothing new", &now, Ask::boot(json!({"veilId": VEILS[0]})), 200),
        scene("a visitor's boot, a new session", &later, Ask::boot(json!({"veilId": VEILS[0]})), 200),
        scene("a new member's boot", &now, Ask::boot(max.clone()), 200),
        scene("a new member's boot that links", &now, Ask::boot(max_links), 200),
        scene(
            "a member's boot, a new session and address",
            &later,
            lee(json!({"profile": {"email": "shared@example.com"}})),
            200,
        ),
        scene("a member's boot that links", &now, lee(json!({"veilId": VEILS[0]})), 200),
        scene("a member's boot, first of a month", &month, lee(json!({"veilId": VEILS[1]})), 200),
        scene(
            "a boot that finds a contact full",
            &full,
            lee(json!({"profile": {"email": "full@example.com"}})),
            200,
        ),
        scene(
            "a holder apart who leaves",
            &full,
            Ask::boot(json!({"memberId": "overflow", "profile": {"email": "left@example.com"}})),
            200,
        ),
        scene("a page's touch, a new session", &later, page("POST", "/front/v1/touch", Value::Null), 200),
        scene(
            "a page's patch",
            &now,
            page("PATCH", "/front/v1/users/me", json!({"profile": {"email": "canary3@example.com"}})),
            200,
        ),
        scene(
            "a page's tags",
            &now,
            page("PATCH", "/front/v1/users/me/tags", json!({"tags": ["canary-new"]})),
            200,
        ),
        scene(
            "a PUT that creates",
            &now,
            Ask::server("PUT", "/open/v5/users/@max", Some(json!({"profile": max["profile"]}))),
            200,
        ),
        scene(
            "a PUT that patches",
            &now,
            Ask::server("PUT", "/open/v5/users/@canary-lee", Some(json!({"profile": {"email": null}}))),
            200,
        ),
        scene("a PATCH, first of a month", &month, patch(json!({"profile": {"note": "canary-new"}})), 200),
        scene("a server's touch", &later, Ask::server("POST", "/open/v5/users/@canary-lee/touch", None), 200),
        scene("a block", &now, Ask::server("POST", "/open/v5/users/@canary-lee/block", None), 200),
        scene(
            "a lead",
            &now,
            Ask::server(
                "POST",
                "/open/v5/users",
                Some(json!({"profile": {"email": "new@example.com", "mobileNumber": "+821077770003"}})),
            ),
            200,
        ),
        scene(
            "a lead that is refused",
            &now,
            Ask::server("POST", "/open/v5/users", Some(json!({"profile": {"email": "lead@example.com"}}))),
            409,
        ),
        scene(
            "a lead beside claims",
            &now,
            Ask::server(
                "POST",
                "/open/v5/users",
                Some(json!({"profile": {"email": "shared@example.com"}, "force": true})),
            ),
            200,
        ),
        scene(
            "a forced lead that is refused",
            &now,
            Ask::server(
                "POST",
                "/open/v5/users",
                Some(json!({"profile": {"email": "lead@example.com"}, "force": true})),
            ),
            409,
        ),
    ]
}

/// Events.
pub async fn tracking() -> Vec<Scene> {
    let (world, cast) = cast().await;
    let (now, month) = (Arc::new(Stage::of(&world)), Arc::new(Stage::of(&world).at(DECEMBER)));
    let mut retried = Ask::track(&cast.lee, events("e", 30));
    retried.body.as_mut().unwrap()["attempt"] = json!(2);
    let order = json!({"id": "o1", "name": "CheckoutComplete", "createdAt": NOW, "property": {"id": "o", "totalAmount": 1, "products": []}});
    let event = format!("/open/v5/users/@canary-lee/events/{}", cast.event);
    let server = json!({"name": "canary-view", "id": "s1", "createdAt": NOW});
    vec![
        scene("one event", &now, Ask::track(&cast.lee, events("x", 1)), 200),
        scene("one event that is there", &now, Ask::track(&cast.lee, events("e", 1)), 200),
        scene("a batch", &now, Ask::track(&cast.lee, events("x", 30)), 200),
        scene("a batch marked as a retry", &now, retried, 200),
        scene("a checkout", &now, Ask::track(&cast.lee, json!([order])), 200),
        scene("a checkout, first of a month", &month, Ask::track(&cast.lee, json!([order])), 200),
        scene(
            "a server's event",
            &now,
            Ask::server("POST", "/open/v5/users/@canary-lee/events", Some(server)),
            200,
        ),
        scene("an event's deletion", &now, Ask::server("DELETE", event, None), 204),
    ]
}

/// Erasures, what comes back after one, and what finishes it.
pub async fn erasures() -> Vec<Scene> {
    let (world, cast) = cast().await;
    let now = Arc::new(Stage::of(&world));
    let delete = |target: &str| Ask::server("DELETE", format!("/open/v5/users/{target}"), None);
    let erase = |body: Value| Ask::server("POST", "/okyaku/v1/erasures", Some(body));
    let full = Arc::new(full_contact(&now.world().await).await);
    // The person is gone, but its pages are not: the table refuses every batch.
    let half = now.world().await;
    half.wire.hook(|asked| match asked.operation.as_str() {
        "BatchWriteItem" => crate::fault::wire::Act::Fault(crate::fault::Fault::Throttle),
        _ => crate::fault::wire::Act::Pass,
    });
    delete("@canary-lee").send(&half.shop).await.expect(204);
    let pages = Arc::new(Stage::of(&half));
    half.wire.heal();
    half.shop.sweep().await;
    half.shop.clock.advance(71_000);
    let last = Arc::new(Stage::of(&half));
    half.shop.sweep().await;
    let over = Arc::new(Stage::of(&half));
    let revive = json!({"revive": true, "profile": {"email": "back@example.com"}});
    let boot = Ask::boot(json!({"memberId": "canary-lee", "profile": {"email": "back@example.com"}}));
    let act = |body| Ask::server("POST", "/okyaku/v1/contacts/bulk", Some(body));
    vec![
        scene("an erasure", &now, delete("@canary-lee"), 204),
        scene("an erasure by a linked visitor's id", &now, delete(&cast.linked_id), 204),
        scene("an erasure of a visitor", &now, delete(&cast.visitor_id), 204),
        scene("an erasure of a holder apart", &full, delete("@overflow"), 204),
        scene("an erasure of nobody", &now, delete("@nobody"), 404),
        scene("an erasure by memberId", &now, erase(json!({"by": {"memberId": "canary-lee"}})), 202),
        scene(
            "an erasure by address",
            &now,
            erase(json!({"by": {"email": "canary@example.com"}, "all": true})),
            202,
        ),
        scene(
            "an erasure by a shared address",
            &now,
            erase(json!({"by": {"email": "shared@example.com"}, "all": true})),
            202,
        ),
        scene(
            "an erasure by an address of several",
            &now,
            erase(json!({"by": {"email": "shared@example.com"}})),
            409,
        ),
        scene("an erasure of somebody unknown", &now, erase(json!({"by": {"memberId": "nobody"}})), 202),
        scene(
            "an erasure of an unknown address",
            &now,
            erase(json!({"by": {"email": "nobody@example.com"}})),
            202,
        ),
        scene("an erasure of the erased", &over, erase(json!({"by": {"memberId": "canary-lee"}})), 202),
        scene(
            "an act on a filter",
            &now,
            act(
                json!({"filter": {"key": "type", "operator": "$eq", "values": ["member"]}, "action": {"addTags": ["sale"]}}),
            ),
            202,
        ),
        scene(
            "an act on ids",
            &now,
            act(json!({"ids": ["@canary-lee", "@nobody"], "action": {"block": true}})),
            202,
        ),
        scene(
            "an erasure of many",
            &now,
            act(json!({"ids": ["@canary-lee"], "action": {"erase": true}})),
            202,
        ),
        scene("a sweep's pages", &pages, Ask::sweep(), 200),
        scene("a last sweep", &last, Ask::sweep(), 200),
        scene("an erased member's boot", &over, boot.clone(), 200),
        scene("an erased member's boot before the last sweep", &last, boot, 200),
        scene(
            "a PUT that revives",
            &over,
            Ask::server("PUT", "/open/v5/users/@canary-lee", Some(revive)),
            200,
        ),
        scene(
            "a PUT that does not revive",
            &over,
            Ask::server("PUT", "/open/v5/users/@canary-lee", Some(json!({}))),
            409,
        ),
        scene("a late event", &over, Ask::track(&cast.lee, events("late", 2)), 409),
    ]
}

/// Reads.
pub async fn reads() -> Vec<Scene> {
    let (world, cast) = cast().await;
    let now = Arc::new(Stage::of(&world));
    let get = |path: String| Ask::server("GET", path, None);
    let ask = |what: &str, body| Ask::server("POST", format!("/okyaku/v1/contacts/{what}"), Some(body));
    vec![
        scene("the list", &now, get("/open/v5/users".into()), 200),
        scene("a search", &now, ask("search", json!({"query": "canary"})), 200),
        scene(
            "a count",
            &now,
            ask("count", json!({"filter": {"key": "web.os", "operator": "$exist", "values": [false]}})),
            200,
        ),
        scene("a look-up", &now, ask("lookup", json!({"terms": ["canary@example.com", "@canary-lee"]})), 200),
        scene("the tags", &now, get("/okyaku/v1/tags".into()), 200),
        scene("a customer", &now, get("/open/v5/users/@canary-lee".into()), 200),
        scene("a linked visitor", &now, get(format!("/open/v5/users/{}", cast.linked_id)), 200),
        scene("a timeline", &now, get("/open/v5/users/@canary-lee/events".into()), 200),
        scene("a detail at a glance", &now, get("/okyaku/v1/contacts/@canary-lee".into()), 200),
        scene("nobody", &now, get("/open/v5/users/@nobody".into()), 404),
    ]
}

/// RFC 3339 of so many minutes before now.
fn ago(minutes: i64) -> String {
    chrono::DateTime::from_timestamp_millis(NOW - minutes * 60_000).unwrap().to_rfc3339()
}

/// Shopify's customer 7, created so many minutes ago and changed so many.
pub fn seven(created: i64, changed: i64) -> Value {
    json!({"id": 7, "first_name": "canary-seven", "email": "canary7@example.com", "phone": "+821077770007", "tags": "canary-tag",
        "accepts_marketing": changed % 2 == 0, "created_at": ago(created), "updated_at": ago(changed)})
}

/// An order of that customer, changed so many minutes ago.
pub fn order(id: u64, changed: i64, total: &str) -> Value {
    json!({"id": id, "created_at": ago(200), "updated_at": ago(changed), "currency": "USD", "total_price": total,
        "financial_status": "paid", "refunds": [], "customer": seven(300, 210),
        "line_items": [{"id": 1, "product_id": 11, "title": "canary-mug", "quantity": 1, "price": total}]})
}

/// An order of another customer, or of nobody, changed so many minutes ago.
pub fn order_of(customer: Value, id: u64, changed: i64, total: &str) -> Value {
    let mut order = order(id, changed, total);
    order["customer"] = customer;
    order
}

/// The customer that an order moves to.
pub fn eight() -> Value {
    json!({"id": 8, "first_name": "canary-eight", "created_at": ago(300), "updated_at": ago(210)})
}

/// A merge of two customers, as Shopify tells it.
pub fn merge(from: u64, into: u64) -> Value {
    let gid = |id: u64| format!("gid://shopify/Customer/{id}");
    json!({"admin_graphql_api_customer_kept_id": gid(into), "admin_graphql_api_customer_deleted_id": gid(from),
        "admin_graphql_api_job_id": null, "status": "completed", "errors": []})
}

/// Money given back for an order.
pub fn refund(id: u64, order: u64, amount: &str) -> Value {
    json!({"id": id, "order_id": order, "created_at": ago(20), "transactions": [
        {"id": 1, "kind": "refund", "status": "success", "amount": amount}]})
}

/// What a builder delivers: of somebody new, of one who is there with an order, and of one who was erased.
pub async fn deliveries() -> Vec<Scene> {
    let (world, _) = cast().await;
    let new = Arc::new(Stage::of(&world));
    Ask::shopify("orders/create", order(1, 190, "30.00")).send(&world.shop).await.expect(200);
    let known = Arc::new(Stage::of(&world));
    let month = Arc::new(known.at(DECEMBER));
    let free = known.world().await;
    let nobodys = order_of(Value::Null, 1, 90, "30.00");
    Ask::shopify("orders/updated", nobodys.clone()).send(&free.shop).await.expect(200);
    let free = Arc::new(Stage::of(&free));
    let gone = json!({"id": 7, "deleted_at": ago(60)});
    Ask::shopify("customers/delete", gone.clone()).send(&world.shop).await.expect(200);
    world.sweep_out().await;
    let over = Arc::new(Stage::of(&world));
    let redact = |customer: Value| Ask::shopify("customers/redact", json!({ "customer": customer }));
    let request = json!({"customer": {"id": 7}, "data_request": {"id": 5}});
    // One more than are applied at once: one who is there, and many who are new, fell dormant.
    let list: Vec<String> = (7..=7 + UPDATES_AT_ONCE).map(|member| member.to_string()).collect();
    let list = json!({"event_no": 90145, "resource": {"mall_id": "devmall", "member_id": list.join(",")}});
    let queue = known.world().await;
    Ask::cafe24(list.clone()).send(&queue.shop).await.expect(200);
    let queued = Arc::new(Stage::of(&queue));
    let told = |topic, body| Ask::shopify(topic, body);
    vec![
        scene("a delivery of a new customer", &new, told("customers/create", seven(300, 100)), 200),
        scene("a delivery of a known customer", &known, told("customers/update", seven(300, 100)), 200),
        scene("a delivery, first of a month", &month, told("customers/update", seven(300, 100)), 200),
        scene("a delivery that is older", &known, told("customers/update", seven(300, 250)), 200),
        scene(
            "a delivery of a new customer's order",
            &new,
            told("orders/create", order(1, 190, "30.00")),
            200,
        ),
        scene("a delivery of another order", &known, told("orders/paid", order(2, 180, "12.50")), 200),
        scene("a delivery of a known order", &known, told("orders/updated", order(1, 100, "20.00")), 200),
        scene("a delivery of a refund", &known, told("refunds/create", refund(9, 1, "5.00")), 200),
        scene(
            "a delivery of a refund that comes first",
            &known,
            told("refunds/create", refund(9, 2, "5.00")),
            200,
        ),
        scene(
            "a delivery of an order that moves",
            &known,
            told("orders/updated", order_of(eight(), 1, 80, "20.00")),
            200,
        ),
        scene(
            "a delivery of an order that moved before",
            &known,
            told("orders/updated", order_of(eight(), 1, 195, "20.00")),
            200,
        ),
        scene("a delivery of an order that loses its customer", &known, told("orders/updated", nobodys), 200),
        scene(
            "a delivery of an order of nobody",
            &free,
            told("orders/updated", order_of(eight(), 1, 80, "20.00")),
            200,
        ),
        scene("a delivery of a merge", &known, told("customers/merge", merge(7, 8)), 200),
        scene("a delivery of a deleted order", &known, told("orders/delete", json!({"id": 1})), 200),
        scene("a delivery of an unknown deleted order", &known, told("orders/delete", json!({"id": 2})), 200),
        scene(
            "a delivery of a redact by id and address",
            &known,
            redact(json!({"id": 7, "email": "canary7@example.com"})),
            200,
        ),
        scene("a delivery of an end", &known, told("customers/delete", gone.clone()), 200),
        scene("a delivery of an unknown end", &new, told("customers/delete", gone), 200),
        scene(
            "a delivery of a redact by address",
            &known,
            redact(json!({"email": "canary7@example.com"})),
            200,
        ),
        scene("a delivery of a data request", &known, told("customers/data_request", request), 200),
        scene("a delivery that becomes a job", &known, Ask::cafe24(list), 200),
        scene("a sweep's job", &queued, Ask::sweep(), 200),
        scene("a delivery after the end", &over, told("customers/update", seven(300, 30)), 200),
        scene("a delivery of a new life", &over, told("customers/create", seven(40, 30)), 200),
    ]
}
