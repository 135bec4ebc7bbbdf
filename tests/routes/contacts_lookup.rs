//! Looking up people by what a shop has of them: addresses, memberIds and ids.

use serde_json::{Value, json};
use support::people::put;
use support::{Answer, Channel, Shop};

async fn lookup(shop: &Shop, terms: Value) -> Answer {
    shop.server("POST", "/okyaku/v1/contacts/lookup").json(json!({ "terms": terms })).await
}

/// The memberIds of each term, or the kind of a contact without one.
fn found(answer: &Answer) -> Vec<Vec<String>> {
    let people = |result: &Value| {
        let users = result["users"].as_array().unwrap().iter();
        users.map(|user| user["memberId"].as_str().or(user["type"].as_str()).unwrap().to_owned()).collect()
    };
    answer.expect(200)["results"].as_array().unwrap().iter().map(people).collect()
}

#[tokio::test]
async fn term_leads_to_its_people_however_it_is_written() {
    let shop = Shop::in_region("KR").await;
    let body = json!({"profile": {"email": "mina@example.com", "mobileNumber": "+821024682468"}});
    let mina = put(&shop, "mina", body).await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    let lead = json!({"profile": {"email": "lead@example.com"}});
    shop.server("POST", "/open/v5/users").json(lead).await.expect(200);
    let terms = json!([
        "mina@example.com",
        " ＭINA@Example.com ",
        "010-2468-2468",
        "０１０２４６８２４６８",
        "+82 10 2468 2468",
        "@mina",
        mina,
        "lead@example.com",
        "nobody@example.com",
        "@nobody",
        "mina",
        "",
        "010",
    ]);
    let answer = lookup(&shop, terms).await;
    let mut expected = vec![vec!["mina".to_owned()]; 7];
    expected.push(vec!["lead".into()]);
    expected.extend(vec![vec![]; 5]);
    assert_eq!(found(&answer), expected);
    // What can be nobody says so; who is only unknown does not.
    let results = answer.body["results"].as_array().unwrap();
    let messages: Vec<bool> = results.iter().map(|result| result.get("message").is_some()).collect();
    assert_eq!(messages[8..], [false, false, true, true, true]);
    assert_eq!(results[1]["term"], " ＭINA@Example.com ");
}

#[tokio::test]
async fn erased_are_unknown_and_a_linked_record_is_its_member() {
    let shop = Shop::open().await;
    put(&shop, "gone", json!({"profile": {"email": "gone@example.com"}})).await.expect(200);
    shop.server("DELETE", "/open/v5/users/@gone").send().await.expect(204);
    let booted = shop.boot(json!({"profile": {"email": "mina@example.com"}})).await;
    let veil = json!({"veilId": booted.str("/veilId")});
    shop.boot_member("mina", veil).await.expect(200);
    let visitor = booted.str("/user/id");
    let answer = lookup(&shop, json!(["gone@example.com", "@gone", "mina@example.com", visitor])).await;
    assert_eq!(found(&answer), [vec![], vec![], vec!["mina".to_owned()], vec!["mina".to_owned()]]);
    let other = Channel::create(&shop, "Other", &[]).await;
    let body = json!({"terms": ["mina@example.com", "@mina", visitor]});
    let theirs = other.server(&shop, "POST", "/okyaku/v1/contacts/lookup", &body).await;
    assert_eq!(found(&theirs), [[""; 0]; 3]);
}

#[tokio::test]
async fn address_with_several_people_names_them_all() {
    let shop = Shop::open().await;
    for member in ["lee", "kim"] {
        put(&shop, member, json!({"profile": {"email": "family@example.com"}})).await.expect(200);
    }
    let mut both = found(&lookup(&shop, json!(["family@example.com"])).await);
    both[0].sort();
    assert_eq!(both, [["kim", "lee"]]);
    for n in 0..60 {
        let body = json!({"profile": {"email": "family@example.com"}});
        shop.boot_member(&format!("m{n}"), body).await.expect(200);
    }
    let answer = lookup(&shop, json!(["family@example.com"])).await;
    let result = &answer.expect(200)["results"][0];
    assert_eq!(result["more"], true);
    assert!(result["users"].as_array().unwrap().len() >= 10, "{result}");
}

#[tokio::test]
async fn terms_have_a_limit_and_wrong_ones_are_named() {
    let shop = Shop::open().await;
    put(&shop, "mina", json!({})).await.expect(200);
    let many = |count| Value::from(vec!["@mina"; count]);
    assert_eq!(found(&lookup(&shop, many(1000)).await).len(), 1000);
    for (terms, fields) in [
        (many(1001), &["terms"][..]),
        (json!([]), &["terms"]),
        (json!("@mina"), &["terms"]),
        (json!(["@mina", 7, null]), &["terms[1]", "terms[2]"]),
    ] {
        let refused = lookup(&shop, terms).await;
        assert_eq!(
            (refused.status, &refused.fields()[..]),
            (422, &fields.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>()[..])
        );
    }
}

#[tokio::test]
async fn exact_look_up_is_2_trips_and_2_r() {
    let shop = Shop::open().await;
    put(&shop, "mina", json!({"profile": {"email": "mina@example.com"}})).await.expect(200);
    lookup(&shop, json!(["@warm"])).await.expect(200);
    shop.recorder.reset();
    let answer = lookup(&shop, json!(["mina@example.com"])).await;
    assert_eq!((shop.recorder.trips(), shop.recorder.units()), (2, (2.0, 0.0)));
    assert_eq!(answer.body["units"], 2.0);
}
