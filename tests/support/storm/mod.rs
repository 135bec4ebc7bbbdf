//! A storm: a few people do this and that while every fifth call of the table goes wrong. All of it follows from a seed.

pub mod ledger;

use serde_json::{Value, json};

use crate::Answer;
use crate::fault::ask::Ask;
use crate::fault::scene::{self, VEILS};
use crate::fault::truth::{Truth, s};
use crate::fault::wire::{Act, Asked};
use crate::fault::world::World;
use crate::fault::{FAULTS, Fault, Rng};
use crate::storm::ledger::Ledger;

/// Operations of one storm at least and at most, without what is repeated.
const LENGTH: (u64, u64) = (4, 8);
/// How many of a hundred calls go wrong.
const FAULTY: u64 = 20;
const MEMBERS: [&str; 2] = ["lee", "kim"];
const EMAILS: [&str; 3] = ["a@example.com", "b@example.com", "c@example.com"];
const PHONE: &str = "+821077770001";
/// Customers of Shopify, who buy.
const BUYERS: [u64; 2] = [7, 8];

/// What an operation means to the ledger.
#[derive(Debug, Clone)]
enum Means {
    /// A boot or touch of this memberId or veilId.
    Seen(String),
    /// These events, of this life.
    Events(Vec<String>, String),
    /// A lead.
    Lead,
    /// An erasure of whoever lives under this memberId, id or address.
    Erase(String),
    Other,
}

struct Storm {
    world: World,
    rng: Rng,
    ledger: Ledger,
    /// Sessions that were answered: token, life, memberId or veilId.
    sessions: Vec<(String, String, String)>,
    /// What was never answered.
    open: Vec<(Ask, Means)>,
    events: usize,
    log: Vec<String>,
}

/// Runs the storm of a seed in a world where nobody is yet. Says what is wrong, with all that happened; else how many
/// calls it made.
pub async fn storm(world: &World, seed: u64) -> Result<usize, String> {
    let rng = Rng::new(seed);
    let mut storm = Storm {
        world: world.clone(),
        rng,
        ledger: Ledger::default(),
        sessions: Vec::new(),
        open: Vec::new(),
        events: 0,
        log: Vec::new(),
    };
    let outcome = storm.blow(seed).await;
    outcome.map_err(|wrong| format!("seed {seed}: {wrong}\n{}", storm.log.join("\n")))
}

impl Storm {
    async fn blow(&mut self, seed: u64) -> Result<usize, String> {
        let mut faults = Rng::new(seed ^ 0xfa17);
        self.world.wire.hook(move |asked| fault(&mut faults, asked));
        let length = LENGTH.0 + self.rng.below(LENGTH.1 - LENGTH.0 + 1);
        for _ in 0..length {
            // No two operations at one time, so that it is known what came before what.
            let pause = *self.rng.pick(&[1, 1, 1, 61_000, 31 * 60_000]);
            self.world.shop.clock.advance(pause);
            let (ask, means) = self.operation();
            let mut answered = false;
            let mut ask = ask;
            for _ in 0..2 {
                answered = self.send(&ask, &means).await?;
                if answered {
                    break;
                }
                ask = ask.again();
            }
            if !answered {
                self.open.push((ask, means));
            }
        }
        let tries = self.world.wire.tries();
        self.world.wire.heal();
        for (ask, means) in std::mem::take(&mut self.open) {
            self.world.shop.clock.advance(1);
            if !self.send(&ask, &means).await? {
                return Err("a healthy table answers 503".into());
            }
        }
        self.world.sweep_out().await;
        let truth = Truth::of(&self.world);
        let mut faults = truth.faults(true);
        faults.extend(self.ledger.faults(&truth));
        faults.extend(self.readable(&truth).await);
        if faults.is_empty() { Ok(tries) } else { Err(format!("{faults:#?}")) }
    }

    /// One of the living reads whole: every event of all its lives, once.
    async fn readable(&mut self, truth: &Truth) -> Option<String> {
        let all: Vec<_> = truth.alive.iter().filter(|(_, item)| item["linkedTo"].is_null()).collect();
        let (id, item) = *all.get(self.rng.below(all.len() as u64) as usize)?;
        let links = item["links"]["L"].as_array().into_iter().flatten().map(|link| s(&link["M"], "id"));
        let records: Vec<&str> = links.chain([id.as_str()]).collect();
        let of_record = |item: &&Value| {
            let owner = s(item, "pk").rsplit('#').next().unwrap_or_default();
            s(item, "sk").starts_with("E#") && records.contains(&owner)
        };
        let stored = truth.items.iter().filter(of_record).count();
        let shown = self.world.shop.events(id).await.len();
        (stored != shown).then(|| format!("{id} has {stored} events and shows {shown}"))
    }

    fn operation(&mut self) -> (Ask, Means) {
        let member = *self.rng.pick(&MEMBERS);
        let veil = VEILS[self.rng.below(2) as usize];
        let user = format!("/open/v5/users/@{member}");
        let session = (!self.sessions.is_empty()).then(|| self.rng.pick(&self.sessions.clone()).clone());
        let boot = |body: Value, target: &str| (Ask::boot(body), Means::Seen(target.into()));
        let erasure = |body: Value, target: &str| {
            (Ask::server("POST", "/okyaku/v1/erasures", Some(body)), Means::Erase(target.into()))
        };
        let profile = self.profile();
        match (self.rng.below(20), session) {
            (0 | 1, _) => boot(json!({"veilId": veil, "profile": profile}), veil),
            (2, _) => boot(json!({"memberId": member, "profile": profile}), member),
            (3 | 4, _) => boot(json!({"memberId": member, "veilId": veil, "profile": profile}), member),
            (5, Some((token, _, target))) => {
                (Ask::page(&token, "POST", "/front/v1/touch", None), Means::Seen(target))
            }
            (6 | 7, Some((token, record, _))) => self.track(&token, record),
            (8, Some((token, ..))) => {
                let body = Some(json!({ "profile": profile }));
                (Ask::page(&token, "PATCH", "/front/v1/users/me", body), Means::Other)
            }
            (9, _) => (Ask::server("PUT", user, Some(json!({ "profile": profile }))), Means::Other),
            (10, _) => {
                let lead = json!({"profile": {"email": self.rng.pick(&EMAILS), "mobileNumber": PHONE}});
                (Ask::server("POST", "/open/v5/users", Some(lead)), Means::Lead)
            }
            (11, _) => (Ask::server("DELETE", user, None), Means::Erase(member.into())),
            (12, Some((_, record, _))) => {
                (Ask::server("DELETE", format!("/open/v5/users/{record}"), None), Means::Erase(record))
            }
            (13, _) => (Ask::sweep(), Means::Other),
            (14, _) => erasure(json!({"by": {"memberId": member}}), member),
            (15, _) => {
                let email = *self.rng.pick(&EMAILS);
                erasure(json!({"by": {"email": email}, "all": true}), email)
            }
            (16..=18, _) => (self.delivery(), Means::Other),
            (19, _) => {
                let gone = json!({"id": self.rng.pick(&BUYERS)});
                (Ask::shopify("customers/delete", gone), Means::Other)
            }
            _ => boot(json!({"veilId": veil}), veil),
        }
    }

    /// What Shopify tells of three orders that two customers may have, one after the other.
    fn delivery(&mut self) -> Ask {
        let (order, buyer) = (1 + self.rng.below(3), *self.rng.pick(&BUYERS));
        let ago = |ms: u64, now: i64| {
            chrono::DateTime::from_timestamp_millis(now - ms as i64).unwrap().to_rfc3339()
        };
        let now = self.world.shop.clock.now_ms();
        match self.rng.below(8) {
            0 => Ask::shopify("refunds/create", scene::refund(self.rng.below(3), order, "5.00")),
            1 => Ask::shopify("orders/delete", json!({"id": order})),
            2 => {
                let [from, into] = if buyer == BUYERS[0] { BUYERS } else { [BUYERS[1], BUYERS[0]] };
                Ask::shopify("customers/merge", scene::merge(from, into))
            }
            version => {
                let customer = if version == 3 { Value::Null } else { json!({ "id": buyer }) };
                Ask::shopify(
                    "orders/updated",
                    json!({"id": order, "created_at": ago(86_400_000, now), "updated_at": ago(self.rng.below(3000), now),
                        "currency": "USD", "total_price": format!("{}.00", 10 + self.rng.below(20)), "line_items": [],
                        "customer": customer}),
                )
            }
        }
    }

    fn profile(&mut self) -> Value {
        match self.rng.below(5) {
            0 => json!({"email": self.rng.pick(&EMAILS)}),
            1 => json!({"email": self.rng.pick(&EMAILS), "mobileNumber": PHONE}),
            2 => json!({"email": null, "mobileNumber": null}),
            _ => json!({"n": self.rng.below(100)}),
        }
    }

    fn track(&mut self, token: &str, record: String) -> (Ask, Means) {
        let count = *self.rng.pick(&[1, 1, 3, 26]);
        let name = *self.rng.pick(&["PageView", "CheckoutComplete"]);
        let at = self.world.shop.clock.now_ms();
        let ids: Vec<String> = (0..count).map(|n| format!("e{}-{n}", self.events)).collect();
        self.events += 1;
        let events = ids.iter().map(|id| json!({"id": id, "name": name, "createdAt": at})).collect();
        (Ask::track(token, events), Means::Events(ids, record))
    }

    /// Sends once and notes what came back; whether it was an answer.
    async fn send(&mut self, ask: &Ask, means: &Means) -> Result<bool, String> {
        let at = self.world.shop.clock.now_ms();
        let victims = match means {
            Means::Erase(target) => victims(&Truth::of(&self.world), target),
            _ => Vec::new(),
        };
        let answer = ask.send(&self.world.shop).await;
        let body = ask.body.as_ref().map(|body| {
            let mut body = body.clone();
            for noise in ["pluginKey", "memberHash"] {
                body.as_object_mut().map(|body| body.remove(noise));
            }
            body.to_string().chars().take(150).collect::<String>()
        });
        self.log.push(format!(
            "  {at} {} {} {}: {}",
            ask.method,
            ask.path,
            body.unwrap_or_default(),
            answer.status
        ));
        let status = answer.status;
        if status >= 500 && status != 503 {
            return Err(format!("answered {status} {}", answer.body));
        }
        let told = status < 500;
        match means {
            Means::Seen(target) if status == 200 => self.welcome(at, target, &answer),
            Means::Seen(target) if !told => self.ledger.seen(at, target, None),
            Means::Events(ids, record) if status == 200 => {
                for (id, result) in ids.iter().zip(answer.body["results"].as_array().unwrap()) {
                    // The visitor of the token was linked meanwhile.
                    let late =
                        result["message"].as_str().is_some_and(|told| told.ends_with("became a member"));
                    if late {
                        self.ledger.refused(id, record);
                        continue;
                    }
                    if !matches!(result["status"].as_str(), Some("accepted" | "duplicate")) {
                        return Err(format!("{id} is {result}"));
                    }
                    self.ledger.acknowledged(id, record);
                }
            }
            Means::Events(ids, record) if told => ids.iter().for_each(|id| self.ledger.refused(id, record)),
            Means::Lead if status == 200 => self.ledger.lead(answer.str("/user/id")),
            Means::Erase(_) if matches!(status, 202 | 204) => {
                let truth = Truth::of(&self.world);
                if let Some(alive) = victims.iter().find(|record| truth.alive.contains_key(*record)) {
                    return Err(format!("{alive} was erased and lives"));
                }
                self.ledger.erased(victims);
            }
            _ => {}
        }
        Ok(told)
    }

    fn welcome(&mut self, at: i64, target: &str, answer: &Answer) {
        let record = answer.str("/user/id").to_owned();
        self.ledger.seen(at, target, Some(&record));
        self.sessions.push((answer.str("/sessionToken").to_owned(), record, target.to_owned()));
    }
}

/// Who goes with an erasure of a memberId, id or address: everybody it means, with all their lives.
fn victims(truth: &Truth, target: &str) -> Vec<String> {
    let mut victims = Vec::new();
    for (id, item) in &truth.alive {
        let profile: Value = serde_json::from_str(s(item, "profile")).unwrap_or_default();
        if s(item, "memberId") != target && id != target && profile["email"][0] != target {
            continue;
        }
        let (id, item) = truth.alive.get_key_value(s(item, "linkedTo")).unwrap_or((id, item));
        let links =
            item["links"]["L"].as_array().into_iter().flatten().map(|link| s(&link["M"], "id").to_owned());
        victims.extend(links.chain([id.clone()]));
    }
    victims
}

fn fault(rng: &mut Rng, asked: &Asked) -> Act {
    if !rng.chance(FAULTY) {
        return Act::Pass;
    }
    let fault = match *rng.pick(&FAULTS) {
        Fault::Partial(_) => Fault::Partial(rng.number()),
        // Three silences outlast the function itself: `faults::silent_table_is_503`.
        Fault::Silence if asked.attempt > 1 => Fault::TimeoutAfter,
        fault => fault,
    };
    if fault.applies(&asked.operation) { Act::Fault(fault) } else { Act::Fault(Fault::Throttle) }
}
