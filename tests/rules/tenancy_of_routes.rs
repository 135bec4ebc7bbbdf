//! Every route of the template, asked by one channel about another: the answer is the one for what exists nowhere, and
//! nothing of the other is read, changed or revealed (R14). A route without a case here fails.

use std::collections::BTreeMap;

use okyaku_local::route::Route;
use okyaku_local::routes::routes;
use serde_json::{Value, json};
use support::{Answer, Channel, NOW, Shop};

/// What a request can name of a channel.
#[derive(Clone)]
struct Names {
    ids: Vec<String>,
    member: String,
    event: String,
    erasure: String,
    job: String,
    veil: String,
    email: String,
    phone: String,
    /// Of a member of that channel, by its secret.
    hash: String,
    /// Everything of it that opens a door: keys, secrets, tokens.
    doors: Vec<String>,
}

const OURS: &str = "our-member";

async fn fill(shop: &Shop, channel: &Channel, webhook: String, plain: &str) -> Names {
    let name = format!("{plain}-member");
    let (email, phone) = (format!("{plain}@example.com"), "+821024682468".to_owned());
    let visitor = channel.boot(shop, json!({"profile": {"email": email, "note": plain}})).await;
    let event = json!({"events": [{"id": "1", "name": plain, "createdAt": NOW}]});
    shop.page("POST", "/front/v1/events", visitor.str("/sessionToken")).json(event).await.expect(200);
    let profile = json!({"name": plain, "email": email, "mobileNumber": phone});
    let body =
        json!({"memberId": name, "veilId": visitor.str("/veilId"), "profile": profile, "tags": [plain]});
    let member = channel.boot(shop, body).await;
    let path = format!("/open/v5/users/{}/events", member.str("/user/id"));
    let event = json!({"id": "2", "name": plain, "createdAt": NOW, "property": {"of": plain}});
    let event = channel.server(shop, "POST", &path, &event).await;
    let alone = channel.boot(shop, json!({"profile": {"note": plain}})).await;
    let lead = json!({"profile": {"email": format!("lead-{plain}@example.com")}});
    let lead = channel.server(shop, "POST", "/open/v5/users", &lead).await;
    channel.server(shop, "PUT", "/open/v5/users/@gone", &json!({})).await.expect(200);
    let gone = json!({"by": {"memberId": "gone"}});
    let erasure = channel.server(shop, "POST", "/okyaku/v1/erasures", &gone).await;
    let act = json!({"ids": [member.str("/user/id")], "action": {"addTags": [plain]}});
    let job = channel.server(shop, "POST", "/okyaku/v1/contacts/bulk", &act).await;
    let id = |answer: &Answer| answer.str("/user/id").to_owned();
    Names {
        ids: vec![id(&member), id(&visitor), id(&alone), id(&lead)],
        event: event.str("/event/id").to_owned(),
        erasure: erasure.str("/erasure/id").to_owned(),
        job: job.str("/job/id").to_owned(),
        veil: alone.str("/veilId").to_owned(),
        hash: okyaku_domain::member_hash::member_hash(&channel.member_hash_secret, &name).unwrap(),
        member: name,
        email,
        phone,
        doors: vec![
            channel.plugin_key.clone(),
            channel.access_key.clone(),
            channel.access_secret.clone(),
            channel.member_hash_secret.clone(),
            channel.id.clone(),
            webhook,
        ],
    }
}

/// Names of the same shape that exist nowhere.
fn nowhere(of: &Names) -> Names {
    // Of hexadecimal digits each becomes the next, so that the shape stays; a veilId keeps its form.
    let turn = |text: &String| -> String {
        let next = |c: char| match c {
            '0'..='8' | 'a'..='e' => char::from_u32(u32::from(c) + 1).unwrap(),
            '9' => '0',
            'f' => 'a',
            other => other,
        };
        text.chars().map(next).collect()
    };
    Names {
        ids: of.ids.iter().map(turn).collect(),
        member: "nobody-member".into(),
        event: format!("{}{}", turn(&of.ids[0]), &of.event[20..]),
        // The front of an erasure's id says when it was.
        erasure: format!("{}{}", &of.erasure[..12], turn(&of.erasure[12..].to_owned())),
        job: turn(&of.job),
        veil: turn(&of.veil),
        email: "nobody@example.com".into(),
        phone: "+821024682469".into(),
        hash: turn(&of.hash),
        doors: of.doors.iter().map(turn).collect(),
    }
}

/// The paths of a route with these names in it, and our own customer with another's event.
fn paths(route: &Route, names: &Names, own: &str) -> Vec<String> {
    let mut users: Vec<String> = names.ids.clone();
    users.push(format!("@{}", names.member));
    if route.path.contains("{eventId}") || route.path.ends_with("/events") {
        users.push(own.to_owned());
    }
    let users = if route.path.contains("{userId}") { users } else { vec![String::new()] };
    let mut paths = Vec::new();
    for user in users {
        let path = route.path.replace("{userId}", &user).replace("{eventId}", &names.event);
        let path = path.replace("{id}", &names.erasure).replace("{jobId}", &names.job);
        let token = names.doors.last().map(String::as_str).unwrap_or_default();
        let path = path.replace("{builder}", "shopify").replace("{webhookToken}", token);
        if route.route_key.starts_with("GET") && path.ends_with("/events") {
            for order in ["asc", "desc", "both"] {
                paths.push(format!("{path}?since={}&sortOrder={order}", names.event));
            }
        }
        paths.push(path);
    }
    paths
}

/// What is sent on a route; `None` is a route that nobody thought of.
fn bodies(route: &Route, names: &Names) -> Option<Vec<Value>> {
    let profile = json!({"email": names.email, "mobileNumber": names.phone, "note": "x"});
    let key = route.route_key.replace("/v4/", "/v5/");
    let erasures = [
        json!({"id": names.ids[0]}),
        json!({"id": names.ids[1]}),
        json!({"memberId": names.member}),
        json!({"cafe24": names.member}),
        json!({"firstmall": names.member}),
        json!({"shopify": names.member}),
        json!({"veilId": names.veil}),
        json!({"email": names.email}),
        json!({"mobileNumber": names.phone}),
    ];
    Some(match key.as_str() {
        "POST /front/v1/boot" => vec![
            json!({"veilId": names.veil}),
            json!({"veilId": names.veil, "memberId": names.member, "memberHash": names.hash}),
            json!({"veilId": names.veil, "memberId": OURS, "memberHash": names.hash}),
            json!({"profile": profile, "memberId": names.member}),
        ],
        "POST /front/v1/touch"
        | "GET /okyaku.js"
        | "HEAD /okyaku.js"
        | "GET /plugin/ch-plugin-web.js"
        | "HEAD /plugin/ch-plugin-web.js"
        | "GET /open/v5/channel"
        | "GET /okyaku/v1/health" => {
            vec![json!({})]
        }
        "PATCH /front/v1/users/me" => vec![json!({ "profile": profile })],
        "PATCH /front/v1/users/me/tags" | "DELETE /front/v1/users/me/tags" => vec![json!({"tags": ["x"]})],
        "POST /front/v1/events" => {
            vec![json!({"events": [{"id": names.event, "name": "x", "createdAt": NOW}]})]
        }
        "POST /open/v5/users" => vec![json!({ "profile": profile })],
        "PUT /open/v5/users/{userId}" => vec![json!({ "profile": profile }), json!({"revive": true})],
        "PATCH /open/v5/users/{userId}" => vec![json!({ "profile": profile }), json!({"tags": ["x"]})],
        "POST /open/v5/users/{userId}/events" => {
            vec![json!({"name": "x"}), json!({"name": "x", "id": "2", "createdAt": NOW})]
        }
        "POST /okyaku/v1/contacts/search" | "POST /okyaku/v1/contacts/count" => {
            let keys = ["id", "memberId", "profile.email", "profile.mobileNumber"];
            let values = [&names.ids[0], &names.member, &names.email, &names.phone];
            let leaf = |(key, value)| json!({"key": key, "operator": "$eq", "values": [value]});
            let filters = keys.into_iter().zip(values).map(leaf).map(|filter| json!({ "filter": filter }));
            filters.chain([json!({}), json!({ "query": names.member })]).collect()
        }
        "POST /okyaku/v1/contacts/bulk" => {
            let ids = [names.ids[0].clone(), names.ids[1].clone(), format!("@{}", names.member)];
            let mine = json!({"key": "profile.email", "operator": "$eq", "values": [names.email]});
            let acts = [json!({"block": true}), json!({"addTags": ["x"]}), json!({"erase": true})];
            let by_ids = acts.clone().map(|act| json!({"ids": ids, "action": act}));
            let by_filter = acts.map(|act| json!({"filter": mine, "action": act}));
            let dry = json!({"ids": ids, "action": {"erase": true}, "dryRun": true});
            by_ids.into_iter().chain(by_filter).chain([dry]).collect()
        }
        "POST /okyaku/v1/contacts/lookup" => {
            let member = format!("@{}", names.member);
            vec![json!({"terms": [names.ids[0], names.ids[1], member, names.email, names.phone]})]
        }
        "GET /open/v5/users"
        | "GET /okyaku/v1/jobs/{jobId}"
        | "GET /okyaku/v1/tags"
        | "GET /open/v5/users/{userId}"
        | "POST /open/v5/users/{userId}/touch"
        | "PUT /open/v5/users/{userId}/session-jwt/issue"
        | "PUT /open/v5/users/{userId}/user-token/issue"
        | "POST /open/v5/users/{userId}/block"
        | "DELETE /open/v5/users/{userId}/block"
        | "GET /open/v5/users/{userId}/events"
        | "DELETE /open/v5/users/{userId}/events/{eventId}"
        | "GET /okyaku/v1/contacts/{userId}"
        | "GET /okyaku/v1/contacts/{userId}/export"
        | "GET /okyaku/v1/actives"
        | "GET /okyaku/v1/rejections"
        | "GET /okyaku/v1/erasures/{id}"
        | "DELETE /open/v5/users/{userId}" => vec![json!({})],
        "POST /webhooks/{builder}/{webhookToken}" => {
            vec![json!({"id": 7, "email": names.email}), json!({"customer": {"id": names.member}})]
        }
        "POST /okyaku/v1/erasures" => erasures.into_iter().map(|by| json!({ "by": by })).collect(),
        _ => return None,
    })
}

/// How our side presents itself: what it holds of its own, and what it found of another's.
fn doors(
    own: &[(String, String)],
    token: &str,
    plugin: &str,
    names: &Names,
) -> Vec<Vec<(&'static str, String)>> {
    let mut doors = Vec::new();
    let server = |key: &str, secret: &str| {
        vec![("x-access-key", key.to_owned()), ("x-access-secret", secret.to_owned())]
    };
    for (key, secret) in own {
        doors.push(server(key, secret));
        if *key == own[0].0 {
            doors.extend(names.doors.iter().map(|found| server(key, found)));
        }
    }
    for found in &names.doors {
        doors.push(server(found, &own[0].1));
        // Both of another's would be that other itself.
        doors.push(server(found, found));
        doors.push(vec![("x-session", found.clone())]);
        // A plugin key is public: who boots with it is that channel's page.
        if *found != names.doors[0] {
            doors.push(vec![("pluginKey", found.clone())]);
        }
    }
    doors.push(vec![("x-session", token.to_owned())]);
    doors.push(vec![("pluginKey", plugin.to_owned())]);
    doors
}

/// An answer without what is drawn anew each time and what the request itself named.
fn essence(answer: &Answer, names: &Names) -> String {
    let mut body = answer.body.clone();
    for at in [
        "/user/id",
        "/veilId",
        "/sessionToken",
        "/sessionJWT",
        "/token",
        "/event/id",
        "/event/userId",
        "/erasure/id",
        "/job/id",
        "/userId",
    ] {
        if let Some(drawn) = body.pointer_mut(at) {
            *drawn = json!("drawn");
        }
    }
    // A list shows our own customers, who have the names of earlier requests. Whose channel they are of must not differ.
    for user in body.get_mut("users").and_then(Value::as_array_mut).into_iter().flatten() {
        *user = user["channelId"].clone();
    }
    // So are our own tags.
    if let Some(tags) = body.get_mut("tags").filter(|tags| tags.is_array()) {
        *tags = json!([]);
    }
    let mut text = format!("{} {body}", answer.status);
    let named =
        names.ids.iter().chain([&names.member, &names.event, &names.veil, &names.email, &names.phone]);
    for name in named {
        text = text.replace(name.as_str(), "named");
    }
    text
}

/// The same without ids: those of our own customers differ, as their memberIds do.
fn without_ids(text: &str) -> String {
    let mut parts: Vec<&str> = text.split('"').collect();
    for part in &mut parts {
        if part.len() >= 20 && part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            *part = "id";
        }
    }
    parts.join("\"")
}

async fn ask(shop: &Shop, route: &Route, path: &str, door: &[(&str, String)], body: &Value) -> Answer {
    let mut body = body.clone();
    let mut request = shop.request(&route.method, path);
    for (name, value) in door {
        if *name == "pluginKey" {
            body[*name] = json!(value);
        } else {
            request = request.header(name, value);
        }
    }
    request.json(body).await
}

#[tokio::test]
async fn every_route_answers_foreign_identifiers_and_keys_as_unknown() {
    let shop = Shop::open().await;
    let make = async |name: &str| {
        let made = shop.admin(json!({"action": "createChannel", "name": name})).await.unwrap();
        let text = |key: &str| made.pointer(key).and_then(Value::as_str).unwrap().to_owned();
        let channel = Channel {
            id: text("/channel/id"),
            plugin_key: text("/pluginKey"),
            access_key: text("/accessKey"),
            access_secret: text("/accessSecret"),
            member_hash_secret: text("/memberHashSecret"),
        };
        (channel, text("/webhookToken"))
    };
    let ((ours, _), (theirs, webhook)) = (make("Ours").await, make("Theirs").await);
    let own = ours.boot(&shop, json!({ "memberId": OURS })).await;
    let names = fill(&shop, &theirs, webhook, "secret").await;
    let nobody = nowhere(&names);
    let mut keys = vec![(ours.access_key.clone(), ours.access_secret.clone())];
    for scopes in [json!(["read"]), json!(["write"]), json!(["erase"]), json!([])] {
        let command =
            json!({"action": "rotateKey", "channelId": ours.id, "kind": "access", "scopes": scopes});
        let made = shop.admin(command).await.unwrap();
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        keys.push((text("accessKey"), text("accessSecret")));
    }
    let theirs_in_the_table = async || -> Vec<String> {
        let mut own: Vec<String> =
            shop.dump().await.lines().filter(|line| line.contains(&theirs.id)).map(str::to_owned).collect();
        own.sort();
        own
    };
    let before = theirs_in_the_table().await;
    assert!(before.len() > 15, "{}", before.len());

    let (mut asked, mut statuses) = (0, BTreeMap::new());
    for route in routes() {
        let cases = bodies(route, &names).unwrap_or_else(|| panic!("{} has no case", route.route_key));
        let same = bodies(route, &nobody).unwrap();
        let owner = own.str("/user/id");
        for (path, other) in paths(route, &names, owner).into_iter().zip(paths(route, &nobody, owner)) {
            for (body, blank) in cases.iter().zip(&same) {
                let token = own.str("/sessionToken");
                let ways = doors(&keys, token, &ours.plugin_key, &names);
                for (door, wrong) in ways.iter().zip(doors(&keys, token, &ours.plugin_key, &nobody)) {
                    // Nothing of another's in it: our own member's routes, which the next way asks.
                    let answer = ask(&shop, route, &path, door, body).await;
                    let wanted = ask(&shop, route, &other, &wrong, blank).await;
                    if route.route_key == "PATCH /front/v1/users/me" {
                        // It is one customer who said both; the last word must not stay.
                        let clear = json!({"profile": {"email": null, "mobileNumber": null}});
                        shop.page("PATCH", "/front/v1/users/me", token).json(clear).await.expect(200);
                    }
                    let place = format!("{} {path} {door:?} {body}", route.route_key);
                    let told = essence(&answer, &names);
                    assert_eq!(without_ids(&told), without_ids(&essence(&wanted, &nobody)), "{place}");
                    let secrets =
                        [&names.ids[..], &names.doors, &[names.erasure.clone(), names.job.clone()]].concat();
                    let own = told.replace("\"note\":\"x\"", "");
                    for secret in secrets.iter().map(String::as_str).chain(["secret-member", "secret@"]) {
                        assert!(!own.contains(secret), "{place} tells {secret}: {told}");
                    }
                    asked += 2;
                    *statuses.entry(answer.status).or_insert(0) += 1;
                }
            }
        }
        let after = theirs_in_the_table().await;
        assert_eq!(after, before, "{} changed the other channel", route.route_key);
    }
    println!("tenancy: {} routes, {asked} requests, answers of ours by status {statuses:?}", routes().len());
}
