//! Who is there when an operation is put to the proof.

use serde_json::{Value, json};

use crate::NOW;
use crate::fault::ask::Ask;
use crate::fault::world::{Stage, World};

/// Browsers.
pub const VEILS: [&str; 4] = [
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "33333333-3333-4333-8333-333333333333",
    "44444444-4444-4444-8444-444444444444",
];

/// Who is there when a scene begins, besides `kim` and a lead, whom no scene is about.
pub struct Cast {
    pub stage: Stage,
    /// A session of a visitor who left `shared@example.com`, which kim has too, under the first of [`VEILS`].
    pub visitor: String,
    /// A session of the member `canary-lee`, to whom the second browser is linked.
    pub lee: String,
    pub visitor_id: String,
    pub linked_id: String,
    pub lee_id: String,
    /// The public id of lee's first event.
    pub event: String,
}

/// `count` events of a page.
pub fn events(prefix: &str, count: usize) -> Value {
    (0..count)
        .map(|n| json!({"id": format!("{prefix}{n}"), "name": "canary-view", "createdAt": NOW, "property": {"note": "canary-property"}}))
        .collect()
}

/// A world with the cast.
pub async fn cast() -> (World, Cast) {
    let world = World::open().await;
    let shop = &world.shop;
    let boot = async |body: Value| Ask::boot(body).send(shop).await;
    let visitor = boot(json!({"veilId": VEILS[0], "profile": {"email": "shared@example.com"}})).await;
    let seen = json!([{"id": "v0", "name": "PageView", "createdAt": NOW}]);
    shop.track(visitor.str("/sessionToken"), seen).await.expect(200);
    boot(json!({"memberId": "kim", "profile": {"email": "shared@example.com"}})).await.expect(200);
    let lead = json!({"profile": {"email": "lead@example.com"}});
    Ask::server("POST", "/open/v5/users", Some(lead)).send(shop).await.expect(200);
    let linked = boot(json!({"veilId": VEILS[1], "profile": {"email": "canary2@example.com"}})).await;
    shop.track(linked.str("/sessionToken"), events("l", 1)).await.expect(200);
    let lee = json!({"memberId": "canary-lee", "veilId": VEILS[1], "tags": ["canary-tag"], "profile": {
        "email": "canary@example.com", "mobileNumber": "+821077770001", "name": "canary-name", "note": "canary-note"}});
    let lee = boot(lee).await;
    shop.track(lee.str("/sessionToken"), events("e", 3)).await.expect(200);
    let shown = shop.events("@canary-lee").await;
    let own = |event: &&Value| event["id"].as_str().unwrap().starts_with(lee.str("/user/id"));
    let event = shown.iter().find(own).unwrap()["id"].as_str().unwrap().to_owned();
    let text = |answer: &crate::Answer, at| answer.str(at).to_owned();
    let cast = Cast {
        stage: Stage::of(&world),
        visitor: text(&visitor, "/sessionToken"),
        lee: text(&lee, "/sessionToken"),
        visitor_id: text(&visitor, "/user/id"),
        linked_id: text(&linked, "/user/id"),
        lee_id: text(&lee, "/user/id"),
        event,
    };
    (world, cast)
}

/// The stage with an address whose list is full, and `overflow` as its 21st holder.
pub async fn full_contact(world: &World) -> Stage {
    for n in 0..21 {
        let member = if n == 20 { "overflow".to_owned() } else { format!("m{n}") };
        let body = json!({"memberId": member, "profile": {"email": "full@example.com"}});
        Ask::boot(body).send(&world.shop).await.expect(200);
    }
    Stage::of(world)
}
