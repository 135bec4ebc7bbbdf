//! temp
use serde_json::json;
use support::fault_world::{Stage, World, run};

#[test]
fn measure() {
    run(async {
        let start = std::time::Instant::now();
        let world = World::open().await;
        println!("open {:?}", start.elapsed());
        let start = std::time::Instant::now();
        let booted = world.shop.boot_member("lee", json!({"profile": {"email": "a@example.com"}})).await;
        booted.expect(200);
        println!("boot {:?}", start.elapsed());
        let start = std::time::Instant::now();
        for n in 0..20 {
            world.shop.server("PATCH", "/open/v5/users/@lee").json(json!({"profile": {"n": n}})).await.expect(200);
        }
        println!("20 patches {:?} {:?}", start.elapsed(), world.wire.calls());
        let stage = Stage::of(&world);
        let start = std::time::Instant::now();
        for _ in 0..20 {
            stage.world().await;
        }
        println!("20 stages {:?}", start.elapsed());
    });
}
