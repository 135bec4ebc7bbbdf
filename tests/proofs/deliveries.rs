//! A thousand customers' deliveries, each one to four times, shuffled, with instances killed between: the end is what a
//! model says that knows no order (R13). `OKYAKU_DELIVERIES` says how many (2,000; 100,000 in full), `OKYAKU_SEED` which.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use support::NOW;
use support::crash::{Point, stop_at};
use support::fault::Rng;
use support::fault::ask::Ask;
use support::fault::truth::Truth;
use support::fault::world::{World, run};

/// How far a copy of a delivery may slip, in deliveries.
const SLIP: u64 = 1000;
const MINUTE: i64 = 60_000;

/// One creation of a customer at its builder, and what is said of it.
#[derive(Default)]
struct Record {
    builder_created_at: i64,
    /// When, and which fields: `Null` clears.
    writes: Vec<(i64, BTreeMap<&'static str, Value>)>,
    /// By order: the versions with total in cents and whether it is cancelled.
    orders: BTreeMap<u64, Vec<(i64, u64, bool)>>,
    /// By order: refunds in cents.
    refunds: BTreeMap<u64, BTreeMap<u64, u64>>,
}

struct Person {
    id: u64,
    first: Record,
    ended: Option<i64>,
    second: Option<Record>,
}

fn rfc3339(at: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at).unwrap().to_rfc3339()
}

fn cents(amount: u64) -> String {
    format!("{}.{:02}", amount / 100, amount % 100)
}

fn record(rng: &mut Rng, id: u64, from: i64, until: i64) -> Record {
    let time = |rng: &mut Rng| from + 1 + (rng.below((until - from - 1) as u64 / 1000) * 1000) as i64;
    let mut record = Record { builder_created_at: from, ..Record::default() };
    for _ in 0..1 + rng.below(6) {
        let mut fields = BTreeMap::new();
        for key in ["first_name", "last_name"] {
            let value = ["A", "B", "C"].get(rng.below(5) as usize).map_or(Value::Null, |value| json!(value));
            if rng.below(2) == 0 {
                fields.insert(key, value);
            }
        }
        if rng.below(2) == 0 {
            fields.insert("accepts_marketing", json!(rng.below(2) == 0));
        }
        if rng.below(2) == 0 {
            let tags: Vec<&str> = ["gold", "vip", "new"].into_iter().filter(|_| rng.below(2) == 0).collect();
            fields.insert("tags", json!(tags.join(", ")));
        }
        record.writes.push((time(rng), fields));
    }
    for n in 0..rng.below(4) {
        let order = id * 100 + n + if from > NOW - 600 * MINUTE { 50 } else { 0 };
        let mut versions = BTreeMap::new();
        for _ in 0..1 + rng.below(4) {
            versions.insert(time(rng), (1000 + rng.below(9000), rng.below(8) == 0));
        }
        record
            .orders
            .insert(order, versions.into_iter().map(|(at, (total, gone))| (at, total, gone)).collect());
        for refund in 0..rng.below(3) {
            record.refunds.entry(order).or_default().insert(order * 10 + refund, 100 + rng.below(3000));
        }
    }
    record
}

fn person(rng: &mut Rng, id: u64) -> Person {
    let begin = NOW - 3000 * MINUTE;
    let ends = rng.below(4) == 0;
    let ended = ends.then_some(NOW - 1000 * MINUTE);
    let first = record(rng, id, begin, ended.unwrap_or(NOW - MINUTE));
    let second = (ends && rng.below(2) == 0).then(|| record(rng, id, NOW - 500 * MINUTE, NOW - MINUTE));
    Person { id, first, ended, second }
}

/// An order that changes hands between two customers: the customers named by its versions, or nobody.
struct Moving {
    id: u64,
    /// By time: total in cents and customer.
    versions: BTreeMap<i64, (u64, Option<u64>)>,
    refund: Option<u64>,
    deleted: bool,
}

impl Moving {
    fn between(rng: &mut Rng, id: u64, pair: [u64; 2]) -> Self {
        let begin = NOW - 3000 * MINUTE;
        let mut versions = BTreeMap::new();
        for _ in 0..2 + rng.below(4) {
            let at = begin + 1 + (rng.below(2000 * 60) * 1000) as i64;
            versions.insert(at, (1000 + rng.below(9000), pair.get(rng.below(3) as usize).copied()));
        }
        let refund = (rng.below(2) == 0).then(|| 100 + rng.below(3000));
        Self { id, versions, refund, deleted: rng.below(6) == 0 }
    }

    /// What Shopify sends of the order.
    fn told(&self) -> Vec<Ask> {
        let order = |(at, (total, whose)): (&i64, &(u64, Option<u64>))| {
            Ask::shopify(
                "orders/updated",
                json!({"id": self.id, "created_at": rfc3339(NOW - 3000 * MINUTE), "updated_at": rfc3339(*at), "currency": "USD",
                    "total_price": cents(*total), "line_items": [], "customer": whose.map(|id| json!({"id": id}))}),
            )
        };
        let mut asks: Vec<Ask> = self.versions.iter().map(order).collect();
        asks.extend(self.refund.map(|amount| {
            Ask::shopify(
                "refunds/create",
                json!({"id": self.id * 10, "order_id": self.id, "transactions": [
                    {"id": 1, "kind": "refund", "status": "success", "amount": cents(amount)}]}),
            )
        }));
        asks.extend(self.deleted.then(|| Ask::shopify("orders/delete", json!({"id": self.id}))));
        asks
    }

    /// Adds the order to what must be known of a customer.
    fn add_to(&self, id: u64, known: &mut Value) {
        let add =
            |known: &mut Value, key: &str, by: u64| known[key] = json!(known[key].as_u64().unwrap() + by);
        if self.versions.values().any(|(_, whose)| *whose == Some(id)) {
            add(known, "orders", 1);
        }
        let (total, whose) = self.versions.values().last().unwrap();
        let left = total.saturating_sub(self.refund.unwrap_or(0));
        if *whose == Some(id) && !self.deleted && left > 0 {
            add(known, "count", 1);
            add(known, "cents", left);
        }
    }
}

/// What Shopify sends of a life.
fn told(person: &Person, record: &Record) -> Vec<Ask> {
    let customer = json!({"id": person.id, "email": format!("p{}@example.com", person.id), "created_at": rfc3339(record.builder_created_at)});
    let with = |at: i64, fields: &BTreeMap<&str, Value>| {
        let mut body = customer.clone();
        body["updated_at"] = json!(rfc3339(at));
        for (key, value) in fields {
            body[*key] = value.clone();
        }
        body
    };
    let mut asks = Vec::new();
    for (n, (at, fields)) in record.writes.iter().enumerate() {
        let topic = if n == 0 { "customers/create" } else { "customers/update" };
        asks.push(Ask::shopify(topic, with(*at, fields)));
    }
    for (order, versions) in &record.orders {
        for (n, (at, total, cancelled)) in versions.iter().enumerate() {
            let topic = ["orders/create", "orders/paid", "orders/updated"][n % 3];
            asks.push(Ask::shopify(
                topic,
                json!({"id": order, "created_at": rfc3339(record.builder_created_at), "updated_at": rfc3339(*at), "currency": "USD",
                    "total_price": cents(*total), "cancelled_at": cancelled.then(|| rfc3339(*at)), "line_items": [],
                    "customer": with(record.builder_created_at, &BTreeMap::new())}),
            ));
        }
    }
    for (order, refunds) in &record.refunds {
        for (refund, amount) in refunds {
            asks.push(Ask::shopify(
                "refunds/create",
                json!({"id": refund, "order_id": order, "transactions": [
                    {"id": 1, "kind": "refund", "status": "success", "amount": cents(*amount)}]}),
            ));
        }
    }
    asks
}

/// What must be known of a life in the end, whatever came when.
fn known(record: &Record) -> Value {
    let latest = |key: &str| {
        let writes = record.writes.iter().filter_map(|(at, fields)| Some((*at, fields.get(key)?)));
        writes
            .max_by_key(|(at, value)| (*at, !value.is_null(), value.to_string()))
            .map(|(_, value)| value.clone())
    };
    let at = record.writes.iter().map(|(at, fields)| (*at, fields.get("tags")));
    let newest = at.clone().filter(|(_, tags)| tags.is_some()).map(|(at, _)| at).max();
    // Of two sets of one time every tag of both is there.
    let tags: BTreeSet<String> = at
        .filter(|(at, _)| Some(*at) == newest)
        .flat_map(|(_, tags)| tags.and_then(Value::as_str).unwrap_or_default().split(", ").map(str::to_owned))
        .filter(|tag| !tag.is_empty())
        .collect();
    // Of two words of one time the refusal counts, so the smaller of "accepts".
    let accepts = record
        .writes
        .iter()
        .filter_map(|(at, fields)| Some((*at, fields.get("accepts_marketing")?.as_bool()?)));
    let refuses = accepts.max_by_key(|(at, accepts)| (*at, !accepts)).is_some_and(|(_, accepts)| !accepts);
    let (mut count, mut cents) = (0_u64, 0_u64);
    for (order, versions) in &record.orders {
        let (_, total, cancelled) = versions.iter().max_by_key(|(at, ..)| *at).unwrap();
        let refunded: u64 = record.refunds.get(order).map_or(0, |refunds| refunds.values().sum());
        if !cancelled && (refunded == 0 || refunded < *total) {
            count += 1;
            cents += total - refunded.min(*total);
        }
    }
    json!({
        "firstName": latest("first_name").unwrap_or(Value::Null), "lastName": latest("last_name").unwrap_or(Value::Null),
        "tags": tags, "unsubscribeEmail": refuses, "count": count, "cents": cents, "orders": record.orders.len(),
    })
}

async fn found(world: &World, id: u64) -> Value {
    let answer = Ask::server("GET", format!("/open/v5/users/@{id}"), None).send(&world.shop).await;
    if answer.status == 404 {
        return Value::Null;
    }
    let user = &answer.expect(200)["user"];
    let profile = &user["profile"];
    let events =
        Ask::server("GET", format!("/open/v5/users/@{id}/events?limit=500"), None).send(&world.shop).await;
    let orders = events.expect(200)["events"].as_array().unwrap().len();
    let cents = (profile["totalPurchaseAmount"].as_f64().unwrap_or(0.0) * 100.0).round() as u64;
    json!({
        "firstName": profile["firstName"], "lastName": profile["lastName"], "tags": user["tags"],
        "unsubscribeEmail": user["unsubscribeEmail"], "count": profile["totalPurchaseCount"].as_u64().unwrap_or(0),
        "cents": cents, "orders": orders,
    })
}

#[test]
fn shuffled_repeated_and_killed_deliveries_match_the_model() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (wanted, seed) = (number("OKYAKU_DELIVERIES", 2_000), number("OKYAKU_SEED", 1));
    run(async move {
        let mut rng = Rng::new(seed);
        let world = World::open().await;
        let (mut persons, mut stream) = (Vec::<Person>::new(), Vec::new());
        let mut moving = Vec::new();
        let mut place = 0;
        while (stream.len() as u64) < wanted {
            // A thousand customers in a hundred thousand deliveries.
            let person = person(&mut rng, 1000 + persons.len() as u64);
            let mut all = told(&person, &person.first);
            if let Some(at) = person.ended {
                let body = json!({"id": person.id, "deleted_at": rfc3339(at)});
                all.push(Ask::shopify("customers/delete", body));
            }
            let mut put = |rng: &mut Rng, asks: Vec<Ask>, from: u64| {
                for ask in asks {
                    for _ in 0..1 + rng.below(4) {
                        stream.push((from + rng.below(SLIP), ask.clone()));
                    }
                }
            };
            put(&mut rng, all, place);
            // A builder gives an id again only after its end was told.
            if let Some(second) = &person.second {
                put(&mut rng, told(&person, second), place + 2 * SLIP);
            }
            // Two customers who stay share an order that changes hands.
            let pair = persons.last().filter(|last| last.ended.is_none() && person.ended.is_none());
            if let Some(last) = pair {
                let order = Moving::between(&mut rng, person.id * 100 + 90, [last.id, person.id]);
                put(&mut rng, order.told(), place);
                moving.push(order);
            }
            place += 40;
            persons.push(person);
        }
        stream.sort_by_key(|(place, _)| *place);
        let (mut killed, mut count) = (0, 0);
        let mut left: Vec<Ask> = Vec::new();
        for (_, ask) in &stream {
            count += 1;
            if rng.below(40) == 0 {
                let instance = world.another_instance();
                let call = rng.below(4) as usize;
                stop_at(
                    &instance.wire,
                    if rng.below(2) == 0 { Point::Before(call) } else { Point::After(call) },
                );
                ask.send(&instance.shop).await;
                killed += 1;
                left.push(ask.clone());
                continue;
            }
            let answer = ask.send(&world.shop).await;
            assert_eq!(answer.status, 200, "{ask:?}: {}", answer.body);
        }
        // Nobody was told that these were taken: the builder sends them again.
        for ask in &left {
            ask.send(&world.shop).await.expect(200);
        }
        world.sweep_out().await;
        let faults = Truth::of(&world).faults(true);
        assert!(faults.is_empty(), "{faults:#?}");
        let mut wrong = Vec::new();
        for person in &persons {
            let expected = match (&person.ended, &person.second) {
                (None, _) => {
                    let mut known = known(&person.first);
                    moving.iter().for_each(|order| order.add_to(person.id, &mut known));
                    known
                }
                (Some(_), Some(second)) => known(second),
                (Some(_), None) => Value::Null,
            };
            let found = found(&world, person.id).await;
            if found != expected {
                wrong.push(format!("{}: {found}\n   wanted {expected}", person.id));
            }
        }
        println!(
            "deliveries: {count} of {} customers, {killed} killed, {} wrong",
            persons.len(),
            wrong.len()
        );
        assert!(wrong.is_empty(), "seed {seed}\n{}", wrong.join("\n"));
    });
}
