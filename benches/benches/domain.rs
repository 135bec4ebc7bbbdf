//! What the pure parts of a request cost: `cargo bench -p okyaku-benches`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use okyaku_api::json;
use okyaku_api::session_token::{Claims, sign, verify};
use okyaku_benches::shop;
use okyaku_domain::command::boot::{self, Boot};
use okyaku_domain::customer::Customer;
use okyaku_domain::event::{self, Bounds};
use okyaku_domain::id::{ChannelId, CustomerId, MemberId, NaturalKey, RecordIds, VeilId};
use okyaku_domain::record::Record;
use okyaku_domain::sender::Sender;
use okyaku_domain::{device, patch, time};
use okyaku_store::items::customer::{item, read};
use okyaku_store::keyring::Keys;
use okyaku_store::loaded::State;

const NOW: i64 = 1_795_000_000_000;
const KNOWN: [&str; 3] = ["pluginKey", "veilId", "page"];
const BODY: &[u8] =
    br#"{"pluginKey":"dev-plugin-key","veilId":"4262884d71136028ac704306bea264e6","language":"ko",
    "profile":{"name":"Mina","grade":"gold","orders":3,"birthday":"2000-02-29"},
    "profileOnce":{"campaign":"spring"},"page":{"url":"https://shop.example.com/?utm_source=mail"}}"#;

fn parsed() -> Boot {
    let body = json::object(BODY).unwrap();
    let (patch, _) = patch::parse(&body, Sender::Page, "KR", &KNOWN).unwrap();
    Boot { patch, ..Boot::default() }
}

fn customer() -> Customer {
    let mut customer = Customer::new(CustomerId::from_bytes([7; 10]), 0, NOW);
    parsed().arrive(&mut customer, NOW);
    customer.stamp(None, NOW);
    customer
}

struct Ids(Keys);

impl RecordIds for Ids {
    fn record_id(&self, key: NaturalKey<'_>, generation: u32) -> CustomerId {
        self.0.customer_id(&ChannelId::from_bytes([7; 10]), key, generation)
    }
}

fn domain(criterion: &mut Criterion) {
    let keys =
        Keys::new("a-hash-key-for-benches-of-32-letters", "b:a-token-key-for-benches-of-32-letters").unwrap();
    let channel = ChannelId::from_bytes([7; 10]);
    let sub = CustomerId::from_bytes([7; 10]);
    let (lucas, fresh) = (MemberId::parse("lucas").unwrap(), VeilId::from_bytes([1; 16]));
    let claims = Claims {
        aud: ChannelId::from_bytes([7; 10]),
        sub,
        iat: NOW / 1000,
        key: "dev-plugin-key".into(),
        exp: NOW / 1000 + 60,
        veil_id: "v".into(),
        may_see: true,
        mobile: false,
        until: None,
    };
    let token = sign(&keys, &claims).unwrap();
    let events: Vec<_> = (0..100).map(|number| (number, NOW)).collect();
    let batch = shop::batch(1, &events, 1);
    let bounds = Bounds { now: NOW, retention: 365 * time::DAY };

    criterion.bench_function("parse a boot's body", |bench| bench.iter(|| black_box(parsed())));
    let (_, agent) = shop::BROWSER[1];
    criterion.bench_function("read a new User-Agent", |bench| {
        bench.iter(|| {
            let mut web = device::Web::default();
            web.describe(black_box(agent));
            web
        });
    });
    criterion.bench_function("meet a known User-Agent", |bench| {
        let mut web = device::Web::default();
        web.describe(agent);
        bench.iter(|| web.describe(black_box(agent)));
    });
    criterion.bench_function("decide a boot and apply it", |bench| {
        let (parsed, known) = (Boot { veil: Some(fresh.clone()), ..parsed() }, customer());
        let ids = Ids(keys.clone());
        bench.iter(|| {
            let found = boot::Found { member: None, visitor: Some(Record::Live(Box::new(known.clone()))) };
            let mut decision = boot::decide(&parsed, found, &fresh, true, &ids, NOW + time::MINUTE);
            black_box(decision.after.stamp(Some(&known), NOW + time::MINUTE));
            decision
        });
    });
    criterion.bench_function("a customer to an item and back", |bench| {
        let known = customer();
        bench.iter(|| {
            let stored = item(&channel, &known, &State::default(), 1, "r", NOW).unwrap();
            black_box(read(stored, NOW).unwrap())
        });
    });
    criterion.bench_function("make a customer's id", |bench| {
        bench.iter(|| black_box(keys.customer_id(&channel, NaturalKey::Member(&lucas), 0)));
    });
    criterion.bench_function("verify a session token", |bench| {
        bench.iter(|| black_box(verify(&keys, black_box(&token), NOW, 0).unwrap()));
    });
    criterion.bench_function("parse a batch of 100 events", |bench| {
        bench.iter(|| {
            let body = json::object(&batch).unwrap();
            let events = body["events"].as_array().unwrap();
            let read = |item: &serde_json::Value| event::of_page(item.as_object().unwrap(), bounds).unwrap();
            black_box(events.iter().map(read).collect::<Vec<_>>())
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).without_plots();
    targets = domain
}
criterion_main!(benches);
