//! The list of contacts: leads and members, newest first, in pages that neither skip nor repeat (R17).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::people::{put, visitor};
use support::{Answer, Channel, Shop};

async fn list(shop: &Shop, query: &str) -> Answer {
    shop.server("GET", &format!("/open/v5/users{query}")).send().await
}

fn ids(answer: &Answer) -> Vec<String> {
    let users = answer.expect(200)["users"].as_array().unwrap();
    users.iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

/// Every page, as ids in order.
async fn all(shop: &Shop, order: &str, limit: usize) -> Vec<String> {
    let (mut found, mut since) = (Vec::new(), String::new());
    loop {
        let page = list(shop, &format!("?sortOrder={order}&limit={limit}&since={since}")).await;
        let shown = ids(&page);
        assert!(shown.len() <= limit);
        found.extend(shown);
        match page.body["next"].as_str() {
            Some(next) => since = next.to_owned(),
            None => return found,
        }
    }
}

async fn lead(shop: &Shop, email: &str) -> String {
    let body = json!({"profile": {"email": email}});
    let made = shop.server("POST", "/open/v5/users").json(body).await;
    made.expect(200)["user"]["id"].as_str().unwrap().to_owned()
}

async fn member(shop: &Shop, name: &str) -> String {
    put(shop, name, json!({})).await.expect(200)["user"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn contacts_come_newest_first_in_pages_that_lose_and_repeat_none() {
    let shop = Shop::open().await;
    assert_eq!(list(&shop, "").await.expect(200), &json!({"users": []}));
    let mut made = Vec::new();
    for n in 0..60 {
        // Several have one time of creation.
        if n % 4 == 0 {
            shop.clock.advance(1);
        }
        made.push(match n % 3 {
            0 => lead(&shop, &format!("p{n}@example.com")).await,
            _ => member(&shop, &format!("m{n}")).await,
        });
        visitor(&shop).await;
    }
    let whole: BTreeSet<String> = made.iter().cloned().collect();
    for limit in [1, 7, 25, 60, 61, 500] {
        let newest = all(&shop, "desc", limit).await;
        assert_eq!(
            (newest.len(), newest.iter().cloned().collect::<BTreeSet<_>>()),
            (60, whole.clone()),
            "{limit}"
        );
        let mut oldest = all(&shop, "asc", limit).await;
        oldest.reverse();
        assert_eq!(oldest, newest, "{limit}");
    }
    // Newest first: the times never rise.
    let page = list(&shop, "?limit=60").await;
    let times: Vec<i64> =
        page.body["users"].as_array().unwrap().iter().map(|u| u["createdAt"].as_i64().unwrap()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    assert_eq!(ids(&list(&shop, "").await).len(), 25);
}

#[tokio::test]
async fn erased_linked_and_foreign_customers_are_not_listed() {
    let shop = Shop::open().await;
    let other = Channel::create(&shop, "Other", &[]).await;
    let kept = member(&shop, "kept").await;
    member(&shop, "gone").await;
    // A visitor with an address is a lead until it becomes a member.
    let booted = shop.boot(json!({"profile": {"email": "mina@example.com"}})).await;
    let veil = booted.str("/veilId").to_owned();
    assert_eq!(all(&shop, "desc", 25).await.len(), 3);
    let mina = shop.boot_member("mina", json!({"veilId": veil})).await.str("/user/id").to_owned();
    shop.server("DELETE", "/open/v5/users/@gone").send().await.expect(204);
    let found: BTreeSet<String> = all(&shop, "desc", 25).await.into_iter().collect();
    assert_eq!(found, BTreeSet::from([kept, mina]));
    let theirs = other.server(&shop, "GET", "/open/v5/users", &json!({})).await;
    assert_eq!(theirs.expect(200), &json!({"users": []}));
}

#[tokio::test]
async fn pages_go_on_while_customers_come_and_go() {
    let shop = Shop::open().await;
    let mut names = Vec::new();
    for n in 0..30 {
        shop.clock.advance(1);
        member(&shop, &format!("m{n:02}")).await;
        names.push(format!("m{n:02}"));
    }
    let (mut shown, mut since) = (Vec::new(), String::new());
    for round in 0.. {
        let page = list(&shop, &format!("?limit=4&since={since}")).await;
        let users = page.expect(200)["users"].as_array().unwrap().clone();
        shown.extend(users.iter().map(|user| user["memberId"].as_str().unwrap().to_owned()));
        let Some(next) = page.body["next"].as_str() else { break };
        since = next.to_owned();
        // One who was shown goes, one who was not goes, and one comes.
        if round < 3 {
            for gone in [shown.last().unwrap().clone(), format!("m{round:02}")] {
                shop.server("DELETE", &format!("/open/v5/users/@{gone}")).send().await.expect(204);
            }
            shop.clock.advance(1);
            member(&shop, &format!("new{round}")).await;
        }
    }
    let mut expected: Vec<String> = names.into_iter().skip(3).collect();
    expected.reverse();
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn wrong_parameters_are_all_named() {
    let shop = Shop::open().await;
    for (query, fields) in [
        ("?limit=0", &["limit"][..]),
        ("?limit=501", &["limit"]),
        ("?limit=x&since=y&sortOrder=both", &["limit", "sortOrder", "since"]),
        ("?since=1795348800000", &["since"]),
    ] {
        let refused = list(&shop, query).await;
        assert_eq!(
            (refused.status, refused.fields()),
            (422, fields.iter().map(|f| (*f).to_owned()).collect())
        );
    }
    list(&shop, "?limit=500").await.expect(200);
}

#[tokio::test]
async fn first_page_costs_two_trips_and_at_most_40_units() {
    let shop = Shop::open().await;
    for n in 0..101 {
        shop.clock.advance(1);
        member(&shop, &format!("m{n}")).await;
    }
    // More than one read of records takes.
    assert_eq!(ids(&list(&shop, "?limit=500").await).len(), 101);
    shop.recorder.reset();
    assert_eq!(ids(&list(&shop, "").await).len(), 25);
    let (read, write) = shop.recorder.units();
    assert!(read <= 33.0 && write == 0.0, "{}", shop.recorder.cost());
    assert_eq!(shop.recorder.trips(), 2);
    let calls: Vec<Value> = shop.recorder.calls().into_iter().map(|call| call.operation.into()).collect();
    assert_eq!(calls.len(), 9, "{calls:?}");
}
