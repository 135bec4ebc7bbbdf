//! Searching and counting contacts by filters (R17).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::people::put;
use support::{Answer, Channel, NOW, Shop, crowd, development_channel};

async fn search(shop: &Shop, body: Value) -> Answer {
    shop.server("POST", "/okyaku/v1/contacts/search").json(body).await
}

async fn count(shop: &Shop, body: Value) -> Answer {
    shop.server("POST", "/okyaku/v1/contacts/count").json(body).await
}

fn leaf(key: &str, operator: &str, values: Value) -> Value {
    json!({"key": key, "operator": operator, "values": values})
}

/// The memberIds of a page, sorted.
fn members(answer: &Answer) -> Vec<String> {
    let users = answer.expect(200)["users"].as_array().unwrap();
    let mut members: Vec<String> =
        users.iter().filter_map(|u| Some(u["memberId"].as_str()?.to_owned())).collect();
    members.sort();
    members
}

#[tokio::test]
async fn everyone_but_the_withdrawn_who_accepts_e_mail() {
    let shop = Shop::open().await;
    for (member, body) in [
        ("mina", json!({"tags": ["vip"]})),
        ("lee", json!({})),
        ("gone", json!({"tags": ["vip", "退会"]})),
        ("quiet", json!({"unsubscribeEmail": true})),
    ] {
        put(&shop, member, body).await.expect(200);
    }
    let filter = json!({"and": [leaf("tags", "$nin", json!(["退会"])), leaf("unsubscribeEmail", "$eq", json!([false]))]});
    let answer = search(&shop, json!({ "filter": filter })).await;
    assert_eq!(members(&answer), ["lee", "mina"]);
    let body = &answer.body;
    assert_eq!((&body["next"], &body["complete"], &body["scanned"]), (&Value::Null, &json!(true), &json!(4)));
    assert_eq!((&body["asOf"], &body["resolved"]), (&json!(NOW), &json!([])));
    let counted = count(&shop, json!({ "filter": filter })).await;
    let body = counted.expect(200);
    assert_eq!((&body["count"], &body["exact"], &body["scanned"]), (&json!(2), &json!(true), &json!(4)));
    // The documents of the index tell, so nobody is read again.
    shop.recorder.reset();
    count(&shop, json!({ "filter": filter })).await.expect(200);
    assert!(shop.recorder.calls().iter().all(|call| call.operation == "Query"));
}

/// A customer that has a value for every key.
async fn whole(shop: &Shop) -> Value {
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
    let body = json!({"pluginKey": support::dev::PLUGIN_KEY, "memberId": "whole", "memberHash": support::hash_of("whole"),
        "language": "ja", "tags": ["vip"], "unsubscribeEmail": true, "unsubscribeTexting": true,
        "profile": {"name": "Mina", "referrer": "https://search.example.com/", "utmSource": "naver", "utmMedium": "cpc",
            "utmCampaign": "spring", "utmContent": "a", "utmTerm": "shoes", "avatarUrl": "https://a.example.com/1.png"}});
    let booted = shop.request("POST", "/front/v1/boot").header("user-agent", agent).json(body).await;
    let id = booted.str("/user/id").to_owned();
    let app = json!({"pluginKey": support::dev::PLUGIN_KEY, "memberId": "whole", "memberHash": support::hash_of("whole"),
        "app": {"name": "Shop", "version": "2.1", "os": "iOS 19", "osName": "iOS", "device": "iPhone"}, "hasPushToken": true});
    shop.request("POST", "/front/v1/boot").json(app).await.expect(200);
    let order = json!([{"id": "1", "name": "CheckoutComplete", "createdAt": NOW}]);
    shop.track(booted.str("/sessionToken"), order).await.expect(200);
    let more = json!({"profile": {"email": "mina@example.com", "mobileNumber": "+821024682468", "firstName": "Mina",
        "lastName": "Sato", "landlineNumber": "02-123-4567", "description": "likes blue", "recentPurchaseCount": 2,
        "recentPurchaseAmount": 30.5, "name": "Mina Sato"}});
    shop.server("PATCH", &format!("/open/v5/users/{id}")).json(more).await.expect(200);
    shop.customer(&id).await.expect(200)["user"].clone()
}

#[tokio::test]
async fn every_key_finds_its_value_and_its_negation_everyone_else() {
    let shop = Shop::open().await;
    put(&shop, "empty", json!({})).await.expect(200);
    shop.clock.advance(1000);
    let user = whole(&shop).await;
    let (mut asked, mut unknown) = (0, Vec::new());
    for (key, _) in okyaku_domain::filter::keys() {
        let path = format!("/{}", key.replace('.', "/"));
        let value = match user.pointer(&path) {
            Some(Value::Array(list)) => list[0].clone(),
            Some(value) => value.clone(),
            None => {
                unknown.push(key);
                continue;
            }
        };
        let (is, is_not) = if key == "tags" { ("$in", "$nin") } else { ("$eq", "$ne") };
        let found = search(&shop, json!({"filter": leaf(&key, is, json!([value]))})).await;
        assert!(members(&found).contains(&"whole".to_owned()), "{key} {value}");
        let others = search(&shop, json!({"filter": leaf(&key, is_not, json!([value]))})).await;
        let both: Vec<String> = [members(&found), members(&others)].concat();
        assert_eq!(both.len(), 2, "{key} {value}: {both:?}");
        assert_eq!(both.into_iter().collect::<BTreeSet<_>>().len(), 2, "{key}");
        asked += 1;
    }
    // These come from a trusted proxy, or from orders of a builder.
    let elsewhere = [
        "country",
        "city",
        "profile.purchaseCurrency",
        "profile.totalPurchaseCount",
        "profile.totalPurchaseAmount",
    ];
    assert_eq!(unknown, elsewhere);
    assert_eq!(asked, okyaku_domain::filter::keys().count() - elsewhere.len());
}

#[tokio::test]
async fn purchase_figures_are_filtered_as_they_are_shown() {
    let shop = Shop::open().await;
    put(&shop, "lee", json!({})).await.expect(200);
    let order = json!({"id": 1, "created_at": "2026-11-21T10:00:00Z", "updated_at": "2026-11-21T10:00:00Z", "currency": "KRW",
        "total_price": "5000", "line_items": [], "financial_status": "paid", "customer": {"id": 7064055069_i64}});
    shop.shopify("orders/create", &order).await.expect(200);
    let answer = shop.customer("@7064055069").await;
    assert_eq!(answer.body["user"]["profile"]["totalPurchaseCount"], 1, "{}", answer.body);
    for (key, operator, value, expected) in [
        ("totalPurchaseCount", "$gte", json!(1), 1),
        ("totalPurchaseAmount", "$eq", json!(5000), 1),
        ("recentPurchaseCount", "$gt", json!(0), 1),
        ("recentPurchaseAmount", "$lt", json!(5000), 0),
        ("purchaseCurrency", "$eq", json!("krw"), 1),
    ] {
        let filter = leaf(&format!("profile.{key}"), operator, json!([value]));
        assert_eq!(
            count(&shop, json!({ "filter": filter })).await.expect(200)["count"],
            expected,
            "{filter}"
        );
    }
}

#[tokio::test]
async fn wrong_filters_are_refused_by_their_paths_and_never_empty() {
    let shop = Shop::open().await;
    let deep = (0..4).fold(leaf("tags", "$in", json!(["a"])), |inner, _| json!({"and": [inner]}));
    let wide = |leaves: usize| json!({"or": vec![leaf("tags", "$in", json!(["a"])); leaves]});
    // 32 KB exactly, and a byte more.
    let sized = |bytes: usize| {
        let empty = leaf("name", "$eq", json!([""])).to_string().len();
        leaf("name", "$eq", json!(["a".repeat(bytes - empty)]))
    };
    for (filter, field) in [
        (leaf("colour", "$eq", json!(["red"])), "/key"),
        (leaf("products", "$exist", json!([true])), "/key"),
        (leaf("contents", "$exist", json!([true])), "/key"),
        (leaf("profile.grade", "$eq", json!(["a"])), "/key"),
        (leaf("email", "$eq", json!(["a"])), "/key"),
        (leaf("tags", "$gt", json!(["a"])), "/operator"),
        (json!({"and": [{"or": [leaf("createdAt", "$eq", json!(["yesterday"]))]}]}), "/and/0/or/0/values/0"),
        (deep, "/and/0/and/0/and/0"),
        (wide(51), "filter"),
        (leaf("tags", "$in", json!(vec!["a"; 1001])), "/values"),
        (sized(32 * 1024 + 1), "filter"),
        (json!("everyone"), "filter"),
    ] {
        for answer in [
            search(&shop, json!({ "filter": filter })).await,
            count(&shop, json!({ "filter": filter })).await,
        ] {
            assert_eq!((answer.status, &answer.fields()[..]), (422, &[field.to_owned()][..]));
        }
    }
    for filter in
        [wide(50), leaf("tags", "$in", json!(vec!["a"; 1000])), sized(32 * 1024), json!(null), json!({})]
    {
        search(&shop, json!({ "filter": filter })).await.expect(200);
    }
    let body = json!({"limit": 0, "sort": {"key": "name", "order": "up"}, "since": 7, "fields": "name", "query": "", "x": 1});
    let mut fields = search(&shop, body).await.fields();
    fields.sort();
    assert_eq!(fields, ["fields", "limit", "query", "since", "sort.key", "sort.order", "x"]);
    search(&shop, json!({"limit": 500, "query": "a".repeat(100), "fields": vec!["name"; 100]}))
        .await
        .expect(200);
    let body = json!({"limit": 501, "query": "a".repeat(101), "fields": vec!["name"; 101]});
    assert_eq!(search(&shop, body).await.fields().len(), 3);
}

#[tokio::test]
async fn cursor_belongs_to_its_filter_order_and_channel() {
    let shop = Shop::open().await;
    for n in 0..3 {
        put(&shop, &format!("m{n}"), json!({"tags": ["vip"]})).await.expect(200);
    }
    let vip = || leaf("tags", "$in", json!(["vip"]));
    let first = search(&shop, json!({"filter": vip(), "limit": 2})).await;
    let next = first.expect(200)["next"].clone();
    let second = search(&shop, json!({"filter": vip(), "limit": 2, "since": next})).await;
    assert_eq!(members(&second).len(), 1);
    let other = Channel::create(&shop, "Other", &[]).await;
    let foreign = other
        .server(&shop, "POST", "/okyaku/v1/contacts/search", &json!({"filter": vip(), "since": next}))
        .await;
    let list = shop.server("GET", &format!("/open/v5/users?since={}", next.as_str().unwrap())).send().await;
    for wrong in [
        search(&shop, json!({"filter": leaf("tags", "$in", json!(["gold"])), "since": next})).await,
        search(&shop, json!({"filter": vip(), "sort": {"key": "createdAt", "order": "asc"}, "since": next}))
            .await,
        search(&shop, json!({"filter": vip(), "query": "a", "since": next})).await,
        search(&shop, json!({"filter": vip(), "since": "x"})).await,
        foreign,
        list,
    ] {
        assert_eq!((wrong.status, wrong.fields()), (422, vec!["since".to_owned()]));
    }
}

#[tokio::test]
async fn fields_keep_a_page_small() {
    let shop = Shop::open().await;
    put(&shop, "mina", json!({"profile": {"name": "Mina", "email": "mina@example.com"}})).await.expect(200);
    let body = json!({"fields": ["memberId", "profile.name", "web"]});
    let mut user = search(&shop, body).await.expect(200)["users"][0].clone();
    assert!(user.as_object_mut().unwrap().remove("id").is_some());
    assert_eq!(user, json!({"memberId": "mina", "profile": {"name": "Mina"}, "web": {"sessionsCount": 0}}));
    let whole = search(&shop, json!({"fields": ["profile"]})).await;
    assert_eq!(
        whole.expect(200)["users"][0]["profile"],
        json!({"name": "Mina", "email": "mina@example.com"})
    );
}

#[tokio::test]
async fn pages_of_a_filter_neither_skip_nor_repeat_while_contacts_change() {
    let shop = Shop::open().await;
    for n in 0..40 {
        shop.clock.advance(1);
        put(&shop, &format!("m{n:02}"), json!({"tags": [if n % 2 == 0 { "even" } else { "odd" }]}))
            .await
            .expect(200);
    }
    let (mut shown, mut since) = (Vec::new(), Value::Null);
    for round in 0.. {
        let body = json!({"filter": leaf("tags", "$in", json!(["even"])), "limit": 3, "since": since,
            "sort": {"key": "createdAt", "order": "asc"}});
        let page = search(&shop, body).await;
        shown.extend(
            page.expect(200)["users"]
                .as_array()
                .unwrap()
                .iter()
                .map(|u| u["memberId"].as_str().unwrap().to_owned()),
        );
        since = page.body["next"].clone();
        if since.is_null() {
            break;
        }
        // Somebody changes, somebody goes, somebody comes: behind the cursor and before it.
        if round < 3 {
            for member in [format!("m{:02}", round * 2), format!("m{:02}", 39 - round * 2)] {
                shop.server("PATCH", &format!("/open/v5/users/@{member}"))
                    .json(json!({"profile": {"name": "x"}}))
                    .await
                    .expect(200);
            }
            shop.server("DELETE", &format!("/open/v5/users/@m{:02}", 30 + 2 * round))
                .send()
                .await
                .expect(204);
            shop.clock.advance(1);
            put(&shop, &format!("new{round}"), json!({"tags": ["even"]})).await.expect(200);
        }
    }
    let mut expected: Vec<String> =
        (0..40).step_by(2).filter(|n| !(30..36).contains(n)).map(|n| format!("m{n:02}")).collect();
    expected.extend((0..3).map(|n| format!("new{n}")));
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn index_that_lags_shows_nobody_wrongly() {
    let shop = Shop::open().await;
    put(&shop, "vip", json!({"tags": ["vip"]})).await.expect(200);
    put(&shop, "was", json!({"tags": ["vip"]})).await.expect(200);
    put(&shop, "gone", json!({"tags": ["vip"]})).await.expect(200);
    let mut booted = shop.boot(json!({})).await;
    let visitor = booted.body["user"]["id"].take().as_str().unwrap().to_owned();
    // The index as it was: with one who lost the tag, one who was erased, a visitor, a ghost, and entries that cannot be
    // read. One who is there is missing.
    let mut entries = Vec::new();
    let channel = development_channel();
    for item in shop.items().await.iter().filter(|item| item.contains_key("lpk")) {
        let text = |name: &str| json!({"S": item[name].as_s().unwrap()});
        let document = support::shop::base64(item["fd"].as_b().unwrap().as_ref());
        entries.push(json!({"pk": text("pk"), "sk": text("sk"), "lpk": text("lpk"), "lsk": text("lsk"), "fd": {"B": document}}));
    }
    assert_eq!(entries.len(), 3);
    put(&shop, "late", json!({"tags": ["vip"]})).await.expect(200);
    shop.server("PATCH", "/open/v5/users/@was").json(json!({"tags": []})).await.expect(200);
    shop.server("DELETE", "/open/v5/users/@gone").send().await.expect(204);
    for ghost in [visitor.as_str(), "0123456789abcdef0123"] {
        let mut entry = entries[0].clone();
        entry["pk"] = json!({"S": format!("C#{channel}#{ghost}")});
        entries.push(entry);
    }
    let mut broken = entries[0].clone();
    broken["fd"] = json!({"B": "AAAA"});
    entries.push(broken);
    entries.push(json!({"pk": {"S": "C#x"}, "lsk": {"S": "never"}}));
    shop.recorder.inject(move |operation, request| {
        let shard = request["ExpressionAttributeValues"][":pk"]["S"].as_str()?;
        (operation == "Query" && shard.starts_with("L#")).then(|| {
            let items = if shard.ends_with("#0") { entries.clone() } else { Vec::new() };
            (200, json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()}))
        })
    });
    let filter = leaf("tags", "$in", json!(["vip"]));
    let found = search(&shop, json!({ "filter": filter })).await;
    // Each of the two entries of the one who is there leads to it.
    assert_eq!(members(&found).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["vip".to_owned()]));
    shop.recorder.heal();
    assert_eq!(members(&search(&shop, json!({ "filter": filter })).await), ["late", "vip"]);
}

/// The crowd of `size` contacts, and a bound of units in proportion to 100,000.
async fn crowded(size: u32) -> Shop {
    let shop = Shop::open().await;
    crowd::fill(&shop.base.backend.table, &development_channel(), 0, size, NOW).await;
    search(&shop, json!({"limit": 1})).await.expect(200);
    shop.recorder.reset();
    shop
}

#[tokio::test]
async fn full_pass_reads_4200_units_of_100000_contacts() {
    let size = if support::fault::world::full_size() { 100_000 } else { 10_000 };
    let shop = crowded(size).await;
    let filter = json!({"and": [leaf("tags", "$in", json!(["vip"])), leaf("unsubscribeEmail", "$eq", json!([false]))]});
    let counted = count(&shop, json!({ "filter": filter })).await;
    assert_eq!(counted.expect(200)["count"], size / 20);
    assert_eq!((&counted.body["exact"], &counted.body["scanned"]), (&json!(true), &json!(size)));
    let (read, written) = shop.recorder.units();
    println!("{size} contacts: {read} R");
    assert!(read <= f64::from(size) * 0.042 && written == 0.0, "{read}");
    assert_eq!(counted.body["units"], read);
    shop.recorder.reset();
    // Of 10 contacts 1 matches.
    let page = search(&shop, json!({"filter": leaf("tags", "$in", json!(["vip"])), "limit": 50})).await;
    assert_eq!(page.expect(200)["users"].as_array().unwrap().len(), 50);
    let (read, _) = shop.recorder.units();
    println!("a page of 50 of which 1 in 10 matches: {read} R");
    assert!(read <= 80.0, "{read}");
    shop.recorder.reset();
    let first = search(&shop, json!({})).await;
    assert_eq!(first.expect(200)["users"].as_array().unwrap().len(), 25);
    assert!(shop.recorder.units().0 <= 40.0, "{}", shop.recorder.cost());
}

#[tokio::test]
async fn page_ends_with_its_budget_and_goes_on_from_there() {
    let shop = crowded(6000).await;
    // Nothing in the documents tells of versions of a browser, so every contact is read.
    let filter = leaf("web.browser", "$eq", json!(["none"]));
    let page = search(&shop, json!({ "filter": filter, "limit": 500 })).await;
    assert_eq!((&page.expect(200)["complete"], &page.body["users"]), (&json!(false), &json!([])));
    let scanned = page.body["scanned"].as_u64().unwrap();
    assert!((500..6000).contains(&scanned), "{scanned}");
    let rest = search(&shop, json!({ "filter": filter, "limit": 500, "since": page.body["next"] })).await;
    assert_eq!(rest.expect(200)["users"], json!([]));
    let more = rest.body["scanned"].as_u64().unwrap();
    assert!(rest.body["complete"] == json!(false) || scanned + more == 6000, "{scanned} and {more}");
}

/// The filters of a guide, as they stand in it.
fn of_guide(page: &str) -> Vec<Value> {
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).unwrap()).collect()
}

#[tokio::test]
async fn ten_questions_of_the_guide_are_answered_in_every_language() {
    let guides = [
        include_str!("../../docs/guides/find-people.en.md"),
        include_str!("../../docs/guides/find-people.ja.md"),
        include_str!("../../docs/guides/find-people.ko.md"),
    ];
    let filters = of_guide(guides[0]);
    assert_eq!(filters.len(), 10);
    for guide in guides {
        assert_eq!(of_guide(guide), filters);
    }
    let shop = Shop::in_region("JP").await;
    // Mina buys and views, Lee left, and a lead has an address alone.
    let token = shop
        .boot_member("mina", json!({"profile": {"utmSource": "naver"}}))
        .await
        .str("/sessionToken")
        .to_owned();
    let views: Value = (0..2).map(|n| json!({"id": n.to_string(), "name": "ProductView", "createdAt": NOW - n, "property": {"id": "P-1"}})).collect();
    shop.track(&token, views).await.expect(200);
    put(&shop, "lee", json!({"tags": ["退会"]})).await.expect(200);
    let lead = json!({"profile": {"email": "lead@example.com"}});
    shop.server("POST", "/open/v5/users").json(lead).await.expect(200);
    let mut counts = Vec::new();
    for filter in &filters {
        counts.push(count(&shop, json!({ "filter": filter })).await.expect(200)["count"].as_u64().unwrap());
    }
    assert_eq!(counts, [2, 1, 1, 0, 3, 0, 1, 1, 1, 3]);
}
