//! A page may claim any address (R10, R12). Verified customers are found first, however many claims there are, and an
//! erasure by the address is exact.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use okyaku_domain::contact_point::{ContactPoint, ContactPointKind};
use okyaku_domain::limit::{CLAIMS_INLINE, REGISTRATIONS_INLINE};
use okyaku_store::items::contact_point;
use serde_json::{Value, json};
use support::people::put;
use support::{Answer, Shop, development_channel};

const ADDRESS: &str = "victim@example.com";

fn email() -> Value {
    json!({"profile": {"email": ADDRESS}})
}

/// Claims the address by so many pages. Returns the claimants' ids.
async fn claim(shop: &Shop, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(shop.boot(email()).await.str("/user/id").to_owned());
    }
    ids
}

async fn erase(shop: &Shop, body: Value) -> Answer {
    shop.server("POST", "/okyaku/v1/erasures").json(body).await
}

async fn erase_by_address(shop: &Shop) -> Answer {
    erase(shop, json!({"by": {"email": ADDRESS}})).await
}

async fn all_live(shop: &Shop, ids: &[String]) {
    for id in ids {
        shop.customer(id).await.expect(200);
    }
}

/// The partition of the address.
fn partition(shop: &Shop) -> String {
    let point = ContactPoint { kind: ContactPointKind::Email, address: ADDRESS.to_owned() };
    let hash = shop.base.backend.keys.contact_point(&development_channel(), &point);
    contact_point::key(&development_channel(), point.kind, &hash).pk
}

/// Puts claims of visitors that nobody knows into the table, as an item each.
async fn seed_claims(shop: &Shop, count: u64) {
    let text = |text: String| AttributeValue::S(text);
    let claim = |number: u64| {
        let put = PutRequest::builder()
            .item("pk", text(partition(shop)))
            .item("sk", text(format!("U#{number:020x}")))
            .item("f", AttributeValue::N("1".into()));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    let claims: Vec<WriteRequest> = (0..count).map(claim).collect();
    let table = &shop.base.backend.table;
    for some in claims.chunks(25) {
        let items = HashMap::from([(table.name.clone(), some.to_vec())]);
        table.client.batch_write_item().set_request_items(Some(items)).send().await.unwrap();
    }
}

#[tokio::test]
async fn servers_erasure_takes_the_verified_owner_among_300_claims() {
    let shop = Shop::open().await;
    let mut claimants = claim(&shop, 150).await;
    let owner = put(&shop, "owner", email()).await.str("/user/id").to_owned();
    claimants.extend(claim(&shop, 150).await);
    let done = erase_by_address(&shop).await;
    assert_eq!(done.expect(202)["erasure"]["deleted"]["customers"], 1);
    assert_eq!(done.body["claims"], 300);
    shop.customer(&owner).await.expect(404);
    all_live(&shop, &claimants).await;
    // A repetition answers as the first.
    let again = erase_by_address(&shop).await;
    assert_eq!(again.expect(202)["erasure"]["id"], done.body["erasure"]["id"]);
    assert_eq!(again.body["claims"], 300);
    // And the receipt is complete.
    shop.clock.advance(71_000);
    shop.sweep().await;
    let path = format!("/okyaku/v1/erasures/{}", done.str("/erasure/id"));
    assert_eq!(shop.server("GET", &path).send().await.expect(200)["erasure"]["status"], "done");
    all_live(&shop, &claimants).await;
}

#[tokio::test]
async fn builders_erasure_takes_the_verified_owner_among_300_claims() {
    let shop = Shop::open().await;
    let mut claimants = claim(&shop, 150).await;
    let owner = put(&shop, "7064055069", email()).await.str("/user/id").to_owned();
    claimants.extend(claim(&shop, 150).await);
    let redact = json!({"customer": {"email": ADDRESS}, "orders_to_redact": []});
    let answer = shop.shopify("customers/redact", &redact).await;
    assert_eq!(answer.expect(200)["dropped"], json!([]));
    shop.customer(&owner).await.expect(404);
    all_live(&shop, &claimants).await;
}

#[tokio::test]
async fn owner_who_claimed_first_and_was_verified_later_is_found() {
    let shop = Shop::open().await;
    claim(&shop, CLAIMS_INLINE + 5).await;
    // The owner's own claim is an item of its own too.
    let owner = shop.boot_member("owner", email()).await.str("/user/id").to_owned();
    claim(&shop, 120).await;
    let refused = erase_by_address(&shop).await;
    assert_eq!(refused.expect(409)["candidates"].as_array().unwrap().len(), 50);
    put(&shop, "owner", email()).await.expect(200);
    let done = erase_by_address(&shop).await;
    assert_eq!(
        (&done.expect(202)["claims"], &done.body["erasure"]["deleted"]["contacts"]),
        (&json!(135), &json!(1))
    );
    shop.customer(&owner).await.expect(404);
}

#[tokio::test]
async fn linked_visitors_claim_is_the_owners_own_and_goes_with_the_owner() {
    let shop = Shop::open().await;
    for claims in [2, 130] {
        let claimants = claim(&shop, claims).await;
        let visitor = shop.boot(email()).await;
        let body = json!({"veilId": visitor.str("/veilId"), "profile": {"email": ADDRESS}});
        shop.boot_member("owner", body).await.expect(200);
        put(&shop, "owner", email()).await.expect(200);
        let done = erase_by_address(&shop).await;
        assert_eq!(done.expect(202)["erasure"]["deleted"]["customers"], 2);
        assert_eq!(done.body["claims"], if claims == 2 { 2 } else { 132 });
        all_live(&shop, &claimants).await;
    }
}

#[tokio::test]
async fn two_verified_owners_are_ambiguous_beside_any_claims() {
    let shop = Shop::open().await;
    claim(&shop, 30).await;
    for member in ["ann", "ben"] {
        put(&shop, member, email()).await.expect(200);
    }
    claim(&shop, 30).await;
    let refused = erase_by_address(&shop).await;
    let candidates = refused.expect(409)["candidates"].as_array().unwrap();
    let members: Vec<&Value> = candidates.iter().map(|candidate| &candidate["memberId"]).collect();
    assert_eq!(members.len(), 2);
    assert!(members.contains(&&json!("ann")) && members.contains(&&json!("ben")), "{members:?}");
}

#[tokio::test]
async fn everybody_is_erased_with_all() {
    let shop = Shop::open().await;
    let mut claimants = claim(&shop, 60).await;
    put(&shop, "owner", email()).await.expect(200);
    claimants.extend(claim(&shop, 60).await);
    let done = erase(&shop, json!({"by": {"email": ADDRESS}, "all": true})).await;
    assert_eq!(done.expect(202)["claims"], Value::Null);
    for id in claimants {
        shop.customer(&id).await.expect(404);
    }
    shop.customer("@owner").await.expect(404);
}

#[tokio::test]
async fn everybody_of_many_is_erased_by_a_job_and_the_owner_with_the_answer() {
    let shop = Shop::open().await;
    let claimants = claim(&shop, 400).await;
    put(&shop, "owner", email()).await.expect(200);
    let other = shop.boot(json!({"profile": {"email": "other@example.com"}})).await;
    let done = erase(&shop, json!({"by": {"email": ADDRESS}, "all": true})).await;
    let left = done.expect(202)["claims"].as_u64().unwrap();
    assert!((100..400).contains(&left), "{left}");
    shop.customer("@owner").await.expect(404);
    let report = shop.sweep().await;
    assert_eq!(report.jobs, 1);
    for id in claimants {
        shop.customer(&id).await.expect(404);
    }
    shop.customer(other.str("/user/id")).await.expect(200);
    // A repetition finds nobody, and answers with an erasure.
    let again = erase(&shop, json!({"by": {"email": ADDRESS}, "all": true})).await;
    assert_eq!(again.expect(202)["claims"], Value::Null);
}

#[tokio::test]
async fn ten_thousand_claims_cost_two_queries() {
    let shop = Shop::open().await;
    put(&shop, "owner", email()).await.expect(200);
    seed_claims(&shop, 10_000).await;
    shop.recorder.reset();
    let done = erase_by_address(&shop).await;
    assert_eq!(done.expect(202)["claims"], 10_000);
    let calls = shop.recorder.calls();
    let queries = calls.iter().filter(|call| call.operation == "Query").count();
    let on_address =
        calls.iter().filter(|call| call.request["ExpressionAttributeValues"][":pk"]["S"] == partition(&shop));
    // The address, and a count of its claims, which is one page of at most 1 MB.
    assert_eq!(on_address.count(), 2);
    let (read, _) = shop.recorder.units();
    assert!(queries < 10 && read < 300.0, "{queries} {read}");
    shop.customer("@owner").await.expect(404);
    shop.clock.advance(71_000);
    shop.sweep().await;
    let path = format!("/okyaku/v1/erasures/{}", done.str("/erasure/id"));
    assert_eq!(shop.server("GET", &path).send().await.expect(200)["erasure"]["status"], "done");
}

#[tokio::test]
async fn claims_never_take_a_verified_customers_place() {
    let shop = Shop::open().await;
    claim(&shop, 2 * REGISTRATIONS_INLINE).await;
    for number in 0..=REGISTRATIONS_INLINE {
        put(&shop, &format!("m{number}"), email()).await.expect(200);
    }
    let items = shop.items().await;
    let of = |start: &str| {
        let of_address = items.iter().filter(|item| item["pk"].as_s().unwrap() == &partition(&shop));
        of_address.filter(|item| item["sk"].as_s().unwrap().starts_with(start)).count()
    };
    let list = items.iter().find(|item| item["pk"].as_s().unwrap() == &partition(&shop)).unwrap();
    let count = |set: &str| list[set].as_ss().unwrap().len();
    assert_eq!(
        (count("registered"), count("verified")),
        (CLAIMS_INLINE + REGISTRATIONS_INLINE, REGISTRATIONS_INLINE)
    );
    assert_eq!((of("H#"), of("U#")), (1, 2 * REGISTRATIONS_INLINE - CLAIMS_INLINE));
    // A lead with the address is refused with a verified customer's id.
    let lead = shop.server("POST", "/open/v5/users").json(email()).await;
    let named = shop.customer(lead.expect(409)["userId"].as_str().unwrap()).await;
    assert_eq!(named.expect(200)["user"]["type"], "member");
}

#[tokio::test]
async fn registration_moves_between_every_form() {
    let shop = Shop::open().await;
    // Claims in the list and beside it, then verified into the list and beside it, and released.
    let count = CLAIMS_INLINE + REGISTRATIONS_INLINE + 5;
    for number in 0..count {
        shop.boot_member(&format!("m{number}"), email()).await.expect(200);
    }
    for number in 0..count {
        put(&shop, &format!("m{number}"), email()).await.expect(200);
        let lead = shop.server("POST", "/open/v5/users").json(email()).await;
        lead.expect(409);
    }
    let refused = erase_by_address(&shop).await;
    let candidates = refused.expect(409)["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), count);
    assert!(candidates.iter().all(|candidate| candidate["verified"] == true));
    for number in 0..count - 1 {
        put(&shop, &format!("m{number}"), json!({"profile": {"email": null}})).await.expect(200);
    }
    let done = erase_by_address(&shop).await;
    assert_eq!(done.expect(202)["erasure"]["deleted"]["customers"], 1);
    shop.customer(&format!("@m{}", count - 1)).await.expect(404);
    // Nobody is registered any more, so a lead may have the address.
    shop.clock.advance(71_000);
    shop.sweep().await;
    shop.server("POST", "/open/v5/users").json(email()).await.expect(200);
}

/// The erasure reads the visitor a moment before the link, and the member a moment after it.
#[tokio::test]
async fn erasure_by_address_while_its_holders_are_linked_is_202() {
    for all in [false, true] {
        let shop = Shop::open().await;
        let visitor = shop.boot(email()).await;
        let id = visitor.str("/user/id").to_owned();
        shop.server("PATCH", &format!("/open/v5/users/{id}")).json(email()).await.expect(200);
        put(&shop, "owner", json!({})).await.expect(200);
        if all {
            put(&shop, "owner", email()).await.expect(200);
        }
        let key = format!("C#{}#{id}", development_channel());
        let table = &shop.base.backend.table;
        let read = async || {
            let get =
                table.client.get_item().table_name(&table.name).key("pk", AttributeValue::S(key.clone()));
            get.key("sk", AttributeValue::S("P".into())).send().await.unwrap();
            shop.recorder.calls().pop().unwrap().response["Item"].clone()
        };
        let before = read().await;
        let body = json!({"veilId": visitor.str("/veilId")});
        shop.boot_member("owner", body).await.expect(200);
        shop.recorder.reset();
        let refused = erase(&shop, json!({"by": {"email": ADDRESS}, "all": all}));
        // The first batch has the visitor as it was.
        let once = std::sync::Mutex::new(Some(before));
        let (name, owner) = (table.name.clone(), shop.customer("@owner").await.str("/user/id").to_owned());
        let member = {
            let at = AttributeValue::S(format!("C#{}#{owner}", development_channel()));
            let get = table.client.get_item().table_name(&table.name).key("pk", at);
            get.key("sk", AttributeValue::S("P".into())).send().await.unwrap();
            shop.recorder.calls().pop().unwrap().response["Item"].clone()
        };
        shop.recorder.inject(move |operation, request| {
            let keys = request["RequestItems"][&name]["Keys"].as_array().map_or(0, Vec::len);
            let is_read = operation == "BatchGetItem" && keys == 2
                || operation == "GetItem" && request["Key"]["pk"]["S"] == key.as_str();
            let before = is_read.then(|| once.lock().unwrap().take()).flatten()?;
            Some((
                200,
                match operation {
                    "GetItem" => json!({"Item": before}),
                    _ => json!({"Responses": {&name: [before, member]}, "UnprocessedKeys": {}}),
                },
            ))
        });
        let done = refused.await;
        shop.recorder.heal();
        done.expect(202);
        shop.customer("@owner").await.expect(404);
        shop.customer(&id).await.expect(404);
    }
}

/// Addresses that a page, a server or a builder erases while two visitors and a member that hold them are linked.
#[tokio::test]
async fn erasures_by_address_beside_links_never_fail() {
    let by = [
        json!({"email": ADDRESS}),
        json!({"mobileNumber": "+821024682468"}),
        json!({"email": " Victim@Example.com "}),
    ];
    for by in by {
        for all in [false, true] {
            let shop = Shop::open().await;
            let both = json!({"profile": {"email": ADDRESS, "mobileNumber": "+821024682468"}});
            let mut visitors = Vec::new();
            for _ in 0..2 {
                let visitor = shop.boot(both.clone()).await;
                let path = format!("/open/v5/users/{}", visitor.str("/user/id"));
                shop.server("PATCH", &path).json(both.clone()).await.expect(200);
                visitors.push(visitor.str("/veilId").to_owned());
            }
            put(&shop, "owner", json!({})).await.expect(200);
            let link = async |veil: &str| shop.boot_member("owner", json!({"veilId": veil})).await;
            let (erased, first, second) = tokio::join!(
                erase(&shop, json!({"by": by, "all": all})),
                link(&visitors[0]),
                link(&visitors[1])
            );
            first.expect(200);
            second.expect(200);
            assert!([202, 409].contains(&erased.status), "{by} {all}: {}", erased.status);
            // Asked again when nothing moves, the erasure takes whoever is left.
            let again = erase(&shop, json!({"by": by, "all": true})).await;
            assert!([202, 404].contains(&again.status), "{by} {all}: {}", again.status);
        }
    }
}

async fn lead(shop: &Shop, body: Value) -> Answer {
    shop.server("POST", "/open/v5/users").json(body).await
}

#[tokio::test]
async fn claims_of_pages_give_way_to_a_forced_lead() {
    for claims in [1, 9, 10, 11, 30] {
        let shop = Shop::open().await;
        let claimants = claim(&shop, claims).await;
        let refused = lead(&shop, email()).await;
        assert_eq!(refused.expect(409)["claimed"], true, "{claims}");
        assert!(claimants.contains(&refused.str("/userId").to_owned()));
        let mut forced = email();
        forced["force"] = json!(true);
        let made = lead(&shop, forced.clone()).await;
        let id = made.expect(200)["user"]["id"].as_str().unwrap().to_owned();
        // Now the shop knows the address, with force or without.
        for body in [email(), forced] {
            let again = lead(&shop, body).await;
            assert_eq!(
                (again.expect(409)["userId"].as_str(), again.body.get("claimed")),
                (Some(id.as_str()), None)
            );
        }
        all_live(&shop, &claimants).await;
        // The claimants learn nothing of the lead.
        shop.server("PATCH", &format!("/open/v5/users/{id}"))
            .json(json!({"profile": {"name": "Kim"}}))
            .await
            .expect(200);
        let page = shop.boot(email()).await;
        assert_eq!(page.expect(200)["user"]["profile"], email()["profile"]);
    }
}

#[tokio::test]
async fn force_gives_way_to_nobody_whom_the_shop_knows() {
    let phone = json!({"profile": {"email": ADDRESS, "mobileNumber": "+821024682468"}, "force": true});
    for known in ["member", "unverified lead", "builder", "phone"] {
        let shop = Shop::open().await;
        claim(&shop, 2).await;
        let id = match known {
            "member" => put(&shop, "m", email()).await.str("/user/id").to_owned(),
            "unverified lead" => lead(&shop, json!({"profile": {"email": ADDRESS}, "force": true}))
                .await
                .str("/user/id")
                .to_owned(),
            "builder" => {
                shop.shopify(
                    "customers/create",
                    &json!({"id": 7, "email": ADDRESS, "updated_at": "2026-11-20T10:15:00+09:00"}),
                )
                .await
                .expect(200);
                shop.customer("@7").await.str("/user/id").to_owned()
            }
            _ => put(&shop, "m", json!({"profile": {"mobileNumber": "+821024682468"}}))
                .await
                .str("/user/id")
                .to_owned(),
        };
        let refused = lead(&shop, phone.clone()).await;
        assert_eq!(
            (refused.expect(409)["userId"].as_str(), refused.body.get("claimed")),
            (Some(id.as_str()), None),
            "{known}"
        );
    }
    let shop = Shop::open().await;
    for wrong in [json!("yes"), json!(1), json!([])] {
        let refused = lead(&shop, json!({"profile": {"email": ADDRESS}, "force": wrong})).await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["force"]);
    }
    // A free address needs no force, and takes it.
    lead(&shop, json!({"profile": {"email": ADDRESS}, "force": true})).await.expect(200);
}

#[tokio::test]
async fn simultaneous_forced_leads_make_one_lead() {
    for claims in [0, 3, 10, 14] {
        let shop = Shop::open().await;
        claim(&shop, claims).await;
        let forced = json!({"profile": {"email": ADDRESS}, "force": true});
        let all = futures_util::future::join_all((0..6).map(|_| lead(&shop, forced.clone()))).await;
        let made = all.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(made, 1, "{claims}: {:?}", all.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(all.iter().all(|answer| [200, 409].contains(&answer.status)));
    }
}
