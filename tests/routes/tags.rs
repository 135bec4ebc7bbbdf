//! Tags: a page may add and remove only those that a page set (R3, R4).

use serde_json::{Value, json};
use support::{Answer, Shop};

/// A member who has the manager's tag `退会`: its id and a page's session.
async fn tagged(shop: &Shop) -> (String, String) {
    let booted = shop.boot_member("m-1", json!({})).await;
    let (id, token) = (booted.str("/user/id").to_owned(), booted.str("/sessionToken").to_owned());
    shop.server("PATCH", &format!("/open/v5/users/{id}")).json(json!({"tags": ["退会"]})).await.expect(200);
    (id, token)
}

async fn page(shop: &Shop, method: &str, token: &str, tags: Value) -> Answer {
    shop.page(method, "/front/v1/users/me/tags", token).json(json!({ "tags": tags })).await
}

/// All tags, as the Open API shows them.
async fn all(shop: &Shop, id: &str) -> Value {
    shop.customer(id).await.expect(200)["user"]["tags"].clone()
}

#[tokio::test]
async fn tags_are_trimmed_lower_cased_and_unique() {
    let shop = Shop::open().await;
    let (id, token) = tagged(&shop).await;
    let added = page(&shop, "PATCH", &token, json!(["VIP", "vip ", " Vip", "ÉTÉ", "단골"])).await;
    assert_eq!(added.expect(200)["user"]["tags"], json!(["vip", "été", "단골"]));
    assert_eq!(all(&shop, &id).await, json!(["vip", "été", "退会", "단골"]));
    let put = shop.server("PUT", "/open/v5/users/@m-2").json(json!({"tags": ["A", "a", "B/C"]})).await;
    assert_eq!(put.expect(200)["user"]["tags"], json!(["a", "b/c"]));
}

#[tokio::test]
async fn page_sees_and_removes_only_tags_that_a_page_set() {
    let shop = Shop::open().await;
    let (id, token) = tagged(&shop).await;
    page(&shop, "PATCH", &token, json!(["vip", "new"])).await.expect(200);
    let removed = page(&shop, "DELETE", &token, json!(["退会", "VIP", "unknown"])).await;
    assert_eq!(removed.expect(200)["user"]["tags"], json!(["new"]));
    assert_eq!(all(&shop, &id).await, json!(["new", "退会"]));
}

#[tokio::test]
async fn page_that_adds_a_manager_tag_does_not_take_it_over() {
    let shop = Shop::open().await;
    let (id, token) = tagged(&shop).await;
    let added = page(&shop, "PATCH", &token, json!(["退会"])).await;
    assert_eq!(added.expect(200)["user"]["tags"], json!([]));
    page(&shop, "DELETE", &token, json!(["退会"])).await.expect(200);
    let path = "/front/v1/users/me";
    shop.page("PATCH", path, &token).json(json!({"tags": ["退会"]})).await.expect(200);
    shop.page("PATCH", path, &token).json(json!({"tags": null})).await.expect(200);
    shop.boot_member("m-1", json!({"tags": ["other"]})).await.expect(200);
    assert_eq!(all(&shop, &id).await, json!(["other", "退会"]));
}

#[tokio::test]
async fn page_tag_set_again_by_the_manager_is_not_removable_by_pages() {
    let shop = Shop::open().await;
    let (id, token) = tagged(&shop).await;
    page(&shop, "PATCH", &token, json!(["vip", "new"])).await.expect(200);
    shop.server("PUT", "/open/v5/users/@m-1").json(json!({"tags": ["VIP"]})).await.expect(200);
    page(&shop, "DELETE", &token, json!(["vip"])).await.expect(200);
    assert_eq!(all(&shop, &id).await, json!(["vip"]));
}

#[tokio::test]
async fn page_update_replaces_page_tags_and_null_clears_them() {
    let shop = Shop::open().await;
    let (id, token) = tagged(&shop).await;
    let update = async |body: Value| shop.page("PATCH", "/front/v1/users/me", &token).json(body).await;
    assert_eq!(update(json!({"tags": ["a", "b"]})).await.expect(200)["user"]["tags"], json!(["a", "b"]));
    assert_eq!(update(json!({"tags": ["B", "c"]})).await.expect(200)["user"]["tags"], json!(["b", "c"]));
    assert_eq!(all(&shop, &id).await, json!(["b", "c", "退会"]));
    assert_eq!(update(json!({"tags": null})).await.expect(200)["user"]["tags"], json!([]));
    assert_eq!(all(&shop, &id).await, json!(["退会"]));
}

#[tokio::test]
async fn absent_tags_stay() {
    let shop = Shop::open().await;
    let (id, token) = tagged(&shop).await;
    page(&shop, "PATCH", &token, json!(["vip"])).await.expect(200);
    let body = json!({"profile": {"grade": "gold"}});
    shop.page("PATCH", "/front/v1/users/me", &token).json(body.clone()).await.expect(200);
    shop.server("PUT", "/open/v5/users/@m-1").json(body.clone()).await.expect(200);
    shop.server("PATCH", "/open/v5/users/@m-1").json(body).await.expect(200);
    shop.boot_member("m-1", json!({})).await.expect(200);
    assert_eq!(all(&shop, &id).await, json!(["vip", "退会"]));
}

#[tokio::test]
async fn open_api_replaces_the_whole_set_including_page_tags() {
    let shop = Shop::open().await;
    let (id, token) = tagged(&shop).await;
    for (method, tags, wanted) in [
        ("PUT", json!(["A", "b"]), json!(["a", "b"])),
        ("PATCH", json!(["c"]), json!(["c"])),
        ("PUT", json!([]), json!([])),
        ("PUT", json!(["d"]), json!(["d"])),
        ("PATCH", json!(null), json!([])),
    ] {
        page(&shop, "PATCH", &token, json!(["vip"])).await.expect(200);
        let replaced = shop.server(method, "/open/v5/users/@m-1").json(json!({ "tags": tags })).await;
        assert_eq!(replaced.expect(200)["user"]["tags"], wanted);
        assert_eq!(all(&shop, &id).await, wanted);
    }
}

#[tokio::test]
async fn null_empty_and_mistyped_tags_are_refused_by_name() {
    let shop = Shop::open().await;
    let (id, token) = tagged(&shop).await;
    for (tags, field) in [
        (json!(null), "tags"),
        (json!([]), "tags"),
        (json!("vip"), "tags"),
        (json!({"vip": true}), "tags"),
        (json!(["vip", 7]), "tags[1]"),
        (json!(["vip", null]), "tags[1]"),
        (json!([""]), "tags[0]"),
        (json!(["vip", "  "]), "tags[1]"),
        (json!(["a\u{7}b"]), "tags[0]"),
    ] {
        for method in ["PATCH", "DELETE"] {
            let refused = page(&shop, method, &token, tags.clone()).await;
            refused.expect(422);
            assert_eq!(refused.fields(), [field], "{method} {tags}");
        }
    }
    for method in ["PATCH", "DELETE"] {
        let path = "/front/v1/users/me/tags";
        shop.page(method, path, &token).json(json!({})).await.expect(422);
        let refused = shop.page(method, path, &token).json(json!({"tags": ["a"], "tag": ["b"]})).await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["tag"]);
    }
    for wrong in [json!("vip"), json!(["vip", 7]), json!([""])] {
        shop.server("PUT", "/open/v5/users/@m-1").json(json!({ "tags": wrong })).await.expect(422);
        let updated = shop.page("PATCH", "/front/v1/users/me", &token).json(json!({ "tags": wrong })).await;
        let field = updated.expect(200)["dropped"][0]["field"].as_str().unwrap();
        assert!(field.starts_with("tags"), "{field}");
    }
    // The page's update kept the readable tag, and a list without one cleared nothing.
    assert_eq!(all(&shop, &id).await, json!(["vip", "退会"]));
}

#[tokio::test]
async fn tags_need_a_session() {
    let shop = Shop::open().await;
    page(&shop, "PATCH", "", json!(["vip"])).await.expect(401);
    page(&shop, "DELETE", "no.such.token", json!(["vip"])).await.expect(401);
}
