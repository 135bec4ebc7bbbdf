//! Two operations at once, in every order of their calls: the end is that of one after the other.

use serde_json::json;
use std::sync::Arc;
use support::fault::ask::Ask;
use support::fault::dump::{Times, difference, dump};
use support::fault::scene::{self, DECEMBER, VEILS, cast, events};
use support::fault::truth::Truth;
use support::fault::world::{Stage, World, full_size, run};
use support::step::{self, Script};
use support::{Answer, NOW};

/// Two operations on a stage.
struct Pair {
    name: &'static str,
    stage: Arc<Stage>,
    asks: [Ask; 2],
}

/// What remains and what was answered.
#[derive(PartialEq)]
struct End {
    statuses: [u16; 2],
    dump: Vec<String>,
}

impl End {
    async fn of(world: &World, answers: [&Answer; 2]) -> Result<Self, String> {
        world.sweep_out().await;
        let faults = Truth::of(world).faults(true);
        let statuses = answers.map(|answer| answer.status);
        if !faults.is_empty() {
            return Err(format!("answered {statuses:?}: {faults:#?}"));
        }
        Ok(Self { statuses, dump: dump(world, Times::Exact) })
    }
}

/// The ends of both sequential orders.
async fn sequential(pair: &Pair) -> [End; 2] {
    let one = async |first: usize| {
        let world = pair.stage.world().await;
        let a = pair.asks[first].send(&world.shop).await;
        let b = pair.asks[1 - first].send(&world.shop).await;
        let answers = if first == 0 { [&a, &b] } else { [&b, &a] };
        End::of(&world, answers).await.unwrap_or_else(|wrong| panic!("{}: {wrong}", pair.name))
    };
    [one(0).await, one(1).await]
}

async fn order(pair: &Pair, script: &Script, ends: &[End; 2]) -> (step::Run, Result<(), String>) {
    let world = pair.stage.world().await;
    let run = step::run(&world, pair.asks.clone(), script).await;
    let [a, b] = &run.answers;
    let verdict = match End::of(&world, [a, b]).await {
        Ok(end) if ends.contains(&end) => Ok(()),
        Ok(end) => {
            let wanted = ends.iter().find(|wanted| wanted.statuses == end.statuses);
            let how = wanted.map(|wanted| difference(&end.dump, &wanted.dump));
            let sequential = ends.each_ref().map(|end| end.statuses);
            Err(format!("{:?} of {sequential:?}\n{}", end.statuses, how.unwrap_or_default()))
        }
        Err(wrong) => Err(wrong),
    };
    (run, verdict)
}

async fn every_order(pairs: Vec<Pair>) {
    let limit: usize = if full_size() { 1000 } else { 40 };
    let (mut all, mut failed) = (0, Vec::new());
    for pair in pairs {
        let ends = sequential(&pair).await;
        let (first, _) = order(&pair, &Script::Then(Vec::new()), &ends).await;
        let calls = |who: &str| first.trace.iter().filter(|call| call.starts_with(who)).count();
        let orders = step::orders(calls("A"), calls("B"));
        // Where there are too many: every beginning of some length, each with a seeded rest; then seeded ones.
        let whole = orders <= limit as u128;
        let depth = if whole { usize::MAX } else { (limit / 2).ilog2() as usize };
        let (mut ran, mut wrong) = (0, 0);
        let mut check = async |script: Script| {
            let (run, verdict) = order(&pair, &script, &ends).await;
            ran += 1;
            if let Err(text) = verdict {
                wrong += 1;
                // The first few tell enough.
                if wrong <= 2 {
                    failed.push(format!("{}, {script:?}, {:?}: {text}", pair.name, run.trace));
                }
            }
            run.steps
        };
        let mut beginning = Some(Vec::new());
        let mut bound = 0;
        while let Some(script) = beginning.take().filter(|_| bound < 4 * limit) {
            bound += 1;
            let seed = bound as u64;
            let script = if whole { Script::Then(script) } else { Script::Seeded(script, seed) };
            beginning = step::next(&check(script).await, depth);
        }
        let complete = if whole && beginning.is_none() { "all" } else { "some" };
        for seed in 0..if whole { 0 } else { limit as u64 / 2 } {
            check(Script::Seeded(Vec::new(), 1000 + seed)).await;
        }
        println!(
            "interleavings: {}: {ran} orders ({complete}; {orders} by number of calls), {wrong} failed",
            pair.name
        );
        all += ran;
    }
    println!("interleavings: {all} orders");
    for wrong in &failed {
        println!("- {wrong}");
    }
    assert!(failed.is_empty(), "interleavings failed");
}

fn pair(name: &'static str, stage: &Arc<Stage>, a: Ask, b: Ask) -> Pair {
    Pair { name, stage: stage.clone(), asks: [a, b] }
}

fn lee(mut body: serde_json::Value) -> Ask {
    body["memberId"] = json!("canary-lee");
    Ask::boot(body)
}

/// An act on one person, as on many.
fn act(action: serde_json::Value) -> Ask {
    let body = json!({"ids": ["@canary-lee"], "action": action});
    Ask::server("POST", "/okyaku/v1/contacts/bulk", Some(body))
}

fn lead(body: serde_json::Value) -> Ask {
    Ask::server("POST", "/open/v5/users", Some(json!({ "profile": body })))
}

fn delete(target: &str) -> Ask {
    Ask::server("DELETE", format!("/open/v5/users/{target}"), None)
}

#[test]
fn boots_of_one_customer_end_as_one_after_the_other() {
    run(async {
        let (_, cast) = cast().await;
        let now = Arc::new(cast.stage);
        let (later, month) = (Arc::new(now.at(NOW + 31 * 60_000)), Arc::new(now.at(DECEMBER)));
        let veil = |n: usize, key: &str| Ask::boot(json!({"veilId": VEILS[n], "profile": {key: key}}));
        let max = |key: &str| Ask::boot(json!({"memberId": "max", "profile": {key: "new@example.com"}}));
        every_order(vec![
            pair("boot and boot of a new visitor", &now, veil(2, "a"), veil(2, "b")),
            pair("boot and boot of a visitor, a new session", &later, veil(0, "a"), veil(0, "b")),
            pair("boot and boot of a new member", &now, max("email"), max("note")),
            pair("boot and boot of a new member with one address", &now, max("email"), max("email")),
            pair(
                "boot and boot of a member, first of a month",
                &month,
                lee(json!({})),
                lee(json!({"profile": {"b": 1}})),
            ),
        ])
        .await;
    });
}

#[test]
fn links_end_as_one_after_the_other() {
    run(async {
        let (_, cast) = cast().await;
        let now = Arc::new(cast.stage);
        let links = || lee(json!({"veilId": VEILS[0]}));
        let kim = Ask::boot(json!({"memberId": "kim", "veilId": VEILS[0]}));
        let visitor = Ask::boot(json!({"veilId": VEILS[0], "profile": {"email": "moved@example.com"}}));
        let touch =
            Ask::page(&cast.visitor, "PATCH", "/front/v1/users/me", Some(json!({"profile": {"x": 1}})));
        every_order(vec![
            pair("link and link to one member", &now, links(), links()),
            pair("link and link to two members", &now, links(), kim),
            pair("link and the visitor's boot", &now, links(), visitor),
            pair("link and the visitor's patch", &now, links(), touch),
            pair("link and the visitor's event", &now, links(), Ask::track(&cast.visitor, events("x", 1))),
        ])
        .await;
    });
}

#[test]
fn leads_end_as_one_after_the_other() {
    run(async {
        let (_, cast) = cast().await;
        let now = Arc::new(cast.stage);
        let (x, y) = ("x@example.com", "+821077770009");
        let takes = Ask::server("PATCH", "/open/v5/users/@kim", Some(json!({"profile": {"email": x}})));
        every_order(vec![
            pair("lead and lead, one address", &now, lead(json!({"email": x})), lead(json!({"email": x}))),
            pair(
                "lead and lead, crossed",
                &now,
                lead(json!({"email": x, "mobileNumber": y})),
                lead(json!({"email": "z@example.com", "mobileNumber": y})),
            ),
            pair(
                "lead and lead, two addresses",
                &now,
                lead(json!({"email": x, "mobileNumber": y})),
                lead(json!({"email": x, "mobileNumber": y})),
            ),
            pair("lead and a member who takes the address", &now, lead(json!({"email": x})), takes),
            pair(
                "lead and its holder's erasure",
                &now,
                lead(json!({"email": "canary@example.com"})),
                delete("@canary-lee"),
            ),
        ])
        .await;
    });
}

#[test]
fn forced_leads_end_as_one_after_the_other() {
    run(async {
        let (_, cast) = cast().await;
        let now = Arc::new(cast.stage);
        // A visitor and `kim` claim the address.
        let x = "shared@example.com";
        let force =
            || Ask::server("POST", "/open/v5/users", Some(json!({"profile": {"email": x}, "force": true})));
        let vouches = Ask::server("PATCH", "/open/v5/users/@kim", Some(json!({"profile": {"email": x}})));
        every_order(vec![
            pair("forced lead and forced lead", &now, force(), force()),
            pair("forced lead and lead", &now, force(), lead(json!({"email": x}))),
            pair("forced lead and a claim", &now, force(), lee(json!({"profile": {"email": x}}))),
            pair("forced lead and a server that knows a claimant", &now, force(), vouches),
            pair("forced lead and a claimant's erasure", &now, force(), delete("@kim")),
        ])
        .await;
    });
}

#[test]
fn erasure_and_any_request_end_as_one_after_the_other() {
    run(async {
        let (_, cast) = cast().await;
        let now = Arc::new(cast.stage);
        let gone = || delete("@canary-lee");
        let by = |by: serde_json::Value| {
            let all = by["email"].is_string();
            let body = if all { json!({"by": by, "all": true}) } else { json!({ "by": by }) };
            Ask::server("POST", "/okyaku/v1/erasures", Some(body))
        };
        let put =
            Ask::server("PUT", "/open/v5/users/@max", Some(json!({"profile": {"email": "new@example.com"}})));
        let patch = Ask::server(
            "PATCH",
            "/open/v5/users/@canary-lee",
            Some(json!({"profile": {"email": "late@example.com"}})),
        );
        let order = json!([{"id": "o1", "name": "CheckoutComplete", "createdAt": NOW}]);
        every_order(vec![
            pair("boot and erasure", &now, lee(json!({"profile": {"b": 1}})), gone()),
            pair("event and erasure", &now, Ask::track(&cast.lee, events("late", 1)), gone()),
            pair("batch and erasure", &now, Ask::track(&cast.lee, events("late", 26)), gone()),
            pair("checkout and erasure", &now, Ask::track(&cast.lee, order), gone()),
            pair("patch and erasure", &now, patch, gone()),
            pair("act on many and erasure", &now, act(json!({"addTags": ["sale"]})), gone()),
            pair(
                "erasure of many and boot",
                &now,
                act(json!({"erase": true})),
                lee(json!({"profile": {"b": 1}})),
            ),
            pair(
                "act on many and another",
                &now,
                act(json!({"addTags": ["a"]})),
                act(json!({"addTags": ["b"]})),
            ),
            pair("erasure and erasure", &now, gone(), gone()),
            pair("erasure and erasure by address", &now, gone(), by(json!({"email": "canary@example.com"}))),
            pair(
                "boot of an unknown member and its erasure",
                &now,
                Ask::boot(json!({"memberId": "max"})),
                by(json!({"memberId": "max"})),
            ),
            pair(
                "PUT with an address and the address's erasure",
                &now,
                put,
                by(json!({"email": "new@example.com"})),
            ),
        ])
        .await;
    });
}

#[test]
fn link_and_erasure_end_as_one_after_the_other() {
    run(async {
        let (_, cast) = cast().await;
        let now = Arc::new(cast.stage);
        let links = || lee(json!({"veilId": VEILS[0]}));
        let max = Ask::boot(json!({"memberId": "max", "veilId": VEILS[0]}));
        every_order(vec![
            pair("link and the member's erasure", &now, links(), delete("@canary-lee")),
            pair("link and the visitor's erasure", &now, links(), delete(&cast.visitor_id)),
            pair("a new member's link and the visitor's erasure", &now, max, delete(&cast.visitor_id)),
        ])
        .await;
    });
}

#[test]
fn sweep_and_any_request_end_as_one_after_the_other() {
    run(async {
        let scenes = scene::erasures().await;
        let stage = |name: &str| scenes.iter().find(|scene| scene.name == name).unwrap().stage.clone();
        let (pages, last, over) =
            (stage("a sweep's pages"), stage("a last sweep"), stage("a PUT that revives"));
        let takes = || lead(json!({"email": "canary@example.com"}));
        let back = || lee(json!({"profile": {"email": "canary@example.com"}}));
        let revive = Ask::server("PUT", "/open/v5/users/@canary-lee", Some(json!({"revive": true})));
        every_order(vec![
            pair("sweep and sweep", &pages, Ask::sweep(), Ask::sweep()),
            pair("last sweep and last sweep", &last, Ask::sweep(), Ask::sweep()),
            pair("last sweep and a lead with the freed address", &last, Ask::sweep(), takes()),
            pair("last sweep and the member's return", &last, Ask::sweep(), back()),
            pair("return and return", &over, back(), revive),
        ])
        .await;
    });
}

#[test]
fn deliveries_end_as_one_after_the_other() {
    run(async {
        let scenes = scene::deliveries().await;
        let stage = |name: &str| scenes.iter().find(|scene| scene.name == name).unwrap().stage.clone();
        let (new, known, over) = (
            stage("a delivery of a new customer"),
            stage("a delivery of a known customer"),
            stage("a delivery of a new life"),
        );
        let told = |topic, body| Ask::shopify(topic, body);
        let update = |changed| told("customers/update", scene::seven(300, changed));
        let placed = |id, changed| told("orders/updated", scene::order(id, changed, "30.00"));
        let refund = |id| told("refunds/create", scene::refund(id, 2, "5.00"));
        let refund_of = |id, order| told("refunds/create", scene::refund(id, order, "5.00"));
        let of = |customer, changed| told("orders/updated", scene::order_of(customer, 1, changed, "25.00"));
        let moved = |changed| of(scene::eight(), changed);
        let nobodys = |changed| of(serde_json::Value::Null, changed);
        let gone = || told("customers/delete", json!({"id": 7}));
        let boot = Ask::boot(json!({"memberId": "7", "veilId": VEILS[0], "profile": {"note": "x"}}));
        every_order(vec![
            pair("delivery and delivery of a new customer", &new, update(100), update(90)),
            pair("delivery and delivery of a known customer", &known, update(100), update(90)),
            pair("the same delivery twice", &known, update(100), update(100)),
            pair("delivery and order", &known, update(100), placed(2, 80)),
            pair("order and order", &known, placed(2, 80), placed(3, 80)),
            pair("order and the same order, changed", &known, placed(2, 80), placed(2, 70)),
            pair("order and its refund", &known, placed(2, 80), refund(9)),
            pair("refund and refund before their order", &known, refund(8), refund(9)),
            pair("order and its move", &known, placed(1, 90), moved(80)),
            pair("refund and a move", &known, refund_of(9, 1), moved(80)),
            pair("move and move back", &known, moved(80), placed(1, 70)),
            pair("move and the same move", &known, moved(80), moved(80)),
            pair("move and merge", &known, moved(80), told("customers/merge", scene::merge(7, 8))),
            pair("merge and its orders", &known, told("customers/merge", scene::merge(7, 8)), placed(2, 80)),
            pair("merge and the end", &known, told("customers/merge", scene::merge(7, 8)), gone()),
            pair("move and the former owner's end", &known, moved(80), gone()),
            pair("move and a deletion", &known, moved(80), told("orders/delete", json!({"id": 1}))),
            pair("order of nobody and its refund", &known, nobodys(80), refund_of(9, 1)),
            pair("order of nobody and its move", &known, nobodys(80), moved(70)),
            pair("delivery and erasure", &known, update(100), gone()),
            pair("order and erasure", &known, placed(2, 80), gone()),
            pair("refund and erasure", &known, told("refunds/create", scene::refund(9, 1, "5.00")), gone()),
            pair("delivery of a new customer and its erasure", &new, update(100), gone()),
            pair("delivery and the member's boot", &known, update(100), boot),
            pair(
                "new life and new life",
                &over,
                told("customers/create", scene::seven(40, 30)),
                told("customers/update", scene::seven(40, 20)),
            ),
        ])
        .await;
    });
}
