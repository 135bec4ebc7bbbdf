//! The channel comes from the credential alone: nothing of one channel is read, changed or revealed through another
//! (R14).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{Channel, NOW, Shop, dev};

type Ids = BTreeMap<&'static str, String>;

/// Two channels with the same customers.
struct Two {
    shop: Shop,
    ours: Channel,
    theirs: Channel,
    /// Ids of our customers, and the member's session token.
    own: Ids,
    /// The same of theirs: none of it may be told.
    other: Ids,
}

const VEIL: &str = "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b";

/// Fills a channel: a visitor, a member with a veilId, a lead, an event. Returns their ids and the member's token.
async fn fill(shop: &Shop, channel: &Channel, name: &str) -> Ids {
    let profile = json!({"name": name, "email": "same@example.com", "mobileNumber": "+821024682468"});
    let member = channel.boot(shop, json!({"memberId": "same", "veilId": VEIL, "profile": profile})).await;
    let visitor = channel.boot(shop, json!({})).await;
    let lead = json!({"profile": {"email": "lead@example.com", "name": name}});
    let lead = channel.server(shop, "POST", "/open/v5/users", &lead).await;
    let event = json!({"id": "1", "name": "A", "createdAt": NOW, "property": {"of": name}});
    let event = channel.server(shop, "POST", "/open/v5/users/@same/events", &event).await;
    [
        ("member", member.str("/user/id").to_owned()),
        ("visitor", visitor.str("/user/id").to_owned()),
        ("lead", lead.str("/user/id").to_owned()),
        ("event", event.str("/event/id").to_owned()),
        ("token", member.str("/sessionToken").to_owned()),
    ]
    .into()
}

impl Two {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let ours = Channel::create(&shop, "Ours", &[]).await;
        let theirs = Channel::create(&shop, "Theirs", &[]).await;
        let own = fill(&shop, &ours, "Kanarie").await;
        let other = fill(&shop, &theirs, "Secret").await;
        Self { shop, ours, theirs, own, other }
    }

    /// What only the other channel's credentials may be told.
    fn assert_tells_nothing(&self, text: &str, what: &str) {
        let known = self.other.values().map(String::as_str);
        for secret in known.chain([self.theirs.id.as_str(), "Secret"]) {
            assert!(!text.contains(secret), "{what} tells {secret}: {text}");
        }
    }
}

#[tokio::test]
async fn same_identifiers_are_two_customers_in_two_channels() {
    let two = Two::open().await;
    for (key, own) in &two.own {
        assert_ne!(*own, two.other[key], "{key}");
    }
    for (channel, name) in [(&two.ours, "Kanarie"), (&two.theirs, "Secret")] {
        let member = channel.server(&two.shop, "GET", "/open/v5/users/@same", &json!({})).await;
        assert_eq!(member.expect(200)["user"]["profile"]["name"], name);
        assert_eq!(member.body["user"]["channelId"], channel.id.as_str());
        let events = channel.server(&two.shop, "GET", "/open/v5/users/@same/events", &json!({})).await;
        assert_eq!(events.expect(200)["events"].as_array().unwrap().len(), 1);
        assert_eq!(events.body["events"][0]["property"]["of"], name);
    }
    // A contact is registered once a channel, and its holder told by that channel alone.
    let lead = json!({"profile": {"email": "lead@example.com"}});
    let taken = two.ours.server(&two.shop, "POST", "/open/v5/users", &lead).await;
    assert_eq!(taken.expect(409)["userId"], two.own["lead"].as_str());
    let only_theirs = json!({"profile": {"email": "new@example.com"}});
    two.theirs.server(&two.shop, "POST", "/open/v5/users", &only_theirs).await.expect(200);
    two.ours.server(&two.shop, "POST", "/open/v5/users", &only_theirs).await.expect(200);
}

#[tokio::test]
async fn ids_of_another_channel_are_unknown_to_every_route() {
    let two = Two::open().await;
    let before = two.shop.dump().await;
    for version in ["v4", "v5"] {
        for id in ["member", "visitor", "lead"].map(|key| &two.other[key]) {
            let user = format!("/open/{version}/users/{id}");
            let language = json!({"language": "ko"});
            let mut requests = vec![
                ("GET", user.clone(), json!({})),
                ("GET", format!("{user}/events"), json!({})),
                ("PUT", user.clone(), language.clone()),
                ("PATCH", user.clone(), language),
                ("POST", format!("{user}/block"), json!({})),
                ("DELETE", format!("{user}/block"), json!({})),
                ("POST", format!("{user}/events"), json!({"name": "A"})),
                ("DELETE", format!("{user}/events/{}", two.other["event"]), json!({})),
                ("DELETE", user.clone(), json!({})),
            ];
            if version == "v5" {
                requests.push(("POST", format!("{user}/touch"), json!({})));
                requests.push(("GET", format!("/okyaku/v1/contacts/{id}"), json!({})));
                requests.push(("GET", format!("/okyaku/v1/contacts/{id}/export"), json!({})));
            }
            for (method, path, body) in requests {
                let answer = two.ours.server(&two.shop, method, &path, &body).await;
                assert_eq!(answer.expect(404)["message"], "the customer was not found", "{method} {path}");
                two.assert_tells_nothing(&answer.text(), &path);
            }
        }
        // Another channel's event under one's own member, as an event and as a cursor.
        let user = format!("/open/{version}/users/@same");
        let path = format!("{user}/events/{}", two.other["event"]);
        two.ours.server(&two.shop, "DELETE", &path, &json!({})).await.expect(404);
        for order in ["asc", "desc", "both"] {
            let path = format!("{user}/events?since={}&sortOrder={order}", two.other["event"]);
            let answer = two.ours.server(&two.shop, "GET", &path, &json!({})).await;
            answer.expect(200);
            let text = answer.text().replace(&two.other["event"], "");
            two.assert_tells_nothing(&text, &path);
        }
    }
    assert_eq!(two.shop.dump().await, before);
}

#[tokio::test]
async fn credential_works_in_its_own_channel_alone() {
    let two = Two::open().await;
    let before = two.shop.dump().await;
    let mixed = Channel { access_key: two.theirs.access_key.clone(), ..two.ours.clone() };
    mixed.server(&two.shop, "GET", "/open/v5/users/@same", &json!({})).await.expect(401);
    // The other channel's member-hash secret proves nobody here.
    let forged = Channel { member_hash_secret: two.theirs.member_hash_secret.clone(), ..two.ours.clone() };
    let answer = forged.boot(&two.shop, json!({"memberId": "same", "veilId": VEIL})).await;
    two.assert_tells_nothing(&answer.expect(401).to_string(), "boot");
    assert_eq!(two.shop.dump().await, before);

    // Beside a session token of theirs, our keys change nothing: the token alone says whose the request is.
    let patch = json!({"profile": {"grade": "gold"}});
    let request = two.shop.page("PATCH", "/front/v1/users/me", &two.other["token"]);
    let request = request.header("x-access-key", &two.ours.access_key);
    request.header("x-access-secret", &two.ours.access_secret).json(patch).await.expect(200);
    let own = two.ours.server(&two.shop, "GET", "/open/v5/users/@same", &json!({})).await;
    assert_eq!(own.expect(200)["user"]["profile"]["grade"], Value::Null);
    // And an access key does not make a token of it.
    two.shop.page("POST", "/front/v1/touch", &two.ours.access_key).json(json!({})).await.expect(401);
}

#[tokio::test]
async fn changes_in_one_channel_leave_the_other_unchanged() {
    let two = Two::open().await;
    let theirs = async || {
        let mut parts = Vec::new();
        for path in ["/open/v5/users/@same", "/open/v5/users/@same/events", "/okyaku/v1/contacts/@same"] {
            parts.push(two.theirs.server(&two.shop, "GET", path, &json!({})).await.text());
        }
        let lead = format!("/open/v5/users/{}", two.other["lead"]);
        parts.push(two.theirs.server(&two.shop, "GET", &lead, &json!({})).await.text());
        parts
    };
    let before = theirs().await;
    let ours = async |method: &str, path: &str, body: Value| {
        two.ours.server(&two.shop, method, path, &body).await.status
    };
    let change =
        json!({"profile": {"name": "Other", "email": "lead@example.com"}, "tags": ["x"], "blocked": true});
    assert_eq!(ours("PUT", "/open/v5/users/@same", change).await, 200);
    assert_eq!(ours("POST", "/open/v5/users/@same/block", json!({})).await, 200);
    assert_eq!(ours("DELETE", "/open/v5/users/@same/block", json!({})).await, 200);
    let event = json!({"id": "1", "name": "B", "createdAt": NOW});
    assert_eq!(ours("POST", "/open/v5/users/@same/events", event).await, 200);
    let batch = json!({"events": [{"id": "2", "name": "CheckoutComplete", "createdAt": NOW}]});
    two.shop.page("POST", "/front/v1/events", &two.own["token"]).json(batch).await.expect(200);
    let event = format!("/open/v5/users/@same/events/{}", two.own["event"]);
    assert_eq!(ours("DELETE", &event, json!({})).await, 204);
    let booted = two.ours.boot(&two.shop, json!({"memberId": "same", "veilId": VEIL, "tags": ["y"]})).await;
    two.assert_tells_nothing(&booted.expect(200).to_string(), "boot");
    assert_eq!(theirs().await, before);

    // Erasure: the same memberId, veilId, e-mail and phone of the other channel live on.
    assert_eq!(ours("DELETE", "/open/v5/users/@same", json!({})).await, 204);
    assert_eq!(ours("DELETE", &format!("/open/v5/users/{}", two.own["lead"]), json!({})).await, 204);
    two.shop.clock.advance(71_000);
    two.shop.sweep().await;
    assert_eq!(theirs().await, before);
    assert_eq!(ours("GET", "/open/v5/users/@same", json!({})).await, 404);
    let lead = json!({"profile": {"email": "same@example.com"}});
    let taken = two.theirs.server(&two.shop, "POST", "/open/v5/users", &lead).await;
    assert_eq!(taken.expect(409)["userId"], two.other["member"].as_str());
    assert_eq!(ours("POST", "/open/v5/users", lead).await, 200);
    two.shop.page("POST", "/front/v1/touch", &two.other["token"]).json(json!({})).await.expect(200);
    two.shop.page("POST", "/front/v1/touch", &two.own["token"]).json(json!({})).await.expect(409);
}

#[tokio::test]
async fn veil_id_of_another_channel_is_a_new_visitor_here() {
    let two = Two::open().await;
    let veil = "0123456789abcdef0123456789abcdef";
    let profile = json!({"name": "Secret"});
    let first = two.theirs.boot(&two.shop, json!({"veilId": veil, "profile": profile})).await;
    let second = two.ours.boot(&two.shop, json!({"veilId": veil})).await;
    assert_ne!(first.body["user"]["id"], second.body["user"]["id"]);
    assert_eq!(second.expect(200)["user"]["profile"], json!({}));
    assert_eq!(second.body["user"]["sessionsCount"], 1);
    let text = second.text();
    two.assert_tells_nothing(&text, "boot");
    // The development channel is a channel like any other.
    let third = two.shop.request("POST", "/front/v1/boot");
    let third = third.json(json!({"pluginKey": dev::PLUGIN_KEY, "veilId": veil})).await;
    assert_ne!(third.body["user"]["id"], first.body["user"]["id"]);
    assert_ne!(third.body["user"]["id"], second.body["user"]["id"]);
}
