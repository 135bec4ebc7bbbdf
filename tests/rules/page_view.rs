//! A page, which anyone can be, never reads the values of the shop (R1, R4), and never breaks a reply.

use serde_json::{Value, json};
use support::{NOW, Shop};

/// The keys of the profile that a page is shown.
fn shown(user: &Value) -> Vec<&str> {
    user["profile"].as_object().unwrap().keys().map(String::as_str).collect()
}

/// A visitor who typed the address of somebody else, and the visitor's session.
async fn visitor(shop: &Shop) -> (String, String, String) {
    let boot = shop.boot(json!({"profile": {"email": "mina@example.com"}})).await;
    let text = |path: &str| boot.str(path).to_owned();
    (text("/user/id"), text("/sessionToken"), text("/veilId"))
}

#[tokio::test]
async fn visitor_never_reads_the_values_of_the_shops_server() {
    let shop = Shop::open().await;
    let (id, token, veil) = visitor(&shop).await;
    // The shop's server creates the lead, learns the id, and writes into the record.
    let lead =
        shop.server("POST", "/open/v5/users").json(json!({"profile": {"email": "mina@example.com"}})).await;
    lead.expect(409);
    let body = json!({
        "profile": {"name": "Mina Park", "email": "mina@example.com", "mobileNumber": "010-2468-2468", "address": "Seoul",
            "avatarUrl": "https://shop.example.com/mina.png"},
        "tags": ["vip"],
    });
    shop.server("PATCH", &format!("/open/v5/users/{id}")).json(body).await.expect(200);

    let touch = shop.page("POST", "/front/v1/touch", &token).send().await;
    let change = json!({"profile": {"size": "M"}});
    let update = shop.page("PATCH", "/front/v1/users/me", &token).json(change).await;
    let tagged = shop.page("PATCH", "/front/v1/users/me/tags", &token).json(json!({"tags": ["mine"]})).await;
    let boot = shop.boot(json!({ "veilId": veil })).await;
    for (answer, keys) in [
        (touch, vec!["email"]),
        (update, vec!["email", "size"]),
        (tagged, vec!["email", "size"]),
        (boot, vec!["email", "size"]),
    ] {
        let user = &answer.expect(200)["user"];
        assert_eq!(shown(user), keys);
        assert_eq!((&user["name"], &user["avatarUrl"]), (&Value::Null, &Value::Null));
        for hidden in ["Mina Park", "82102468", "Seoul", "mina.png", "vip"] {
            assert!(!answer.text().contains(hidden), "{hidden}");
        }
    }
}

#[tokio::test]
async fn visitor_never_reads_the_values_of_a_builder_or_the_figures() {
    let shop = Shop::open().await;
    let (id, token, _) = visitor(&shop).await;
    // An order of the visitor, as a server reports it, moves the time of the latest order.
    let order =
        json!({"name": "CheckoutComplete", "property": {"id": "5501", "amount": 59000, "currency": "KRW"}});
    shop.server("POST", &format!("/open/v5/users/{id}/events")).json(order).await.expect(200);
    let touch = shop.page("POST", "/front/v1/touch", &token).send().await;
    assert_eq!(shown(&touch.expect(200)["user"]), ["email"]);
}

#[tokio::test]
async fn session_of_a_visitor_never_reads_the_member_of_its_link() {
    let shop = Shop::open().await;
    let (_, token, veil) = visitor(&shop).await;
    let hash = support::hash_of("lee");
    let member = json!({"veilId": veil, "memberId": "lee", "memberHash": hash, "profile": {"grade": "gold"}});
    shop.boot(member).await.expect(200);
    let named = json!({"profile": {"name": "Haneul Lee"}});
    shop.server("PUT", "/open/v5/users/@lee").json(named).await.expect(200);
    // The old token of the visitor leads to the member, and shows the values of pages alone.
    let touch = shop.page("POST", "/front/v1/touch", &token).send().await;
    assert!(!touch.text().contains("Haneul"), "{}", touch.text());
}

#[tokio::test]
async fn proven_member_reads_the_values_of_the_shop() {
    let shop = Shop::open().await;
    let named = json!({"profile": {"name": "Haneul Lee", "grade": "gold"}});
    shop.server("PUT", "/open/v5/users/@lee").json(named).await.expect(200);
    let boot = shop.boot_member("lee", json!({})).await;
    assert_eq!(boot.body["user"]["name"], "Haneul Lee");
    assert_eq!(boot.body["user"]["profile"]["grade"], "gold");
}

#[tokio::test]
async fn glance_keeps_five_hundred_names_of_events() {
    let shop = Shop::open().await;
    let member = shop.boot_member("lee", json!({})).await;
    let token = member.str("/sessionToken");
    for count in [500, 1] {
        let events: Vec<Value> = (0..count)
            .map(|n| json!({"id": format!("{count}-{n}"), "name": format!("name-{count}-{n:03}"), "createdAt": NOW}))
            .collect();
        for batch in events.chunks(100) {
            shop.track(token, json!(batch)).await.expect(200);
        }
        let glance = shop.server("GET", "/okyaku/v1/contacts/@lee").send().await.expect(200).clone();
        assert_eq!(glance["events"]["counts"].as_object().unwrap().len(), 500);
        let further = if count == 500 { Value::Null } else { json!({"names": 1, "count": 1}) };
        assert_eq!(glance["events"]["furtherNames"], further);
    }
}

/// Long names, names in emoji and in one letter, names of JavaScript's own, and names of a linked visitor.
#[tokio::test]
async fn glance_counts_names_of_every_kind_and_of_every_record() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    let longest = "\u{1f44d}".repeat(64);
    let mut names: Vec<String> =
        ["__proto__", "constructor", "names", "count", "furtherNames", "a", "A", "\u{e9}", "e\u{301}"]
            .map(str::to_owned)
            .into();
    names.push(longest.clone());
    names.extend((0..300).map(|n| format!("{n:03}{}", "n".repeat(61))));
    let events = |names: &[String]| -> Vec<Value> {
        let event = |(at, name): (usize, &String)| json!({"id": format!("{at}-{name}").chars().take(60).collect::<String>(), "name": name, "createdAt": NOW});
        names.iter().enumerate().map(event).collect()
    };
    for batch in events(&names).chunks(100) {
        shop.track(visitor.str("/sessionToken"), json!(batch)).await.expect(200);
    }
    let member = shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await;
    let further: Vec<String> = (0..300).map(|n| format!("member {n:03}")).collect();
    for batch in events(&further).chunks(100) {
        shop.track(member.str("/sessionToken"), json!(batch)).await.expect(200);
    }
    let glance = shop.server("GET", "/okyaku/v1/contacts/@lee").send().await.expect(200).clone();
    let counts = glance["events"]["counts"].as_object().unwrap();
    assert_eq!(counts.len(), 500);
    assert!(counts.values().all(|count| *count == 1));
    assert_eq!(glance["events"]["furtherNames"], json!({"names": 110, "count": 110}));
    for name in ["__proto__", "constructor", "A", "a"] {
        assert_eq!(counts.get(name), Some(&json!(1)), "{name}");
    }
}
