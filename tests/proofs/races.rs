//! Many at once: what the store's conditions are for.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::{NOW, Shop};

fn event(id: &str) -> Value {
    json!({"id": id, "name": "PageView", "createdAt": NOW})
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_boots_make_one_member_one_session_and_keep_all_fields() {
    let shop = Shop::open().await;
    let boots = (0..100).map(|n| {
        let shop = shop.clone();
        tokio::spawn(async move {
            let mut profile = json!({});
            profile[format!("field{n}")] = json!(n);
            // Told to come back, or cut off at its time limit, a page does: on a loaded machine the last of 100 may be.
            loop {
                let booted = shop.boot_member("lee", json!({ "profile": profile })).await;
                if booted.status < 500 {
                    return booted;
                }
            }
        })
    });
    let answers: Vec<_> = join_all(boots).await.into_iter().map(Result::unwrap).collect();
    let id = answers[0].str("/user/id").to_owned();
    for answer in &answers {
        assert_eq!(answer.expect(200)["user"]["id"], id.as_str());
    }
    let customer = shop.customer("@lee").await;
    let user = &customer.expect(200)["user"];
    assert_eq!(user["sessionsCount"], 1);
    assert_eq!(user["web"]["sessionsCount"], 1);
    for n in 0..100 {
        // 100 keys are the limit of a page, and they fit.
        assert_eq!(user["profile"][format!("field{n}")], n);
    }
    let markers =
        shop.items().await.iter().filter(|item| item["pk"].as_s().unwrap().starts_with("M#")).count();
    assert_eq!(markers, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_leads_with_one_email_make_one_lead_and_conflicts() {
    let shop = Shop::open().await;
    let leads = (0..50).map(|_| {
        let shop = shop.clone();
        tokio::spawn(async move {
            shop.server("POST", "/open/v5/users")
                .json(json!({"profile": {"email": "lead@example.com"}}))
                .await
        })
    });
    let answers: Vec<_> = join_all(leads).await.into_iter().map(Result::unwrap).collect();
    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(created.len(), 1);
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 409).collect();
    assert_eq!(refused.len(), 49);
    for answer in refused {
        assert_eq!(answer.body["userId"], created[0].body["user"]["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crossing_leads_never_share_a_contact_point() {
    for round in 0..10 {
        let shop = Shop::open().await;
        let (email, phone) = (format!("lead{round}@example.com"), "+821024682468");
        let bodies = [
            json!({"profile": {"email": email, "mobileNumber": phone}}),
            json!({"profile": {"email": email}}),
            json!({"profile": {"mobileNumber": phone}}),
            json!({"profile": {"mobileNumber": phone, "email": "other@example.com"}}),
        ];
        let leads = bodies.map(|body| {
            let shop = shop.clone();
            tokio::spawn(async move { shop.server("POST", "/open/v5/users").json(body).await })
        });
        let answers: Vec<_> = join_all(leads).await.into_iter().map(Result::unwrap).collect();
        let with = |key: &str| {
            let created = answers.iter().filter(|answer| answer.status == 200);
            let has = created.filter(|answer| answer.body["user"][key].is_string());
            let values: Vec<_> = has.map(|answer| answer.body["user"][key].clone()).collect();
            values
        };
        for key in ["email", "mobileNumber"] {
            let values = with(key);
            let different: std::collections::BTreeSet<_> = values.iter().map(Value::to_string).collect();
            assert_eq!(different.len(), values.len(), "{key} twice: {values:?}");
        }
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_sent_twenty_times_at_once_is_stored_once() {
    let shop = Shop::open().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    let batch: Value = (0..100).map(|n| event(&format!("e{n}"))).collect();
    let sent = (0..20).map(|attempt| {
        let (shop, token, batch) = (shop.clone(), token.clone(), batch.clone());
        tokio::spawn(async move {
            let body = json!({"events": batch, "attempt": attempt + 1});
            shop.page("POST", "/front/v1/events", &token).json(body).await
        })
    });
    for answer in join_all(sent).await {
        let results = answer.unwrap().expect(200)["results"].as_array().unwrap().clone();
        assert!(
            results.iter().all(|result| matches!(result["status"].as_str(), Some("accepted" | "duplicate")))
        );
    }
    assert_eq!(shop.events("@lee").await.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_linking_to_one_member_at_once_are_all_kept() {
    let shop = Shop::open().await;
    let mut veils = Vec::new();
    for _ in 0..12 {
        let booted = shop.boot(json!({})).await;
        shop.track(booted.str("/sessionToken"), json!([event("before")])).await.expect(200);
        veils.push(booted.body["veilId"].clone());
    }
    let boots = veils.into_iter().map(|veil| {
        let shop = shop.clone();
        tokio::spawn(async move { shop.boot_member("lee", json!({ "veilId": veil })).await })
    });
    for booted in join_all(boots).await {
        booted.unwrap().expect(200);
    }
    assert_eq!(shop.events("@lee").await.len(), 12);
}

/// What a deletion that races with others must leave: a readable new life, or nothing at all.
async fn nothing_of_an_erased_life_is_left(shop: &Shop, canary: &str) {
    shop.sweep().await;
    shop.clock.advance(71_000);
    shop.sweep().await;
    let found = shop.customer("@lee").await;
    if found.status == 404 {
        let dump = shop.dump().await;
        assert!(!dump.contains(canary), "{dump}");
        assert!(!dump.contains("\"X#"), "a job is left: {dump}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn boots_racing_a_deletion_end_in_a_new_record_or_in_none() {
    for _ in 0..10 {
        let shop = Shop::open().await;
        let old = shop
            .boot_member("lee", json!({"profile": {"note": "old-life"}}))
            .await
            .str("/user/id")
            .to_owned();
        let boots = (0..5).map(|n| {
            let shop = shop.clone();
            tokio::spawn(async move { shop.boot_member("lee", json!({"profile": {"n": n}})).await.status })
        });
        let boots: Vec<_> = boots.collect();
        shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
        for status in join_all(boots).await {
            assert_eq!(status.unwrap(), 200);
        }
        assert_eq!(shop.customer(&old).await.status, 404);
        nothing_of_an_erased_life_is_left(&shop, "old-life").await;
        assert!(!shop.dump().await.contains("old-life"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_racing_a_deletion_leave_no_event_behind() {
    for _ in 0..10 {
        let shop = Shop::open().await;
        let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
        let tracks = (0..10).map(|n| {
            let (shop, token) = (shop.clone(), token.clone());
            tokio::spawn(async move {
                let events: Value = (0..30)
                    .map(|m| json!({"id": format!("{n}-{m}"), "name": "canary-event", "createdAt": NOW}))
                    .collect();
                shop.track(&token, events).await.status
            })
        });
        let tracks: Vec<_> = tracks.collect();
        tokio::task::yield_now().await;
        shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
        for status in join_all(tracks).await {
            assert!(matches!(status.unwrap(), 200 | 409));
        }
        assert_eq!(shop.customer("@lee").await.status, 404);
        nothing_of_an_erased_life_is_left(&shop, "canary-event").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn link_racing_a_deletion_leaves_nothing_unless_it_begins_anew() {
    for _ in 0..10 {
        let shop = Shop::open().await;
        shop.boot_member("lee", json!({})).await.expect(200);
        let visitor = shop.boot(json!({"profile": {"email": "canary@example.com"}})).await;
        let veil = visitor.body["veilId"].clone();
        let linking = {
            let shop = shop.clone();
            tokio::spawn(async move { shop.boot_member("lee", json!({ "veilId": veil })).await.status })
        };
        shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
        assert_eq!(linking.await.unwrap(), 200);
        // The boot is proven: it came before the deletion and went with it, or it began a new life.
        let visitor = shop.customer(visitor.str("/user/id")).await;
        let member = shop.customer("@lee").await;
        assert_eq!(visitor.status, member.status);
        if member.status == 404 {
            nothing_of_an_erased_life_is_left(&shop, "canary@example.com").await;
        } else {
            assert_eq!(visitor.body["user"]["memberId"], "lee");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_deletions_succeed_once_and_are_else_404() {
    let shop = Shop::open().await;
    shop.boot_member("lee", json!({})).await.expect(200);
    let deletions = (0..10).map(|_| {
        let shop = shop.clone();
        tokio::spawn(async move { shop.server("DELETE", "/open/v5/users/@lee").send().await.status })
    });
    let mut statuses: Vec<_> = join_all(deletions).await.into_iter().map(Result::unwrap).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404, 404, 404, 404, 404, 404, 404, 404]);
}
