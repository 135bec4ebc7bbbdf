//! What a person may ask for: everything that is held about it, by pages, in the form of `docs/reference/export.schema.json`.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aws_sdk_dynamodb::types::AttributeValue;
use jsonschema::Validator;
use serde_json::{Value, json};
use support::people::{put, update};
use support::stored::profile_of;
use support::{Answer, NOW, Shop, dev};

const DAY: i64 = 24 * 60 * 60 * 1000;
const VEILS: [&str; 2] = ["5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b", "0123456789abcdef0123456789abcdef"];
/// What an item has for the table's own sake, and the export leaves out.
const INTERNAL: [&str; 10] = ["pk", "sk", "f", "v", "rid", "ttl", "lpk", "lsk", "r", "j"];

fn valid(export: &Value) -> bool {
    static SCHEMA: OnceLock<Validator> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let schema: Value =
            serde_json::from_str(include_str!("../../docs/reference/export.schema.json")).unwrap();
        assert!(jsonschema::draft202012::meta::is_valid(&schema));
        jsonschema::draft202012::new(&schema).unwrap()
    });
    schema.is_valid(export)
}

async fn page(shop: &Shop, user: &str, query: &str) -> Answer {
    shop.server("GET", &format!("/okyaku/v1/contacts/{user}/export{query}")).send().await
}

/// The first page, which is valid and has the person.
async fn export(shop: &Shop, user: &str) -> Value {
    let export = page(shop, user, "").await.expect(200).clone();
    assert!(valid(&export), "{export}");
    assert!(export["customer"].is_object(), "{export}");
    export
}

/// Every event of every page, each of which is valid; `between` happens after each page.
async fn events(shop: &Shop, user: &str, mut between: impl AsyncFnMut(usize)) -> Vec<Value> {
    let (mut all, mut query) = (Vec::new(), String::new());
    for number in 0..50 {
        let page = page(shop, user, &query).await.expect(200).clone();
        assert!(valid(&page), "{page}");
        let events = page["events"].as_array().unwrap();
        assert_eq!(page.as_object().unwrap().len(), if number == 0 { 12 } else { 4 });
        all.extend(events.iter().cloned());
        let Some(next) = page["next"].as_str() else { return all };
        query = format!("?since={next}");
        between(number).await;
    }
    panic!("it never ends");
}

fn ids(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["id"].as_str().unwrap()).collect()
}

/// A member with two linked visitors, and something of everything. Returns the sessions of the three.
async fn person(shop: &Shop) -> Vec<String> {
    let mut tokens = Vec::new();
    for (n, veil) in VEILS.into_iter().enumerate() {
        let app = json!({"name": "Shop app", "version": "3.1", "os": "iOS 17.0", "device": "iPhone15,2"});
        let body = json!({
            "veilId": veil,
            "app": if n == 0 { app } else { Value::Null },
            "page": {"url": "https://shop.example.com/?utm_source=newsletter", "referrer": "https://search.example.com/"},
            "profile": {"email": format!("visitor-{n}@example.com"), "shoeSize": 38 + n},
            "tags": ["visited", format!("visitor-{n}")],
            "unsubscribe": {"email": true},
        });
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
        let mut body = body;
        body["pluginKey"] = json!(dev::PLUGIN_KEY);
        let boot = shop.request("POST", "/front/v1/boot").header("user-agent", agent).json(body).await;
        boot.expect(200);
        tokens.push(boot.str("/sessionToken").to_owned());
        let event =
            json!([{"id": veil, "name": "ProductView", "createdAt": NOW - 5, "property": {"id": "P-1"}}]);
        shop.track(&tokens[n], event).await.expect(200);
        shop.clock.advance(60_000);
        let body =
            json!({"veilId": veil, "profile": {"name": "Ilse Vogel", "mobileNumber": "+821024682468"}});
        tokens.push(shop.boot_member("ilse", body).await.str("/sessionToken").to_owned());
        tokens.swap_remove(n);
        tokens.swap(0, n);
    }
    let memo = json!({
        "profile": {"description": "prefers the phone", "email": "ilse@example.com", "sizes": ["S", "M"], "points": 1.5},
        "tags": ["vip", "visited"], "language": "de", "unsubscribeTexting": true
    });
    put(shop, "ilse", memo).await.expect(200);
    let order = json!([{"id": "o", "name": "CheckoutComplete", "createdAt": NOW, "property": {"id": "O-1", "totalAmount": 5}}]);
    let token = shop.boot_member("ilse", json!({})).await.str("/sessionToken").to_owned();
    shop.track(&token, order).await.expect(200);
    shop.server("POST", "/open/v5/users/@ilse/block").send().await.expect(200);
    vec![token]
}

/// The leaves of an item, as they stand in JSON; a profile and a property are JSON themselves.
fn leaves(name: &str, value: &AttributeValue, found: &mut Vec<String>) {
    match value {
        AttributeValue::M(map) => {
            for (key, value) in map.iter().filter(|(key, _)| (name, key.as_str()) != ("w", "a")) {
                // A tag is a key.
                if name == "t" {
                    found.push(json!(key).to_string());
                } else {
                    leaves(key, value, found);
                }
            }
        }
        // The filter document is made of the rest.
        AttributeValue::B(_) if name == "fd" => {}
        AttributeValue::B(bytes) => {
            for (key, field) in profile_of(bytes.as_ref()).as_object().unwrap() {
                found.extend([json!(key).to_string(), field[0].to_string(), field[2].to_string()]);
            }
        }
        AttributeValue::S(text) if name == "p" => found.push(text.clone()),
        AttributeValue::S(text) => found.push(json!(text).to_string()),
        AttributeValue::N(number) => found.push(number.clone()),
        AttributeValue::Bool(flag) => found.push(flag.to_string()),
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn export_has_everything_stored_of_the_person() {
    let shop = Shop::open().await;
    person(&shop).await;
    let text = export(&shop, "@ilse").await.to_string();
    let mut looked = 0;
    for item in shop.items().await {
        let (pk, sk) = (item["pk"].as_s().unwrap().clone(), item["sk"].as_s().unwrap().clone());
        if !pk.starts_with("C#") {
            continue;
        }
        assert!(sk == "P" || sk.starts_with("E#") || sk.starts_with("J#"), "{sk}");
        let mut found = Vec::new();
        for (name, value) in item.iter().filter(|(name, _)| !INTERNAL.contains(&name.as_str())) {
            // What a journal entry is, its place in the export says.
            if !(sk.starts_with("J#") && name == "kind") {
                leaves(name, value, &mut found);
            }
        }
        for leaf in &found {
            assert!(text.contains(leaf.as_str()), "{leaf} of {item:?}\n{text}");
        }
        looked += found.len();
        // The time of an event and of a link is in its key alone.
        if let Some(at) = sk.split('#').nth(1) {
            assert!(text.contains(at), "{sk}");
        }
    }
    assert!(looked > 90, "{looked}");
}

#[tokio::test]
async fn first_page_has_the_person_all_records_and_every_sender() {
    let shop = Shop::open().await;
    person(&shop).await;
    let export = export(&shop, "@ilse").await;
    assert_eq!(export["version"], 1);
    assert_eq!(export["exportedAt"], shop.clock.now_ms());
    // The export names every key of the customer, also those without a value.
    let mut known = export["customer"].clone();
    known.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    for device in ["web", "mobile"] {
        known[device].as_object_mut().unwrap().retain(|_, value| !value.is_null());
    }
    assert_eq!(known, shop.customer("@ilse").await.expect(200)["user"]);
    assert!(export["customer"].as_object().unwrap().contains_key("city"));
    let field = |key: &str| {
        let fields = export["fields"].as_array().unwrap();
        fields.iter().find(|field| field["key"] == key).unwrap_or_else(|| panic!("{key} in {export}"))
    };
    let of = |key: &str| {
        (field(key)["value"].clone(), field(key)["sender"].clone(), field(key)["verified"].clone())
    };
    assert_eq!(of("description"), (json!("prefers the phone"), json!("server"), json!(true)));
    assert_eq!(of("name"), (json!("Ilse Vogel"), json!("page"), json!(false)));
    assert_eq!(of("sizes"), (json!(["S", "M"]), json!("server"), json!(true)));
    assert_eq!(of("lastCheckoutCompletedAt"), (json!(NOW), json!("system"), json!(false)));
    assert_eq!(field("name")["time"], NOW + 60_000);
    assert_eq!(
        export["tags"],
        json!([{"tag": "vip", "sender": "server"}, {"tag": "visited", "sender": "server"}])
    );

    let records = export["records"].as_array().unwrap();
    assert_eq!(
        records.iter().map(|record| &record["kind"]).collect::<Vec<_>>(),
        ["member", "visitor", "visitor"]
    );
    assert_eq!((&records[0]["memberId"], &records[0]["blocked"]), (&json!("ilse"), &json!(true)));
    for (record, veil) in records[1..].iter().zip(VEILS) {
        assert_eq!((&record["veilId"], &record["linkedTo"]), (&json!(veil), &export["customer"]["id"]));
    }
    assert_eq!(records[1]["mobile"]["appName"], "Shop app");
    assert_eq!(records[2]["web"]["browser"], "Firefox 145.0");
    assert_eq!(
        records[2]["tags"],
        json!([{"tag": "visited", "sender": "page"}, {"tag": "visitor-1", "sender": "page"}])
    );
    let contact_point = |kind: &str, address: &str, verified: bool| json!({"kind": kind, "address": address, "verified": verified});
    assert_eq!(
        export["contacts"],
        json!([
            contact_point("email", "ilse@example.com", true),
            contact_point("email", "visitor-0@example.com", false),
            contact_point("email", "visitor-1@example.com", false),
            contact_point("mobileNumber", "+821024682468", false),
        ])
    );
    assert_eq!(
        export["links"],
        json!([
            {"visitor": records[1]["id"], "linkedAt": NOW + 60_000},
            {"visitor": records[2]["id"], "linkedAt": NOW + 120_000},
        ])
    );
    assert_eq!(export["activeMonths"], json!(["2026-11"]));
    let mut timeline = shop.events("@ilse").await;
    timeline.reverse();
    assert_eq!(export["events"], json!(timeline));
    assert_eq!(timeline.len(), 3);
    assert_eq!(export["next"], Value::Null);
}

#[tokio::test]
async fn linked_visitor_id_answers_the_person() {
    let shop = Shop::open().await;
    person(&shop).await;
    let by_member = export(&shop, "@ilse").await;
    for record in by_member["records"].as_array().unwrap() {
        assert_eq!(export(&shop, record["id"].as_str().unwrap()).await, by_member);
    }
}

#[tokio::test]
async fn lead_and_visitor_have_their_exports() {
    let shop = Shop::open().await;
    let lead = json!({"profile": {"email": "mina@example.com"}, "qualified": ["email"]});
    let lead = shop.server("POST", "/open/v5/users").json(lead).await.str("/user/id").to_owned();
    let lead = export(&shop, &lead).await;
    assert_eq!((&lead["records"][0]["kind"], &lead["records"][0]["type"]), (&json!("lead"), &json!("lead")));
    assert_eq!(lead["contacts"], json!([{"kind": "email", "address": "mina@example.com", "verified": true}]));
    let visitor = shop.boot(json!({})).await;
    let anonymous = export(&shop, visitor.str("/user/id")).await;
    let record = &anonymous["records"][0];
    assert_eq!((&record["kind"], &record["type"]), (&json!("visitor"), &json!("anonymous")));
    update(&shop, visitor.str("/sessionToken"), json!({"profile": {"email": "v@example.com"}}))
        .await
        .expect(200);
    let listed = export(&shop, visitor.str("/user/id")).await;
    let record = &listed["records"][0];
    assert_eq!((&record["kind"], &record["type"]), (&json!("visitor"), &json!("lead")));
    assert_eq!((&listed["links"], &listed["activeMonths"]), (&json!([]), &json!(["2026-11"])));
}

#[tokio::test]
async fn unknown_or_erased_is_404_and_a_wrong_cursor_is_422() {
    let shop = Shop::open().await;
    let records = {
        person(&shop).await;
        export(&shop, "@ilse").await["records"].clone()
    };
    let refused = page(&shop, "@ilse", "?since=x").await;
    refused.expect(422);
    assert_eq!(refused.fields(), ["since"]);
    shop.server("DELETE", "/open/v5/users/@ilse").send().await.expect(204);
    let mut users = vec!["@ilse".to_owned(), "@nobody".into(), "0".repeat(20), "x".into()];
    users.extend(records.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()));
    for user in users {
        for query in ["", "?since=000000000000000000000000000000000000000000000000000"] {
            page(&shop, &user, query).await.expect(404);
        }
    }
    shop.request("GET", "/okyaku/v1/contacts/@ilse/export").send().await.expect(401);
}

#[tokio::test]
async fn new_record_after_an_erasure_has_nothing_of_the_old_one() {
    let shop = Shop::open().await;
    person(&shop).await;
    shop.server("DELETE", "/open/v5/users/@ilse").send().await.expect(204);
    shop.clock.advance(71_000);
    shop.sweep().await;
    shop.boot_member("ilse", json!({})).await.expect(200);
    let export = export(&shop, "@ilse").await;
    assert_eq!(export["records"].as_array().unwrap().len(), 1);
    assert_eq!((&export["records"][0]["generation"], &export["events"]), (&json!(1), &json!([])));
    for trace in ["Vogel", "visitor-0", "prefers", "ProductView"] {
        assert!(!export.to_string().contains(trace), "{trace}");
    }
}

#[tokio::test]
async fn months_cover_all_records_as_long_as_markers_are_kept() {
    let shop = Shop::open().await;
    shop.boot(json!({"veilId": VEILS[0]})).await.expect(200);
    shop.clock.advance(15 * DAY);
    shop.boot(json!({"veilId": VEILS[1]})).await.expect(200);
    shop.clock.advance(40 * DAY);
    for veil in VEILS {
        shop.boot_member("ilse", json!({ "veilId": veil })).await.expect(200);
    }
    assert_eq!(export(&shop, "@ilse").await["activeMonths"], json!(["2026-11", "2026-12", "2027-01"]));
    shop.clock.advance(380 * DAY);
    shop.boot_member("ilse", json!({})).await.expect(200);
    assert_eq!(export(&shop, "@ilse").await["activeMonths"], json!(["2027-01", "2028-01"]));
}

/// 1,300 events of three lives, many at the same time. Returns the sessions of the lives.
async fn busy(shop: &Shop) -> Vec<String> {
    let mut tokens = Vec::new();
    for veil in VEILS {
        tokens.push(shop.boot(json!({ "veilId": veil })).await.str("/sessionToken").to_owned());
    }
    for veil in VEILS {
        tokens.insert(
            0,
            shop.boot_member("ilse", json!({ "veilId": veil })).await.str("/sessionToken").to_owned(),
        );
    }
    tokens.remove(0);
    for n in 0..13_usize {
        let event = |e: usize| json!({"id": format!("{n}-{e}"), "name": "View", "createdAt": NOW - 1000 + (n * 100 + e) as i64 / 7});
        shop.track(&tokens[n % 3], (0..100).map(event).collect()).await.expect(200);
    }
    tokens
}

#[tokio::test]
async fn pages_miss_and_double_nothing_while_events_arrive() {
    let shop = Shop::open().await;
    let tokens = busy(&shop).await;
    let quiet = events(&shop, "@ilse", async |_| {}).await;
    assert_eq!(quiet.len(), 1300);
    assert!(quiet.is_sorted_by_key(|event| event["createdAt"].as_i64().unwrap()));
    let before: BTreeSet<String> = ids(&quiet).into_iter().map(str::to_owned).collect();
    assert_eq!(before.len(), 1300);
    let all = events(&shop, "@ilse", async |number| {
        // Of now, of the middle, and older than what was read already.
        let event = |at: i64| json!({"id": format!("{number}-{at}"), "name": "Late", "createdAt": NOW - at});
        for token in &tokens {
            shop.track(token, [0, 900, 2000].map(event).into_iter().collect()).await.expect(200);
        }
    })
    .await;
    let seen: BTreeSet<String> = ids(&all).into_iter().map(str::to_owned).collect();
    assert_eq!(seen.len(), all.len(), "none twice");
    assert!(before.is_subset(&seen), "none lost");
    assert!(all.len() > 1300, "what came with a later time is there too");
}

#[tokio::test]
async fn page_ends_at_500_events_or_a_megabyte() {
    let shop = Shop::open().await;
    busy(&shop).await;
    let first = export(&shop, "@ilse").await;
    assert_eq!(first["events"].as_array().unwrap().len(), 500);
    let token = shop.boot_member("hoarder", json!({})).await.str("/sessionToken").to_owned();
    let large = "\u{22}".repeat(15_000);
    for batch in 0..5 {
        let event = |n: i64| json!({"id": format!("{batch}-{n}"), "name": "Large", "createdAt": NOW + n, "property": {"x": large}});
        shop.track(&token, (0..14).map(event).collect()).await.expect(200);
    }
    let first = export(&shop, "@hoarder").await;
    let count = first["events"].as_array().unwrap().len();
    assert!((30..=35).contains(&count), "{count}");
    assert_eq!(events(&shop, "@hoarder", async |_| {}).await.len(), 70);
}

#[tokio::test]
async fn records_that_fill_a_reply_leave_events_to_the_next_page() {
    let shop = Shop::open().await;
    // Quotes: in the reply of a function each becomes two bytes.
    let profile = |n: usize| json!({"profile": {(format!("k{n}")): "\u{22}".repeat(3_900)}});
    for _ in 0..40 {
        let visitor = shop.boot(json!({})).await;
        // By the server, because pages fill at most half of a profile.
        for n in 0..4 {
            let path = format!("/open/v5/users/{}", visitor.str("/user/id"));
            shop.server("PATCH", &path).json(profile(n)).await.expect(200);
        }
        let event = json!([{"id": "1", "name": "View", "createdAt": NOW}]);
        shop.track(visitor.str("/sessionToken"), event).await.expect(200);
        shop.boot_member("ilse", json!({"veilId": visitor.body["veilId"]})).await.expect(200);
    }
    let first = export(&shop, "@ilse").await;
    assert_eq!(first["records"].as_array().unwrap().len(), 41);
    assert_eq!(first["events"], json!([]));
    // The reply of a function is JSON within JSON, and Lambda takes 6 MB of it.
    let reply = json!({ "body": first.to_string() }).to_string().len();
    assert!((2_000_000..6_000_000).contains(&reply), "{reply}");
    assert_eq!(events(&shop, "@ilse", async |_| {}).await.len(), 40);
}

#[tokio::test]
async fn schema_refuses_extra_and_missing_keys() {
    let shop = Shop::open().await;
    person(&shop).await;
    let export = export(&shop, "@ilse").await;
    let objects = [
        "",
        "/customer",
        "/customer/web",
        "/customer/mobile",
        "/fields/0",
        "/tags/0",
        "/records/0",
        "/records/0/web",
        "/records/1/mobile",
        "/records/1/fields/0",
        "/contacts/0",
        "/links/0",
        "/events/0",
    ];
    for pointer in objects {
        let mut more = export.clone();
        more.pointer_mut(pointer).unwrap()["hash"] = json!("00");
        assert!(!valid(&more), "{pointer}/hash");
        let names: Vec<String> =
            export.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        for name in names {
            let mut less = export.clone();
            less.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(&name);
            assert!(!valid(&less), "without {pointer}/{name}");
        }
    }
    for (pointer, wrong) in [
        ("/version", json!(2)),
        ("/next", json!("x")),
        ("/activeMonths/0", json!("202611")),
        ("/records", json!([])),
    ] {
        let mut bent = export.clone();
        *bent.pointer_mut(pointer).unwrap() = wrong;
        assert!(!valid(&bent), "{pointer}");
    }
}

#[tokio::test]
async fn export_costs_a_read_a_query_a_marker_a_month_and_the_events() {
    let shop = Shop::open().await;
    shop.boot_member("ilse", json!({})).await.expect(200);
    shop.customer("@ilse").await.expect(200);
    shop.recorder.reset();
    export(&shop, "@ilse").await;
    let mut names: Vec<String> = shop.recorder.calls().into_iter().map(|call| call.operation).collect();
    names.sort_unstable();
    let (read, write) = shop.recorder.units();
    assert_eq!(names, ["GetItem", "GetItem", "Query", "Query"]);
    assert!(read <= 4.0 && write == 0.0, "{read} R, {write} W");
    assert!(shop.recorder.calls().iter().all(|call| call.request["ConsistentRead"] == true));
}
