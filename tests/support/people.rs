//! What several behaviours do with a visitor and a member.

use serde_json::{Value, json};

use crate::{Answer, Shop};

/// A visitor's id and session.
pub async fn visitor(shop: &Shop) -> (String, String) {
    let booted = shop.boot(json!({})).await;
    (booted.str("/user/id").to_owned(), booted.str("/sessionToken").to_owned())
}

/// `updateUser` of a page.
pub async fn update(shop: &Shop, token: &str, body: Value) -> Answer {
    shop.page("PATCH", "/front/v1/users/me", token).json(body).await
}

pub async fn put(shop: &Shop, member: &str, body: Value) -> Answer {
    shop.server("PUT", &format!("/open/v5/users/@{member}")).json(body).await
}

pub async fn profile(shop: &Shop, id: &str) -> Value {
    shop.customer(id).await.expect(200)["user"]["profile"].clone()
}
