//! Boot: visitors and members (R1, R6).

use serde_json::json;
use support::{Shop, dev};

#[tokio::test]
async fn the_official_member_hash_boots_lucas_and_one_changed_digit_is_401() {
    let shop = Shop::open().await;
    let body = json!({"memberId": "lucas", "memberHash": dev::LUCAS_HASH, "profile": {"name": "Lucas", "email": "Lucas@Example.com"}});
    let booted = shop.boot(body).await;
    let user = &booted.expect(200)["user"];
    assert_eq!(user["memberId"], "lucas");
    assert_eq!(user["type"], "member");
    assert_eq!(user["name"], "Lucas");
    assert_eq!(user["profile"]["email"], "lucas@example.com");
    assert_eq!(user["sessionsCount"], 1);

    let wrong = dev::LUCAS_HASH.replace("9942", "9943");
    let refused = shop.boot(json!({"memberId": "lucas", "memberHash": wrong})).await;
    assert_eq!(refused.status, 401);
}
