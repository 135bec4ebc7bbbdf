//! Links: a visitor of whom it is proven that it was the member (R11).

use serde_json::{Value, json};
use support::{NOW, Shop};

const VEIL: &str = "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b";
const OTHER: &str = "0123456789abcdef0123456789abcdef";

/// A page's session.
struct Page {
    id: String,
    token: String,
}

impl Page {
    fn of(booted: &support::Answer) -> Self {
        booted.expect(200);
        Self { id: booted.str("/user/id").to_owned(), token: booted.str("/sessionToken").to_owned() }
    }

    async fn track(&self, shop: &Shop, name: &str, at: i64) {
        let event = json!([{"id": format!("{name}-{at}"), "name": name, "createdAt": at}]);
        assert_eq!(shop.track(&self.token, event).await.expect(200)["results"][0]["status"], "accepted");
    }
}

/// The visitor with this veilId, who has seen a page a minute ago.
async fn visitor(shop: &Shop, veil: &str) -> Page {
    let page = Page::of(&shop.boot(json!({ "veilId": veil })).await);
    page.track(shop, &format!("Before{}", &veil[..1]), NOW - 60_000).await;
    page
}

/// The names of a timeline, newest first.
async fn names(shop: &Shop, id: &str) -> Vec<String> {
    shop.events(id).await.iter().map(|event| event["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn proven_boot_links_the_visitor_into_one_timeline() {
    let shop = Shop::open().await;
    let before = visitor(&shop, VEIL).await;
    let booted = shop.boot_member("m-1", json!({"veilId": VEIL})).await;
    let member = Page::of(&booted);
    assert_eq!(booted.body["veilId"], VEIL);
    assert_ne!(member.id, before.id);
    member.track(&shop, "After", NOW).await;
    assert_eq!(names(&shop, "@m-1").await, ["After", "Before5"]);
    let owners: Vec<Value> = shop.events("@m-1").await.iter().map(|event| event["userId"].clone()).collect();
    assert_eq!(
        owners,
        [json!(member.id), json!(before.id)],
        "an event stays with the identity its caller named"
    );
}

#[tokio::test]
async fn linked_anonymous_id_answers_the_member() {
    let shop = Shop::open().await;
    let before = visitor(&shop, VEIL).await;
    assert_eq!(shop.customer(&before.id).await.expect(200)["user"]["member"], false);
    shop.boot_member("m-1", json!({"veilId": VEIL, "profile": {"name": "Mina"}})).await.expect(200);
    let member = shop.customer("@m-1").await;
    assert_eq!(shop.customer(&before.id).await.expect(200), &member.body);
    assert_eq!(names(&shop, &before.id).await, ["Before5"]);
    let glance = async |id: &str| shop.server("GET", &format!("/okyaku/v1/contacts/{id}")).send().await;
    let members = glance("@m-1").await;
    assert_eq!(glance(&before.id).await.expect(200), members.expect(200));
    assert_eq!(members.body["user"]["id"], member.body["user"]["id"]);
    let patch = json!({"profile": {"grade": "gold"}});
    shop.server("PATCH", &format!("/open/v5/users/{}", before.id)).json(patch).await.expect(200);
    assert_eq!(shop.customer("@m-1").await.expect(200)["user"]["profile"]["grade"], "gold");
}

#[tokio::test]
async fn several_browsers_link_once_each() {
    let shop = Shop::open().await;
    visitor(&shop, VEIL).await;
    visitor(&shop, OTHER).await;
    for veil in [VEIL, OTHER, VEIL, OTHER, VEIL] {
        let booted = shop.boot_member("m-1", json!({ "veilId": veil })).await;
        assert_eq!(booted.expect(200)["veilId"], veil);
        assert_eq!(booted.body["user"]["sessionsCount"], 1, "the member's own");
    }
    let mut all = names(&shop, "@m-1").await;
    all.sort();
    assert_eq!(all, ["Before0", "Before5"]);
}

#[tokio::test]
async fn linked_veil_id_booting_alone_gets_a_new_visitor_and_veil_id() {
    let shop = Shop::open().await;
    let before = visitor(&shop, VEIL).await;
    let member =
        Page::of(&shop.boot_member("m-1", json!({"veilId": VEIL, "profile": {"name": "Mina"}})).await);
    let alone = shop.boot(json!({"veilId": VEIL})).await;
    let user = &alone.expect(200)["user"];
    assert_eq!(
        (&user["type"], &user["name"], &user["profile"]),
        (&json!("anonymous"), &Value::Null, &json!({}))
    );
    assert_ne!(alone.str("/veilId"), VEIL);
    let fresh = Page::of(&alone);
    assert!(fresh.id != before.id && fresh.id != member.id);
    fresh.track(&shop, "NextPerson", NOW).await;
    assert_eq!(names(&shop, "@m-1").await, ["Before5"]);
    let again = shop.boot(json!({"veilId": alone.str("/veilId")})).await;
    assert_eq!(again.str("/user/id"), fresh.id);
}

#[tokio::test]
async fn link_never_moves_and_another_member_gets_a_new_veil_id() {
    let shop = Shop::open().await;
    visitor(&shop, VEIL).await;
    shop.boot_member("m-1", json!({"veilId": VEIL})).await.expect(200);
    let second = shop.boot_member("m-2", json!({"veilId": VEIL})).await;
    assert_eq!(second.expect(200)["user"]["memberId"], "m-2");
    assert_ne!(second.str("/veilId"), VEIL);
    assert_eq!(names(&shop, "@m-1").await, ["Before5"]);
    assert!(names(&shop, "@m-2").await.is_empty());
    // The new veilId is the second member's to link.
    let veil = second.str("/veilId").to_owned();
    let alone = shop.boot(json!({ "veilId": veil })).await;
    assert_eq!(alone.expect(200)["veilId"], veil);
    let back = shop.boot_member("m-1", json!({"veilId": VEIL})).await;
    assert_eq!(back.expect(200)["veilId"], VEIL);
}

#[tokio::test]
async fn linked_visitor_page_may_only_send_late_events() {
    let shop = Shop::open().await;
    let before = visitor(&shop, VEIL).await;
    shop.boot_member("m-1", json!({"veilId": VEIL})).await.expect(200);
    for (method, path, body) in [
        ("PATCH", "/front/v1/users/me", json!({"profile": {"grade": "gold"}})),
        ("PATCH", "/front/v1/users/me/tags", json!({"tags": ["a"]})),
        ("DELETE", "/front/v1/users/me/tags", json!({"tags": ["a"]})),
        ("POST", "/front/v1/touch", json!({})),
    ] {
        let refused = shop.page(method, path, &before.token).json(body).await;
        assert_eq!(refused.expect(401)["commonErrorCode"], "UNAUTHORIZED", "{method} {path}");
    }
    before.track(&shop, "Late", NOW - 1).await;
    let batch = json!([
        {"id": "a", "name": "LateBatch", "createdAt": NOW - 3}, {"id": "b", "name": "LateBatch",
        "createdAt": NOW - 2}]);
    shop.track(&before.token, batch).await.expect(200);
    assert_eq!(names(&shop, "@m-1").await, ["Late", "LateBatch", "LateBatch", "Before5"]);
    let sent = json!({"name": "FromServer", "id": "s", "createdAt": NOW + 2});
    let sent = shop.server("POST", &format!("/open/v5/users/{}/events", before.id)).json(sent).await;
    assert_eq!(sent.expect(200)["event"]["userId"], before.id);
    assert_eq!(names(&shop, "@m-1").await[0], "FromServer");
    let user = shop.customer("@m-1").await.expect(200)["user"].clone();
    assert_eq!((&user["profile"], &user["tags"]), (&json!({}), &json!([])));
}

#[tokio::test]
async fn unproven_boot_never_links() {
    let shop = Shop::open().await;
    let command = json!({"action": "createChannel", "name": "Trusting", "memberHash": false});
    let made = okyaku_admin::handle(&shop.base.app(), command).await.unwrap();
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    let (plugin, key, secret) = (text("pluginKey"), text("accessKey"), text("accessSecret"));
    let boot = async |body: Value| shop.request("POST", "/front/v1/boot").json(body).await;
    let alone = boot(json!({"pluginKey": plugin, "veilId": VEIL})).await;
    let page = Page::of(&alone);
    page.track(&shop, "Before", NOW).await;
    for hash in [Value::Null, json!("99427c7b")] {
        let body = json!({"pluginKey": plugin, "veilId": VEIL, "memberId": "m-1", "memberHash": hash});
        let claimed = boot(body).await;
        assert_eq!(claimed.expect(200)["user"]["memberId"], "m-1");
        assert_eq!(claimed.body["veilId"], VEIL);
    }
    let read = shop.request("GET", "/open/v5/users/@m-1/events").header("x-access-key", &key);
    assert_eq!(read.header("x-access-secret", &secret).send().await.expect(200)["events"], json!([]));
    let again = boot(json!({"pluginKey": plugin, "veilId": VEIL})).await;
    assert_eq!(again.str("/user/id"), page.id);
    shop.page("POST", "/front/v1/touch", &page.token).send().await.expect(200);
}

#[tokio::test]
async fn visitor_with_an_address_links_and_it_finds_the_member() {
    let shop = Shop::open().await;
    let before = visitor(&shop, VEIL).await;
    let typed = json!({"profile": {"email": "mina@example.com", "mobileNumber": "010-1234-5678"}});
    let lead = shop.page("PATCH", "/front/v1/users/me", &before.token).json(typed).await;
    assert_eq!(lead.expect(200)["user"]["type"], "lead");
    let member = Page::of(&shop.boot_member("m-1", json!({"veilId": VEIL})).await);
    for contact_point in [json!({"email": "mina@example.com"}), json!({"mobileNumber": "+821012345678"})] {
        let taken = shop.server("POST", "/open/v5/users").json(json!({ "profile": contact_point })).await;
        assert_eq!(taken.expect(409)["userId"], member.id);
    }
    assert_eq!(names(&shop, "@m-1").await, ["Before5"]);
}

#[tokio::test]
async fn lead_to_lead_and_member_to_member_never_merge() {
    let shop = Shop::open().await;
    let same = json!({"profile": {"email": "shared@example.com"}});
    let lead = shop.server("POST", "/open/v5/users").json(same.clone()).await;
    let page = Page::of(&shop.boot(same.clone()).await);
    let one = shop.boot_member("m-1", same.clone()).await;
    let two = shop.boot_member("m-2", same).await;
    let ids = [lead.str("/user/id"), &page.id, one.str("/user/id"), two.str("/user/id")];
    for id in ids {
        let user = shop.customer(id).await.expect(200)["user"].clone();
        assert_eq!((&user["id"], &user["unifiedId"]), (&json!(id), &Value::Null));
    }
    let different: std::collections::BTreeSet<_> = ids.into_iter().collect();
    assert_eq!(different.len(), 4);
}

#[tokio::test]
async fn veil_id_that_never_booted_links_nothing() {
    let shop = Shop::open().await;
    let first = shop.boot_member("m-1", json!({"veilId": VEIL})).await;
    assert_eq!(first.expect(200)["veilId"], VEIL);
    let alone = shop.boot(json!({"veilId": VEIL})).await;
    assert_eq!(alone.expect(200)["user"]["type"], "anonymous");
    assert_eq!(alone.body["veilId"], VEIL);
    assert_ne!(alone.str("/user/id"), first.str("/user/id"));
}
